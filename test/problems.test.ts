import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { sql } from '../src/db/drizzle.ts'
import { problems } from '../src/errors.ts'
import {
  makeArticle,
  makeForm,
  makeTag,
  type Newsroom,
  openNewsroom,
  publishNew,
  type Reply,
} from './support/newsroom.ts'
import { sendRaw } from './support/process.ts'
import { engine, rowsOf, tablesOf } from './support/store.ts'

const articles = '/v1/editorial/articles'
const produced = new Set<string>()

/** Checks that the answer is a problem of the code, in the one form that all have. */
function isProblem(t: Test, reply: Reply, code: string): void {
  produced.add(code)
  const known = problems.find(problem => problem.code === code)
  t.equal(reply.status, known?.status, `${code} ${reply.text.slice(0, 200)}`)
  t.equal(reply.headers['content-type'], 'application/problem+json; charset=utf-8', code)
  t.equal(reply.body.code, code)
  t.equal(reply.body.type, `/problems/${code}`)
  t.equal(reply.body.title, known?.title)
  t.equal(reply.body.status, reply.status)
  const isShared = /public/.test(String(reply.headers['cache-control']))
  t.equal(reply.body.requestId, reply.headers['x-request-id'])
  t.equal(reply.body.requestId === undefined, isShared, `${code}: an id unless a cache may keep it`)
  t.ok(reply.body.detail && reply.body.instance, code)
}

/** What is stored: rows of every table, and files. */
async function stored(newsroom: Newsroom): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const name of await tablesOf(newsroom.folder)) {
    const [row] = await rowsOf<{ count: number }>(newsroom.folder, `SELECT count(*) AS count FROM "${name}"`)
    counts[name] = Number(row?.count)
  }
  const files = await readdir(join(newsroom.folder, 'media'), { recursive: true, withFileTypes: true })
  return { ...counts, files: files.filter(file => file.isFile()).length }
}

