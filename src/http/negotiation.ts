import type { FastifyInstance } from 'fastify'
import Negotiator from 'negotiator'
import { DomainError } from '../errors.ts'

/** Refuses a request under /v1 whose Accept takes no JSON with 406 (RFC 9110 15.5.7). Files say their own type. */
export function addNegotiation(app: FastifyInstance): void {
  app.addHook('onRequest', async request => {
    const { accept } = request.headers
    const { url, config } = request.routeOptions
    if (config.methodNotTaken || accept === undefined || !url?.startsWith('/v1/') || url.endsWith('/:file'))
      return
    if (new Negotiator(request.raw).mediaType(['application/json', 'application/problem+json'])) return
    throw new DomainError('not-acceptable', 'This address gives application/json.')
  })
}
