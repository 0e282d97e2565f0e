import { randomUUID } from 'node:crypto'
import t from 'tap'
import { createArticle, prepare } from '../src/features/desk/desk.ts'
import { publishArticle } from '../src/features/desk/publish.ts'
import { withdrawArticle } from '../src/features/desk/takedown.ts'
import { makeTag, type Newsroom, openNewsroom, publishNew } from './support/newsroom.ts'
import { analyze, engine, planOf } from './support/store.ts'

type Item = { id: string; headline: string; publishedAt: string }
const ids = (data: Item[]) => data.map(item => item.id)
const hour = 3_600_000

/** Publishes many articles through the rules, in few transactions; answers their ids, oldest first. */
async function publishMany({ db, clock }: Newsroom, count: number): Promise<string[]> {
  const made: string[] = []
  const start = clock.now - count * 1000
  for (let from = 0; from < count; from += 1000) {
    await db.write({ by: 'command' }, async tx => {
      for (let i = from; i < Math.min(from + 1000, count); i++) {
        const language = i % 2 ? 'bg' : 'en'
        const tags = [i % 3 ? 'energy' : 'travel']
        const input = {
          headline: `Story ${i}`,
          language,
          body: 'Text.',
          section: i % 5 ? 'world' : 'sport',
          tags,
        }
        const { copy } = await createArticle(tx, await prepare(input))
        // Three articles share each instant: the id has to tell them apart.
        await publishArticle(tx, copy.id, { publishedAt: start + Math.floor(i / 3) * 3000 }, 'any')
        made.push(copy.id)
      }
    })
  }
  return made
}

async function openWithTags(t: Parameters<typeof openNewsroom>[0], settings = {}): Promise<Newsroom> {
  // These tests are of what a query gives, not of its time: a loaded machine may take longer.
  const newsroom = await openNewsroom(t, { settings: { QUERY_TIMEOUT: '120000', ...settings } })
  for (const slug of ['world', 'sport']) await makeTag(newsroom, slug)
  for (const slug of ['energy', 'travel', 'rare']) await makeTag(newsroom, slug, 'topic')
  return newsroom
}

t.test(
  'each filter, and each pair of filters, gives what a plain filter of the same articles gives',
  async t => {
    const newsroom = await openWithTags(t)
    type Made = {
      id: string
      language: string
      kind: string
      signOff: string
      urgency: number
      section: string
      tags: string[]
      publishedAt: string
    }
    const made: Made[] = []
    for (let i = 0; i < 24; i++) {
      const fields = {
        language: i % 2 ? 'bg' : 'en',
        kind: i % 3 ? 'story' : 'brief',
        signOff: i % 4 ? '/IV/' : '/EM/',
        urgency: (i % 9) + 1,
        section: i % 5 ? 'world' : 'sport',
        tags: ['energy', 'travel', 'rare'].filter((_, n) => (i >> n) % 2 === 1),
      }
      const publishedAt = new Date(newsroom.clock.now - i * hour).toISOString()
      const { id } = await publishNew(newsroom, fields, { publishedAt })
      made.push({ id, ...fields, publishedAt })
    }
    const middle = new Date(newsroom.clock.now - 12 * hour).toISOString()
    const filters: [string, (item: Made) => boolean][] = [
      ['language=bg', item => item.language === 'bg'],
      ['language=bg&language=en', () => true],
      ['kind=brief', item => item.kind === 'brief'],
      ['signOff=/EM/', item => item.signOff === '/EM/'],
      ['urgency=1&urgency=2', item => item.urgency <= 2],
      ['section=sport', item => item.section === 'sport'],
      ['tag=energy', item => item.tags.includes('energy')],
      ['tag=energy&tag=rare', item => item.tags.includes('energy') || item.tags.includes('rare')],
      ['tagAll=energy&tagAll=travel', item => item.tags.includes('energy') && item.tags.includes('travel')],
      [`publishedFrom=${middle}`, item => item.publishedAt >= middle],
      [`publishedBefore=${middle}`, item => item.publishedAt < middle],
      [`updatedSince=${middle}`, item => item.publishedAt >= middle],
      [`ids=${made.slice(0, 9).map(item => item.id)}`, item => made.indexOf(item) < 9],
      ['tag=unknown', () => false],
    ]
    for (const [a, first] of filters) {
      for (const [b, second] of filters) {
        if (a !== b && a.split('=')[0] === b.split('=')[0]) continue
        const wanted = made.filter(item => first(item) && second(item)).map(item => item.id)
        for (const [sort, order] of [
          ['-publishedAt', wanted],
          ['publishedAt', [...wanted].reverse()],
          ['-updatedAt', wanted],
        ] as const) {
          const filter = a === b ? a : `${a}&${b}`
          const page = filter.includes('ids=') ? '' : 'limit=100&'
          const url = `/v1/articles?${page}count=exact&sort=${sort}&${filter}`
          const { body } = await newsroom.get(url)
          t.same(ids(body.data), order, url)
          t.equal(body.meta.total, order.length, url)
        }
      }
    }
  },
)

