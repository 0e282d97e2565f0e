import { Agent } from 'node:http'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import t, { type Test } from 'tap'
import type { Writer } from '../src/db/db.ts'
import { createTag } from '../src/features/tags/tags.ts'
import { logSerializers } from '../src/http/server.ts'
import { type Answer, ask } from './support/ask.ts'
import { makeTag, openNewsroom, publishNew } from './support/newsroom.ts'
import { start } from './support/process.ts'
import { engine } from './support/store.ts'

const articles = '/v1/editorial/articles'
const agent = new Agent({ keepAlive: true })
t.teardown(() => agent.destroy())

async function listen(t: Test, settings: Record<string, string> = {}, folder?: string) {
  const log: string[] = []
  const logger = {
    level: 'info',
    serializers: logSerializers,
    stream: { write: (line: string) => void log.push(line) },
  }
  const newsroom = await openNewsroom(t, { logger, settings, ...(folder ? { folder } : {}) })
  const base = await newsroom.app.listen({ port: 0, host: '127.0.0.1' })
  return {
    ...newsroom,
    base,
    ask: (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      ask(base, path, { headers, method, agent }),
    /** How many answers came from in front of the routes since the last look. */
    fromFront: () => log.splice(0).filter(line => line.includes('answered from the cache')).length,
  }
}

let asked = 1
/** The same address in a form that the front does not know yet. */
const unknown = (path: string) => `${path}${path.includes('?') ? '&' : '?'}${'&'.repeat(asked++)}`

/** The headers that are about one request. */
const perRequest = ({ headers }: Answer) =>
  ['x-request-id', 'server-timing', 'ratelimit'].filter(name => headers[name] !== undefined)

/** Headers that differ from answer to answer. */
const own = ['date', 'connection', 'keep-alive']
function comparable({ status, headers, bytes }: Answer): object {
  const rest = Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !own.includes(name))
      .sort(),
  )
  return { status, headers: rest, bytes: bytes.toString('base64') }
}

t.test('what is answered in front of the routes is what the routes answer, header by header', async t => {
  const newsroom = await listen(t, { RATE_LIMIT: '100000' })
  await makeTag(newsroom, 'world')
  const { id, slug } = await publishNew(newsroom, { summary: 'дума – word '.repeat(100) })
  const long = await publishNew(newsroom, { body: `<p>${'дума '.repeat(3000)}</p>` })
  for (let i = 0; i < 2; i++) await publishNew(newsroom)
  const today = new Date(newsroom.clock.now).toISOString().slice(0, 10)
  const paths = [
    `/v1/articles/${slug}`,
    `/v1/articles/${id}?bodyFormat=text`,
    `/v1/articles/${id}/versions`,
    `/v1/articles/${long.id}`,
    '/v1/articles?limit=2',
    '/v1/articles?section=world&language=en&include=body',
    `/v1/days/${today}`,
    '/v1/tags',
    '/v1/changes',
  ]
  for (const path of paths) {
    for (const coding of [undefined, 'gzip', 'br', 'zstd', 'identity', 'gzip, deflate, br, zstd']) {
      const headers = coding === undefined ? {} : { 'accept-encoding': coding }
      await newsroom.ask(path, headers)
      newsroom.fromFront()
      const front = await newsroom.ask(path, headers)
      t.equal(newsroom.fromFront(), 1, `${path} ${coding}`)
      const routes = await newsroom.ask(unknown(path), headers)
      t.equal(newsroom.fromFront(), 0)
      t.same(comparable(front), comparable(routes), `${path} ${coding}`)
      const open = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync }
      const packed = front.headers['content-encoding'] as keyof typeof open | undefined
      const plain = packed ? open[packed](front.bytes) : front.bytes
      t.ok(JSON.parse(plain.toString()))
      t.same(perRequest(front), [], 'nothing of one request in what a cache may give to others')
      t.same(perRequest(routes), [])
    }
    const { headers } = await newsroom.ask(path)
    for (const condition of [headers.etag as string, `"x", ${headers.etag}`, '*']) {
      newsroom.fromFront()
      const known = await newsroom.ask(path, { 'if-none-match': condition })
      t.equal(newsroom.fromFront(), 1)
      const routes = await newsroom.ask(unknown(path), { 'if-none-match': condition })
      t.equal(known.status, 304)
      t.same(comparable(known), comparable(routes), `${path} ${condition}`)
    }
    const head = await newsroom.ask(path, {}, 'HEAD')
    t.equal(head.headers.etag, headers.etag)
    t.equal(head.headers['content-length'], headers['content-length'])
  }
  t.same(perRequest(await newsroom.ask(paths[0] as string, { 'x-request-id': 'mine-1' })), [])
})

