import { readFile } from 'node:fs/promises'
import t from 'tap'
import { loadDemo } from '../src/cli/demo/load.ts'
import { makeOpenApi } from '../src/cli/openapi.ts'
import { problems } from '../src/errors.ts'
import { openNewsroom } from './support/newsroom.ts'

type Parameter = {
  in: string
  name: string
  required?: boolean
  description?: string
  example?: unknown
  schema: { examples?: unknown[] }
  explode?: boolean
}
type Operation = {
  operationId: string
  summary?: string
  description?: string
  tags?: string[]
  security?: object[]
  parameters?: Parameter[]
  responses: Record<string, { description?: string; content?: Record<string, unknown>; headers?: object }>
}

/** Swagger UI fills in an `example`: one stands where a value is needed; of an optional parameter it is in the schema. */
const exampleOf = ({ example, schema }: Parameter) => example ?? schema.examples?.[0]

const text = await readFile(new URL('../openapi/openapi.json', import.meta.url), 'utf8')
const document = JSON.parse(text) as {
  paths: Record<string, Record<string, Operation>>
  tags: { name: string }[]
}
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

t.test('the committed document is the one the schemas make', async t => {
  t.ok((await makeOpenApi()) === text, 'run `npm run openapi` and commit openapi/openapi.json')
})

t.test('every operation says what a stranger needs', async t => {
  const ids = operations.map(({ operation }) => operation.operationId)
  t.equal(new Set(ids).size, ids.length, 'operation ids are unique')
  t.notMatch(text, /def-\d/)
  for (const { path, method, operation } of operations) {
    const { operationId, summary, description, tags, parameters = [], responses } = operation
    const bare = parameters.filter(
      parameter => parameter.in !== 'header' && !parameter.description && parameter.in === 'query',
    )
    const statuses = Object.keys(responses)
    t.ok(operationId && summary && description && tags?.length === 1, `${method} ${path} is described`)
    t.ok(
      document.tags.some(tag => tag.name === tags?.[0]),
      `${operationId} stands under a listed tag`,
    )
    t.same(
      bare.map(parameter => parameter.name),
      [],
      `${operationId}: every query parameter is described`,
    )
    t.ok(
      statuses.some(status => Number(status) >= 400),
      `${operationId} has its problems`,
    )
    for (const [status, response] of Object.entries(responses)) {
      if (Number(status) < 400) continue
      t.ok(response.content?.['application/problem+json'], `${operationId} ${status} is a problem`)
    }
    const keys = path.startsWith('/v1/editorial') ? 2 : path.startsWith('/v1/') ? 3 : 0
    t.equal(operation.security?.length ?? 0, keys, `${operationId} names its keys`)
    t.ok(
      Object.values(responses).every(response => 'X-Request-Id' in (response.headers ?? {})),
      `${operationId} has its headers`,
    )
  }
})

t.test(
  'every GET answers 200 with data in it from its own documented example on the demo newsroom',
  async t => {
    const newsroom = await openNewsroom(t)
    await loadDemo(newsroom, () => newsroom.clock.now)
    const read = async (path: string, some: readonly Parameter[]) => {
      let url = path
      const query = new URLSearchParams()
      for (const { in: where, name, explode, ...parameter } of some) {
        const example = exampleOf({ in: where, name, ...parameter })
        if (where === 'path') url = url.replace(`{${name}}`, String(example))
        else if (!Array.isArray(example)) query.append(name, String(example))
        else if (explode === false) query.append(name, example.join(','))
        else for (const item of example) query.append(name, String(item))
      }
      const key = path.startsWith('/v1/editorial') ? { key: newsroom.key } : {}
      return newsroom.get(query.size > 0 ? `${url}?${query}` : url, key)
    }
    const secret: string[] = []
    for (const { path, operation } of operations.filter(({ method }) => method === 'get')) {
      const { operationId, parameters = [] } = operation
      const inPath = parameters.filter(parameter => parameter.in === 'path')
      t.ok(
        inPath.every(parameter => exampleOf(parameter) !== undefined),
        `${operationId} has an example for its path`,
      )
      const required = parameters.filter(parameter => parameter.in === 'query' && parameter.required)
      if (required.some(parameter => exampleOf(parameter) === undefined)) {
        secret.push(operationId)
        continue
      }
      const given = parameters.filter(parameter => exampleOf(parameter) !== undefined)
      for (const optional of [
        undefined,
        ...given.filter(parameter => parameter.in === 'query' && !parameter.required),
      ]) {
        const { status, body, bytes } = await read(path, [
          ...inPath,
          ...required,
          ...(optional ? [optional] : []),
        ])
        const name = `${operationId}${optional ? ` with ${optional.name}` : ''}`
        t.equal(status, 200, name)
        t.ok(body?.data ? body.data.length > 0 : bytes.length > 0, `${name} has data`)
      }
    }
    t.same(
      secret,
      ['getPreview', 'getPreviewFile'],
      'a secret is in no document; preview.test.ts reads these',
    )
  },
)

t.test('every problem has a page at its type', async t => {
  const newsroom = await openNewsroom(t)
  for (const { code } of problems) t.equal((await newsroom.get(`/problems/${code}`)).status, 200, code)
})

t.test('Swagger UI and the document are served from here alone', async t => {
  const newsroom = await openNewsroom(t)
  const { status, text: page } = await newsroom.get('/docs')
  t.equal(status, 200)
  t.notMatch(page, /(src|href)="https?:/)
  t.equal((await newsroom.get('/openapi.json')).body.openapi, '3.1.0')
})