t.test(
  'walking by cursor meets each article that was live throughout exactly once, among publishes and withdrawals',
  async t => {
    const newsroom = await openWithTags(t)
    // Ten thousand take minutes to write on PostgreSQL, and are walked there no differently.
    const made = await publishMany(newsroom, engine === 'sqlite' ? 10_000 : 2000)
    const withdrawn = new Set<string>()
    const met = new Map<string, number>()
    let pages = 0
    for (let next: string | undefined = '/v1/articles?limit=20&fields=id'; next; pages++) {
      const { body, status }: { body: { data: Item[]; page: { next?: string } }; status: number } =
        await newsroom.get(next)
      if (status !== 200) throw new Error(JSON.stringify(body))
      for (const id of ids(body.data)) met.set(id, (met.get(id) ?? 0) + 1)
      next = body.page.next
      if (pages % 5 !== 0) continue
      // The row the cursor points at goes, and so do one ahead and one behind; a new one comes.
      const gone = [body.data.at(-1)?.id, made[(pages * 37) % made.length], made[(pages * 91) % made.length]]
      newsroom.clock.now += 1
      await newsroom.db.write({ by: 'command' }, async tx => {
        const { copy } = await createArticle(
          tx,
          await prepare({ headline: `New ${pages}`, language: 'en', body: 'Text.', section: 'world' }),
        )
        await publishArticle(tx, copy.id, {}, 'any')
        for (const id of gone) {
          if (id === undefined || withdrawn.has(id)) continue
          withdrawn.add(id)
          await withdrawArticle(tx, id, { notice: 'Withdrawn.', reason: 'A test.' }, 'any')
        }
      })
    }
    t.ok(pages > made.length / 22)
    t.same(
      [...met].filter(([, times]) => times > 1),
      [],
      'none twice',
    )
    t.same(
      made.filter(id => !withdrawn.has(id) && !met.has(id)),
      [],
      'none missed',
    )
    t.comment(`${pages} pages, ${withdrawn.size} withdrawn on the way`)

    // The plans of the same database: every flat list is a search of an index, on its first page and from a cursor.
    await analyze(newsroom.folder)
    const plansOf = async (url: string, table: string, choice?: 'as it likes') => {
      newsroom.calls.length = 0
      const reply = await newsroom.get(url, { key: newsroom.key })
      t.equal(reply.status, 200, url)
      const lists = newsroom.calls.filter(
        ({ text }) => text.includes(`from "${table}`) && / limit /.test(text),
      )
      const plans = await Promise.all(lists.map(call => planOf(newsroom.folder, call, choice)))
      t.ok(plans.length > 0, url)
      return { reply, plans }
    }
    const from = new Date(newsroom.clock.now - hour).toISOString()
    const lists = [
      '',
      'language=en',
      'section=world',
      'tag=energy',
      'section=world&language=en',
      'tag=energy&language=bg',
      'sort=publishedAt',
      'sort=-updatedAt',
      `publishedFrom=${from}`,
    ]
    for (const query of lists) {
      const pagePlans: string[] = []
      let next: string | undefined = `/v1/articles?limit=5&${query}`
      for (let page = 0; page < 3 && next; page++) {
        const { reply, plans }: Awaited<ReturnType<typeof plansOf>> = await plansOf(next, 'publication')
        for (const plan of plans) {
          t.notOk(plan.sorts, `"${query}" sorts nothing\n${plan.text}`)
          t.notOk(plan.scans, `"${query}" scans no table\n${plan.text}`)
        }
        pagePlans.push(plans[0]?.text ?? '')
        if (page === 1) t.ok(plans[0]?.searches, `"${query}" from a cursor is a search\n${plans[0]?.text}`)
        next = reply.body.page.next
      }
      t.equal(pagePlans[1], pagePlans[2], `"${query}" has one plan from a cursor on`)
    }
    const asked = made.slice(0, 20).join()
    for (const more of ['', '&language=en', '&sort=-updatedAt', '&updatedSince=2020-01-01T00:00:00Z']) {
      const url = `/v1/articles?fields=slug&ids=${asked}${more}`
      const { plans } = await plansOf(url, 'publications', 'as it likes')
      const wrong = plans.flatMap(plan => plan.indexes).filter(name => /^publications_(?!pkey)/.test(name))
      t.same(wrong, [], `ids${more} are looked up, whatever else is asked`)
    }
    for (const query of ['', '?section=world', '?deskStatus=draft', '?liveStatus=never', '?language=bg']) {
      const { plans } = await plansOf(`/v1/editorial/articles${query}`, 'articles"')
      for (const plan of plans) {
        t.notOk(plan.sorts || plan.scans, `the desk's list ${query} is an index walk\n${plan.text}`)
        // PostgreSQL knows how many there are: of nearly all it filters the newest.
        if (query !== '' && engine === 'sqlite') t.match(plan.indexes[0], /^articles_\w+_edited$/, query)
      }
    }
    const trail = await plansOf(`/v1/editorial/articles/${made[0]}/audit`, 'audit"')
    for (const plan of trail.plans)
      t.notOk(plan.sorts, `the trail of an article is an index walk\n${plan.text}`)
    const both = await newsroom.get('/v1/editorial/articles?language=bg&liveStatus=live&limit=3', {
      key: newsroom.key,
    })
    t.equal(both.body.data.length, 3, 'a combination is answered too')
  },
)

