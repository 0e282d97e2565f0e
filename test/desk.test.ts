import sharp from 'sharp'
import t, { type Test } from 'tap'
import {
  type Json,
  makeArticle,
  makeForm,
  makeTag,
  openNewsroom,
  publishNew,
  type Reply,
} from './support/newsroom.ts'
import { breakInserts } from './support/store.ts'

const articles = '/v1/editorial/articles'
const start = Date.parse('2024-07-12T02:21:00.000Z')
const unknownId = '0190a3c0-0000-7000-9000-000000000099'
const pointers = (reply: Reply): string[] => reply.body.errors.map((error: Json) => error.pointer)
const idsOf = (reply: Reply): string[] => reply.body.data.map((item: Json) => item.id)

/** A newsroom with two sections and two topics, and the moves an editor makes in it. */
async function openDesk(t: Test) {
  const newsroom = await openNewsroom(t, { now: start })
  for (const slug of ['world', 'sport']) await makeTag(newsroom, slug)
  for (const slug of ['energy', 'travel']) await makeTag(newsroom, slug, 'topic')
  const { key } = newsroom
  const move =
    (name: string) =>
    (id: string, body: object, match: number | string = '*') =>
      newsroom.request('POST', `${articles}/${id}/${name}`, { key, match, body })
  return {
    ...newsroom,
    create: (fields: object) =>
      newsroom.request('POST', articles, { key, body: { headline: 'H', language: 'en', ...fields } }),
    read: (id: string) => newsroom.get(`${articles}/${id}`, { key }),
    patch: (id: string, body: unknown, match: number | string = '*') =>
      newsroom.request('PATCH', `${articles}/${id}`, { key, match, body }),
    remove: (id: string, match: number | string = '*') =>
      newsroom.request('DELETE', `${articles}/${id}`, { key, match }),
    publish: move('publish'),
    withdraw: move('withdraw'),
    /** The change rows written since a sequence number, as "subject action". */
    async changesSince(seq: number): Promise<string[]> {
      const { body } = await newsroom.get('/v1/changes?limit=100')
      const rows = body.data.filter((row: Json) => row.seq > seq)
      return rows.map((row: Json) => `${row.subject.type} ${row.action}`)
    },
  }
}

const notice = { notice: 'It was wrong.', reason: 'A forged paper.' }

t.test('creating answers 201 with an address, ETag "1" and the same fields as were sent', async t => {
  const newsroom = await openDesk(t)
  const { create, read } = newsroom
  const sent = {
    headline: '  Two “quotes” & spaces ',
    language: 'bg-BG',
    kind: 'analysis',
    shortHeadline: 'Short',
    summary: 'A\nsummary',
    body: '<p>Text.</p>',
    dateline: 'София',
    byline: ' By  Ivan Petrov',
    signOff: '/IV/',
    section: 'world',
    tags: ['travel', 'energy'],
    media: [],
    urgency: 2,
    access: 'subscribers',
    source: 'AP',
    usageTerms: 'Not for print.',
    slug: 'two-quotes',
    editorialNote: 'Ask legal first.',
  }
  const reply = await create(sent)
  t.equal(reply.status, 201)
  t.equal(reply.headers.etag, '"1"')
  t.equal(reply.headers.location, `https://api.example${articles}/${reply.body.id}`)
  const { id, revision, deskStatus, liveStatus, story, version, createdAt, editedAt, ...fields } = reply.body
  t.same(fields, sent, 'nothing is trimmed, reordered, dropped or made up')
  t.match(
    { revision, deskStatus, liveStatus, version },
    { revision: 1, deskStatus: 'draft', liveStatus: 'never', version: 0 },
  )
  t.equal(story, id, 'a story of its own')
  t.match(
    { createdAt, editedAt },
    { createdAt: '2024-07-12T02:21:00.000Z', editedAt: '2024-07-12T02:21:00.000Z' },
  )
  const again = await read(id)
  t.same(again.body, reply.body)
  t.equal(again.headers.etag, '"1"')

  const copied = await create({ ...again.body.fields, ...sent, slug: 'other' })
  t.equal(copied.status, 201, 'what was answered can be sent again')
  const least = await create({})
  t.equal(least.status, 201, 'a headline and a language are enough')
  t.same(
    Object.values(least.body).filter(value => value === null),
    [],
    'an absent value is an absent key',
  )
  t.equal((await newsroom.db.primary.headNow()).seq, 0, 'working copies are in no log')
})

