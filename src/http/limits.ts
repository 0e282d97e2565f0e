import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { DomainError } from '../errors.ts'

const windowSeconds = 60
/** Asked by what runs the service, however often. */
const uncounted: readonly string[] = ['/health/live', '/health/ready']
/** How many callers are counted at once; past it the one seen longest ago starts anew. */
const callersCounted = 50_000

/**
 * Counts requests in windows of a minute: per key, else per address. The fields are those of the IETF draft
 * draft-ietf-httpapi-ratelimit-headers. The cost of a request is one look-up in a bounded map.
 */
export function addRateLimit(app: FastifyInstance, perMinute: number | undefined, now: () => number): void {
  if (perMinute === undefined) return
  const callers = new LRUCache<string, { count: number; resetAt: number }>({ max: callersCounted })
  const policy = `"default";q=${perMinute};w=${windowSeconds}`

  function count(caller: string): { left: number; seconds: number } {
    const at = now()
    let window = callers.get(caller)
    if (!window || window.resetAt <= at) {
      window = { count: 0, resetAt: at + windowSeconds * 1000 }
      callers.set(caller, window)
    }
    window.count++
    return { left: (perMinute as number) - window.count, seconds: Math.ceil((window.resetAt - at) / 1000) }
  }

  app.addHook('onRequest', async (request, reply) => {
    if (uncounted.includes(request.routeOptions.url ?? '')) return
    const { left, seconds } = count(callerOf(request))
    reply.headers({ 'ratelimit-policy': policy, ratelimit: `"default";r=${Math.max(left, 0)};t=${seconds}` })
    if (left < 0) {
      throw new DomainError('rate-limited', `At most ${perMinute} requests a minute are taken.`, {
        headers: { 'retry-after': String(seconds) },
      })
    }
  })
}

function callerOf(request: FastifyRequest): string {
  return request.key ? `key ${request.key.id}` : `address ${request.ip}`
}