t.test(
  'a hit and a 304 run no statement, and those with a key, a body or other wishes are for the routes',
  async t => {
    const newsroom = await listen(t)
    await makeTag(newsroom, 'world')
    const { id } = await publishNew(newsroom, { access: 'subscribers' })
    const path = `/v1/articles/${id}`
    const { headers } = await newsroom.ask(path)
    newsroom.statements.length = 0
    for (let i = 0; i < 5; i++) await newsroom.ask(path)
    t.equal((await newsroom.ask(path, { 'if-none-match': String(headers.etag) })).status, 304)
    t.same(newsroom.statements, [])
    newsroom.fromFront()
    const subscriber = await newsroom.makeKey(['articles:subscribers'])
    const body = async (key?: string): Promise<string | undefined> => {
      const reply = await newsroom.ask(path, key ? { authorization: `Bearer ${key}` } : {})
      return JSON.parse(reply.bytes.toString()).body
    }
    for (let i = 0; i < 2; i++) {
      t.equal(await body(), undefined, 'withheld from the public')
      t.equal(await body(subscriber), '<p>Text.</p>', 'and not from subscribers')
    }
    newsroom.fromFront()
    for (const wish of [
      { 'x-api-key': subscriber },
      { authorization: 'Bearer nonsense' },
      { accept: 'text/csv' },
      { 'content-length': '0' },
    ] as Record<string, string>[])
      await newsroom.ask(path, wish)
    t.equal(newsroom.fromFront(), 0)
    t.equal((await newsroom.ask(path, { accept: 'text/csv' })).status, 406)
    t.equal((await newsroom.ask(path, { authorization: 'Bearer nonsense' })).status, 401)
    t.equal(
      (await newsroom.ask(path, { 'x-api-key': subscriber })).headers['cache-control'],
      'private, no-store',
    )
  },
)

/** Two processes of one newsroom, and an article in it. */
async function listenTwice(t: Test) {
  const folder = t.testdir()
  const one = await listen(t, {}, folder)
  const two = await listen(t, {}, folder)
  await makeTag(one, 'world')
  const { id } = await publishNew(one)
  return { one, two, id }
}

t.test('no answer is stale by one commit, of this process or another', async t => {
  const { one, two, id } = await listenTwice(t)
  const headline = async (of: typeof one) =>
    JSON.parse((await of.ask(`/v1/articles/${id}`)).bytes.toString()).headline
  for (let i = 0; i < 60; i++) {
    const writer = i % 2 ? one : two
    const words = `Words ${i}`
    const url = `${articles}/${id}`
    const { key } = writer
    await writer.request('PATCH', url, { key, match: '*', body: { headline: words } })
    await writer.request('POST', `${url}/publish`, { key, match: '*', body: { kind: 'update' } })
    t.same(await Promise.all([headline(one), headline(two)]), [words, words])
    t.same(await Promise.all([headline(one), headline(two)]), [words, words], 'nor when it is cached')
  }
  t.ok(one.fromFront() > 20)
})