t.test('a refused field is named, every one of them, and nothing is written', async t => {
  const newsroom = await openDesk(t)
  const { create, key } = newsroom
  const cases: [string, object, string, string][] = [
    ['unknown field', { colour: 'red' }, '/colour', 'unknown-field'],
    ['a pointer is escaped', { 'a/b~c': 1 }, '/a~1b~0c', 'unknown-field'],
    ['number for a text', { summary: 5 }, '/summary', 'type'],
    ['text for a number', { urgency: '5' }, '/urgency', 'type'],
    ['null at create', { summary: null }, '/summary', 'type'],
    ['urgency 0', { urgency: 0 }, '/urgency', 'minimum'],
    ['urgency 10', { urgency: 10 }, '/urgency', 'maximum'],
    ['urgency with a fraction', { urgency: 1.5 }, '/urgency', 'type'],
    ['language in words', { language: 'Bulgarian' }, '/language', 'pattern'],
    ['language in the wrong case', { language: 'BG' }, '/language', 'pattern'],
    ['headline of 1 MB', { headline: 'x'.repeat(1_000_000) }, '/headline', 'maxLength'],
    ['blank headline', { headline: ' \n\t ' }, '/headline', 'pattern'],
    ['unknown kind', { kind: 'novel' }, '/kind', 'enum'],
    ['NUL', { summary: 'a\0b' }, '/summary', 'broken-text'],
    ['NUL in a list', { tags: ['energy', 'a\0'] }, '/tags/1', 'broken-text'],
    ['half a surrogate pair', { body: 'x\udc00' }, '/body', 'broken-text'],
    ['NUL in the name of a field', { 'a\0': 1 }, '/', 'broken-text'],
    ['slug in capitals', { slug: 'Capital' }, '/slug', 'pattern'],
    ['slug of 81', { slug: 'x'.repeat(81) }, '/slug', 'maxLength'],
    ['slug like an id', { slug: unknownId }, '/slug', 'slug'],
    ['unknown section', { section: 'nowhere' }, '/section', 'unknown-tag'],
    ['section that is a topic', { section: 'energy' }, '/section', 'wrong-kind'],
    ['unknown tag', { tags: ['energy', 'nothing'] }, '/tags/1', 'unknown-tag'],
    ['the section among the tags', { section: 'world', tags: ['world'] }, '/tags/0', 'wrong-kind'],
    ['a tag twice', { tags: ['energy', 'energy'] }, '/tags', 'uniqueItems'],
    ['unknown media', { media: [unknownId] }, '/media/0', 'unknown-media'],
    ['unknown lead', { leadMedia: unknownId }, '/leadMedia', 'unknown-media'],
    ['no id as lead', { leadMedia: 'picture' }, '/leadMedia', 'pattern'],
    ['unknown story', { story: unknownId }, '/story', 'unknown-story'],
    ['format without a body', { bodyFormat: 'text' }, '/bodyFormat', 'without-body'],
    ['unknown format', { body: 'x', bodyFormat: 'rtf' }, '/bodyFormat', 'enum'],
  ]
  for (const [name, fields, pointer, code] of cases) {
    const reply = await create(fields)
    t.equal(reply.status, 400, name)
    t.match(
      reply.body.errors.find((error: Json) => error.pointer === pointer),
      { in: 'body', code },
      `${name}: ${pointer} ${code}, not ${JSON.stringify(reply.body.errors)}`,
    )
  }
  const all = await create({ section: 'energy', tags: ['none', 'energy', 'nil'] })
  t.same(pointers(all), ['/section', '/tags/0', '/tags/2'], 'all that is wrong is named at once')
  const none = await newsroom.request('POST', articles, { key, body: {} })
  t.same(pointers(none).sort(), ['/headline', '/language'])
  t.same(idsOf(await newsroom.get(articles, { key })), [])
})

t.test('what is not the JSON it should be is refused without being read', async t => {
  const newsroom = await openDesk(t)
  const { key } = newsroom
  const send = (body: string | Buffer, type?: string) =>
    newsroom.request('POST', articles, {
      key,
      body,
      headers: type === undefined ? {} : { 'content-type': type },
    })
  const good = JSON.stringify({ headline: 'H', language: 'en' })
  const json = 'application/json'
  const deep = `{"headline":"H","language":"en","tags":${'['.repeat(5000)}${']'.repeat(5000)}}`
  const cases: [string, Reply, number, string][] = [
    ['broken', await send('{"headline":', json), 400, 'malformed-request'],
    ['empty', await send('', json), 400, 'validation-failed'],
    ['a poisoned prototype', await send('{"__proto__":{"x":1}}', json), 400, 'validation-failed'],
    ['an array', await send('[]', json), 400, 'validation-failed'],
    ['null', await send('null', json), 400, 'validation-failed'],
    ['too deep', await send(deep, json), 400, 'validation-failed'],
    ['5 MB', await send(JSON.stringify({ headline: 'x'.repeat(5_000_000) }), json), 413, 'too-large'],
    ['a form', await send('headline=H', 'application/x-www-form-urlencoded'), 415, 'unsupported-media-type'],
    ['two types in one header', await send(good, `${json}, text/plain`), 415, 'unsupported-media-type'],
    ['a type that is none', await send(good, 'json'), 415, 'unsupported-media-type'],
    ['a merge patch to make', await send(good, 'text/plain'), 415, 'unsupported-media-type'],
  ]
  for (const [name, reply, status, code] of cases) {
    t.match(
      { status: reply.status, code: reply.body?.code },
      { status, code },
      `${name}: ${reply.text.slice(0, 300)}`,
    )
  }
  t.equal((await send(good, 'application/json; charset=utf-8')).status, 201)
})

