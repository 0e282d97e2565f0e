import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { DomainError, fieldError } from '../errors.ts'
import { addCheck } from './check.ts'

/** The media types of a JSON body. */
export const jsonTypes: readonly string[] = ['application/json', 'application/merge-patch+json']

/**
 * Most bytes of an unread body that are thrown away, and for how long. A connection that closes with bytes unread is reset, and
 * its sender, a proxy too, may lose the answer: so a whole photograph is thrown away. Only a longer body ends the connection.
 */
const mostDrained = 64 * 1024 * 1024
const longestDrainMs = 10_000

/** Methods that are answered whatever body they have: it is never read. */
const unread: readonly string[] = ['OPTIONS', 'GET', 'HEAD']

/** Requests whose sender waits for `100 Continue` before it sends the body. */
const waiting = new WeakSet<IncomingMessage>()

/** Notes that the sender of a request waits for `100 Continue` (RFC 9110 10.1.1). */
export function noteWaiting(request: IncomingMessage): void {
  waiting.add(request)
}

// RFC 3986 3.2.2 and 3.2.3: a name, an IPv4 address or an IPv6 address in brackets, and a port.
const hostForm = /^(?:\[[0-9a-f:.]{2,45}\]|[\w.~!$&'()*+,;=%-]{0,255})(?::\d{0,5})?$/i

/** The rule that the Host of a request breaks (RFC 9112 3.2); undefined if the Host is valid. */
export function hostRule({ rawHeaders, httpVersion }: IncomingMessage): string | undefined {
  let host: string | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue
    if (host !== undefined) return 'The request has two Host headers.'
    host = rawHeaders[i + 1] as string
  }
  if (host === undefined) return httpVersion === '1.1' ? 'The request has no Host header.' : undefined
  return hostForm.test(host) ? undefined : 'The Host header is no host.'
}

/** Whether a request has a body. Chunked counts as a body, even if it is empty. */
function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length']
  return headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) > 0)
}

/**
 * Refuses what is wrong with a request before its body is read: its Host, an unknown expectation, an unknown address, a
 * body that the route does not take. Only then the sender is told to go on. A body that stays unread is thrown away.
 */
export function addFraming(app: FastifyInstance): void {
  addCheck(app, 'onRequest', request => {
    const broken = hostRule(request.raw)
    if (broken !== undefined) throw new DomainError('malformed-request', broken)
    const { expect } = request.headers
    if (expect !== undefined && expect.toLowerCase() !== '100-continue')
      throw new DomainError('expectation-failed', 'Expect may only be 100-continue.')
    if (hasBody(request.raw)) refuseBody(request)
  })
  app.addHook('preParsing', (request, reply, _payload, done) => {
    const isRead = hasBody(request.raw) && !unread.includes(request.method)
    if (isRead && waiting.delete(request.raw)) reply.raw.writeContinue()
    done()
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    const { raw } = request
    if (hasBody(raw) && !raw.readableEnded && reply.getHeader('connection') !== 'close') {
      // The client may or may not send the body after this answer, so the next bytes are ambiguous: close.
      const isLong = Number(request.headers['content-length'] ?? 0) > mostDrained
      if (waiting.has(raw) || isLong) reply.header('connection', 'close')
      else drain(raw)
    }
    done(null, payload)
  })
}

/** Throws 400, 413 or 415 for a body that the route does not read. */
function refuseBody(request: FastifyRequest): void {
  const { method, is404, routeOptions } = request
  // `refuseUnknown` answers 404, the 405 route answers 405, and the other methods leave their body unread.
  if (is404 || routeOptions.config.methodNotTaken || unread.includes(method)) return
  const schema = routeOptions.schema as { body?: unknown; consumes?: readonly string[] } | undefined
  const length = Number(request.headers['content-length'] ?? 0)
  if (schema?.body === undefined) {
    // A chunked body may be empty: its parser refuses the first byte.
    if (length === 0) return
    throw fieldError({ in: 'body', pointer: '/', code: 'unknown-field', detail: 'is not taken here' })
  }
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const taken = schema.consumes ?? jsonTypes
  if (!taken.includes(type)) throw wrongType(method, schema.consumes)
  if (schema.consumes === undefined && length > routeOptions.bodyLimit) throw tooLarge(routeOptions.bodyLimit)
}

/** 415, which names the type that the route takes. */
export function wrongType(method: string, consumes?: readonly string[]): DomainError {
  if (consumes) return new DomainError('unsupported-media-type', `Send a form: ${consumes.join(' or ')}.`)
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  return new DomainError('unsupported-media-type', `Send ${type}.`)
}

/** 413, which names the limit in bytes. */
export function tooLarge(limit: number): DomainError {
  return new DomainError('too-large', `A body here may have ${limit} bytes.`)
}

/** Throws the rest of a body away as it comes; a body that is too long, or too slow, ends its connection. */
function drain(raw: IncomingMessage): void {
  let bytes = 0
  const timer = setTimeout(() => raw.destroy(), longestDrainMs)
  timer.unref()
  raw.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > mostDrained) raw.destroy()
  })
  raw.once('close', () => clearTimeout(timer))
  raw.once('error', () => undefined)
  raw.resume()
}
