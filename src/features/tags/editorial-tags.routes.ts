import { type Static, Type } from 'typebox'
import type { Db, DeskReader } from '../../db/db.ts'
import type { App } from '../../http/app-type.ts'
import { requireMatch } from '../../http/conditional.ts'
import { openPage } from '../../http/paging.ts'
import { actorOf, answerOf, postOf, sendAnswer } from '../../http/post.ts'
import { responses } from '../../http/problem.ts'
import {
  anyOf,
  Cursor,
  closed,
  IdempotencyKey,
  IfMatch,
  IfMatchOnPost,
  keyed,
  Limit,
  ref,
  Slug,
  words,
} from '../../http/schema.ts'
import { formatInstant } from '../../instant.ts'
import { revisionTag } from '../../revision.ts'
import { tagKinds } from '../../words.ts'
import { writeOnce } from '../idempotency/idempotency.ts'
import {
  EditorialTagListSchema,
  EditorialTagSchema,
  TagInputSchema,
  TagMergeSchema,
  TagPatchSchema,
} from './tags.schema.ts'
import { findTagById, listTagRows, type TagRow } from './tags.store.ts'
import { createTag, deleteTag, getTag, mergeTag, patchTag } from './tags.ts'

const path = '/v1/editorial/tags'

/** Tags as the newsroom keeps them, used or not. */
export function editorialTagRoutes(app: App, { db, publicUrl }: { db: Db; publicUrl: string }): void {
  const params = closed({ slug: Slug({ description: 'The slug of the tag.', examples: ['economy'] }) })
  const common = { tags: ['Editorial'], security: keyed }

  app.get(
    path,
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'listEditorialTags',
        summary: 'List all tags',
        description: 'Every tag by slug, used or not.',
        ...common,
        querystring: closed({
          kind: Type.Optional(anyOf(words(tagKinds), { description: 'Any of these kinds.' })),
          limit: Limit(),
          cursor: Type.Optional(Cursor()),
        }),
        response: responses({ 200: ref(EditorialTagListSchema) }, 400, 401, 403, 429),
      },
    },
    async ({ query }) => {
      const list = openPage(path, query, ['string'])
      const found = await listTagRows(db.desk, {
        limit: query.limit + 1,
        ...(query.kind ? { kinds: query.kind } : {}),
        ...(list.after ? { after: list.after[0] } : {}),
      })
      const { rows, page } = list.close(found, row => [row.tag.slug])
      return { data: rows.map(row => tagOf(row.tag, row.parent)), page, meta: {} }
    },
  )

  app.post(
    path,
    {
      config: { scope: 'tags:write' },
      schema: {
        operationId: 'createTag',
        summary: 'Create a tag',
        description: 'Readers see it once a live article uses it.',
        ...common,
        headers: IdempotencyKey,
        body: ref(TagInputSchema),
        response: responses({ 201: ref(EditorialTagSchema) }, 400, 401, 403, 409, 413, 415, 422, 429, 503),
      },
    },
    async (request, reply) => {
      const answer = await writeOnce(db, postOf(request), async tx => {
        const row = await createTag(tx, request.body)
        const location = `${publicUrl}${path}/${row.slug}`
        return answerOf(201, await withParent(tx, row), { location })
      })
      return sendAnswer(reply, answer)
    },
  )

  app.get(
    `${path}/:slug`,
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'getEditorialTag',
        summary: 'Read a tag as the desk has it',
        description: 'One tag, used or not, with the ETag that a change needs.',
        ...common,
        params,
        response: responses({ 200: ref(EditorialTagSchema) }, 400, 401, 403, 404, 429),
      },
    },
    async (request, reply) => {
      const row = await getTag(db.desk, request.params.slug)
      reply.header('etag', revisionTag(row.revision))
      return withParent(db.desk, row)
    },
  )

  app.patch(
    `${path}/:slug`,
    {
      config: { scope: 'tags:write' },
      schema: {
        operationId: 'patchTag',
        summary: 'Change a tag',
        description: 'Where the tag is shown, readers see the change at once.',
        ...common,
        params,
        headers: IfMatch,
        body: ref(TagPatchSchema),
        response: responses(
          { 200: ref(EditorialTagSchema) },
          400,
          401,
          403,
          404,
          412,
          413,
          415,
          428,
          429,
          503,
        ),
      },
    },
    async (request, reply) => {
      const match = requireMatch(request)
      const row = await db.write(actorOf(request), tx =>
        patchTag(tx, request.params.slug, request.body, match),
      )
      reply.header('etag', revisionTag(row.revision))
      return withParent(db.desk, row)
    },
  )

  app.delete(
    `${path}/:slug`,
    {
      config: { scope: 'tags:write' },
      schema: {
        operationId: 'deleteTag',
        summary: 'Delete a tag that nothing uses',
        description: 'One that articles or tags use answers 409 and names them.',
        ...common,
        params,
        headers: IfMatch,
        response: responses(
          { 204: { description: 'Deleted.', type: 'null' } },
          400,
          401,
          403,
          404,
          409,
          412,
          428,
          429,
          503,
        ),
      },
    },
    async (request, reply) => {
      const match = requireMatch(request)
      await db.write(actorOf(request), tx => deleteTag(tx, request.params.slug, match))
      return reply.code(204).send()
    },
  )

  app.post(
    `${path}/:slug/merge`,
    {
      config: { scope: 'tags:write' },
      schema: {
        operationId: 'mergeTag',
        summary: 'Merge a tag into another of its kind',
        description: 'What was filed under it is filed under the other; its public address redirects there.',
        ...common,
        params,
        headers: IfMatchOnPost,
        body: ref(TagMergeSchema),
        response: responses(
          { 200: ref(EditorialTagSchema) },
          400,
          401,
          403,
          404,
          412,
          413,
          409,
          415,
          422,
          428,
          429,
          503,
        ),
      },
    },
    async (request, reply) => {
      const match = requireMatch(request)
      const answer = await writeOnce(db, postOf(request), async tx => {
        const row = await mergeTag(tx, request.params.slug, request.body.into, match)
        return answerOf(200, await withParent(tx, row))
      })
      return sendAnswer(reply, answer)
    },
  )

  async function withParent(reader: DeskReader, row: TagRow) {
    const parent = row.parentId === null ? undefined : await findTagById(reader, row.parentId)
    return tagOf(row, parent?.slug ?? null)
  }
}

function tagOf(row: TagRow, parent: string | null): Static<typeof EditorialTagSchema> {
  return {
    id: row.id,
    slug: row.slug,
    kind: row.kind,
    names: row.names,
    ...(parent === null ? {} : { parent }),
    ...(row.mediaTopic === null ? {} : { mediaTopic: row.mediaTopic }),
    ...(row.wikidata === null ? {} : { wikidata: row.wikidata }),
    revision: row.revision,
    createdAt: formatInstant(row.createdAt),
    updatedAt: formatInstant(row.updatedAt),
  }
}
