import sharp from 'sharp'
import t from 'tap'
import {
  makeArticle,
  makeForm,
  makeTag,
  type Newsroom,
  openNewsroom,
  publishNew,
} from './support/newsroom.ts'

const articles = '/v1/editorial/articles'

async function open(t: Parameters<typeof openNewsroom>[0]): Promise<Newsroom> {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  await makeTag(newsroom, 'energy', 'topic')
  return newsroom
}

t.test('a change needs If-Match, and of two with one revision one wins', async t => {
  const newsroom = await open(t)
  const { id } = await makeArticle(newsroom)
  const patch = (match: number | string | undefined, headline: string) =>
    newsroom.request('PATCH', `${articles}/${id}`, {
      key: newsroom.key,
      body: { headline },
      ...(match === undefined ? {} : { match }),
    })
  t.equal((await patch(undefined, 'A')).status, 428)
  t.equal((await patch('W/"1"', 'A')).status, 412, 'a weak tag never matches')
  const both = await Promise.all([patch(1, 'A'), patch(1, 'B')])
  t.same(both.map(reply => reply.status).sort(), [200, 412])
  t.equal(both.find(reply => reply.status === 412)?.body.revision, 2)
})

t.test('a merge patch removes with null, replaces lists, and leaves the rest', async t => {
  const newsroom = await open(t)
  const { id } = await makeArticle(newsroom, { summary: 'S', byline: ' By  A ', tags: ['energy'] })
  const { body } = await newsroom.request('PATCH', `${articles}/${id}`, {
    key: newsroom.key,
    match: 1,
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify({ summary: null, tags: [] }),
  })
  t.notOk('summary' in body)
  t.same(body.tags, [])
  t.equal(body.byline, ' By  A ', 'words are kept as they were sent')
  t.equal(body.revision, 2)
})

t.test('publishing names what is missing, and says no more than the log', async t => {
  const newsroom = await open(t)
  const { body: draft } = await newsroom.request('POST', articles, {
    key: newsroom.key,
    body: { headline: 'H', language: 'en' },
  })
  const seq = (await newsroom.db.primary.headNow()).seq
  const refused = await newsroom.request('POST', `${articles}/${draft.id}/publish`, {
    key: newsroom.key,
    match: 1,
    body: {},
  })
  t.equal(refused.status, 409)
  t.same(
    refused.body.errors.map((error: { pointer: string }) => error.pointer),
    ['/section', '/body'],
  )
  t.equal((await newsroom.db.primary.headNow()).seq, seq)
  t.equal((await newsroom.get(`/v1/articles/${draft.id}`)).status, 404)
})

t.test('a correction needs a public note and shows; readers see an edit at the next publish', async t => {
  const newsroom = await open(t)
  const { id, slug } = await publishNew(newsroom, { headline: 'Мостът край Видин отвори', language: 'bg' })
  t.equal(slug, 'mostat-kray-vidin-otvori')
  const publish = (body: object) =>
    newsroom.request('POST', `${articles}/${id}/publish`, { key: newsroom.key, match: '*', body })
  t.equal((await publish({})).body.errors[0].pointer, '/kind')
  t.equal((await publish({ kind: 'correction' })).body.errors[0].pointer, '/note')
  await newsroom.request('PATCH', `${articles}/${id}`, {
    key: newsroom.key,
    match: '*',
    body: { headline: 'Ново' },
  })
  t.equal((await newsroom.get(`/v1/articles/${slug}`)).body.headline, 'Мостът край Видин отвори')
  newsroom.clock.now += 60_000
  t.equal((await publish({ kind: 'correction', note: 'It is 300 metres.' })).status, 200)
  const { body } = await newsroom.get(`/v1/articles/${slug}`)
  t.equal(body.headline, 'Ново')
  t.match(body.corrections, [{ version: 2, note: 'It is 300 metres.' }])
  t.ok(body.correctedAt > body.publishedAt)
  const { body: history } = await newsroom.get(`/v1/articles/${slug}/versions`)
  t.same(
    history.data.map((version: { kind: string }) => version.kind),
    ['publish', 'correction'],
  )
  const first = await newsroom.get(`${articles}/${id}/versions/1`, { key: newsroom.key })
  t.equal(first.body.article.headline, 'Мостът край Видин отвори')
})

