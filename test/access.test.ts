import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import t from 'tap'
import { loadDemo } from '../src/cli/demo/load.ts'
import { type Scope, scopes } from '../src/words.ts'
import { makeTag, openNewsroom, publishNew } from './support/newsroom.ts'
import { start } from './support/process.ts'

type Paths = Record<string, Record<string, { security?: object[]; operationId: string }>>

t.test('every keyed route is 401 without a key and 403 without its scope, and is never cached', async t => {
  const newsroom = await openNewsroom(t)
  const { paths } = (await newsroom.get('/openapi.json')).body as { paths: Paths }
  const keys = new Map<Scope, string>()
  for (const scope of scopes) keys.set(scope, await newsroom.makeKey([scope]))
  const both = await newsroom.makeKey(['articles:read', 'articles:write'])
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { security, operationId }] of Object.entries(methods)) {
      // One that asks for nothing may be used without a key.
      if (!security || security.some(scheme => Object.keys(scheme).length === 0)) continue
      const url = path.replace(/\{id\}/, '0190a3c0-0000-7000-8000-000000000001').replace(/\{\w+\}/g, '1')
      const ask = (key?: string) => newsroom.request(method.toUpperCase(), url, key ? { key } : {})
      const bare = await ask()
      t.equal(bare.status, 401, operationId)
      t.equal(bare.headers['cache-control'], 'private, no-store', operationId)
      const passed: string[] = []
      for (const [scope, key] of keys) if ((await ask(key)).status !== 403) passed.push(scope)
      if (operationId === 'createPreviewLink') {
        t.same(passed, [], `${operationId} takes two scopes`)
        t.not((await ask(both)).status, 403, operationId)
      } else t.equal(passed.length, 1, `${operationId} takes one scope: ${passed}`)
    }
  }
})

t.test(
  'a key is refused on every route from the request after its revocation, and from its expiry on',
  async t => {
    const newsroom = await openNewsroom(t)
    const body = {
      name: 'short',
      scopes: ['articles:read'],
      expiresAt: new Date(newsroom.clock.now + 1000).toISOString(),
    }
    const made = await newsroom.request('POST', '/v1/editorial/keys', { key: newsroom.key, body })
    t.equal(made.status, 201)
    const { key } = made.body
    t.notMatch((await newsroom.get('/v1/editorial/keys', { key: newsroom.key })).text, new RegExp(key))
    t.equal((await newsroom.get('/v1/today', { headers: { 'x-api-key': key } })).status, 200)
    newsroom.clock.now += 1000
    t.equal((await newsroom.get('/v1/today', { key })).status, 401)
    const other = await newsroom.makeKey(['articles:read'])
    const { data } = (await newsroom.get('/v1/editorial/keys', { key: newsroom.key })).body
    const found = data.find((item: { prefix: string }) => other.includes(item.prefix))
    t.equal(
      (await newsroom.request('DELETE', `/v1/editorial/keys/${found.id}`, { key: newsroom.key })).status,
      200,
    )
    for (const url of ['/v1/today', '/docs', '/health/live'])
      t.equal((await newsroom.get(url, { key: other })).status, 401, url)
  },
)

t.test(
  'requests are counted per key, else per address, and proxies are believed only when named',
  async t => {
    for (const [proxy, own] of [
      ['', 429],
      ['127.0.0.1', 200],
    ] as const) {
      const newsroom = await openNewsroom(t, {
        settings: { RATE_LIMIT: '2', TRUST_PROXY: proxy },
        folder: t.testdir({ [proxy || 'none']: {} }),
      })
      const from = (address: string) => newsroom.get('/v1/today', { headers: { 'x-forwarded-for': address } })
      const first = await newsroom.get('/v1/today?no=1', { headers: { 'x-forwarded-for': '192.0.2.1' } })
      t.equal(first.headers['ratelimit-policy'], '"default";q=2;w=60')
      t.match(first.headers.ratelimit, /^"default";r=1;t=60$/)
      await from('192.0.2.1')
      t.equal((await from('192.0.2.1')).status, 429)
      t.equal((await from('192.0.2.2')).status, own, proxy)
      t.equal(
        (await newsroom.get('/v1/today', { key: newsroom.key })).status,
        200,
        'a key has a count of its own',
      )
      t.equal((await newsroom.get('/health/live')).status, 200, 'health is not counted')
    }
  },
)

t.test('answers over a kilobyte are compressed as asked', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  await publishNew(newsroom, { summary: 'word '.repeat(300) })
  const plain = await newsroom.get('/v1/articles')
  for (const [coding, open] of [
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const) {
    const packed = await newsroom.get('/v1/articles', { headers: { 'accept-encoding': coding } })
    t.equal(packed.headers['content-encoding'], coding)
    t.match(String(packed.headers.vary).toLowerCase(), /accept-encoding/)
    t.equal(open(packed.bytes).toString(), plain.text)
  }
})

t.test('a start two days later still has a full today, and an own newsroom is left alone', async t => {
  const newsroom = await openNewsroom(t)
  await loadDemo(newsroom, () => newsroom.clock.now)
  const full = (await newsroom.get('/v1/today')).body.meta
  t.ok(full.total >= 20)
  newsroom.clock.now += 2 * 86_400_000
  t.equal((await newsroom.get('/v1/today')).body.meta.total, 0)
  await loadDemo(newsroom, () => newsroom.clock.now)
  const later = (await newsroom.get('/v1/today')).body.meta
  t.equal(later.total, 20)
  await loadDemo(newsroom, () => newsroom.clock.now)
  t.equal((await newsroom.get('/v1/today')).body.meta.total, 20, 'a second start adds nothing')
  await publishNew(newsroom, { section: 'world' })
  newsroom.clock.now += 2 * 86_400_000
  await loadDemo(newsroom, () => newsroom.clock.now)
  t.equal((await newsroom.get('/v1/today')).body.meta.total, 0, 'once it has articles of its own')
})

t.test('told to stop, it finishes what is in flight and ends well', async t => {
  const { child, address, ended } = await start(t, t.testdir())
  await (await fetch(`${address}/v1/today`)).text()
  const asked = Array.from({ length: 20 }, () => fetch(`${address}/v1/articles?kind=story&count=exact`))
  await Promise.race(asked)
  child.kill('SIGTERM')
  const statuses = (await Promise.all(asked)).map(reply => reply.status)
  t.same(new Set(statuses), new Set([200]))
  t.equal(await ended, 0)
})

t.test('a key that expires makes no key that outlives it', async t => {
  const newsroom = await openNewsroom(t)
  const iso = (ms: number) => new Date(newsroom.clock.now + ms).toISOString()
  const make = (key: string, expiresAt?: string) =>
    newsroom.request('POST', '/v1/editorial/keys', {
      key,
      body: { name: 'N', scopes: ['keys:admin'], ...(expiresAt === undefined ? {} : { expiresAt }) },
    })
  const hour = 3_600_000
  const short = (await make(newsroom.key, iso(hour))).body.key
  for (const [key, expiresAt, status] of [
    [short, undefined, 400],
    [short, iso(hour + 1), 400],
    [short, iso(hour), 201],
    [short, iso(hour / 2), 201],
    [newsroom.key, undefined, 201],
    [newsroom.key, iso(100 * hour), 201],
  ] as const) {
    const reply = await make(key, expiresAt)
    t.equal(reply.status, status, expiresAt ?? 'never')
    if (status === 400) t.match(reply.body.errors, [{ pointer: '/expiresAt', code: 'outlives' }])
  }
})
