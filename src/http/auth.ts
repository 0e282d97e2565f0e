import type { FastifyInstance, FastifyRequest } from 'fastify'
import { DomainError } from '../errors.ts'
import type { Scope } from '../words.ts'
import { addCheck } from './check.ts'

/** What a request knows of the key it came with. */
export type RequestKey = {
  id: string
  name: string
  scopes: readonly string[]
  /** The instant from which it is refused, in epoch milliseconds; null for never. */
  expiresAt: number | null
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The valid key of this request; undefined for an anonymous one. */
    key: RequestKey | undefined
    /** Why the key it came with is refused: thrown after the request was counted. */
    keyRefusal: DomainError | undefined
  }
  interface FastifyContextConfig {
    /** The scope, or all the scopes, without which the route answers 401 or 403. */
    scope?: Scope | readonly Scope[]
  }
}

const challenge = { headers: { 'www-authenticate': 'Bearer realm="dateline"' } }

/** Knows each request by its key. One that is not valid is remembered, so that the request is counted first. */
export function addAuth(
  app: FastifyInstance,
  findKey: (token: string) => Promise<RequestKey | undefined>,
): void {
  app.decorateRequest('key', undefined)
  app.decorateRequest('keyRefusal', undefined)
  app.addHook('onRequest', (request, _reply, done) => {
    const token = presentedToken(request)
    if (token === undefined) done()
    else if (token instanceof DomainError) {
      request.keyRefusal = token
      done()
    } else {
      findKey(token).then(key => {
        request.key = key
        if (!key) request.keyRefusal = invalid('The key presented is not valid.')
        done()
      }, done)
    }
  })
}

/**
 * Refuses a key that is not valid, on every route, and a request that lacks the scope its route asks for. Runs after
 * the rate limit.
 */
export function addScopes(app: FastifyInstance): void {
  addCheck(app, 'onRequest', request => {
    if (request.keyRefusal) throw request.keyRefusal
    const scopes = [request.routeOptions.config.scope ?? []].flat()
    if (scopes.length === 0) return
    if (!request.key) {
      const named = scopes.length === 1 ? `the scope ${scopes[0]}` : `the scopes ${scopes.join(', ')}`
      throw new DomainError('key-required', `This route needs a key with ${named}.`, challenge)
    }
    for (const scope of scopes) requireScope(request, scope)
  })
}

/** Throws 403 unless the request's key has the scope. */
export function requireScope(request: FastifyRequest, scope: Scope): void {
  if (!hasScope(request, scope)) {
    throw new DomainError('scope-missing', `The key lacks the scope ${scope}.`, { extra: { scope } })
  }
}

/** Whether the request's key has the scope. */
export function hasScope(request: FastifyRequest, scope: Scope): boolean {
  return request.key?.scopes.includes(scope) ?? false
}

const invalid = (detail: string) => new DomainError('key-invalid', detail, challenge)

/** The one key of a request, or why it has none that counts. Every header is looked at: Node's own view joins or drops repeats. */
function presentedToken({ raw: { rawHeaders } }: FastifyRequest): string | DomainError | undefined {
  const tokens = new Set<string>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase()
    const value = rawHeaders[i + 1] ?? ''
    if (name === 'x-api-key') tokens.add(value)
    if (name !== 'authorization') continue
    const token = /^Bearer +([^\s]+) *$/i.exec(value)?.[1]
    if (token === undefined) return invalid('Authorization must be: Bearer, a space, the key.')
    tokens.add(token)
  }
  if (tokens.size > 1) return new DomainError('keys-differ', 'The headers present different keys.')
  return [...tokens][0]
}
