import { Agent, request } from 'node:http'
import { quantile } from './compare.ts'

/** A request of a load, and the name of its kind in the figures. */
export type Shot = {
  kind: string
  method: string
  path: string
  headers?: Record<string, string>
  body?: Buffer
}

/** The answers to one kind of request: milliseconds from the time when it was due, and how many had each outcome. */
export type Shots = { latencies: number[]; outcomes: Record<string, number> }

/** A request that is not answered within this time counts with it, and is given up. */
const patienceMs = 30_000
/** Past so many requests under way the load itself would be the limit: those that are due are counted as lost. */
const mostUnderWay = 4000

/**
 * Sends `rate` requests a second for `seconds`, each when it is due, whether or not earlier ones are answered: an open loop.
 * A latency counts from the time when its request was due. Refusals are told by their status and code.
 */
export async function shoot(
  port: number,
  rate: number,
  seconds: number,
  pick: (i: number) => Shot,
): Promise<Map<string, Shots>> {
  const agent = new Agent({ keepAlive: true, maxSockets: mostUnderWay })
  const results = new Map<string, Shots>()
  const note = (kind: string, outcome: string, ms: number | undefined) => {
    const shots = results.get(kind) ?? { latencies: [], outcomes: {} }
    results.set(kind, shots)
    shots.outcomes[outcome] = (shots.outcomes[outcome] ?? 0) + 1
    if (ms !== undefined) shots.latencies.push(ms)
  }
  const started = performance.now()
  const all = Math.round(rate * seconds)
  const running = new Set<Promise<void>>()
  for (let i = 0; i < all; ) {
    // The first is due at once.
    const due = Math.min(all, Math.floor(((performance.now() - started) / 1000) * rate) + 1)
    for (; i < due; i++) {
      const shot = pick(i)
      const at = started + (i / rate) * 1000
      if (running.size >= mostUnderWay) {
        note(shot.kind, 'lost: too many under way', patienceMs)
        continue
      }
      const one: Promise<void> = sendOne(agent, port, shot).then(outcome => {
        note(shot.kind, outcome, performance.now() - at)
        running.delete(one)
      })
      running.add(one)
    }
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  await Promise.all(running)
  agent.destroy()
  return results
}

/** Sends one request; resolves to its status, with the code of a problem, or to the error of its connection. */
export function sendOne(agent: Agent, port: number, shot: Shot): Promise<string> {
  const { method, path, body } = shot
  const headers = { ...shot.headers, ...(body ? { 'content-length': String(body.length) } : {}) }
  return new Promise(resolve => {
    const sent = request({ agent, host: '127.0.0.1', port, path, method, headers, timeout: patienceMs })
    sent.on('response', reply => {
      const chunks: Buffer[] = []
      reply.on('data', chunk => chunks.push(chunk))
      reply.on('error', error => resolve(`lost: ${error.message}`))
      reply.on('end', () => resolve(outcomeOf(reply.statusCode ?? 0, Buffer.concat(chunks))))
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer in 30 s')))
    sent.on('error', error => resolve(`lost: ${'code' in error ? error.code : error.message}`))
    sent.end(body)
  })
}

function outcomeOf(status: number, body: Buffer): string {
  if (status < 400) return String(status)
  try {
    const { code, detail } = JSON.parse(body.toString()) as { code: string; detail: string }
    return status === 503 ? `503 ${code}: ${detail}` : `${status} ${code}`
  } catch {
    return String(status)
  }
}

/** The latency of a share of all answers of some kinds, refusals too. */
export function latencyOf(results: Map<string, Shots>, q: number, ...kinds: string[]): number {
  const some = kinds.length === 0 ? [...results.keys()] : kinds
  return quantile(
    some.flatMap(kind => results.get(kind)?.latencies ?? []),
    q,
  )
}