t.test('a merge patch removes with null, replaces lists, and leaves what it does not name', async t => {
  const newsroom = await openDesk(t)
  const { patch, read, key } = newsroom
  const made = await makeArticle(newsroom, {
    summary: 'S',
    byline: ' By  A ',
    tags: ['energy', 'travel'],
    slug: 'set',
  })
  const reply = await newsroom.request('PATCH', `${articles}/${made.id}`, {
    key,
    match: 1,
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify({ summary: null, slug: null, tags: ['travel'] }),
  })
  t.equal(reply.status, 200)
  t.equal(reply.headers.etag, '"2"')
  const { summary: _summary, slug: _slug, ...rest } = made
  t.same(reply.body, { ...rest, tags: ['travel'], revision: 2 })
  t.same((await read(made.id)).body, reply.body)
  const { body: bare } = await patch(made.id, { body: null, section: null, byline: null, tags: [] })
  for (const name of ['body', 'section', 'byline']) t.notOk(name in bare, name)
  t.same(pointers(await patch(made.id, { headline: null })), ['/headline'], 'what always has a value stays')
  t.same(pointers(await patch(made.id, { tags: null })), ['/tags'])
  t.equal((await patch(made.id, {})).status, 400, 'a patch of nothing is a mistake')
  t.equal((await read(made.id)).body.revision, 3, 'a refused patch raises no revision')
  newsroom.clock.now += 1000
  t.equal((await patch(made.id, { byline: 'B' })).body.editedAt, '2024-07-12T02:21:01.000Z')
})

t.test('a change needs the revision it was made from, and of two made from one, one wins', async t => {
  const desk = await openDesk(t)
  const { read, publish, withdraw, remove } = desk
  const { id } = await makeArticle(desk)
  const bare = (method: string, path: string, body?: object) =>
    desk.request(method, `${articles}/${id}${path}`, { key: desk.key, ...(body ? { body } : {}) })
  const unmatched = [
    await bare('PATCH', '', { headline: 'A' }),
    await bare('DELETE', ''),
    await bare('POST', '/publish', {}),
    await bare('POST', '/withdraw', notice),
  ]
  for (const reply of unmatched) {
    t.equal(reply.status, 428)
    t.equal(reply.body.errors[0].in, 'header')
  }
  const set = (match: number | string) => desk.patch(id, { headline: 'A' }, match)
  for (const match of [2, 0, 'W/"1"', '"a"', '1', '""', '"01"', '"2", "3"']) {
    const stale = await set(match)
    t.equal(stale.status, 412, `${match}`)
    t.equal(stale.body.revision, 1)
    t.equal(stale.headers.etag, '"1"', 'the answer has the ETag there is')
  }
  t.equal((await publish(id, {}, 7)).status, 412)
  t.equal((await remove(id, 7)).status, 412)
  t.equal((await set('"7", W/"1", "1"')).status, 200, 'one of a list is enough')
  t.equal((await set(' * ')).status, 200, 'any will do')
  const both = await Promise.all([set(3), desk.patch(id, { headline: 'B' }, 3)])
  t.same(both.map(reply => reply.status).sort(), [200, 412])
  const won = both.find(reply => reply.status === 200)
  t.equal((await read(id)).body.headline, won?.body.headline)
  t.equal((await read(id)).body.revision, 4)
  const published = await Promise.all([publish(id, {}, 4), publish(id, {}, 4)])
  t.same(published.map(reply => reply.status).sort(), [200, 412])
  t.same(await desk.changesSince(0), ['tag changed', 'article published'], 'published once')
  t.equal((await withdraw(id, notice, 4)).status, 412)
  t.equal((await desk.patch(unknownId, { headline: 'A' })).status, 404)
})

t.test('a body may be HTML, Markdown or text, and what is not kept of it is told', async t => {
  const { create, patch, read, publish } = await openDesk(t)
  const make = async (body: string, bodyFormat?: string) =>
    (await create({ body, ...(bodyFormat ? { bodyFormat } : {}) })).body
  t.equal((await make('One\n\nTwo <b>', 'text')).body, '<p>One</p>\n<p>Two &lt;b&gt;</p>')
  t.equal((await make('One **bold**', 'markdown')).body, '<p>One <strong>bold</strong></p>')
  const clean = await make('<p>One</p>')
  t.notOk('warnings' in clean)
  const warned = await make('<p>One <blink>two</blink></p>')
  t.equal(warned.body, '<p>One two</p>')
  t.match(warned.warnings, [{ pointer: '/body', detail: /blink/ }])
  t.notOk('warnings' in (await read(warned.id)).body, 'told once, to whom sent it')

  for (const hostile of [
    '<p>ok</p>\n  <script>x</script>',
    '<p>ok</p>\n  <iframe src="x"></iframe>',
    '<p>ok</p>\n  <p onclick="x()">a</p>',
    '<p>ok</p>\n  <a href=" java\nscript:x()">a</a>',
  ]) {
    const refused = await patch(clean.id, { headline: 'New', body: hostile })
    t.equal(refused.body.code, 'active-content', hostile)
    t.match(refused.body.errors[0], { pointer: '/body', detail: /line 2, column [36]/ })
  }
  t.match(
    (await read(clean.id)).body,
    { headline: 'H', body: '<p>One</p>', revision: 1 },
    'nothing was written',
  )
  t.equal((await create({ body: '[a](javascript:x)', bodyFormat: 'markdown' })).body.code, 'active-content')

  for (const nothing of ['', '  \n ', '<p> </p>', '<p><br></p>']) {
    const { id } = (await create({ section: 'world', body: nothing })).body
    t.notOk('body' in (await read(id)).body, `"${nothing}" is no body`)
    t.same(pointers(await publish(id, {})), ['/body'])
  }
})

