import { randomUUID } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { makeGate, watchLoop } from '../src/http/shedding.ts'
import { makeArticle, makeTag, openNewsroom, publishNew } from './support/newsroom.ts'

const articles = '/v1/editorial/articles'

t.test(
  'under overload writes are refused first, then reads that are not ready, and never the rest',
  async t => {
    let delay = 0
    let draw = 0
    const gate = makeGate(() => draw)
    gate.follow(() => delay)
    const leaves = Array.from({ length: 8 }, () => gate.enter())
    const newsroom = await openNewsroom(t, { gate })
    await makeTag(newsroom, 'world')
    const { id } = await publishNew(newsroom)
    const draft = await makeArticle(newsroom)
    const address = await newsroom.app.listen({ host: '127.0.0.1', port: 0 })
    const { key } = newsroom
    const keyed = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'if-match': '*' }
    const ask = async (method: string, path: string, headers: Record<string, string> = {}, body?: string) => {
      const reply = await fetch(`${address}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
      })
      return { status: reply.status, headers: reply.headers, text: await reply.text() }
    }
    // A second request for an address comes to the cache in front of the routes.
    for (let i = 0; i < 2; i++) t.equal((await ask('GET', '/v1/today')).status, 200)
    const { headers } = await ask('GET', `/v1/articles/${id}`)
    const etag = headers.get('etag') ?? ''

    const text = 'x'.repeat(500_000)
    const input = JSON.stringify({ headline: 'H', language: 'en', body: text })
    const ready = [
      { name: 'a ready answer', status: 200, ask: () => ask('GET', '/v1/today') },
      { name: 'a ready article', status: 200, ask: () => ask('GET', `/v1/articles/${id}`) },
      { name: 'a 304', status: 304, ask: () => ask('GET', `/v1/articles/${id}`, { 'if-none-match': etag }) },
      { name: 'HEAD of a ready answer', status: 200, ask: () => ask('HEAD', '/v1/today') },
      {
        name: 'a ready answer, with a key',
        status: 200,
        ask: () => ask('GET', '/v1/today', { authorization: keyed.authorization }),
      },
      { name: 'the OpenAPI document', status: 200, ask: () => ask('GET', '/openapi.json') },
      { name: 'Swagger UI', status: 200, ask: () => ask('GET', '/docs/') },
      { name: 'liveness', status: 200, ask: () => ask('GET', '/health/live') },
      { name: 'readiness', status: 200, ask: () => ask('GET', '/health/ready') },
      { name: 'a preflight', status: 204, ask: () => ask('OPTIONS', articles) },
      { name: 'an unknown address', status: 404, ask: () => ask('GET', '/nope') },
    ]
    const reads = [
      {
        name: 'a list that was not asked before',
        ask: () => ask('GET', `/v1/articles?publishedFrom=${new Date().toISOString()}`),
      },
      { name: "the desk's list", ask: () => ask('GET', articles, keyed) },
      { name: 'an unknown story', ask: () => ask('GET', `/v1/articles/${randomUUID()}`) },
      { name: 'HEAD', ask: () => ask('HEAD', `/v1/articles/${randomUUID()}`) },
    ]
    const writes = [
      { name: 'create', ask: () => ask('POST', articles, keyed, input) },
      {
        name: 'edit',
        ask: () =>
          ask(
            'PATCH',
            `${articles}/${draft.id}`,
            { ...keyed, 'content-type': 'application/merge-patch+json' },
            '{"summary":"S"}',
          ),
      },
      {
        name: 'a key that is none',
        ask: () => ask('POST', articles, { ...keyed, authorization: 'Bearer dl_none' }, input),
      },
      {
        name: 'delete',
        ask: () =>
          ask('DELETE', `${articles}/${draft.id}`, { authorization: keyed.authorization, 'if-match': '"9"' }),
      },
    ]
    const isRefused = async (one: { name: string; ask: () => ReturnType<typeof ask> }) => {
      const { status, headers, text } = await one.ask()
      if (status !== 503) return false
      t.equal(headers.get('retry-after'), '1', one.name)
      t.equal(headers.get('cache-control')?.includes('no-store'), true, one.name)
      if (text !== '') t.equal(JSON.parse(text).code, 'busy', one.name)
      return true
    }
    for (const [at, luck, writesRefused, readsRefused] of [
      [0, 0, false, false],
      [40, 0, false, false],
      [41, 0, true, false],
      [100, 0, true, false],
      [80, 0.9, false, false],
      [101, 0, true, true],
      [120, 0.99, true, false],
      [250, 0.99, true, true],
      [5000, 0.99, true, true],
      [0, 0, false, false],
    ] as const) {
      delay = at
      draw = luck
      for (const one of writes) t.equal(await isRefused(one), writesRefused, `${one.name} at ${at} ms`)
      for (const one of reads) t.equal(await isRefused(one), readsRefused, `${one.name} at ${at} ms`)
      for (const one of ready) t.equal((await one.ask()).status, one.status, `${one.name} at ${at} ms`)
    }
    const { write, read } = gate.takeRefused()
    t.same([write, read], [6 * writes.length, 3 * reads.length], 'each refusal is counted')
    t.same(gate.takeRefused(), { write: 0, read: 0 }, 'once')

    // What was ready is made again after a commit: never refused, since all who wait share it.
    delay = 0
    await publishNew(newsroom)
    delay = 5000
    t.equal((await ask('GET', '/v1/today')).status, 200)

    // In the last minutes of a day the routes answer, since the lifetimes change with every second.
    delay = 0
    const { window } = (await newsroom.get('/v1/today')).body.meta
    newsroom.clock.now = Date.parse(window.to) - 60_000
    for (let i = 0; i < 2; i++) t.equal((await ask('GET', '/v1/today')).status, 200)
    delay = 5000
    t.equal((await ask('GET', '/v1/today')).status, 200, 'also a minute before midnight')

    // A slow disk delays the loop as well, and refuses nobody while few requests are in work.
    leaves.pop()?.()
    gate.takeRefused()
    for (const one of [...writes, ...reads]) t.notOk(await isRefused(one), `${one.name}, alone`)
    t.same(gate.takeRefused(), { write: 0, read: 0 })
  },
)

t.test('a loop that is late because others have the processor is no overload', async t => {
  let now = 0
  /** The share of the time that the loop was busy. */
  let share = 0.5
  const usage = () => ({ idle: now * (1 - share), active: now * share, utilization: share })
  const watch = watchLoop(() => now, usage)
  t.teardown(watch.stop)
  const pass = async (times: number) => {
    for (let i = 0; i < times; i++) {
      now += 150
      await new Promise(resolve => setTimeout(resolve, 12))
    }
  }
  await pass(40)
  t.equal(watch.delay(), 0, 'half of the time there was nothing to do')
  share = 1
  now = 1_000_000
  await pass(40)
  t.ok(watch.delay() > 40, 'a loop that is always busy is overloaded')
})

t.test('the watch of the event loop sees a load that lasts, and its end', async t => {
  const watch = watchLoop()
  t.teardown(watch.stop)
  for (let i = 0; i < 30; i++) {
    const until = performance.now() + 100
    while (performance.now() < until);
    await turn()
  }
  t.ok(watch.delay() > 40, `${watch.delay()} ms after three seconds of tasks of 100 ms`)
  const gate = makeGate(() => 0)
  gate.follow(watch.delay)
  for (let i = 0; i < 8; i++) gate.enter()
  t.ok(gate.refuses('write'))
  const until = performance.now() + 20_000
  while (gate.refuses('write') && performance.now() < until)
    await new Promise(resolve => setTimeout(resolve, 5))
  t.notOk(gate.refuses('write'), 'it is over soon after the last task')
})