t.test('an earlier time of publication takes its scope, and never moves', async t => {
  const newsroom = await open(t)
  const { id } = await makeArticle(newsroom)
  const key = await newsroom.makeKey(['articles:publish'])
  const body = { publishedAt: '2020-01-01T00:00:00+02:00' }
  t.equal((await newsroom.request('POST', `${articles}/${id}/publish`, { key, match: 1, body })).status, 403)
  const ahead = { publishedAt: '2999-01-01T00:00:00Z' }
  t.equal(
    (
      await newsroom.request('POST', `${articles}/${id}/publish`, {
        key: newsroom.key,
        match: 1,
        body: ahead,
      })
    ).status,
    400,
  )
  t.equal(
    (await newsroom.request('POST', `${articles}/${id}/publish`, { key: newsroom.key, match: 1, body }))
      .status,
    200,
  )
  t.equal((await newsroom.get(`/v1/articles/${id}`)).body.publishedAt, '2019-12-31T22:00:00.000Z')
})

t.test(
  'a withdrawn article leaves a tombstone on every route, and its slug is never given again',
  async t => {
    const newsroom = await open(t)
    const better = await publishNew(newsroom, { headline: 'Better' })
    const { id } = await publishNew(newsroom, { headline: 'Sorry', tags: ['energy'] })
    const body = { notice: 'It was wrong.', reason: 'A forged paper.', replacement: better.id }
    t.equal(
      (await newsroom.request('POST', `${articles}/${id}/withdraw`, { key: newsroom.key, match: '*', body }))
        .status,
      200,
    )
    for (const rest of ['', '/versions', '/related']) {
      for (const name of [id, 'sorry']) {
        const gone = await newsroom.get(`/v1/articles/${name}${rest}`)
        t.equal(gone.status, 410)
        t.same(Object.keys(gone.body.tombstone).sort(), ['id', 'notice', 'replacement', 'withdrawnAt'])
        t.equal(gone.body.tombstone.replacement.slug, 'better')
        t.notMatch(gone.text, /forged|Sorry/)
      }
    }
    t.equal((await newsroom.get('/v1/tags/energy')).status, 404, 'what nothing live uses is not public')
    const change = (await newsroom.get('/v1/changes')).body.data.find(
      (item: { action: string }) => item.action === 'withdrawn',
    )
    t.equal(change.tombstone.notice, 'It was wrong.')
    t.equal((await publishNew(newsroom, { headline: 'Sorry' })).slug, 'sorry-2')
    const again = await newsroom.request('POST', `${articles}/${id}/publish`, {
      key: newsroom.key,
      match: '*',
      body: { kind: 'update' },
    })
    t.equal(again.status, 409)
    t.same(again.body.possible, [])
    t.equal(
      (await newsroom.request('DELETE', `${articles}/${id}`, { key: newsroom.key, match: '*' })).status,
      409,
    )
  },
)

t.test("a subscribers' article says that its body is withheld", async t => {
  const newsroom = await open(t)
  const { id } = await publishNew(newsroom, { access: 'subscribers', body: '<p>Secret.</p>' })
  const open_ = await newsroom.get(`/v1/articles/${id}`)
  t.same(open_.body.bodyWithheld, { reason: 'subscribers' })
  t.notOk('body' in open_.body)
  const key = await newsroom.makeKey(['articles:subscribers'])
  t.equal((await newsroom.get(`/v1/articles/${id}`, { key })).body.body, '<p>Secret.</p>')
  t.notMatch((await newsroom.get('/v1/articles?include=body')).text, /Secret/)
})

t.test('translations are the live articles of the story, one for each language', async t => {
  const newsroom = await open(t)
  const { id } = await publishNew(newsroom)
  const bulgarian = await makeArticle(newsroom, { language: 'bg', story: id, headline: 'Превод' })
  t.same((await newsroom.get(`/v1/articles/${id}`)).body.translations, [])
  await newsroom.request('POST', `${articles}/${bulgarian.id}/publish`, {
    key: newsroom.key,
    match: 1,
    body: {},
  })
  t.match((await newsroom.get(`/v1/articles/${id}`)).body.translations, [
    { id: bulgarian.id, language: 'bg', slug: 'prevod' },
  ])
  const second = await makeArticle(newsroom, { language: 'bg', story: id })
  const refused = await newsroom.request('POST', `${articles}/${second.id}/publish`, {
    key: newsroom.key,
    match: 1,
    body: {},
  })
  t.equal(refused.body.code, 'translation-exists')
})