t.test('a page costs the same statements whatever its size', async t => {
  const newsroom = await openWithTags(t)
  await publishMany(newsroom, 60)
  const count = async (url: string) => {
    newsroom.statements.length = 0
    await newsroom.get(url)
    return newsroom.statements.length
  }
  for (const more of ['', '&include=body,media,translations,tags', '&tag=energy']) {
    t.equal(await count(`/v1/articles?limit=1${more}`), await count(`/v1/articles?limit=50${more}`), more)
  }
  const { headers } = await newsroom.get('/v1/articles')
  newsroom.statements.length = 0
  const again = await newsroom.get('/v1/articles', { headers: { 'if-none-match': String(headers.etag) } })
  t.equal(again.status, 304)
  t.same(newsroom.statements, [], 'a 304 runs no statement')
})

t.test('a cursor is good for its own list alone, and a limit is never capped in silence', async t => {
  const newsroom = await openWithTags(t)
  await publishMany(newsroom, 6)
  const next: string = (await newsroom.get('/v1/articles?limit=2&language=en')).body.page.next
  const cursor = new URLSearchParams(next.split('?')[1]).get('cursor') as string
  const codes = async (url: string) => {
    const { status, body } = await newsroom.get(url)
    return [status, body.code, body.errors?.[0]?.pointer]
  }
  t.same(await codes(`/v1/articles?language=bg&cursor=${cursor}`), [400, 'cursor-mismatch', '/cursor'])
  t.same(await codes(`/v1/tags?cursor=${cursor}`), [400, 'cursor-mismatch', '/cursor'])
  for (const bad of ['x', 'bnVsbA', Buffer.from('["a",1e999,"b"]').toString('base64url'), `${cursor}AAAA`]) {
    t.match((await codes(`/v1/articles?language=en&cursor=${bad}`))[1], /cursor/, bad)
  }
  for (const limit of ['0', '101', '-1', '1e1', '0x10', '', '5&limit=6']) {
    t.same(await codes(`/v1/articles?limit=${limit}`), [400, 'validation-failed', '/limit'], limit)
  }
  t.same(await codes('/v1/articles?colour=red'), [400, 'validation-failed', '/colour'])
  t.same((await codes('/v1/articles?tag=%zz'))[1], 'malformed-request')
  t.match((await newsroom.get(next)).headers.link ?? '', /rel="next"|^$/)
})

