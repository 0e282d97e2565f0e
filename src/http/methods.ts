import type { FastifyInstance, HTTPMethods } from 'fastify'
import { DomainError } from '../errors.ts'
import { addCheck } from './check.ts'
import { preflightHeaders } from './edge.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route is there only to answer 405. */
    methodNotTaken?: boolean
  }
}

const known: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/**
 * Remembers every route, so that `complete` can add to each address what the router leaves out: OPTIONS, and 405 with
 * Allow for the methods it does not take (RFC 9110 15.5.6).
 */
export function collectMethods(app: FastifyInstance): {
  complete(): void
  /** 404 for unknown addresses; 405 for methods that the router does not know (TRACE, say) at known ones. */
  refuseUnknown(): void
} {
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
        const allow = allowOf(taken)
        if (!app.hasRoute({ method: 'OPTIONS', url })) {
          app.route({
            method: 'OPTIONS',
            url,
            schema: { hide: true },
            // Answered before the body is read, if there is one.
            onRequest: (_request, reply) => {
              reply.code(204).header('allow', allow).headers(preflightHeaders(allow)).send()
            },
            handler: () => undefined,
          })
        }
        app.route({
          method: known.filter(method => !taken.has(method) && !app.hasRoute({ method, url })),
          url,
          schema: { hide: true },
          config: { methodNotTaken: true },
          exposeHeadRoute: false,
          // Before the body is read: whatever it is, this address does not take it.
          onRequest: async request => {
            throw notTaken(request.method, allow)
          },
          handler: () => undefined,
        })
      }
    },
    refuseUnknown() {
      addCheck(app, 'onRequest', ({ is404, method, url: target }) => {
        if (!is404) return
        // Here, and not in a handler: those run after the body was read.
        if (known.includes(method as HTTPMethods)) throw nothingHere()
        for (const [url, taken] of methods) {
          const pattern = url.replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+').replace('*', '.*')
          if (new RegExp(`^${pattern}$`).test(target.split('?', 1)[0] ?? '/'))
            throw notTaken(method, allowOf(taken))
        }
        throw nothingHere()
      })
    },
  }
}

const nothingHere = () => new DomainError('not-found', 'No resource has this address.')

const allowOf = (taken: ReadonlySet<HTTPMethods>) => [...taken, 'OPTIONS'].sort().join(', ')

function notTaken(method: string, allow: string): DomainError {
  return new DomainError('method-not-allowed', `${method} is not taken here.`, {
    headers: { allow },
    extra: { allow: allow.split(', ') },
  })
}