t.test('publishing names all that is missing, and changes nothing until it is there', async t => {
  const { create, patch, read, publish, changesSince, get } = await openDesk(t)
  const { id } = (await create({})).body
  const refused = await publish(id, {}, 1)
  t.equal(refused.status, 409)
  t.equal(refused.body.code, 'not-ready')
  t.same(pointers(refused), ['/section', '/body'])
  await patch(id, { section: 'world' })
  t.same(pointers(await publish(id, {})), ['/body'])
  t.same(await changesSince(0), [])
  t.match((await read(id)).body, { liveStatus: 'never', version: 0, revision: 2 })
  t.equal((await get(`/v1/articles/${id}`)).status, 404)
  await patch(id, { body: 'Text.' })
  const done = await publish(id, {}, 3)
  t.equal(done.status, 200)
  t.equal(done.headers.etag, '"4"')
  t.match(done.body, {
    liveStatus: 'live',
    version: 1,
    revision: 4,
    slug: 'h',
    publishedAt: '2024-07-12T02:21:00.000Z',
  })
  t.equal((await get(`/v1/articles/${id}`)).status, 200)
})

t.test('the first publish takes no kind; a later one says update, or correction with a note', async t => {
  const desk = await openDesk(t)
  const { publish, withdraw, changesSince } = desk
  const { id } = await makeArticle(desk)
  t.same(pointers(await publish(id, { kind: 'update' })), ['/kind'])
  t.equal((await publish(id, {})).status, 200)
  t.same(pointers(await publish(id, {})), ['/kind'])
  t.same(pointers(await publish(id, { kind: 'correction' })), ['/note'])
  t.same(pointers(await publish(id, { kind: 'correction', note: ' ' })), ['/note'])
  t.same(pointers(await publish(id, { kind: 'publish' })), ['/kind'])
  t.same(pointers(await publish(id, { kind: 'update', publishedAt: '2020-01-01T00:00:00Z' })), [
    '/publishedAt',
  ])
  t.same(pointers(await publish(id, { kind: 'update', because: 'x' })), ['/because'])
  const seq = (await desk.db.primary.headNow()).seq
  t.equal((await publish(id, { kind: 'update', note: 'More.' })).status, 200)
  t.equal((await publish(id, { kind: 'correction', note: 'It is 300 metres.' })).status, 200)
  t.same(await changesSince(seq), ['article updated', 'article corrected'])
  const { body: history } = await desk.get(`/v1/articles/${id}/versions`)
  t.match(history.data, [
    { number: 1, kind: 'publish' },
    { number: 2, kind: 'update', note: 'More.' },
    { number: 3, kind: 'correction', note: 'It is 300 metres.' },
  ])
  t.equal((await withdraw(id, notice)).status, 200)
  const never = await publish(id, { kind: 'update' })
  t.equal(never.body.code, 'move-impossible')
  t.same(never.body.possible, [])
})

t.test('readers see an edit at the next publish, and a correction says so with its time', async t => {
  const desk = await openDesk(t)
  const { patch, publish, get } = desk
  const { id, slug } = await publishNew(desk, { headline: 'First', tags: ['energy'] })
  const before = await get(`/v1/articles/${slug}`)
  const seq = (await desk.db.primary.headNow()).seq
  await patch(id, {
    headline: 'Second',
    body: '<p>New.</p>',
    section: 'sport',
    tags: [],
    access: 'subscribers',
    language: 'bg',
  })
  const same = await get(`/v1/articles/${slug}`)
  t.same(same.body, before.body)
  t.equal(same.headers.etag, before.headers.etag)
  t.equal((await desk.db.primary.headNow()).seq, seq)

  desk.clock.now += 60_000
  await patch(id, { access: 'public' })
  await publish(id, { kind: 'correction', note: 'It is 300 metres.' })
  const { body } = await get(`/v1/articles/${slug}`)
  t.match(body, {
    headline: 'Second',
    body: '<p>New.</p>',
    section: { slug: 'sport' },
    tags: [],
    language: 'bg',
    version: 2,
  })
  t.match(body, {
    publishedAt: '2024-07-12T02:21:00.000Z',
    updatedAt: '2024-07-12T02:22:00.000Z',
    correctedAt: '2024-07-12T02:22:00.000Z',
    corrections: [{ version: 2, at: '2024-07-12T02:22:00.000Z', note: 'It is 300 metres.' }],
  })
  t.same(idsOf(await get('/v1/articles?language=bg&section=sport')), [id], 'lists go by what is live now')
  for (const filter of ['language=en', 'section=world', 'tag=energy'])
    t.same(idsOf(await get(`/v1/articles?${filter}`)), [], filter)
  desk.clock.now += 60_000
  await publish(id, { kind: 'update' })
  const { body: later } = await get(`/v1/articles/${slug}`)
  t.equal(later.correctedAt, '2024-07-12T02:22:00.000Z', 'an update is no correction, and hides none')
  t.equal(later.corrections.length, 1)
})