t.test('bad input is a 4xx that names the field and the rule, and nothing is written', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  await publishNew(newsroom)
  await publishNew(newsroom)
  const { key } = newsroom
  const jpeg = await sharp({ create: { width: 400, height: 300, channels: 3, background: 'red' } })
    .jpeg()
    .toBuffer()
  const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const { crc32 } = await import('node:zlib')
  const huge = Buffer.from(png)
  huge.writeUInt32BE(50_000, 16)
  huge.writeUInt32BE(50_000, 20)
  huge.writeUInt32BE(crc32(huge.subarray(12, 29)), 29)
  const foreign = new URLSearchParams(
    ((await newsroom.get('/v1/articles?limit=1')).body.page.next as string).split('?')[1],
  ).get('cursor')
  const create = (body: object) =>
    newsroom.request('POST', articles, { key, body: { headline: 'H', language: 'en', ...body } })
  const upload = (file: Buffer | undefined, words = {}, name?: string) =>
    newsroom.request('POST', '/v1/editorial/media', { key, ...makeForm(file, words, name) })
  const before = await stored(newsroom)
  const cases: [string, () => Promise<Reply>, string, string][] = [
    ['unknown parameter', () => newsroom.get('/v1/articles?colour=red'), 'validation-failed', '/colour'],
    ['unknown field', () => create({ colour: 'red' }), 'validation-failed', '/colour'],
    ['limit of 101', () => newsroom.get('/v1/articles?limit=101'), 'validation-failed', '/limit'],
    [
      'foreign cursor',
      () => newsroom.get(`/v1/articles?language=en&cursor=${foreign}`),
      'cursor-mismatch',
      '/cursor',
    ],
    ['broken cursor', () => newsroom.get('/v1/articles?cursor=abc'), 'cursor-invalid', '/cursor'],
    ['bad date', () => newsroom.get('/v1/days/2024-13-01'), 'validation-failed', '/date'],
    ['bad zone', () => newsroom.get('/v1/today?timeZone=Sofia'), 'validation-failed', '/timeZone'],
    ['NUL in a field', () => create({ summary: 'a\0b' }), 'validation-failed', '/summary'],
    ['half a surrogate pair', () => create({ byline: '\ud800' }), 'validation-failed', '/byline'],
    ['NUL in a parameter', () => newsroom.get('/v1/articles?signOff=%00'), 'validation-failed', '/signOff/0'],
    ['1 MB headline', () => create({ headline: 'x'.repeat(1_000_000) }), 'validation-failed', '/headline'],
    ['script in a body', () => create({ body: '<p>a</p><script>1</script>' }), 'active-content', '/body'],
    ['event attribute', () => create({ body: '<p onclick="x()">a</p>' }), 'active-content', '/body'],
    [
      'javascript link',
      () => create({ body: '<a href="jav&#x09;ascript:x()">a</a>' }),
      'active-content',
      '/body',
    ],
    ['unknown section', () => create({ section: 'nowhere' }), 'validation-failed', '/section'],
    [
      'unknown media',
      () => create({ leadMedia: '0190a3c0-0000-7000-9000-000000000099' }),
      'validation-failed',
      '/leadMedia',
    ],
    [
      'HTML as PNG',
      () => upload(Buffer.from('<html><script>1</script></html>'), {}, 'a.png'),
      'picture-invalid',
      '/file',
    ],
    ['truncated JPEG', () => upload(jpeg.subarray(0, jpeg.length - 100)), 'picture-invalid', '/file'],
    ['50,000 x 50,000 PNG', () => upload(huge), 'picture-invalid', '/file'],
    ['form without a file', () => upload(undefined, { caption: 'c' }), 'validation-failed', '/file'],
    ['unknown form field', () => upload(jpeg, { colour: 'red' }), 'validation-failed', '/colour'],
  ]
  for (const [name, send, code, pointer] of cases) {
    const reply = await send()
    isProblem(t, reply, code)
    t.ok(
      reply.body.errors.some((error: { pointer: string }) => error.pointer === pointer),
      `${name} names ${pointer}`,
    )
    t.ok(
      reply.body.errors.every((error: { detail: string }) => error.detail),
      `${name} says the rule`,
    )
  }
  t.same(await stored(newsroom), before)
})

