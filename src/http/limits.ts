import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { DomainError } from '../errors.ts'
import { addressOf, callerAt, type Trusts } from './caller.ts'
import { addCheck } from './check.ts'

const windowSeconds = 60
/** Asked by what runs the service, however often. */
const uncounted: readonly string[] = ['/health/live', '/health/ready']
/** How many callers are counted at once; past it the one seen longest ago starts anew. */
const callersCounted = 50_000

/**
 * Counts requests in windows of a minute: per key, else per address. The fields are those of the IETF draft
 * draft-ietf-httpapi-ratelimit-headers. The cost of a request is one look-up in a bounded map. `isShared` where
 * processes count together: see `takeCounts`.
 */
export function makeLimiter(perMinute: number, now: () => number, isShared = false) {
  const callers = new LRUCache<string, Window>({ max: callersCounted })
  const already = new WeakMap<IncomingMessage, Counted>()
  /** Those that asked since the counts were last taken. */
  const recent = new Set<string>()

  function windowOf(caller: string): Window {
    const at = now()
    let window = callers.get(caller)
    if (!window || window.resetAt <= at) {
      window = { count: 0, untold: 0, resetAt: at + windowSeconds * 1000 }
      callers.set(caller, window)
    }
    return window
  }

  /** Counts a request of a caller: how many it has left, and for how many seconds that holds. */
  function count(caller: string): Counted {
    const window = windowOf(caller)
    window.count++
    if (isShared && window.untold++ === 0) recent.add(caller)
    return { left: perMinute - window.count, seconds: Math.ceil((window.resetAt - now()) / 1000) }
  }

  return {
    perMinute,
    policy: `"default";q=${perMinute};w=${windowSeconds}`,
    count,
    /** Notes that a request was counted before it came to the routes. */
    noteCounted(request: IncomingMessage, counted: Counted): void {
      already.set(request, counted)
    },
    countedOf: (request: IncomingMessage): Counted | undefined => already.get(request),
    /** What was counted here since this was last called: for processes that count together. */
    takeCounts(): Counts {
      const counts: [string, number][] = []
      for (const caller of recent) {
        const window = callers.get(caller)
        if (!window) continue
        counts.push([caller, window.untold])
        window.untold = 0
      }
      recent.clear()
      return counts
    },
    /** Counts what another process counted. */
    addCounts(counts: Counts): void {
      for (const [caller, more] of counts) windowOf(caller).count += more
    },
    /** The RateLimit field. */
    fieldOf: ({ left, seconds }: Counted) => `"default";r=${Math.max(left, 0)};t=${seconds}`,
  }
}

export type Limiter = ReturnType<typeof makeLimiter>
export type Counted = { left: number; seconds: number }
type Window = { count: number; untold: number; resetAt: number }
/** Requests by caller. */
export type Counts = readonly (readonly [caller: string, count: number])[]

/** Counts each request that comes to the routes, and refuses those past the limit. */
export function addRateLimit(
  app: FastifyInstance,
  limiter: Limiter | undefined,
  trusts: Trusts | undefined,
): void {
  if (!limiter) return
  const callerOf = ({ key, raw }: FastifyRequest) =>
    key ? `key ${key.id}` : callerAt(addressOf(raw, trusts))

  addCheck(app, 'onRequest', (request, reply) => {
    if (uncounted.includes(request.routeOptions.url ?? '')) return
    const counted = limiter.countedOf(request.raw) ?? limiter.count(callerOf(request))
    reply.headers({ 'ratelimit-policy': limiter.policy, ratelimit: limiter.fieldOf(counted) })
    if (counted.left < 0) {
      throw new DomainError('rate-limited', `At most ${limiter.perMinute} requests a minute are taken.`, {
        headers: { 'retry-after': String(counted.seconds) },
      })
    }
  })
}
