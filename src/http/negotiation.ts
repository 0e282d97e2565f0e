import type { FastifyInstance } from 'fastify'
import { LRUCache } from 'lru-cache'
import Negotiator from 'negotiator'
import { DomainError } from '../errors.ts'
import { addCheck } from './check.ts'
import type { Coding } from './response-cache.ts'

/** Refuses a request under /v1 whose Accept takes no JSON with 406 (RFC 9110 15.5.7). Files say their own type. */
export function addNegotiation(app: FastifyInstance): void {
  addCheck(app, 'onRequest', request => {
    const { accept } = request.headers
    const { url, config } = request.routeOptions
    if (config.methodNotTaken || accept === undefined || !url?.startsWith('/v1/') || url.endsWith('/:file'))
      return
    if (acceptsJson(accept)) return
    throw new DomainError('not-acceptable', 'This address gives application/json.')
  })
}

/** What was found of a header before: clients send the same few over and over, and none of them long. */
const longestKept = 200
const accepting = new LRUCache<string, boolean>({ max: 500 })
const codings = new LRUCache<string, { coding: Coding | undefined }>({ max: 500 })

/** Whether an Accept header takes JSON. */
export function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined || accept === '') return true
  let takes = accepting.get(accept)
  if (takes === undefined) {
    const plain = ['application/json', 'application/problem+json']
    // A range may name the parameter that we answer with.
    const types = [...plain, ...plain.map(type => `${type}; charset=utf-8`)]
    takes = new Negotiator({ headers: { accept } }).mediaType(types) !== undefined
    if (accept.length <= longestKept) accepting.set(accept, takes)
  }
  return takes
}

/** The coding that an Accept-Encoding header likes best of those we have; undefined for none. */
export function codingOf(header: string | undefined): Coding | undefined {
  if (header === undefined) return undefined
  let found = codings.get(header)
  if (found === undefined) {
    const ours = ['zstd', 'br', 'gzip', 'identity']
    const negotiator = new Negotiator({ headers: { 'accept-encoding': header } }) as unknown as {
      // Its types lack the order of our liking, which it takes.
      encoding(available: string[], options: { preferred: string[] }): string | undefined
    }
    const best = negotiator.encoding(ours, { preferred: ours })
    found = { coding: best === 'identity' ? undefined : (best as Coding | undefined) }
    if (header.length <= longestKept) codings.set(header, found)
  }
  return found.coding
}