t.test('an update moves an article neither in lists nor in its day', async t => {
  const desk = await openDesk(t)
  const { publish, get } = desk
  const old = await publishNew(desk)
  desk.clock.now += 24 * 3_600_000
  const fresh = await publishNew(desk)
  desk.clock.now += 60_000
  await publish(old.id, { kind: 'update' })
  t.same(idsOf(await get('/v1/articles')), [fresh.id, old.id])
  t.same(idsOf(await get('/v1/articles?section=world&language=en')), [fresh.id, old.id])
  t.same(idsOf(await get('/v1/today')), [fresh.id])
  t.same(idsOf(await get('/v1/articles?sort=-updatedAt')), [old.id, fresh.id], 'unless asked by that time')
})

t.test('an earlier time of publication takes its scope, lies in the past and never moves', async t => {
  const desk = await openDesk(t)
  const { publish, get } = desk
  const { id } = await makeArticle(desk)
  const key = await desk.makeKey(['articles:publish'])
  const body = { publishedAt: '2020-01-01T00:00:00+02:00' }
  const denied = await desk.request('POST', `${articles}/${id}/publish`, { key, match: 1, body })
  t.equal(denied.status, 403)
  t.equal(denied.body.scope, 'articles:backdate')
  for (const publishedAt of [
    '2024-07-12T02:21:00.001Z',
    '2020-01-01',
    '2020-01-01T00:00:00',
    '2020-02-30T00:00:00Z',
  ])
    t.same(pointers(await publish(id, { publishedAt })), ['/publishedAt'], publishedAt)
  t.equal((await publish(id, body, 1)).status, 200)
  const { body: first } = await get(`/v1/articles/${id}`)
  t.equal(first.publishedAt, '2019-12-31T22:00:00.000Z')
  t.equal(first.updatedAt, '2019-12-31T22:00:00.000Z', 'an archive is not news')
  const { body: log } = await get('/v1/changes')
  t.equal(log.data.at(-1).at, '2024-07-12T02:21:00.000Z', 'the log has the time of the commit')
  await publish(id, { kind: 'update' })
  t.equal((await get(`/v1/articles/${id}`)).body.publishedAt, '2019-12-31T22:00:00.000Z')
})

t.test('a slug is made once of the headline, numbered when it is taken, and free to set', async t => {
  const desk = await openDesk(t)
  const { create, patch, publish, get } = desk
  const bulgarian = await publishNew(desk, { headline: 'Мостът край Видин отвори', language: 'bg' })
  t.equal(bulgarian.slug, 'mostat-kray-vidin-otvori')
  t.equal(
    (await publishNew(desk, { headline: 'Мостът край Видин: отвори!', language: 'bg' })).slug,
    'mostat-kray-vidin-otvori-2',
  )
  await patch(bulgarian.id, { headline: 'Съвсем друго' })
  await publish(bulgarian.id, { kind: 'update' })
  t.equal((await get(`/v1/articles/${bulgarian.id}`)).body.slug, bulgarian.slug, 'a later headline leaves it')
  await patch(bulgarian.id, { slug: null })
  await publish(bulgarian.id, { kind: 'update' })
  t.equal((await get(`/v1/articles/${bulgarian.id}`)).body.slug, bulgarian.slug, 'and so does unsetting it')
  const set = await publishNew(desk, { slug: 'just-so' })
  t.equal(set.slug, 'just-so')
  const taken = await create({ slug: 'just-so' })
  t.equal(taken.status, 409)
  t.equal(taken.body.code, 'slug-taken')
  t.same(pointers(taken), ['/slug'])
  t.equal((await patch(bulgarian.id, { slug: 'just-so' })).body.code, 'slug-taken')

  const [one, two] = await Promise.all([
    makeArticle(desk, { slug: 'race' }),
    makeArticle(desk, { slug: 'race' }),
  ])
  const race = await Promise.all([publish(one.id, {}), publish(two.id, {})])
  t.same(race.map(reply => reply.status).sort(), [200, 409], 'of two that want one slug, one has it')
  const same = await Promise.all(
    Array.from({ length: 5 }, () => publishNew(desk, { headline: 'Same words' })),
  )
  t.same(same.map(item => item.slug).sort(), [
    'same-words',
    'same-words-2',
    'same-words-3',
    'same-words-4',
    'same-words-5',
  ])
})