t.test(
  'a tag is shown while something live uses it, its name changes at once, and a merged one redirects',
  async t => {
    const newsroom = await open(t)
    await makeTag(newsroom, 'power', 'topic')
    await publishNew(newsroom, { tags: ['energy', 'power'] })
    t.equal((await newsroom.get('/v1/tags/energy')).body.count, 1)
    const seq = (await newsroom.db.primary.headNow()).seq
    const named = await newsroom.request('PATCH', '/v1/editorial/tags/energy', {
      key: newsroom.key,
      match: 1,
      body: { names: { bg: 'Енергетика' } },
    })
    t.same(named.body.names, { en: 'energy', bg: 'Енергетика' })
    t.equal((await newsroom.db.primary.headNow()).seq, seq + 1)
    t.equal(
      (await newsroom.get(`/v1/tags?name=${encodeURIComponent('ЕНЕРГ')}&language=bg`)).body.data[0].name,
      'Енергетика',
    )
    t.equal(
      (await newsroom.request('DELETE', '/v1/editorial/tags/power', { key: newsroom.key, match: 1 })).status,
      409,
    )
    const merged = await newsroom.request('POST', '/v1/editorial/tags/power/merge', {
      key: newsroom.key,
      match: 1,
      body: { into: 'energy' },
    })
    t.equal(merged.status, 200)
    t.equal((await newsroom.get('/v1/tags/power')).headers.location, 'https://api.example/v1/tags/energy')
    t.equal((await newsroom.get('/v1/tags/energy')).body.count, 1, 'an article that had both has one')
    t.equal((await newsroom.get('/v1/articles?tag=power')).body.data.length, 1)
  },
)

t.test('a picture is public, bytes and all, while something live uses it', async t => {
  const newsroom = await open(t)
  const picture = await sharp({ create: { width: 700, height: 400, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer()
  const words = { caption: '  A "bridge"', credit: 'AP Photo/Matt Rourke' }
  const upload = await newsroom.request('POST', '/v1/editorial/media', {
    key: newsroom.key,
    ...makeForm(picture, words),
  })
  t.equal(upload.status, 201)
  const { id } = upload.body
  t.equal((await newsroom.get(`/v1/media/${id}`)).status, 404)
  const article = await publishNew(newsroom, { leadMedia: id })
  const { body: shown } = await newsroom.get(`/v1/media/${id}`)
  t.equal(shown.caption, words.caption)
  t.equal(shown.credit, words.credit)
  t.equal(shown.renditions.length, 7)
  for (const { url, bytes, contentType } of shown.renditions) {
    const file = await newsroom.get(new URL(url).pathname)
    t.equal(file.bytes.length, bytes)
    t.equal(file.headers['content-type'], contentType)
    t.equal(file.headers['x-content-type-options'], 'nosniff')
    t.match(file.headers['cache-control'], /immutable/)
  }
  const path = new URL(shown.renditions[0].url).pathname
  const part = await newsroom.get(path, { headers: { range: 'bytes=10-19' } })
  t.equal(part.status, 206)
  t.same(part.bytes, (await newsroom.get(path)).bytes.subarray(10, 20))
  t.equal((await newsroom.get(path, { headers: { range: 'bytes=999999-' } })).status, 416)
  t.equal((await newsroom.get(path, { headers: { 'if-none-match': String(part.headers.etag) } })).status, 304)
  t.equal(
    (await newsroom.request('DELETE', `/v1/editorial/media/${id}`, { key: newsroom.key, match: 1 })).body
      .users.articles[0],
    article.id,
  )
  await newsroom.request('POST', `${articles}/${article.id}/withdraw`, {
    key: newsroom.key,
    match: '*',
    body: { notice: 'N', reason: 'R' },
  })
  t.equal((await newsroom.get(`/v1/media/${id}`)).status, 404)
  t.equal((await newsroom.get(path)).status, 404)
})
