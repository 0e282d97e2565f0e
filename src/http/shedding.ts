import type { EventLoopUtilization } from 'node:perf_hooks'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import { DomainError } from '../errors.ts'
import { addCheck } from './check.ts'

/**
 * Refuses requests early when the process is overloaded, so that the others stay fast. Its measure is the delay of the event
 * loop: how late a timer runs, which is how long every request waits for its turn. A slow disk delays the loop too, so nothing
 * is refused while only a few requests are in work.
 */

/** A kind of request by its cost. Reads whose answer is kept in the cache have no kind: they are never refused. */
type Kind = 'write' | 'read'

/**
 * The delays, in milliseconds, at which the first request of a kind is refused, and at which all are. Between the two the
 * share of refused requests grows evenly, which keeps the delay steady. Writes go first: they cost most, and a client
 * can send them again.
 */
const limits: Record<Kind, { first: number; all: number }> = {
  write: { first: 40, all: 120 },
  read: { first: 100, all: 250 },
}

/** With fewer requests in work than these, none is refused: nobody waits for many others. */
const leastInWork = 8

const tickMs = 10
/** The delay counts once it has lasted about so long: one long task is no overload. */
const settleMs = 500
/** The load is over once so many timers in a row were on time. */
const mostRecent = 3
/**
 * The share of the time that an overloaded event loop is busy. A loop with less to do is late because other programs have
 * the processor: refusing requests would not help.
 */
const leastBusy = 0.9
const sampleMs = 250

export type LoopWatch = { delay(): number; stop(): void }

/** Watches the event loop. `delay` is the delay that lasted, in milliseconds; it is 0 again some 30 ms after the load ends. */
export function watchLoop(
  clock: () => number = () => performance.now(),
  usage: () => EventLoopUtilization = () => performance.eventLoopUtilization(),
): LoopWatch {
  let last = clock()
  let lasting = 0
  const recent: number[] = []
  let sample = { at: last, usage: usage() }
  /** Whether the loop was busy in the last samples, the newest last. */
  let busy = [false, false]
  const lateBy = () => Math.max(0, clock() - last - tickMs)

  const timer = setInterval(() => {
    const late = lateBy()
    const passed = late + tickMs
    last = clock()
    lasting += (late - lasting) * (1 - Math.exp(-passed / settleMs))
    recent.push(late)
    if (recent.length > mostRecent) recent.shift()
    if (last - sample.at < sampleMs) return
    const now = usage()
    const { utilization } = performance.eventLoopUtilization(now, sample.usage)
    busy = [...busy.slice(1), utilization >= leastBusy]
    sample = { at: last, usage: now }
  }, tickMs)
  timer.unref()

  return {
    delay: () => (busy.every(Boolean) ? Math.min(Math.max(...recent, lateBy()), lasting) : 0),
    stop: () => clearInterval(timer),
  }
}

export type Gate = ReturnType<typeof makeGate>

/**
 * Decides which requests are refused at a delay of the event loop; none before it follows a watch. `random` gives a number
 * from 0 to below 1.
 */
export function makeGate(random: () => number = Math.random) {
  const refused: Record<Kind, number> = { write: 0, read: 0 }
  let delay = () => 0
  let inWork = 0
  return {
    /** Counts a request as in work, until the function it gives is called. */
    enter(): () => void {
      inWork++
      return () => {
        inWork--
      }
    },
    /** Follows a delay, in milliseconds. Until then no request is refused: the loop is busy while the service starts. */
    follow(given: () => number): void {
      delay = given
    },
    /** Whether some requests of this kind are refused now. */
    isClosing: (kind: Kind): boolean => delay() > limits[kind].first,
    /** Whether a request of this kind is to be refused now. */
    refuses(kind: Kind): boolean {
      if (inWork < leastInWork) return false
      const { first, all } = limits[kind]
      const share = (delay() - first) / (all - first)
      if (share <= 0 || random() >= share) return false
      refused[kind]++
      return true
    },
    /** The requests refused since the last call, by their kind. */
    takeRefused(): Record<Kind, number> {
      const taken = { ...refused }
      Object.assign(refused, { write: 0, read: 0 })
      return taken
    },
  }
}

/**
 * Refuses requests with 503 `busy` before their key is looked up or their body is read. `isKept` tells whether the answer
 * to a URL is kept in the cache.
 */
export function addShedding(app: FastifyInstance, gate: Gate, isKept: (url: string) => boolean): void {
  addCheck(app, 'onRequest', (request, reply) => {
    const kind = kindOf(request, isKept)
    if (kind === undefined) return
    if (gate.refuses(kind)) {
      const detail =
        kind === 'write' ? 'writes are refused for a moment' : 'this read is not ready, and is refused'
      const headers = { 'retry-after': '1' }
      throw new DomainError('busy', `The service is overloaded: ${detail}.`, { headers })
    }
    reply.raw.once('close', gate.enter())
  })
}

/** Only the API is costly: health checks, documents and pages are always answered. */
function kindOf(
  { method, is404, routeOptions, raw }: FastifyRequest,
  isKept: (url: string) => boolean,
): Kind | undefined {
  if (is404 || method === 'OPTIONS' || !routeOptions.url?.startsWith('/v1/')) return undefined
  if (method !== 'GET' && method !== 'HEAD') return 'write'
  return isKept(raw.url ?? '') ? undefined : 'read'
}

const tellMs = 1000

/** Begins to refuse requests while the process is overloaded. Called once it listens. */
export function startShedding(gate: Gate, log: FastifyBaseLogger): void {
  const watch = watchLoop()
  gate.follow(watch.delay)
  logRefusals(gate, watch, log)
}

/** Tells the log, once a second, how many requests were refused. */
function logRefusals(gate: Gate, { delay }: LoopWatch, log: FastifyBaseLogger): void {
  setInterval(() => {
    const refused = gate.takeRefused()
    if (refused.write + refused.read > 0)
      log.warn({ refused, delayMs: Math.round(delay()) }, 'overloaded: requests were refused with 503')
  }, tellMs).unref()
}