t.test('every code of the table is one that a request gets', async t => {
  const newsroom = await openNewsroom(t, { settings: { RATE_LIMIT: '400', UPLOAD_LIMIT: '5000' } })
  await makeTag(newsroom, 'world')
  await makeTag(newsroom, 'energy', 'topic')
  const { key } = newsroom
  const live = await publishNew(newsroom, { tags: ['energy'], slug: 'taken' })
  const draft = await makeArticle(newsroom)
  const post = (path: string, body: unknown, more = {}) =>
    newsroom.request('POST', path, { key, body, ...more })
  const publish = (id: string, body: object) => post(`${articles}/${id}/publish`, body, { match: '*' })
  const bare = await post(articles, { headline: 'H', language: 'en' })
  const sibling = await makeArticle(newsroom, { story: live.id })
  const gone = await publishNew(newsroom)
  await post(`${articles}/${gone.id}/withdraw`, { notice: 'N', reason: 'R' }, { match: '*' })
  const stale = Buffer.from(
    JSON.stringify([
      JSON.parse(
        Buffer.from((await newsroom.get('/v1/changes')).body.meta.cursor, 'base64url').toString(),
      )[0],
      'another epoch',
      1,
    ]),
  ).toString('base64url')

  isProblem(t, await newsroom.get('/v1/articles?tag=%zz'), 'malformed-request')
  isProblem(
    t,
    await post(articles, '{"headline":', { headers: { 'content-type': 'application/json' } }),
    'malformed-request',
  )
  isProblem(t, await newsroom.get('/v1/today', { key, headers: { 'x-api-key': 'other' } }), 'keys-differ')
  isProblem(t, await newsroom.get(articles), 'key-required')
  for (const url of ['/v1/today', '/docs', '/health/live', articles])
    isProblem(t, await newsroom.get(url, { key: 'dl_unknown' }), 'key-invalid')
  isProblem(
    t,
    await newsroom.get('/v1/editorial/keys', { key: await newsroom.makeKey(['articles:read']) }),
    'scope-missing',
  )
  isProblem(t, await newsroom.get('/nowhere'), 'not-found')
  const unknown = await newsroom.request('POST', '/nowhere')
  t.equal(unknown.headers['cache-control'], 'no-store', 'a shared cache keeps the 404 of a read alone')
  t.equal(unknown.headers['x-request-id'], unknown.body.requestId)
  const wrong = await newsroom.request('DELETE', '/v1/today')
  isProblem(t, wrong, 'method-not-allowed')
  t.equal(wrong.headers.allow, 'GET, HEAD, OPTIONS')
  isProblem(t, await newsroom.get('/v1/today', { headers: { accept: 'text/csv' } }), 'not-acceptable')
  isProblem(t, await newsroom.get('/v1/today', { headers: { expect: 'miracles' } }), 'expectation-failed')
  isProblem(t, await publish(gone.id, { kind: 'update' }), 'move-impossible')
  isProblem(t, await publish(bare.body.id, {}), 'not-ready')
  isProblem(t, await post(articles, { headline: 'H', language: 'en', slug: 'taken' }), 'slug-taken')
  isProblem(
    t,
    await post('/v1/editorial/tags', { slug: 'energy', kind: 'topic', names: { en: 'E' } }),
    'tag-exists',
  )
  isProblem(t, await newsroom.request('DELETE', '/v1/editorial/tags/energy', { key, match: '*' }), 'in-use')
  isProblem(
    t,
    await newsroom.request('DELETE', `${articles}/${live.id}`, { key, match: '*' }),
    'was-published',
  )
  isProblem(t, await publish(sibling.id, {}), 'translation-exists')
  const once = (body: object) => post(articles, body, { headers: { 'idempotency-key': 'once' } })
  const keys = (await newsroom.get('/v1/editorial/keys', { key })).body.data
  const own = keys.find((item: { prefix: string }) => key.includes(item.prefix))
  // What the first waits for is held until the second was answered.
  const [locked, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const held = newsroom.db.write({ by: 'command' }, async tx => {
    await tx.lock(`answer ${own.id} once`)
    locked.resolve()
    await second.promise
  })
  await locked.promise
  const first = once({ headline: 'H', language: 'en' })
  await delay(100)
  isProblem(t, await once({ headline: 'H', language: 'en' }), 'idempotency-in-flight')
  second.resolve()
  await held
  t.equal((await first).status, 201)
  isProblem(t, await once({ headline: 'Other', language: 'en' }), 'idempotency-key-reused')
  isProblem(t, await newsroom.get(`/v1/articles/${gone.id}`), 'withdrawn')
  isProblem(t, await newsroom.get(`/v1/changes?cursor=${stale}`), 'cursor-expired')
  isProblem(
    t,
    await newsroom.request('PATCH', `${articles}/${draft.id}`, { key, match: 9, body: { urgency: 1 } }),
    'revision-stale',
  )
  isProblem(
    t,
    await newsroom.request('PATCH', `${articles}/${draft.id}`, { key, body: { urgency: 1 } }),
    'revision-required',
  )
  isProblem(
    t,
    await post('/v1/editorial/media', makeForm(Buffer.alloc(9000)).body, {
      headers: makeForm(undefined).headers,
    }).then(async () =>
      newsroom.request('POST', '/v1/editorial/media', { key, ...makeForm(Buffer.alloc(9000)) }),
    ),
    'too-large',
  )
  isProblem(
    t,
    await post(articles, 'a=b', { headers: { 'content-type': 'text/plain' } }),
    'unsupported-media-type',
  )
  const small = await sharp({ create: { width: 20, height: 20, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const picture = (await newsroom.request('POST', '/v1/editorial/media', { key, ...makeForm(small) })).body
  isProblem(
    t,
    await newsroom.get(new URL(picture.renditions[0].url).pathname, {
      key,
      headers: { range: 'bytes=99999-' },
    }),
    'range-not-satisfiable',
  )
  const limited = await Promise.all(Array.from({ length: 401 }, () => newsroom.get('/v1/nothing')))
  const last = limited.at(-1) as Reply
  isProblem(t, last, 'rate-limited')
  t.ok(Number(last.headers['retry-after']) > 0)
})

t.test('a query past its time is given up with 503, and the service goes on', async t => {
  const newsroom = await openNewsroom(t, { settings: { QUERY_TIMEOUT: '300' } })
  const endless = sql<number>`(with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000000) select max(i) from n)`
  const query = newsroom.db.primary.live.sql.select({ endless }).from(newsroom.db.primary.live.tables.head)
  await t.rejects(newsroom.db.primary.live.offLoop(query, {}), { code: 'query-too-costly' })
  produced.add('query-too-costly')
  const quick = newsroom.db.primary.live.sql
    .select({ one: sql<number>`1` })
    .from(newsroom.db.primary.live.tables.head)
  t.same(await newsroom.db.primary.live.offLoop(quick, {}), [[1]], 'another thread takes the next, at once')
  await t.rejects(newsroom.db.primary.live.offLoop(query, {}), { code: 'query-too-costly' })
  // SQLite cannot be interrupted: two threads are still at what was given up.
  if (engine === 'sqlite')
    await t.rejects(newsroom.db.primary.live.offLoop(quick, {}), { code: 'query-too-costly' }, 'no third')
  t.equal((await newsroom.get('/v1/articles')).status, 200)
  await t.rejects(
    newsroom.db.write({ by: 'command' }, () => newsroom.db.write({ by: 'command' }, async () => undefined)),
    /inside a write/,
  )
  const many = await Promise.allSettled(
    Array.from({ length: 1100 }, async () => newsroom.db.write({ by: 'command' }, async () => undefined)),
  )
  const refused = many.filter(result => result.status === 'rejected')
  t.equal(refused.length, 100, 'the queue of writes is bounded')
  t.match((refused[0] as PromiseRejectedResult).reason, { code: 'busy' })
  produced.add('busy')
})

t.test('what nobody expected is a 500 that shows nothing of the inside', async t => {
  const newsroom = await openNewsroom(t)
  await rowsOf(newsroom.folder, 'DROP TABLE live_tags')
  const reply = await newsroom.get('/v1/tags')
  isProblem(t, reply, 'internal')
  t.notMatch(reply.text, /live_tags|sqlite|postgres|select/i)
})

t.test('what is no request in time, or no request at all, is a problem too', async t => {
  const newsroom = await openNewsroom(t)
  const address = await newsroom.app.listen({ port: 0 })
  const said = async (text: string, code: string) => {
    produced.add(code)
    const { status } = problems.find(problem => problem.code === code) ?? { status: 0 }
    t.match(
      text,
      new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*application/problem\\+json[\\s\\S]*"code":"${code}"`),
    )
    t.match(text, /\r\nX-Request-Id: /)
  }
  await said(await sendRaw(address, 'NONSENSE\r\n\r\n'), 'malformed-request')
  const long = `GET /v1/today HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n`
  await said(await sendRaw(address, long), 'headers-too-large')
  // Node itself tells of a slow sender so, after a minute that no test should take.
  newsroom.app.server.once('connection', socket => {
    const late = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
    newsroom.app.server.emit('clientError', late, socket)
  })
  await said(await sendRaw(address, 'GET / HTTP/1.1\r\n'), 'request-timeout')
})

t.test('no code of the table is left out above', async t => {
  t.same(
    problems.map(problem => problem.code).filter(code => !produced.has(code)),
    // test/full.test.ts fills a disk.
    ['storage-full'],
  )
})