t.test('an old slug redirects for ever, query and all, and is never given to another article', async t => {
  const desk = await openDesk(t)
  const { create, patch, publish, withdraw, get } = desk
  const { id } = await publishNew(desk, { slug: 'one' })
  await patch(id, { slug: 'two' })
  t.equal((await get('/v1/articles/two')).status, 404, 'not before it is published')
  t.equal((await get('/v1/articles/one')).status, 200)
  await publish(id, { kind: 'update' })
  await patch(id, { slug: 'three' })
  await publish(id, { kind: 'update' })
  for (const old of ['one', 'two']) {
    for (const rest of [
      '',
      '?bodyFormat=text&fields=body',
      '/versions',
      '/versions?limit=1',
      '/related?include=body',
    ]) {
      const moved = await get(`/v1/articles/${old}${rest}`)
      t.equal(moved.status, 301)
      t.equal(moved.headers.location, `https://api.example/v1/articles/three${rest}`)
      t.equal((await get(new URL(String(moved.headers.location)).pathname)).status, 200)
    }
    t.equal((await create({ slug: old })).status, 409, 'no other article may set it')
    t.equal((await publishNew(desk, { headline: old })).slug, `${old}-2`, 'nor be given it')
  }
  await patch(id, { slug: 'one' })
  t.equal((await publish(id, { kind: 'update' })).status, 200, 'its own article may take it back')
  t.equal((await get('/v1/articles/one')).status, 200)
  t.match((await get('/v1/articles/three')).headers.location, /\/v1\/articles\/one$/)
  await withdraw(id, notice)
  for (const old of ['one', 'two', 'three']) {
    t.equal((await get(`/v1/articles/${old}`)).status, 410)
    t.equal((await create({ slug: old })).status, 409, 'not even once it is withdrawn')
  }
})

t.test('a withdrawn article leaves a tombstone on every address, and nothing else anywhere', async t => {
  const desk = await openDesk(t)
  const { publish, withdraw, remove, read, changesSince, get, key } = desk
  const better = await publishNew(desk, { headline: 'Better' })
  const form = makeForm(
    await sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } })
      .png()
      .toBuffer(),
  )
  const { body: picture } = await desk.request('POST', '/v1/editorial/media', { key, ...form })
  const { id } = await publishNew(desk, {
    headline: 'Sorry words',
    summary: 'Sad summary',
    tags: ['energy'],
    leadMedia: picture.id,
  })
  const shown = (await get(`/v1/media/${picture.id}`)).body
  const bytes = new URL(shown.renditions[0].url).pathname
  t.equal((await get(bytes)).status, 200)
  const seq = (await desk.db.primary.headNow()).seq
  for (const replacement of [unknownId, id]) {
    const refused = await withdraw(id, { ...notice, replacement })
    t.equal(refused.status, 400)
    t.same(pointers(refused), ['/replacement'])
  }
  t.same(pointers(await withdraw(id, { reason: 'R' })), ['/notice'])
  t.same(pointers(await withdraw(id, { notice: 'N' })), ['/reason'])
  const done = await withdraw(id, { ...notice, replacement: better.id })
  t.equal(done.status, 200)
  t.match(done.body, { liveStatus: 'withdrawn', revision: 3 })
  t.same((await changesSince(seq)).sort(), ['article withdrawn', 'media removed', 'tag removed'])

  for (const name of [id, 'sorry-words']) {
    for (const rest of ['', '/versions', '/related', '?fields=headline']) {
      const gone = await get(`/v1/articles/${name}${rest}`)
      t.equal(gone.status, 410)
      t.equal(gone.body.code, 'withdrawn')
      t.same(gone.body.tombstone, {
        id,
        withdrawnAt: '2024-07-12T02:21:00.000Z',
        notice: 'It was wrong.',
        replacement: { id: better.id, slug: 'better' },
      })
      t.notMatch(gone.text.replace(gone.body.instance, ''), /forged|sorry|sad/i)
    }
  }
  for (const list of [
    '/v1/articles',
    '/v1/today',
    `/v1/articles?ids=${id}`,
    '/v1/articles?section=world',
    `/v1/articles/better/related`,
  ])
    t.notMatch((await get(list)).text, id, list)
  for (const path of ['/v1/tags/energy', `/v1/media/${picture.id}`, bytes])
    t.equal((await get(path)).status, 404, path)
  t.equal((await get('/v1/tags/world')).body.count, 1)
  const { body: log } = await get('/v1/changes')
  const row = log.data.find((change: Json) => change.action === 'withdrawn')
  t.match(row, { subject: { type: 'article', id }, tombstone: { notice: 'It was wrong.' } })
  t.notMatch(JSON.stringify(log), /forged|sorry/i)

  t.same((await withdraw(id, notice)).body.possible, [], 'withdrawn has no move out')
  t.equal((await publish(id, { kind: 'update' })).status, 409)
  t.equal((await remove(id)).body.code, 'was-published')
  t.equal((await read(id)).body.headline, 'Sorry words', 'the newsroom keeps it')
  await withdraw(better.id, notice)
  t.notOk(
    'replacement' in (await get(`/v1/articles/${id}`)).body.tombstone,
    'a replacement is shown while it is live',
  )
})

t.test('a replacement that is not out yet is shown from the moment it is', async t => {
  const desk = await openDesk(t)
  const { publish, withdraw, get } = desk
  const { id } = await publishNew(desk)
  const next = await makeArticle(desk, { headline: 'Next' })
  t.equal((await withdraw(id, { ...notice, replacement: next.id })).status, 200)
  const gone = await get(`/v1/articles/${id}`)
  t.notOk('replacement' in gone.body.tombstone)
  t.notMatch(JSON.stringify(gone.headers), next.id, 'nor do its headers name it')
  t.notMatch((await get('/v1/changes')).text, next.id)
  await publish(next.id, {})
  t.same((await get(`/v1/articles/${id}`)).body.tombstone.replacement, { id: next.id, slug: 'next' })
})

