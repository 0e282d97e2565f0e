import { problems } from '../errors.ts'
import { isDelivery } from './edge.ts'

type Schema = {
  $ref?: string
  default?: unknown
  examples?: unknown[]
  style?: string
  explode?: boolean
  properties?: Record<string, unknown>
  required?: string[]
  minProperties?: number
}
type Parameter = {
  in: string
  name: string
  required?: boolean
  schema: Schema
  example?: unknown
  style?: string
  explode?: boolean
}
type Content = Record<string, { schema?: Schema; examples?: Record<string, object> }>
type Response = { description: string; content?: Content; headers?: Record<string, object> }
type Operation = {
  operationId: string
  security?: object[]
  parameters?: Parameter[]
  requestBody?: { content: Content; required?: boolean }
  responses: Record<string, Response>
}
export type Document = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema>; headers?: object; examples?: object }
}

/** Response headers worth knowing, each with what it says. */
const headers = {
  'X-Request-Id':
    "The request's id, also in the log: the caller's own when it sent a good one. Absent where a shared cache may keep the answer.",
  'RateLimit-Policy':
    'How many requests are taken in how many seconds (draft-ietf-httpapi-ratelimit-headers).',
  RateLimit:
    'How many requests are left, and for how many seconds that holds. Absent where a shared cache may keep the answer.',
  'Retry-After': 'After how many seconds to try again, where that helps.',
  'WWW-Authenticate': 'How to present a key.',
  ETag: 'What this answer is. A read sends it back in `If-None-Match`, a change in `If-Match`.',
  'Cache-Control': 'Who may keep the answer, and for how long.',
  'X-Robots-Tag': 'That nothing of it is to be found by search engines.',
  'Cache-Tag': 'What the answer is made of: tags by which a CDN purges it.',
  'Last-Modified': 'When the live version was published, or the file stored.',
  'Content-Language': 'The language of the article.',
  Link: 'Of a list: the next page (`rel="next"`). Of an article: where it is read and its translations.',
  Location: 'The address of what was made, or where it is now.',
  'Accept-Ranges': 'That ranges of bytes are served.',
  'Content-Range': 'Which bytes these are, or how many there are.',
}
type HeaderName = keyof typeof headers

/** Says what the schemas cannot: what each answer has beside its body, and what a key, a header or a body may be. */
export function finishDocument(document: Document): object {
  const { components } = document
  components.headers = Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  )
  components.examples = Object.fromEntries(problems.map(problem => [problem.code, problemExample(problem)]))
  for (const [path, methods] of Object.entries(document.paths)) {
    const open = path.startsWith('/v1/') && !path.startsWith('/v1/editorial')
    for (const [method, operation] of Object.entries(methods)) {
      for (const parameter of operation.parameters ?? []) finishParameter(parameter)
      finishBody(method, operation, components.schemas)
      // No key is needed; with one, subscribers' articles have their bodies and requests are counted by key.
      if (open) operation.security = [{}, { bearer: [] }, { apiKey: [] }]
      if (isDelivery(path)) {
        operation.responses['304'] = {
          description: 'Nothing changed since the answer whose ETag was sent in `If-None-Match`.',
        }
      }
      const writes = method !== 'get'
      if (path.startsWith('/v1/') && !path.endsWith('/{file}'))
        operation.responses['406'] ??= problemResponse(406)
      if (path.startsWith('/v1/') && writes) operation.responses['503'] ??= problemResponse(503)
      operation.responses.default = {
        description: 'Any other problem, such as [`internal`](/problems/internal).',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      }
      for (const [status, response] of Object.entries(operation.responses)) {
        const names = headersOf(path, status, response, components.schemas)
        response.headers = Object.fromEntries(
          names.map(name => [name, { $ref: `#/components/headers/${name}` }]),
        )
        const problem = response.content?.['application/problem+json']
        if (problem) problem.examples = problemsOf(status)
      }
    }
  }
  return document
}

