import { Type } from 'typebox'
import type { Db } from '../../db/db.ts'
import type { App } from '../../http/app-type.ts'
import { requireMatch } from '../../http/conditional.ts'
import { openPage } from '../../http/paging.ts'
import { actorOf, answerOf, postOf, sendAnswer } from '../../http/post.ts'
import { responses } from '../../http/problem.ts'
import {
  anyOf,
  Cursor,
  closed,
  Id,
  IdempotencyKey,
  IfMatch,
  keyed,
  Language,
  Limit,
  ref,
  Slug,
  words,
} from '../../http/schema.ts'
import { revisionTag } from '../../revision.ts'
import { deskStatuses, liveStatuses } from '../../words.ts'
import { writeOnce } from '../idempotency/idempotency.ts'
import { findTag } from '../tags/tags.store.ts'
import {
  ArticleInputSchema,
  ArticlePatchSchema,
  EditorialArticleListSchema,
  EditorialArticleSchema,
} from './desk.schema.ts'
import { listArticleRows } from './desk.store.ts'
import { createArticle, deleteArticle, getArticle, patchArticle, prepare } from './desk.ts'
import { renderCopy } from './render-copy.ts'
import type { Review } from './workflow.ts'

const path = '/v1/editorial/articles'

/** Working copies and what is done with them. */
export function deskRoutes(
  app: App,
  { db, publicUrl, review }: { db: Db; publicUrl: string; review: Review },
): void {
  const id = Id({ description: 'The id of the article.', examples: ['0190a3c0-0000-7000-8000-000000000001'] })
  const params = closed({ id })
  const common = { tags: ['Editorial'], security: keyed }
  const changed = [400, 401, 403, 404, 412, 413, 415, 428, 429, 503]

  app.get(
    path,
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'listEditorialArticles',
        summary: 'List working copies',
        description: 'Articles in any state, last edited first, without their bodies.',
        ...common,
        querystring: closed({
          deskStatus: Type.Optional(anyOf(words(deskStatuses), { description: 'Any of these.' })),
          liveStatus: Type.Optional(anyOf(words(liveStatuses), { description: 'Any of these.' })),
          language: Type.Optional(anyOf(Language(), { description: 'Any of these languages.' })),
          section: Type.Optional(Slug({ description: 'Under this section.' })),
          limit: Limit(),
          cursor: Type.Optional(Cursor()),
        }),
        response: responses({ 200: ref(EditorialArticleListSchema) }, 400, 401, 403, 429),
      },
    },
    async ({ query }) => {
      const list = openPage(path, query, ['number', 'string'])
      const { section, limit, cursor: _cursor, ...states } = query
      const sectionId = section === undefined ? undefined : ((await findTag(db.desk, section))?.id ?? '')
      const found = await listArticleRows(db.desk, {
        ...states,
        ...(sectionId === undefined ? {} : { sectionId }),
        ...(list.after ? { after: list.after } : {}),
        limit: limit + 1,
      })
      const { rows, page } = list.close(found, copy => [copy.editedAt, copy.id])
      return { data: rows.map(copy => renderCopy(copy)), page, meta: {} }
    },
  )

  app.post(
    path,
    {
      config: { scope: 'articles:write' },
      schema: {
        operationId: 'createArticle',
        summary: 'Create an article',
        description: 'Makes a working copy; no reader sees it before it is published.',
        ...common,
        headers: IdempotencyKey,
        body: ref(ArticleInputSchema),
        response: responses(
          { 201: ref(EditorialArticleSchema) },
          400,
          401,
          403,
          409,
          413,
          415,
          422,
          429,
          503,
        ),
      },
    },
    async (request, reply) => {
      const input = await prepare(request.body, request.key?.id)
      const answer = await writeOnce(db, postOf(request), async tx => {
        const { copy, warnings } = await createArticle(tx, input)
        return answerOf(201, renderCopy(copy, warnings), { location: `${publicUrl}${path}/${copy.id}` })
      })
      return sendAnswer(reply, answer)
    },
  )

  app.get(
    `${path}/:id`,
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'getEditorialArticle',
        summary: 'Read a working copy',
        description: 'The article as editors see it, in any state, with the ETag that a change needs.',
        ...common,
        params,
        response: responses({ 200: ref(EditorialArticleSchema) }, 400, 401, 403, 404, 429),
      },
    },
    async (request, reply) => {
      const copy = await getArticle(db.desk, request.params.id)
      reply.header('etag', revisionTag(copy.revision))
      return renderCopy(copy)
    },
  )

  app.patch(
    `${path}/:id`,
    {
      config: { scope: 'articles:write' },
      schema: {
        operationId: 'patchArticle',
        summary: 'Change a working copy',
        description:
          'A merge patch. Readers see the change at the next publish. The working copy is a draft again: an approval is ' +
          'of one revision, and a schedule is cancelled.',
        ...common,
        params,
        headers: IfMatch,
        body: ref(ArticlePatchSchema),
        response: responses({ 200: ref(EditorialArticleSchema) }, ...changed, 409),
      },
    },
    async (request, reply) => {
      const match = requireMatch(request)
      const patch = await prepare(request.body, request.key?.id)
      const { copy, warnings } = await db.write(actorOf(request), tx =>
        patchArticle(tx, request.params.id, patch, match),
      )
      reply.header('etag', revisionTag(copy.revision))
      return renderCopy(copy, warnings)
    },
  )

  app.delete(
    `${path}/:id`,
    {
      config: { scope: 'articles:write' },
      schema: {
        operationId: 'deleteArticle',
        summary: 'Delete an article that was never published',
        description: 'What was published can only be withdrawn.',
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
      await db.write(actorOf(request), tx => deleteArticle(tx, request.params.id, match, review))
      return reply.code(204).send()
    },
  )
}
