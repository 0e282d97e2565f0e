import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify'
import { parseDate } from '../instant.ts'
import { wellFormedId } from './edge.ts'
import { instantRule, parseQuery } from './grammar.ts'
import { problemBody, problemType, sendProblem } from './problem.ts'

/** How Fastify itself is set: strict input, problems for what it refuses before any route, and logs without queries. */
export function serverOptions(
  trustProxy: readonly string[],
  logger: FastifyServerOptions['logger'] | undefined,
): FastifyServerOptions {
  return {
    ...loggerOptions(logger),
    trustProxy: trustProxy.length === 0 ? false : [...trustProxy],
    bodyLimit: 4 * 1024 * 1024,
    // A slow sender may not hold a connection for ever.
    requestTimeout: 60_000,
    requestIdHeader: false,
    genReqId: request => wellFormedId(request.headers['x-request-id']) ?? randomUUID(),
    // Requests in flight are finished; idle keep-alive connections are closed at once.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { querystringParser: parseQuery, maxParamLength: 300 },
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: true,
        allErrors: true,
        verbose: true,
        strict: false,
        formats: {
          'date-time': (text: string) => instantRule(text) === undefined,
          date: (text: string) => typeof parseDate(text) === 'string',
          binary: true,
        },
      },
    },
    frameworkErrors: (error, request, reply) => {
      sendProblem(request as FastifyRequest, reply as FastifyReply, 'malformed-request', error.message)
    },
    clientErrorHandler,
  }
}

function loggerOptions(logger: FastifyServerOptions['logger']): FastifyServerOptions {
  if (!logger) return { logger: false }
  if (typeof logger === 'object' && 'child' in logger) {
    return { loggerInstance: logger as unknown as NonNullable<FastifyServerOptions['loggerInstance']> }
  }
  return { logger }
}

/** What a log line says of a request: never its query or headers, where a key may have been put by mistake. */
export const logSerializers = {
  req: (request: FastifyRequest) => ({
    method: request.method,
    path: request.url.split('?', 1)[0],
    address: request.ip,
  }),
}

/** Bytes that are no HTTP request: a problem too, then the connection ends. */
function clientErrorHandler(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const large = error.code === 'HPE_HEADER_OVERFLOW'
  const code = large ? 'too-large' : 'malformed-request'
  const detail = large
    ? 'The headers are longer than this service takes.'
    : 'These bytes are not an HTTP request.'
  const body = JSON.stringify(problemBody(code, detail, { instance: '/', requestId: randomUUID() }))
  const status = large ? '431 Request Header Fields Too Large' : '400 Bad Request'
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: ${problemType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  )
}
