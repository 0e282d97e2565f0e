import type { FastifyInstance, HTTPMethods } from 'fastify'
import { DomainError } from '../errors.ts'
import { preflightHeaders } from './edge.ts'

const known: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/**
 * Remembers every route, so that `complete` can add to each address what the router leaves out: OPTIONS, and 405 with
 * Allow for the methods it does not take (RFC 9110 15.5.6).
 */
export function collectMethods(app: FastifyInstance): { complete(): void } {
  const methods = new Map<string, Set<HTTPMethods>>()
  let completing = false
  app.addHook('onRoute', route => {
    if (completing) return
    const at = methods.get(route.url) ?? new Set()
    for (const method of [route.method].flat()) at.add(method)
    methods.set(route.url, at)
  })

  return {
    complete() {
      completing = true
      for (const [url, taken] of methods) {
        const allow = [...taken, 'OPTIONS'].sort().join(', ')
        if (!app.hasRoute({ method: 'OPTIONS', url })) {
          app.route({
            method: 'OPTIONS',
            url,
            schema: { hide: true },
            handler: (_request, reply) => {
              reply.code(204).header('allow', allow).headers(preflightHeaders(allow)).send()
            },
          })
        }
        app.route({
          method: known.filter(method => !taken.has(method) && !app.hasRoute({ method, url })),
          url,
          schema: { hide: true },
          exposeHeadRoute: false,
          // Before the body is read: whatever it is, this address does not take it.
          onRequest: async request => {
            throw new DomainError('method-not-allowed', `${request.method} is not taken here.`, {
              headers: { allow },
              extra: { allow: allow.split(', ') },
            })
          },
          handler: () => undefined,
        })
      }
    },
  }
}
