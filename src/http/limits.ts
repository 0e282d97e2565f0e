import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { DomainError } from '../errors.ts'
import { addCheck } from './check.ts'

const windowSeconds = 60
/** Asked by what runs the service, however often. */
const uncounted: readonly string[] = ['/health/live', '/health/ready']
/** How many callers are counted at once; past it the one seen longest ago starts anew. */
const callersCounted = 50_000

/**
 * Counts requests in windows of a minute: per key, else per address. The fields are those of the IETF draft
 * draft-ietf-httpapi-ratelimit-headers. The cost of a request is one look-up in a bounded map.
 */
export function makeLimiter(perMinute: number, now: () => number) {
  const callers = new LRUCache<string, { count: number; resetAt: number }>({ max: callersCounted })
  /** Counts a request of a caller: how many it has left, and for how many seconds that holds. */
  function count(caller: string): Counted {
    const at = now()
    let window = callers.get(caller)
    if (!window || window.resetAt <= at) {
      window = { count: 0, resetAt: at + windowSeconds * 1000 }
      callers.set(caller, window)
    }
    window.count++
    return { left: perMinute - window.count, seconds: Math.ceil((window.resetAt - at) / 1000) }
  }

  return {
    perMinute,
    policy: `"default";q=${perMinute};w=${windowSeconds}`,
    count,
    /** Whether a caller has nothing left. */
    isSpent(caller: string): boolean {
      const window = callers.get(caller)
      return window !== undefined && window.count >= perMinute && window.resetAt > now()
    },
    /** The RateLimit field. */
    fieldOf: ({ left, seconds }: Counted) => `"default";r=${Math.max(left, 0)};t=${seconds}`,
  }
}

export type Limiter = ReturnType<typeof makeLimiter>
type Counted = { left: number; seconds: number }

/** Counts each request that comes to the routes, and refuses those past the limit. */
export function addRateLimit(app: FastifyInstance, limiter: Limiter | undefined): void {
  if (!limiter) return

  addCheck(app, 'onRequest', (request, reply) => {
    if (uncounted.includes(request.routeOptions.url ?? '')) return
    const counted = limiter.count(callerOf(request))
    reply.headers({ 'ratelimit-policy': limiter.policy, ratelimit: limiter.fieldOf(counted) })
    if (counted.left < 0) {
      throw new DomainError('rate-limited', `At most ${limiter.perMinute} requests a minute are taken.`, {
        headers: { 'retry-after': String(counted.seconds) },
      })
    }
  })
}

function callerOf(request: FastifyRequest): string {
  return request.key ? `key ${request.key.id}` : callerAt(request.ip)
}

/** An anonymous caller, by its address. */
export function callerAt(address: string): string {
  return `address ${address}`
}
