import { type Static, Type } from 'typebox'
import type { Db } from '../../db/db.ts'
import { fieldError } from '../../errors.ts'
import type { App } from '../../http/app-type.ts'
import { requireScope } from '../../http/auth.ts'
import { openPage } from '../../http/paging.ts'
import { actorOf, refuseIdempotencyKey } from '../../http/post.ts'
import { responses } from '../../http/problem.ts'
import { Cursor, closed, Id, keyed, Limit, ref } from '../../http/schema.ts'
import { formatInstant, readInstant } from '../../instant.ts'
import type { Scope } from '../../words.ts'
import { KeyInputSchema, KeyListSchema, KeySchema, NewKeySchema } from './keys.schema.ts'
import type { KeyRow } from './keys.store.ts'
import { createKey, listKeys, revokeKey } from './keys.ts'

const path = '/v1/editorial/keys'

/** Administration of keys. */
export function keyRoutes(app: App, { db }: { db: Db }): void {
  const tags = ['Administration']

  const config = { scope: 'keys:admin' as const }

  app.get(
    path,
    {
      config,
      schema: {
        operationId: 'listKeys',
        summary: 'List keys',
        description: 'Keys newest first, revoked and expired ones too. No secret is in it.',
        tags,
        security: keyed,
        querystring: closed({ limit: Limit(), cursor: Type.Optional(Cursor()) }),
        response: responses({ 200: ref(KeyListSchema) }, 400, 401, 403, 429),
      },
    },
    async request => {
      const list = openPage(path, request.query, ['string'])
      const found = await listKeys(db.desk, request.query.limit + 1, list.after?.[0])
      const { rows, page } = list.close(found, row => [row.id])
      return { data: rows.map(keyOf), page, meta: {} }
    },
  )

  app.post(
    path,
    {
      config,
      schema: {
        operationId: 'createKey',
        summary: 'Create a key',
        description:
          'The answer has the key itself, this once; so no `Idempotency-Key` is taken here. A key cannot give a scope ' +
          'that it lacks (403 names the scope), and the new key does not outlive it.',
        tags,
        security: keyed,
        body: ref(KeyInputSchema),
        response: responses({ 201: ref(NewKeySchema) }, 400, 401, 403, 413, 415, 429),
      },
    },
    async (request, reply) => {
      const { name, scopes, expiresAt } = request.body
      refuseIdempotencyKey(request)
      for (const scope of scopes) requireScope(request, scope)
      requireNoLonger(request.key?.expiresAt ?? null, expiresAt)
      const { row, token } = await createKey(db, actorOf(request), {
        name,
        scopes,
        ...(expiresAt === undefined ? {} : { expiresAt: readInstant(expiresAt) }),
      })
      return reply.code(201).send({ ...keyOf(row), key: token })
    },
  )

  app.delete(
    `${path}/:id`,
    {
      config,
      schema: {
        operationId: 'revokeKey',
        summary: 'Revoke a key',
        description: 'The key is refused from the next request on. It stays in the list, with the time.',
        tags,
        security: keyed,
        params: closed({ id: Id() }),
        response: responses({ 200: ref(KeySchema) }, 400, 401, 403, 404, 429),
      },
    },
    async request => keyOf(await revokeKey(db, actorOf(request), request.params.id)),
  )
}

/** Throws 400 for a key that would outlive the key which makes it; `own` is the expiry of that one, in epoch milliseconds. */
function requireNoLonger(own: number | null, expiresAt: string | undefined): void {
  if (own === null || (expiresAt !== undefined && readInstant(expiresAt) <= own)) return
  const detail = `must be set, and not be later than ${formatInstant(own)}, when the key of this request expires`
  throw fieldError({ in: 'body', pointer: '/expiresAt', code: 'outlives', detail })
}

function keyOf(row: KeyRow): Static<typeof KeySchema> {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes as Scope[],
    createdAt: formatInstant(row.createdAt),
    ...(row.expiresAt === null ? {} : { expiresAt: formatInstant(row.expiresAt) }),
    ...(row.revokedAt === null ? {} : { revokedAt: formatInstant(row.revokedAt) }),
  }
}
