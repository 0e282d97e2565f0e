import { hash } from 'node:crypto'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, RouteHandlerMethod, RouteShorthandOptions } from 'fastify'
import { isKnownTo } from './conditional.ts'
import { codingOf } from './negotiation.ts'
import { type Document, finishDocument } from './openapi-document.ts'
import { type Entry, packEntry } from './response-cache.ts'

const description = `News content for front ends, partners and newsrooms.

**Delivery** (\`/v1/...\`) is what readers see: GET only, cacheable, and it needs no key.
**Editorial** (\`/v1/editorial/...\`) is the newsroom's: working copies and every write; it needs a key.

Lists are objects of \`data\`, \`page\` and \`meta\`; follow \`page.next\` as it is. Times are RFC 3339: any offset goes in, UTC
comes out. An absent value is an absent key. Errors are \`application/problem+json\`; each has a page under \`/problems\`.`

/** The tags of operations, in reading order. */
const tags = [
  { name: 'Today', description: "The day's news, complete enough for a front page." },
  { name: 'Articles', description: 'Articles as readers see them.' },
  { name: 'Tags', description: 'Sections, topics, places, people, organisations, events and series.' },
  { name: 'Media', description: 'Pictures and other media that articles use.' },
  { name: 'Sync', description: 'For partners who keep copies.' },
  {
    name: 'Editorial',
    description:
      'For the newsroom: working copies and their moves, versions, previews, tags, media, and the audit trail.',
  },
  { name: 'Administration', description: 'Keys.' },
  { name: 'System', description: 'Health.' },
]

/** Gathers the document while routes are added. Must be registered before them. */
export async function addOpenApi(app: FastifyInstance, version: string, publicUrl: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Dateline', version, description, license: { name: 'MIT', identifier: 'MIT' } },
      servers: [{ url: new URL(publicUrl).pathname, description: 'This server' }],
      tags,
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A key as `Authorization: Bearer KEY`.' },
          apiKey: {
            type: 'apiKey',
            in: 'header',
            name: 'X-API-Key',
            description: 'A key as `X-API-Key: KEY`.',
          },
        },
      },
    },
    transformObject: document =>
      'openapiObject' in document ? finishDocument(document.openapiObject as Document) : {},
    convertConstToEnum: false,
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, i) => (json.$id as string | undefined) ?? `def-${i}`,
    },
  })
}

/** Answers with a document that is written at the first request, and packed once for each coding. */
function sendOnce(write: () => string, type: string): RouteHandlerMethod {
  let entry: Entry | undefined
  return async (request, reply) => {
    entry ??= entryOf(write(), type)
    reply.headers({ 'cache-control': 'public, max-age=60', etag: entry.etag })
    const condition = request.headers['if-none-match']
    if (condition !== undefined && isKnownTo(condition, entry.etag)) return reply.code(304).send()
    const coding = await packEntry(entry, codingOf(request.headers['accept-encoding'] as string | undefined))
    if (coding) reply.header('content-encoding', coding)
    return reply.headers(entry.headers).send(coding ? entry.packed.get(coding) : entry.body)
  }
}

function entryOf(text: string, type: string): Entry {
  return {
    epoch: '',
    seq: 0,
    mark: 0,
    tags: [],
    etag: `W/"${hash('sha256', text, 'base64url').slice(0, 22)}"`,
    headers: { 'content-type': type },
    until: undefined,
    body: Buffer.from(text),
    packed: new Map(),
    packing: new Map(),
  }
}

/** `/openapi.json`, and Swagger UI at `/docs` from files of its package: no outside network. */
export async function addDocs(app: FastifyInstance): Promise<void> {
  const send = sendOnce(() => JSON.stringify(app.swagger()), 'application/json; charset=utf-8')
  app.get('/openapi.json', { schema: { hide: true }, compress: false } as RouteShorthandOptions, send)
  // Swagger UI has the document at two more addresses, and would write it anew for each request.
  const own: Record<string, RouteHandlerMethod> = {
    '/docs/json': send,
    '/docs/yaml': sendOnce(() => app.swagger({ yaml: true }), 'application/x-yaml'),
  }
  app.addHook('onRoute', route => {
    const handler = own[route.url]
    const isRead = [route.method].flat().every(method => method === 'GET' || method === 'HEAD')
    if (handler && isRead) Object.assign(route, { handler, compress: false })
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP:
      "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; script-src 'self'; " +
      "connect-src 'self'; frame-ancestors 'none'",
    theme: { title: 'Dateline API' },
    uiConfig: { docExpansion: 'list', tryItOutEnabled: true, deepLinking: true, defaultModelsExpandDepth: 0 },
  })
}
