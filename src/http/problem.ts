import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  DomainError,
  type FieldError,
  loggable,
  type ProblemCode,
  type ProblemParts,
  problemOf,
  problems,
} from '../errors.ts'
import { isEditorial, mayBeShared } from './edge.ts'
import { tooLarge, wrongType } from './framing.ts'
import { instantRule } from './grammar.ts'
import { codingOf } from './negotiation.ts'
import { type Coding, leastToPack } from './response-cache.ts'
import { ProblemSchema } from './schema.ts'

export const problemType = 'application/problem+json; charset=utf-8'

/** The problem document of RFC 9457 for one refusal. */
export function problemBody(
  code: ProblemCode,
  detail: string,
  context: { instance: string; requestId?: string },
  parts: ProblemParts = {},
): Record<string, unknown> {
  const { status, title } = problemOf(code)
  return {
    type: `/problems/${code}`,
    title,
    status,
    code,
    detail,
    ...context,
    ...(parts.errors ? { errors: parts.errors } : {}),
    ...parts.extra,
  }
}

/** Sends a problem as the whole answer. What earlier steps said about caching no longer holds. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  code: ProblemCode,
  detail: string,
  parts: ProblemParts = {},
): FastifyReply {
  const { status } = problemOf(code)
  const instance = request.url.split('?', 1)[0] ?? '/'
  for (const name of ['etag', 'last-modified', 'content-language', 'cache-tag', 'surrogate-key', 'link']) {
    reply.removeHeader(name)
  }
  const caching = parts.headers?.['cache-control'] ?? cachingOf(request, status)
  reply.header('cache-control', caching)
  // The id of one request would be given to all that a cache answers.
  const context = mayBeShared(caching) ? { instance } : { instance, requestId: request.id }
  const body = JSON.stringify(problemBody(code, detail, context, parts))
  // What editors get the plugin packs.
  const coding = isEditorial(request)
    ? undefined
    : codingOf(request.headers['accept-encoding'] as string | undefined)
  const isPacked = coding !== undefined && body.length >= leastToPack
  if (isPacked) reply.header('content-encoding', coding)
  return reply
    .code(status)
    .headers(parts.headers ?? {})
    .type(problemType)
    .serializer((value: unknown) => value as string)
    .send(isPacked ? pack[coding](body) : body)
}

/** They are seldom long, and never very: packing one at once takes some tenths of a millisecond. */
const pack: Record<Coding, (text: string) => Buffer> = {
  zstd: zstdCompressSync,
  br: text => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: gzipSync,
}

/** What a preview link shows is for whoever has it. */
const isPreview = (request: FastifyRequest) => request.url.startsWith('/v1/previews')

/** A shared cache may keep the 404 of a read for a moment, and no other problem. */
function cachingOf(request: FastifyRequest, status: number): string {
  if (request.key || isEditorial(request) || isPreview(request)) return 'private, no-store'
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  return status === 404 && isRead ? 'public, max-age=5' : 'no-store'
}

/** One handler for every error of every route. What is not a refusal is logged and answered with nothing inside shown. */
export function setProblemHandlers(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    // What a rule throws inside a store's query comes wrapped.
    const isWrapped = error.cause instanceof Error && !((error as Error) instanceof DomainError)
    const inner = (isWrapped ? error.cause : error) as FastifyError
    const refusal = inner instanceof DomainError ? inner : refusalOf(error, request)
    if (refusal) return sendProblem(request, reply, refusal.code, refusal.message, refusal.parts)
    request.log.error({ err: loggable(error) }, 'an error nobody expected')
    return sendProblem(request, reply, 'internal', 'The error was logged under the requestId.')
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, 'not-found', 'No resource has this address.'),
  )
}

/** Turns what Fastify itself refuses into our codes; undefined for what is nobody's fault but ours. */
function refusalOf(error: FastifyError, request: FastifyRequest): DomainError | undefined {
  if (error.validation) {
    const place = { body: 'body', querystring: 'query', params: 'path', headers: 'header' } as const
    const where = place[error.validationContext as keyof typeof place] ?? 'body'
    const errors = withoutEchoes(error.validation)
      .slice(0, 20)
      .map(found => fieldErrorOf(where, found))
    const first = errors[0]
    return new DomainError('validation-failed', first ? `${first.pointer} ${first.detail}` : error.message, {
      errors,
    })
  }
  const status = error.statusCode ?? 500
  if (status === 413) return tooLarge(request.routeOptions.bodyLimit)
  if (status === 415) return wrongType(request.method)
  if (status === 404) return new DomainError('not-found', 'No resource has this address.')
  if (status >= 400 && status < 500) return new DomainError('malformed-request', error.message)
  if (status === 503) return new DomainError('busy', error.message, { headers: { 'retry-after': '5' } })
  return undefined
}

