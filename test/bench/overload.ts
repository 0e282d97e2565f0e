import { once } from 'node:events'
import { Agent } from 'node:http'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import sharp from 'sharp'
import { latencyOf, type Shot, type Shots, sendOne, shoot } from './open-loop.ts'
import { type Program, residentOf } from './service.ts'

/** A load and its answers: today's latencies in milliseconds, each kind's outcomes, and the largest resident memory. */
export type Loaded = {
  rate: number
  p50: number
  p99: number
  outcomes: Record<string, Record<string, number>>
  residentMb: number
}

const stepSeconds = 6
const longSeconds = 60
/** The rate at which the mix has this p99 is the capacity. */
const capacityMs = 100
const firstRate = 50
const mostRate = 6000

const sentence = 'Harbour officials said on Friday that the ferry would sail again. '

function articleOf(i: number, body: string, format = 'html'): Buffer {
  const article = {
    headline: `Under load ${i}`,
    language: 'en',
    section: 'section-0',
    bodyFormat: format,
    body,
  }
  return Buffer.from(JSON.stringify(article))
}

function formOf(file: Buffer, name: string): { headers: Record<string, string>; body: Buffer } {
  const boundary = 'bench-form-boundary'
  const head =
    `--${boundary}\r\nContent-Disposition: form-data; name="caption"\r\n\r\nUnder load\r\n` +
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  }
}

/** Of 200 requests 180 read today's news, 4 a list that no index serves, 15 create an article, and 1 uploads a photograph. */
async function mixOf(key: string): Promise<(i: number) => Shot> {
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 30 }
  const photo = await sharp({ create: { width: 1600, height: 1200, channels: 3, background: '#369', noise } })
    .jpeg()
    .toBuffer()
  const form = formOf(photo, 'photo.jpg')
  const authorization = `Bearer ${key}`
  const json = { authorization, 'content-type': 'application/json' }
  const body = `<p>${sentence.repeat(12)}</p>`
  const from = Date.UTC(2024, 5, 1)
  return i => {
    const place = i % 200
    if (place === 100)
      return {
        kind: 'upload',
        method: 'POST',
        path: '/v1/editorial/media',
        ...form,
        headers: { ...form.headers, authorization },
      }
    if (place % 50 === 25) {
      const since = new Date(from + i * 1000).toISOString()
      return {
        kind: 'list',
        method: 'GET',
        path: `/v1/articles?kind=brief&signOff=/EM/&publishedFrom=${since}`,
      }
    }
    if (place % 13 === 5)
      return {
        kind: 'create',
        method: 'POST',
        path: '/v1/editorial/articles',
        headers: json,
        body: articleOf(i, body),
      }
    return { kind: 'today', method: 'GET', path: '/v1/today' }
  }
}

async function watching<T>(
  server: Program,
  work: () => Promise<T>,
): Promise<{ result: T; residentMb: number }> {
  let residentMb = 0
  const timer = setInterval(() => {
    residentMb = Math.max(residentMb, residentOf(server))
  }, 200)
  try {
    return { result: await work(), residentMb }
  } finally {
    clearInterval(timer)
  }
}

const outcomesOf = (results: Map<string, Shots>) =>
  Object.fromEntries([...results].map(([kind, { outcomes }]) => [kind, outcomes]))

/**
 * Finds the capacity: the open-loop rate at which the p99 of the mix reaches 100 ms. Then sends twice that rate for a
 * minute. Both rates are told, and at the second the latencies of today's news, refused or not.
 */
export async function measureOverload(
  server: Program,
  key: string,
  say: (text: string) => void,
): Promise<Loaded & { capacity: number }> {
  const pick = await mixOf(key)
  // The photograph of an earlier run is another file's: each step goes on where the last ended.
  let sent = 0
  const run = async (rate: number, seconds: number) => {
    const start = sent
    sent += Math.round(rate * seconds)
    return shoot(server.port, rate, seconds, i => pick(start + i))
  }
  await run(firstRate, 10)
  let capacity = firstRate
  // One slow step may be the machine's: two in a row are the end.
  let slow = 0
  for (let rate = firstRate; rate < mostRate && slow < 2; rate *= 1.25) {
    const p99 = latencyOf(await run(rate, stepSeconds), 0.99)
    say(`${rate.toFixed(0)} a second: p99 ${p99.toFixed(0)} ms`)
    slow = p99 > capacityMs ? slow + 1 : 0
    if (slow === 0) capacity = rate
  }
  const { result, residentMb } = await watching(server, () => run(2 * capacity, longSeconds))
  return {
    capacity,
    rate: 2 * capacity,
    p50: latencyOf(result, 0.5, 'today'),
    p99: latencyOf(result, 0.99, 'today'),
    outcomes: outcomesOf(result),
    residentMb,
  }
}