t.test('labels follow the log, the audience and the representation, and nothing else', async t => {
  const newsroom = await openWithTags(t)
  const article = await publishNew(newsroom, { slug: 'first-name' })
  const etag = async (url: string, key?: string) => (await newsroom.get(url, key ? { key } : {})).headers.etag
  const one = await etag('/v1/articles?language=en&section=world')
  t.match(one, /^W\/"/)
  t.equal(await etag('/v1/articles?section=world&language=en'), one, 'the order of parameters means nothing')
  t.not(await etag('/v1/articles?section=world'), one)
  t.not(
    await etag('/v1/articles?language=en&section=world', await newsroom.makeKey(['articles:subscribers'])),
    one,
  )
  await newsroom.request('PATCH', `/v1/editorial/articles/${article.id}`, {
    key: newsroom.key,
    match: '*',
    body: { slug: 'second-name' },
  })
  t.equal(
    await etag('/v1/articles?language=en&section=world'),
    one,
    'an edit that readers do not see changes nothing',
  )
  await newsroom.request('POST', `/v1/editorial/articles/${article.id}/publish`, {
    key: newsroom.key,
    match: '*',
    body: { kind: 'update' },
  })
  t.not(await etag('/v1/articles?language=en&section=world'), one)

  const moved = await newsroom.get('/v1/articles/first-name/versions?limit=5')
  t.equal(moved.status, 301)
  t.equal(moved.headers.location, 'https://api.example/v1/articles/second-name/versions?limit=5')
  t.notOk(moved.headers.etag)
  const listed = await newsroom.get('/v1/articles/second-name', {
    headers: { 'if-none-match': `"x", ${await etag('/v1/articles/second-name')}` },
  })
  t.equal(listed.status, 304)
  t.equal((await newsroom.get('/v1/articles/second-name', { headers: { 'if-none-match': '*' } })).status, 304)
  const missing = await newsroom.get('/v1/articles/no-such-name', { headers: { 'if-none-match': '*' } })
  t.equal(missing.status, 404)
  t.equal(missing.headers['cache-control'], 'public, max-age=5')
  t.notOk(missing.headers.etag)
  t.equal(
    (await newsroom.get('/v1/articles', { key: newsroom.key })).headers['cache-control'],
    'private, no-store',
  )
  const head = await newsroom.request('HEAD', '/v1/articles/second-name')
  t.equal(head.text, '')
  t.equal(head.headers.etag, await etag('/v1/articles/second-name'))
})

t.test('fields and include compose', async t => {
  const newsroom = await openWithTags(t)
  await publishNew(newsroom, { body: '<p>One <b>two</b></p>', tags: ['energy'] })
  const keys = async (query: string) =>
    Object.keys((await newsroom.get(`/v1/articles?${query}`)).body.data[0]).sort()
  t.same(await keys('fields=headline'), ['headline', 'id'])
  t.same(await keys('fields=headline&include=body'), ['body', 'headline', 'id'])
  t.notOk((await keys('')).includes('body'))
  const { data } = (await newsroom.get('/v1/articles?include=body,tags&bodyFormat=text')).body
  t.equal(data[0].body, 'One two')
  t.same(data[0].tags[0].names, { en: 'energy' })
})

t.test('all of the ids that are asked for come, however many, on one page', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const ids: string[] = []
  for (let i = 0; i < 102; i++) ids.push((await publishNew(newsroom)).id)
  const { key } = newsroom
  const move = (id: string | undefined, name: string, body: object) =>
    newsroom.request('POST', `/v1/editorial/articles/${id}/${name}`, { key, match: '*', body })
  await move(ids[100], 'hold', { reason: 'R' })
  await move(ids[101], 'withdraw', { notice: 'N', reason: 'R' })
  const until = new Date(newsroom.clock.now + 60_000).toISOString()
  const waiting = (await publishNew(newsroom, {}, { embargoedUntil: until })).id
  const entitled = await newsroom.makeKey(['articles:embargoed'])
  const [held, gone] = [ids[100] as string, ids[101] as string]
  const some = (n: number) => ids.slice(0, n)

  const table: { ids: string[]; more?: string; comes: string[]; key?: string }[] = [
    { ids: some(1), comes: some(1) },
    { ids: some(20), comes: some(20) },
    { ids: some(25), comes: some(25) },
    { ids: some(100), comes: some(100) },
    { ids: [...some(25), ...some(25)], comes: some(25) },
    { ids: some(30).reverse(), more: '&sort=publishedAt', comes: some(30) },
    { ids: some(30), more: '&sort=-updatedAt&fields=headline', comes: some(30) },
    { ids: some(30), more: '&language=en&include=body', comes: some(30) },
    { ids: some(30), more: '&count=exact', comes: some(30) },
    { ids: some(30), more: '&language=bg', comes: [] },
    { ids: [...some(40), held, gone, waiting, randomUUID()], comes: some(40) },
    { ids: [...some(40), held, gone, waiting], key: entitled, comes: [...some(40), waiting] },
  ]
  for (const { ids, more = '', comes, key } of table) {
    const reply = await newsroom.get(
      `/v1/articles?ids=${ids.join()}${more}`,
      key === undefined ? {} : { key },
    )
    const name = `${ids.length} ids${more}`
    t.equal(reply.status, 200, name)
    t.same(reply.body.data.map((item: { id: string }) => item.id).sort(), [...comes].sort(), name)
    t.match(reply.body.page, { limit: new Set(ids).size, hasMore: false }, name)
    t.notOk(reply.body.page.next, name)
  }
  const cursor = (await newsroom.get('/v1/articles?limit=1')).body.page.next.split('cursor=')[1]
  for (const [more, pointer] of [
    ['&limit=20', '/limit'],
    ['&limit=100', '/limit'],
    [`&cursor=${cursor}`, '/cursor'],
    [`&limit=1&cursor=${cursor}`, '/limit'],
  ] as const) {
    const reply = await newsroom.get(`/v1/articles?ids=${some(3).join()}${more}`)
    t.equal(reply.status, 400, more)
    t.match(reply.body.errors, [{ in: 'query', pointer, detail: /ids/ }], more)
  }
  t.equal((await newsroom.get(`/v1/articles?ids=${some(101).join()}`)).status, 400, '101 are too many')
  t.equal((await newsroom.get('/v1/articles')).body.page.limit, 20, 'without ids a page has 20 unless said')
})
