import type { FastifyInstance, FastifyRequest } from 'fastify'
import { addCheck } from './check.ts'

export type EdgeOptions = {
  /** Origins whose pages may call the editorial tree. */
  editorialOrigins: readonly string[]
  /** Whether the public address is https, so that browsers may be told to stay there. */
  secure: boolean
}

const exposed =
  'ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, Server-Timing, Content-Language'
const allowedHeaders =
  'Authorization, X-API-Key, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Request-Id'

/** The headers that every answer has: the request's id, what a browser may do with it, and who may read it. */
export function addEdge(app: FastifyInstance, options: EdgeOptions): void {
  const security = securityHeaders(options)
  const open = publicHeaders(options)

  addCheck(app, 'onRequest', (request, reply) => {
    reply.header('x-request-id', request.id)
    if (!isEditorial(request)) {
      reply.headers(open)
      return
    }
    reply.headers(security).headers({ 'cache-control': 'private, no-store', vary: 'Origin, Accept-Encoding' })
    const origin = request.headers.origin
    if (origin !== undefined && options.editorialOrigins.includes(origin)) {
      reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': exposed })
    }
  })
}

/** Headers that differ between two requests for the same answer. */
const perRequest = ['x-request-id', 'server-timing', 'ratelimit']

/** Whether a shared cache may keep an answer with this Cache-Control (RFC 9111 3); with none it may, by its own rules. */
export function mayBeShared(cacheControl: unknown): boolean {
  return !/\b(?:private|no-store)\b/.test(String(cacheControl ?? ''))
}

/**
 * Takes the headers of one request off an answer that a shared cache may keep: the cache would give the first caller's to
 * all. Only this hook decides, by the final Cache-Control.
 */
export function addSharing(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (isRead && mayBeShared(reply.getHeader('cache-control')))
      for (const name of perRequest) reply.removeHeader(name)
    done(null, payload)
  })
}

function securityHeaders({ secure }: Pick<EdgeOptions, 'secure'>): Record<string, string> {
  return {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'cross-origin',
    ...(secure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
}

/** The headers of every answer that anyone may read, from any page. */
export function publicHeaders(options: Pick<EdgeOptions, 'secure'>): Record<string, string> {
  return {
    ...securityHeaders(options),
    'access-control-allow-origin': '*',
    'access-control-expose-headers': exposed,
    vary: 'Accept-Encoding, Authorization, X-API-Key',
  }
}

/** What a browser asks before it sends a method or a header that plain pages may not (the Fetch standard, 4.8). */
export function preflightHeaders(methods: string): Record<string, string> {
  return {
    'access-control-allow-methods': methods,
    'access-control-allow-headers': allowedHeaders,
    'access-control-max-age': '86400',
  }
}

/** Whether the request is for the editorial tree. */
export function isEditorial(request: FastifyRequest): boolean {
  // The route's own address where there is one: the router also takes `/v1/%65ditorial`.
  return (request.routeOptions.url ?? request.url).startsWith('/v1/editorial')
}

/** Whether an address, or a pattern of them, is of the tree that readers see. */
export function isDelivery(url: string): boolean {
  return url.startsWith('/v1/') && !url.startsWith('/v1/editorial') && !url.startsWith('/v1/previews')
}

/** The caller's own request id when it is well formed, for logs that join; undefined otherwise. */
export function wellFormedId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[\w.:-]{1,64}$/.test(header) ? header : undefined
}