t.test('an article keeps its answer and its label while others change, in every process', async t => {
  const { one, two, id } = await listenTwice(t)
  const path = `/v1/articles/${id}`
  const first = await two.ask(path)
  const list = await two.ask('/v1/articles')
  for (let i = 0; i < 5; i++) {
    await publishNew(one)
    two.statements.length = 0
    const { headers } = await two.ask(path)
    t.equal(headers.etag, first.headers.etag)
    t.ok(two.statements.length <= 2, 'for a look at what changed')
    two.statements.length = 0
    for (const asked of [path, unknown(path)])
      t.equal((await two.ask(asked, { 'if-none-match': String(first.headers.etag) })).status, 304)
    await publishNew(one)
    for (const asked of [path, unknown(path)])
      t.equal((await two.ask(asked, { 'if-none-match': String(first.headers.etag) })).status, 304)
    t.not((await two.ask('/v1/articles')).headers.etag, list.headers.etag)
  }
  // Another process made it later, and gave it another label: each is one to both.
  const later = await one.ask(path)
  t.same(later.bytes, first.bytes)
  for (const newsroom of [one, two])
    for (const asked of [path, unknown(path)])
      t.equal((await newsroom.ask(asked, { 'if-none-match': String(later.headers.etag) })).status, 304)
  // More than is looked through is as good as anything.
  await one.db.write({ by: 'command' }, async tx => {
    for (let i = 0; i < 600; i++)
      tx.change('article', `0190a3c0-0000-7000-8000-${String(i).padStart(12, '0')}`, 'updated')
  })
  t.not((await two.ask(path)).headers.etag, first.headers.etag)
})

t.test('the service as it is run logs its hits, and goes on', async t => {
  const folder = t.testdir()
  await t.test('a newsroom with an article', async t => {
    const newsroom = await openNewsroom(t, { folder })
    await makeTag(newsroom, 'world')
    t.ok((await publishNew(newsroom)).id)
  })
  const { child, address, ended } = await start(t, folder, 'serve', { LOG_LEVEL: 'info' })
  let log = ''
  child.stdout?.on('data', chunk => {
    log += chunk
  })
  for (let i = 0; i < 5; i++) {
    const { status, headers } = await ask(address, '/v1/articles')
    t.equal(status, 200)
    t.equal(
      (await ask(address, '/v1/articles', { headers: { 'if-none-match': String(headers.etag) } })).status,
      304,
    )
  }
  child.kill('SIGTERM')
  t.equal(await ended, 0)
  t.ok(log.split('answered from the cache').length > 5)
})