t.test('only what was never published can be deleted, and only that cannot be withdrawn', async t => {
  const desk = await openDesk(t)
  const { read, remove, withdraw, get } = desk
  const draft = await makeArticle(desk, { tags: ['energy'] })
  const early = await withdraw(draft.id, notice)
  t.equal(early.body.code, 'move-impossible')
  t.same(early.body.possible, ['submit', 'publish', 'schedule', 'delete'])
  t.equal((await remove(draft.id, 1)).status, 204)
  t.equal((await read(draft.id)).status, 404)
  t.equal((await remove(draft.id)).status, 404)
  t.equal((await get(`/v1/articles/${draft.id}`)).status, 404)
  const { id } = await publishNew(desk)
  const refused = await remove(id)
  t.equal(refused.status, 409)
  t.equal(refused.body.code, 'was-published')
  t.equal((await get(`/v1/articles/${id}`)).status, 200)
})

t.test('translations are the live articles of the story, one for each language', async t => {
  const desk = await openDesk(t)
  const { patch, publish, withdraw, get } = desk
  const { id, slug } = await publishNew(desk)
  const bulgarian = await makeArticle(desk, { language: 'bg', story: id, headline: 'Превод' })
  const translations = async (name: string) => (await get(`/v1/articles/${name}`)).body.translations
  t.same(await translations(id), [], 'a working copy is not listed')
  await publish(bulgarian.id, {})
  t.same(await translations(id), [
    {
      id: bulgarian.id,
      slug: 'prevod',
      language: 'bg',
      headline: 'Превод',
      canonicalUrl: 'https://site.example/bg/prevod',
    },
  ])
  t.match(await translations('prevod'), [{ id, slug, language: 'en' }])
  const second = await makeArticle(desk, { language: 'bg', story: id })
  const refused = await publish(second.id, {})
  t.equal(refused.status, 409)
  t.equal(refused.body.code, 'translation-exists')
  t.equal(refused.body.article, bulgarian.id)
  await patch(id, { language: 'bg' })
  t.equal(
    (await publish(id, { kind: 'update' })).body.code,
    'translation-exists',
    'nor by changing the language',
  )
  await withdraw(bulgarian.id, notice)
  t.same(await translations(id), [])
  t.equal((await publish(second.id, {})).status, 200, 'the place of a withdrawn one is free')
  const apart = await patch(second.id, { story: second.id })
  t.equal(apart.body.story, second.id, 'an article may have a story of its own again')
  t.match(await translations(id), [{ id: second.id }], 'from the next publish on')
  await publish(second.id, { kind: 'update' })
  t.same(await translations(id), [])
})

t.test(
  "a subscribers' body is for keys that may read it, and says that it is withheld from others",
  async t => {
    const desk = await openDesk(t)
    const { get } = desk
    const { id } = await publishNew(desk, { access: 'subscribers', body: '<p>Secret.</p>', summary: 'Open.' })
    const subscriber = await desk.makeKey(['articles:subscribers'])
    const other = await desk.makeKey(['articles:read', 'articles:write'])
    const single = `/v1/articles/${id}`
    const list = '/v1/articles?include=body'
    const today = '/v1/today?include=body'
    for (const options of [{}, { key: other }]) {
      const { body } = await get(single, options)
      t.match(body, { summary: 'Open.', bodyWithheld: { reason: 'subscribers' } })
      for (const path of [single, list, today, `${single}?fields=body`, `${single}?bodyFormat=text`]) {
        const { text } = await get(path, options)
        t.notMatch(text, /Secret/, path)
        t.match(text, /bodyWithheld/, path)
      }
    }
    t.notMatch((await get('/v1/articles')).text, /bodyWithheld/, 'a list that shows no body withholds none')
    for (const path of [single, list, today]) {
      const { text, headers } = await get(path, { key: subscriber })
      t.match(text, /Secret/, path)
      t.notMatch(text, /bodyWithheld/)
      t.equal(headers['cache-control'], 'private, no-store')
    }
    const shown = await get(single, { key: subscriber })
    const anonymous = await get(single, { headers: { 'if-none-match': String(shown.headers.etag) } })
    t.equal(anonymous.status, 200, 'the label of one audience is no answer to another')
  },
)

