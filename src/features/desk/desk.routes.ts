import { Type } from 'typebox'
import type { Db } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import type { App } from '../../http/app-type.ts'
import { requireScope } from '../../http/auth.ts'
import { requireMatch } from '../../http/conditional.ts'
import { openPage } from '../../http/paging.ts'
import { responses } from '../../http/problem.ts'
import {
  anyOf,
  Cursor,
  closed,
  Id,
  IfMatch,
  keyed,
  Language,
  Limit,
  ref,
  Slug,
  words,
} from '../../http/schema.ts'
import { readInstant } from '../../instant.ts'
import { revisionTag } from '../../revision.ts'
import { deskStatuses, liveStatuses } from '../../words.ts'
import { findTag } from '../tags/tags.store.ts'
import {
  ArticleInputSchema,
  ArticlePatchSchema,
  EditorialArticleListSchema,
  EditorialArticleSchema,
  EditorialVersionListSchema,
  EditorialVersionSchema,
  PublishSchema,
  WithdrawSchema,
} from './desk.schema.ts'
import { findVersion, listArticleRows, listVersionRows } from './desk.store.ts'
import { createArticle, deleteArticle, getArticle, patchArticle, prepare } from './desk.ts'
import { publishArticle, withdrawArticle } from './publish.ts'
import { renderCopy, renderVersion } from './render-copy.ts'

const path = '/v1/editorial/articles'

/** Working copies and what is done with them. */
export function deskRoutes(app: App, { db, publicUrl }: { db: Db; publicUrl: string }): void {
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
        body: ref(ArticleInputSchema),
        response: responses({ 201: ref(EditorialArticleSchema) }, 400, 401, 403, 409, 413, 415, 429, 503),
      },
    },
    async (request, reply) => {
      const input = await prepare(request.body)
      const { copy, warnings } = await db.write(tx => createArticle(tx, input))
      reply
        .code(201)
        .headers({ etag: revisionTag(copy.revision), location: `${publicUrl}${path}/${copy.id}` })
      return renderCopy(copy, warnings)
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
        description: 'A merge patch. Readers see the change at the next publish.',
        ...common,
        params,
        headers: IfMatch,
        body: ref(ArticlePatchSchema),
        response: responses({ 200: ref(EditorialArticleSchema) }, ...changed, 409),
      },
    },
    async (request, reply) => {
      const match = requireMatch(request)
      const patch = await prepare(request.body)
      const { copy, warnings } = await db.write(tx => patchArticle(tx, request.params.id, patch, match))
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
      await db.write(tx => deleteArticle(tx, request.params.id, match))
      return reply.code(204).send()
    },
  )

  app.post(
    `${path}/:id/publish`,
    {
      config: { scope: 'articles:publish' },
      schema: {
        operationId: 'publishArticle',
        summary: 'Publish an article',
        description:
          'Makes the working copy a version that readers see from the next request on. The first publish takes an ' +
          'empty object; later ones say whether they are an update or a correction.',
        ...common,
        params,
        headers: IfMatch,
        body: ref(PublishSchema),
        response: responses({ 200: ref(EditorialArticleSchema) }, ...changed, 409),
      },
    },
    async (request, reply) => {
      const match = requireMatch(request)
      const { publishedAt, ...rest } = request.body
      if (publishedAt !== undefined) requireScope(request, 'articles:backdate')
      const publish = {
        ...rest,
        ...(publishedAt === undefined ? {} : { publishedAt: readInstant(publishedAt) }),
      }
      const copy = await db.write(tx =>
        publishArticle(tx, request.params.id, publish, match, request.key?.id),
      )
      reply.header('etag', revisionTag(copy.revision))
      return renderCopy(copy)
    },
  )

  app.post(
    `${path}/:id/withdraw`,
    {
      config: { scope: 'articles:publish' },
      schema: {
        operationId: 'withdrawArticle',
        summary: 'Withdraw an article',
        description: 'Takes it down for good: readers and partners get its tombstone with the public notice.',
        ...common,
        params,
        headers: IfMatch,
        body: ref(WithdrawSchema),
        response: responses({ 200: ref(EditorialArticleSchema) }, ...changed, 409),
      },
    },
    async (request, reply) => {
      const match = requireMatch(request)
      const copy = await db.write(tx =>
        withdrawArticle(tx, request.params.id, request.body, match, request.key?.id),
      )
      reply.header('etag', revisionTag(copy.revision))
      return renderCopy(copy)
    },
  )

  app.get(
    `${path}/:id/versions`,
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'listVersions',
        summary: 'List versions',
        description: 'Every version of the article with who published it, first to last.',
        ...common,
        params,
        querystring: closed({ limit: Limit(), cursor: Type.Optional(Cursor()) }),
        response: responses({ 200: ref(EditorialVersionListSchema) }, 400, 401, 403, 404, 429),
      },
    },
    async ({ params: { id }, query }) => {
      await getArticle(db.desk, id)
      const list = openPage(`${path}/${id}/versions`, query, ['number'])
      const found = await listVersionRows(db.desk, id, query.limit + 1, list.after?.[0])
      const { rows, page } = list.close(found, version => [version.number])
      return { data: rows.map(renderVersion), page, meta: {} }
    },
  )

  app.get(
    `${path}/:id/versions/:number`,
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'getVersion',
        summary: 'Read a version',
        description: 'The article as it was printed.',
        ...common,
        params: closed({ id, number: Type.String({ pattern: '^[1-9][0-9]{0,8}$', examples: ['1'] }) }),
        response: responses({ 200: ref(EditorialVersionSchema) }, 400, 401, 403, 404, 429),
      },
    },
    async ({ params: { id, number } }) => {
      const version = await findVersion(db.desk, id, Number(number))
      if (!version) throw new DomainError('not-found', 'The article has no such version.')
      return renderVersion(version)
    },
  )
}