t.test('writes that come at once are each done, refused or undone alone', async t => {
  const newsroom = await listen(t)
  await makeTag(newsroom, 'world')
  const { key } = newsroom
  const send = (slug: string) =>
    newsroom.request('POST', '/v1/editorial/tags', {
      key,
      body: { slug, kind: 'topic', names: { en: slug } },
    })
  const replies = await Promise.all(Array.from({ length: 60 }, (_, i) => send(`t-${i % 20}`)))
  t.equal(replies.filter(reply => reply.status === 201).length, 20)
  t.equal(replies.filter(reply => reply.status === 409).length, 40)
  const failing = newsroom.db.write({ by: 'command' }, async () => {
    throw new Error('mine')
  })
  const [bad, good] = await Promise.allSettled([failing, send('t-20')])
  t.equal(bad.status, 'rejected')
  t.equal(good.status === 'fulfilled' && good.value.status, 201)

  const make = (tx: Writer, slug: string) => createTag(tx, { slug, kind: 'topic', names: { en: slug } })
  let runs = 0
  const results = await Promise.allSettled([
    send('before'),
    newsroom.db.write({ by: 'command' }, async tx => {
      await make(tx, 'undone')
      throw new Error('after it wrote')
    }),
    newsroom.db.write({ by: 'command' }, async tx => {
      runs++
      await make(tx, 'kept')
      const part = tx.savepoint(async () => {
        await make(tx, 'part')
        throw new Error('a part of it')
      })
      await part.catch(() => undefined)
    }),
    send('after'),
  ])
  t.same(
    results.map(result => result.status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  )
  const slugs = ['before', 'undone', 'kept', 'part', 'after']
  const found = await Promise.all(
    slugs.map(async slug => (await newsroom.request('GET', `/v1/editorial/tags/${slug}`, { key })).status),
  )
  t.same(found, [200, 404, 200, 404, 200], 'what was written before the error is undone, and no more')
  if (engine === 'sqlite') t.ok(runs > 1, 'which costs savepoints only where they are needed')
})

t.test('however many ask for one thing at once, it is made once', async t => {
  const newsroom = await listen(t)
  await makeTag(newsroom, 'world')
  for (let i = 0; i < 5; i++) await publishNew(newsroom)
  newsroom.statements.length = 0
  await newsroom.ask('/v1/articles?limit=5')
  const once = newsroom.statements.length
  t.ok(once > 0)
  await publishNew(newsroom)
  newsroom.statements.length = 0
  const replies = await Promise.all(Array.from({ length: 40 }, () => newsroom.ask('/v1/articles?limit=5')))
  t.equal(newsroom.statements.length, once)
  t.equal(new Set(replies.map(reply => `${reply.headers.etag} ${reply.bytes}`)).size, 1)
})

t.test('what is kept is bounded, and nothing is kept where nothing is to be', async t => {
  const small = await listen(t, { RESPONSE_CACHE: '30000' })
  await makeTag(small, 'world')
  const { id } = await publishNew(small, { body: `<p>${'word '.repeat(400)}</p>` })
  const paths = Array.from({ length: 12 }, (_, i) => `/v1/articles/${id}${'&'.repeat(i).replace(/^&/, '?')}`)
  for (const path of paths) await small.ask(path)
  for (let limit = 1; limit <= 12; limit++) await small.ask(`/v1/articles?limit=${limit}&include=body`)
  small.fromFront()
  for (let limit = 1; limit <= 12; limit++) await small.ask(`/v1/articles?limit=${limit}&include=body`)
  t.ok(small.fromFront() < 12, 'the oldest went')
  const none = await listen(t, { RESPONSE_CACHE: '0' }, t.testdir({ other: {} }))
  await makeTag(none, 'world')
  for (let i = 0; i < 3; i++) t.equal((await none.ask('/v1/articles')).status, 200)
  t.equal(none.fromFront(), 0)
})

t.test('the front knows when a news day ends', async t => {
  const newsroom = await listen(t)
  await makeTag(newsroom, 'world')
  newsroom.clock.now = Date.parse('2024-07-12T20:59:50.000Z')
  await publishNew(newsroom)
  newsroom.clock.now = Date.parse('2024-07-12T12:00:00.000Z')
  const date = async () => JSON.parse((await newsroom.ask('/v1/today')).bytes.toString()).meta.date
  for (let i = 0; i < 2; i++) t.equal(await date(), '2024-07-12')
  newsroom.clock.now = Date.parse('2024-07-12T20:59:59.000Z')
  const late = await newsroom.ask('/v1/today')
  t.match(late.headers['cache-control'] as string, /max-age=1, s-maxage=1/, 'no lifetime reaches past it')
  newsroom.clock.now = Date.parse('2024-07-12T21:00:00.000Z')
  t.equal(await date(), '2024-07-13')
  newsroom.fromFront()
  t.equal(await date(), '2024-07-13')
  t.equal(newsroom.fromFront(), 1, 'and knows the next one')
})

t.test('what becomes another answer at a known address is for the routes, counted once', async t => {
  const newsroom = await listen(t, { RATE_LIMIT: '60' })
  await makeTag(newsroom, 'world')
  const { id } = await publishNew(newsroom)
  const path = `/v1/articles/${id}`
  /** How many requests are left, as a refusal says, which counts too. */
  const left = async () =>
    Number(/;r=(\d+);/.exec(String((await newsroom.ask('/v1/articles?no=1')).headers.ratelimit))?.[1])
  await newsroom.ask(path)
  const before = await left()
  const change = { key: newsroom.key, match: '*' }
  await newsroom.request('POST', `${articles}/${id}/hold`, { ...change, body: { reason: 'R' } })
  const held = await newsroom.ask(path)
  t.equal(held.status, 404)
  t.equal(await left(), before - 2, 'once each')
  await newsroom.request('POST', `${articles}/${id}/release`, { ...change, body: {} })
  t.equal((await newsroom.ask(path)).status, 200)
  for (let i = 0; i < 70; i++) await newsroom.ask(path)
  const refused = await newsroom.ask(path)
  t.equal(refused.status, 429)
  t.match(refused.headers.ratelimit, /;r=0;/)
})