t.test('every version is kept as it was printed, with who published it', async t => {
  const desk = await openDesk(t)
  const { patch, publish, withdraw, get, key } = desk
  const { id } = await publishNew(desk, { headline: 'One', tags: ['energy'], editorialNote: 'Hush.' })
  await patch(id, { headline: 'Two', tags: [] })
  await publish(id, { kind: 'update', note: 'More.' })
  await patch(id, { headline: 'Three' })
  await withdraw(id, notice)
  const { body: list } = await get(`${articles}/${id}/versions`, { key })
  t.match(list.data, [
    { number: 1, kind: 'publish', at: '2024-07-12T02:21:00.000Z' },
    { number: 2, kind: 'update', note: 'More.' },
  ])
  const { body: keys } = await get('/v1/editorial/keys', { key })
  for (const version of list.data) t.equal(version.keyId, keys.data[0].id)
  const version = async (n: number | string) => get(`${articles}/${id}/versions/${n}`, { key })
  t.match((await version(1)).body.article, {
    headline: 'One',
    tags: ['energy'],
    section: 'world',
    slug: 'one',
  })
  t.match((await version(2)).body.article, { headline: 'Two', tags: [] })
  t.equal((await version(3)).status, 404)
  t.equal((await version('0')).status, 400)
  const paged = await get(`${articles}/${id}/versions?limit=1`, { key })
  const rest = await get(paged.body.page.next, { key })
  t.same([...paged.body.data, ...rest.body.data], list.data)
  t.equal((await get(`${articles}/${unknownId}/versions`, { key })).status, 404)
  t.notMatch((await version(1)).text, /Hush/, 'what only the desk reads is not part of what was printed')
})

t.test('what is for the desk alone is in no public answer', async t => {
  const desk = await openDesk(t)
  const { get } = desk
  const { id, slug } = await publishNew(desk, { editorialNote: 'Hush.', tags: ['energy'] })
  const urls = [
    '/v1/articles',
    '/v1/today',
    `/v1/articles/${id}`,
    `/v1/articles/${slug}?include=body,tags,media,section,translations`,
  ]
  for (const url of [
    ...urls,
    `/v1/articles/${id}/versions`,
    `/v1/articles/${id}/related`,
    '/v1/changes',
    '/v1/tags',
  ]) {
    for (const options of [{}, { key: desk.key }]) {
      const { status, text } = await get(url, options)
      t.equal(status, 200, url)
      t.notMatch(text, /Hush|editorialNote|deskStatus|liveStatus|revision|keyId/, url)
    }
  }
  t.equal((await get(`/v1/articles?fields=editorialNote`)).status, 400)
})

t.test(
  'writes of working copies are in no log; a publish and its row are written together or not at all',
  async t => {
    const desk = await openDesk(t)
    const { create, read, patch, remove, publish, changesSince, get } = desk
    const { id } = (await create({ section: 'world', body: 'Text.', tags: ['energy'] })).body
    await patch(id, { headline: 'New' })
    await remove((await create({})).body.id)
    t.same(await changesSince(0), [])

    const mend = await breakInserts(desk.folder, 'changes')
    const failed = await publish(id, {}, 2)
    t.equal(failed.status, 500)
    t.notMatch(failed.text, /disk|trigger|constraint|sqlite|postgres/i)
    t.match((await read(id)).body, { revision: 2, version: 0, liveStatus: 'never' })
    for (const path of [`/v1/articles/${id}`, '/v1/articles/new', '/v1/tags/energy'])
      t.equal((await get(path)).status, 404, path)
    t.same(await changesSince(0), [])
    await mend()
    t.equal((await publish(id, {}, 2)).body.slug, 'new', 'the slug was not used up')
    t.same((await changesSince(0)).sort(), ['article published', 'tag changed', 'tag changed'])

    const seq = (await desk.db.primary.headNow()).seq
    await breakInserts(desk.folder, 'tombstones')
    const withdrawn = await desk.withdraw(id, notice)
    t.equal(withdrawn.status, 500)
    t.equal((await get(`/v1/articles/${id}`)).status, 200)
    t.equal((await get('/v1/tags/energy')).body.count, 1)
    t.same(await changesSince(seq), [])
  },
)

t.test('the desk lists its working copies, last edited first, by state, language and section', async t => {
  const desk = await openDesk(t)
  const { patch, withdraw, get, key } = desk
  const tick = () => {
    desk.clock.now += 1000
  }
  const draft = await makeArticle(desk, { language: 'bg', section: 'sport' })
  tick()
  const live = await publishNew(desk)
  tick()
  const gone = await publishNew(desk)
  await withdraw(gone.id, notice)
  const list = async (query: string) => idsOf(await get(`${articles}${query}`, { key }))
  t.same(await list(''), [gone.id, live.id, draft.id])
  tick()
  await patch(draft.id, { byline: 'B' })
  t.same(await list(''), [draft.id, gone.id, live.id])
  t.same(await list('?liveStatus=live&liveStatus=withdrawn'), [gone.id, live.id])
  t.same(await list('?liveStatus=never&deskStatus=draft'), [draft.id])
  t.same(await list('?language=bg'), [draft.id])
  t.same(await list('?section=sport'), [draft.id])
  t.same(await list('?section=nowhere'), [], 'an unknown section has no articles')
  t.same(await list('?section=energy'), [])
  const walked: string[] = []
  let next: string | undefined = `${articles}?limit=1`
  while (next) {
    const page: Reply = await get(next, { key })
    walked.push(...idsOf(page))
    next = page.body.page.next
  }
  t.same(walked, [draft.id, gone.id, live.id])
  const { body } = await get(articles, { key })
  t.notOk(
    body.data.some((item: Json) => 'body' in item),
    'lists leave bodies out',
  )
})
