import type { FastifyInstance, FastifyRequest } from 'fastify'
import { DomainError } from '../errors.ts'
import type { Scope } from '../words.ts'

/** What a request knows of the key it came with. */
export type RequestKey = { id: string; name: string; scopes: readonly string[] }

declare module 'fastify' {
  interface FastifyRequest {
    /** The valid key of this request; undefined for an anonymous one. */
    key: RequestKey | undefined
  }
  interface FastifyContextConfig {
    /** A scope without which the route answers 401 or 403. */
    scope?: Scope
  }
}

const challenge = { headers: { 'www-authenticate': 'Bearer realm="dateline"' } }

/** Knows each request by its key; a presented key that is not valid is refused on every route. */
export function addAuth(
  app: FastifyInstance,
  findKey: (token: string) => Promise<RequestKey | undefined>,
): void {
  app.decorateRequest('key', undefined)
  app.addHook('onRequest', async request => {
    const token = presentedToken(request)
    if (token === undefined) return
    request.key = await findKey(token)
    if (!request.key) throw new DomainError('key-invalid', 'The key presented is not valid.', challenge)
  })
}

/** Refuses a request that lacks the scope its route asks for. Runs after the rate limit. */
export function addScopes(app: FastifyInstance): void {
  app.addHook('onRequest', async request => {
    const scope = request.routeOptions.config.scope
    if (!scope) return
    if (!request.key)
      throw new DomainError('key-required', `It takes a key with the scope ${scope}.`, challenge)
    requireScope(request, scope)
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

function presentedToken(request: FastifyRequest): string | undefined {
  const { authorization } = request.headers
  const header = request.headers['x-api-key']
  const bearer = authorization === undefined ? undefined : /^Bearer +([^\s]+) *$/i.exec(authorization)?.[1]
  if (authorization !== undefined && bearer === undefined) {
    throw new DomainError('key-invalid', 'Authorization must be: Bearer, a space, the key.', challenge)
  }
  if (Array.isArray(header) || (bearer !== undefined && header !== undefined && bearer !== header)) {
    throw new DomainError('keys-differ', 'Authorization and X-API-Key present different keys.')
  }
  return bearer ?? header
}