/** Text that is too long breaks one rule: its pattern and its format were not tried. */
function withoutEchoes(all: NonNullable<FastifyError['validation']>): typeof all {
  const tooLong = new Set(all.filter(found => found.keyword === 'maxLength').map(found => found.instancePath))
  if (tooLong.size === 0) return all
  return all.filter(
    ({ keyword, instancePath }) =>
      (keyword !== 'pattern' && keyword !== 'format') || !tooLong.has(instancePath),
  )
}

type Found = NonNullable<FastifyError['validation']>[number] & { data?: unknown }

function fieldErrorOf(where: FieldError['in'], found: Found): FieldError {
  const params = found.params as Record<string, unknown>
  const name = params.additionalProperty ?? params.missingProperty
  const pointer =
    name === undefined
      ? found.instancePath
      : `${found.instancePath}/${String(name).replace(/~/g, '~0').replace(/\//g, '~1')}`
  return {
    in: where,
    pointer: pointer || '/',
    code: codeOf(found.keyword),
    detail: detailOf(where, found, params),
  }
}

function codeOf(keyword: string): string {
  if (keyword === 'additionalProperties') return 'unknown-field'
  if (keyword === 'required') return 'missing'
  return keyword
}

function detailOf(where: FieldError['in'], found: Found, params: Record<string, unknown>): string {
  switch (found.keyword) {
    case 'additionalProperties':
      return where === 'query' ? 'is not a parameter of this route' : 'is not a field here'
    case 'required':
      return 'is missing'
    case 'enum':
      return `must be one of: ${(params.allowedValues as unknown[]).filter(value => value !== null).join(', ')}`
    case 'format':
      if (params.format === 'date-time') return instantRule(found.data) ?? 'must be an RFC 3339 time'
      return `must be a ${params.format}`
    case 'pattern':
      return params.pattern === '\\S' ? 'must not be blank' : `must match ${params.pattern}`
    default:
      return found.message ?? 'is not valid'
  }
}

/** `/problems` and `/problems/{code}`: the pages that `type` leads to. */
export function problemRoutes(app: FastifyInstance): void {
  const page = (title: string, body: string) =>
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>${title}</title><style>body{font:1rem/1.6 system-ui,sans-serif;max-width:44rem;margin:3rem auto;` +
    `padding:0 1rem}code{background:#eee;padding:.1em .3em}</style>${body}</html>`
  const html = 'text/html; charset=utf-8'
  const csp = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
  const schema = { tags: ['System'], hide: true }

  app.get('/problems', { schema }, (_request, reply) => {
    const rows = problems.map(
      p => `<li><a href="/problems/${p.code}"><code>${p.code}</code></a> ${p.status}: ${p.title}`,
    )
    reply.header('content-security-policy', csp).type(html)
    return page('Problems', `<h1>Problems</h1><ul>${rows.join('')}</ul>`)
  })
  for (const { code, status, title, advice } of problems) {
    app.get(`/problems/${code}`, { schema }, (_request, reply) => {
      reply.header('content-security-policy', csp).type(html)
      const text = advice.replace(/`([^`]+)`/g, '<code>$1</code>')
      return page(
        title,
        `<h1>${title}</h1><p><code>${code}</code>, status ${status}</p><p>${text}</p><p><a href="/problems">All problems</a></p>`,
      )
    })
  }
}

/** The response map of a route: its answers, a problem for each status given, and 503, which every route may answer. */
export function responses(success: Record<number, unknown>, ...statuses: number[]): Record<number, unknown> {
  return alwaysAnswering(success, ...statuses, 503)
}

/** The response map of a route that answers however busy the service is. */
export function alwaysAnswering(
  success: Record<number, unknown>,
  ...statuses: number[]
): Record<number, unknown> {
  const map: Record<number, unknown> = { ...success }
  for (const status of [...new Set(statuses)].sort()) {
    const codes = problems.filter(problem => problem.status === status).map(problem => `\`${problem.code}\``)
    map[status] = {
      description: `Problem: ${codes.join(', ')}`,
      content: { 'application/problem+json': { schema: { $ref: `${ProblemSchema.$id}#` } } },
    }
  }
  return map
}