/** A problem that every operation of a kind may answer with, which its route need not say. */
function problemResponse(status: number): Response {
  const codes = problems.filter(problem => problem.status === status).map(problem => `\`${problem.code}\``)
  return {
    description: `Problem: ${codes.join(', ')}`,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
}

function headersOf(
  path: string,
  status: string,
  { content }: Response,
  schemas: Document['components']['schemas'],
): HeaderName[] {
  const names: HeaderName[] = ['X-Request-Id']
  if (!path.startsWith('/health/')) names.push('RateLimit-Policy', 'RateLimit')
  if (status === '401') names.push('WWW-Authenticate')
  if (status === '429' || status === '503') names.push('Retry-After')
  if (status === '409' && path.startsWith('/v1/editorial')) names.push('Retry-After')
  if (status === '412') names.push('ETag')
  if (status === '200' && path.startsWith('/v1/previews')) names.push('Cache-Control', 'X-Robots-Tag')
  if (status === '301' || (status === '201' && isRevised(content, schemas))) names.push('Location')
  if (!['200', '201', '206', '304'].includes(status))
    return status === '416' ? [...names, 'Content-Range'] : names

  const delivery = isDelivery(path)
  const file = content?.['image/*'] !== undefined
  const answer = nameOf(content)
  if (delivery || file || isRevised(content, schemas)) names.push('ETag', 'Cache-Control')
  if (delivery && content) names.push('Cache-Tag')
  if (file) names.push('Accept-Ranges')
  if (status === '206') names.push('Content-Range')
  if (file || (delivery && answer === 'Article')) names.push('Last-Modified')
  if (delivery && answer === 'Article') names.push('Content-Language')
  if (delivery && (answer === 'Article' || isPaged(content, schemas))) names.push('Link')
  return names
}

function nameOf(content: Content | undefined): string {
  return content?.['application/json']?.schema?.$ref?.split('/').at(-1) ?? ''
}

function isRevised(content: Content | undefined, schemas: Document['components']['schemas']): boolean {
  return schemas[nameOf(content)]?.properties?.revision !== undefined
}

function isPaged(content: Content | undefined, schemas: Document['components']['schemas']): boolean {
  return schemas[nameOf(content)]?.properties?.page !== undefined
}

/** A merge patch has a media type of its own (RFC 7396); plain JSON is taken too. */
function finishBody(
  method: string,
  { requestBody }: Operation,
  schemas: Document['components']['schemas'],
): void {
  const json = requestBody?.content['application/json']
  const schema = schemas[json?.schema?.$ref?.split('/').at(-1) ?? '']
  // What asks for nothing may be left out.
  if (requestBody && schema && !schema.required && schema.minProperties === undefined)
    requestBody.required = false
  if (method === 'patch' && requestBody && json) {
    requestBody.content = { 'application/merge-patch+json': json, 'application/json': json }
  }
}

function finishParameter(parameter: Parameter): void {
  const { style, explode, ...schema } = parameter.schema
  parameter.schema = schema
  if (style !== undefined) parameter.style = style
  if (explode !== undefined) parameter.explode = explode
  if (schema.default !== undefined) parameter.required = false
  // The service answers its absence with 428, so the schema that validates lets it pass.
  if (parameter.name === 'if-match') Object.assign(parameter, { name: 'If-Match', required: true })
  if (parameter.name === 'idempotency-key') parameter.name = 'Idempotency-Key'
  // Swagger UI fills in an `example`, and would send every filter at once: those of optional ones stand in the schema.
  if (parameter.required !== true && parameter.example !== undefined) {
    schema.examples = [parameter.example]
    delete parameter.example
  }
}

/** The examples of a status; those of `default` are what no operation lists. */
function problemsOf(status: string): Record<string, object> {
  const some = problems.filter(problem => problem.status === (status === 'default' ? 500 : Number(status)))
  return Object.fromEntries(some.map(({ code }) => [code, { $ref: `#/components/examples/${code}` }]))
}

function problemExample({ code, status, title }: (typeof problems)[number]): object {
  const value = {
    type: `/problems/${code}`,
    title,
    status,
    code,
    detail: `${title}.`,
    instance: '/v1/articles',
    requestId: '6b9a4b35-d927-4b59-826b-fae8e477ff9e',
  }
  return { summary: title, value }
}
