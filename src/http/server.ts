import { randomUUID } from 'node:crypto'
import type { FastifyRequest, FastifyServerOptions } from 'fastify'
import { parseDate } from '../instant.ts'
import { boundedRegExp } from './bounded-pattern.ts'
import { clientErrorHandler } from './connections.ts'
import { wellFormedId } from './edge.ts'
import { instantRule, parseQuery } from './grammar.ts'
import { buildSerializers } from './serializers.ts'
import { buildValidators } from './validators.ts'

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
    // A schema says how long a part of an address may be; Node ends headers at 16 KB.
    routerOptions: { querystringParser: parseQuery, maxParamLength: 20_000 },
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: true,
        allErrors: true,
        verbose: true,
        strict: false,
        code: { regExp: boundedRegExp },
      },
      // After Fastify's own formats, whose times and dates are wider than what we read.
      onCreate(ajv) {
        ajv.addFormat('date-time', (text: string) => instantRule(text) === undefined)
        ajv.addFormat('date', (text: string) => typeof parseDate(text) === 'string')
        ajv.addFormat('binary', true)
      },
    },
    schemaController: {
      compilersFactory: { buildSerializer: buildSerializers, buildValidator: buildValidators },
    },
    rewriteUrl: request => plainTarget(request.url ?? '/'),
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

/** What a log line says of a request: never its query or headers, which have keys, or may have one by mistake. */
export const logSerializers = {
  req: (request: FastifyRequest) => ({
    method: request.method,
    path: request.url.split('?', 1)[0],
    address: request.ip,
  }),
  // The reader of forms logs what it was given, the request's headers too.
  busboyOptions: ({ limits }: { limits: unknown }) => ({ limits }),
}

/**
 * A request's target as a path that can be decoded: without the scheme and host that a proxy's form has (RFC 9112
 * 3.2.2), and with broken percent-encoding as literal text, which no address of ours has.
 */
function plainTarget(url: string): string {
  const target = url.replace(/^https?:\/\/[^/?#]*/i, '')
  const [path = '', ...rest] = target.split('?')
  const query = rest.length > 0 ? `?${rest.join('?')}` : ''
  try {
    decodeURIComponent(path)
    return `${path || '/'}${query}`
  } catch {
    return `${path.replaceAll('%', '%25')}${query}`
  }
}