/** Requests that are made to stall a service, each kind by one attacker that sends the next when it has its answer. */
async function attacksOf(key: string): Promise<Shot[]> {
  const authorization = `Bearer ${key}`
  const json = { 'content-type': 'application/json' }
  const times = (length: number) => '0T'.repeat(length / 2)
  const members = Array.from({ length: 300_000 }, (_, i) => `"a${i}":1`).join(',')
  const object = Buffer.from(`{${members}}`)
  const huge = { create: { width: 9000, height: 9000, channels: 3 as const, background: '#369' } }
  const avif = formOf(await sharp(huge).avif({ effort: 0 }).toBuffer(), 'bomb.avif')
  const keyed = { ...json, authorization }
  const editorial = '/v1/editorial/articles'
  const id = '0190a3c0-0000-7000-8000-000000000001'
  const publishAt = Buffer.from(JSON.stringify({ publishAt: times(200_000) }))
  return [
    { kind: 'time in a query', method: 'GET', path: `/v1/articles?updatedSince=${times(15_000)}` },
    {
      kind: 'time in a body',
      method: 'POST',
      path: `${editorial}/${id}/schedule`,
      headers: { ...keyed, 'if-match': '*' },
      body: publishAt,
    },
    { kind: 'body to nowhere', method: 'POST', path: '/nope', headers: json, body: object },
    { kind: 'body with OPTIONS', method: 'OPTIONS', path: '/v1/today', headers: json, body: object },
    { kind: 'body of many values', method: 'POST', path: editorial, headers: keyed, body: object },
    {
      kind: 'AVIF of 81 megapixels',
      method: 'POST',
      path: '/v1/editorial/media',
      ...avif,
      headers: { ...avif.headers, authorization },
    },
    {
      kind: 'hostile Markdown',
      method: 'POST',
      path: editorial,
      headers: keyed,
      body: articleOf(0, '['.repeat(900_000), 'markdown'),
    },
  ]
}

/**
 * The thread of the attackers. Told some kinds of attack, it runs each on a connection of its own, one request after the
 * other; told nothing, it ends them and gives their outcomes.
 */
async function runAttackers({ port, key }: { port: number; key: string }): Promise<void> {
  const attacks = await attacksOf(key)
  const agent = new Agent({ keepAlive: true, maxSockets: attacks.length })
  let isOver = false
  let outcomes: Loaded['outcomes'] = {}
  let running = Promise.resolve<unknown>(undefined)
  const attack = async (shot: Shot) => {
    while (!isOver) {
      const outcome = await sendOne(agent, port, shot)
      const counts = outcomes[shot.kind] ?? {}
      counts[outcome] = (counts[outcome] ?? 0) + 1
      outcomes[shot.kind] = counts
    }
  }
  parentPort?.on('message', async (kinds: string[] | undefined) => {
    isOver = kinds === undefined
    if (kinds) {
      outcomes = {}
      running = Promise.all(attacks.filter(({ kind }) => kinds.includes(kind)).map(attack))
    } else {
      await running
      parentPort?.postMessage(outcomes)
    }
  })
  parentPort?.postMessage(attacks.map(({ kind }) => kind))
}

if (!isMainThread && workerData?.key !== undefined) await runAttackers(workerData)

const aloneSeconds = 10
const togetherSeconds = 20
const readsASecond = 50

/** Today's latencies under each attack by itself, in milliseconds. */
export type Attacked = Loaded & { alone: Record<string, { p50: number; p99: number }> }

/**
 * Reads today's news 50 times a second while each attack is under way, first by itself, then all together. The attackers
 * have the machine's cores too: together they take what the service and these reads would need.
 */
export async function measureAttack(
  server: Program,
  key: string,
  say: (text: string) => void,
): Promise<Attacked> {
  const today: Shot = { kind: 'today', method: 'GET', path: '/v1/today' }
  await shoot(server.port, readsASecond, 1, () => today)
  // On a thread of their own: what they send would delay the reads here, before the service sees them.
  const attackers = new Worker(import.meta.filename, { workerData: { port: server.port, key } })
  // Making the picture takes seconds of both cores: the reads begin after it.
  const [kinds] = (await once(attackers, 'message')) as [string[]]
  const run = async (some: string[], seconds: number) => {
    attackers.postMessage(some)
    const { result, residentMb } = await watching(server, () =>
      shoot(server.port, readsASecond, seconds, () => today),
    )
    attackers.postMessage(undefined)
    const [outcomes] = (await once(attackers, 'message')) as [Loaded['outcomes']]
    const latencies = { p50: latencyOf(result, 0.5, 'today'), p99: latencyOf(result, 0.99, 'today') }
    say(`${some.length === 1 ? some[0] : 'all'}: p99 ${latencies.p99.toFixed(0)} ms`)
    return { ...latencies, residentMb, outcomes: { ...outcomesOf(result), ...outcomes } }
  }
  const alone: Attacked['alone'] = {}
  for (const kind of kinds) {
    const { p50, p99 } = await run([kind], aloneSeconds)
    alone[kind] = { p50, p99 }
  }
  const together = await run(kinds, togetherSeconds)
  await attackers.terminate()
  return { rate: readsASecond, alone, ...together }
}
