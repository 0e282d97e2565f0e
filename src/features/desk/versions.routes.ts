import { Type } from 'typebox'
import type { Db } from '../../db/db.ts'
import type { App } from '../../http/app-type.ts'
import { openPage } from '../../http/paging.ts'
import { responses } from '../../http/problem.ts'
import { Cursor, closed, Id, keyed, Limit, ref } from '../../http/schema.ts'
import { listVersionRows } from './desk.store.ts'
import { getArticle } from './desk.ts'
import { diffVersions } from './diff.ts'
import { renderVersion } from './render-copy.ts'
import { getVersion } from './restore.ts'
import { DiffSchema, EditorialVersionListSchema, EditorialVersionSchema } from './versions.schema.ts'

const path = '/v1/editorial/articles'

/** What was printed, and what changed between two printings. */
export function versionRoutes(app: App, { db }: { db: Db }): void {
  const id = Id({ description: 'The id of the article.', examples: ['0190a3c0-0000-7000-8000-000000000001'] })
  const params = closed({ id })
  const common = { tags: ['Editorial'], security: keyed }

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
    async ({ params: { id, number } }) => renderVersion(await getVersion(db.desk, id, Number(number))),
  )

  app.get(
    `${path}/:id/diff`,
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'diffVersions',
        summary: 'Compare two versions',
        description:
          'The fields that differ between two versions, or between a version and the working copy.',
        ...common,
        params,
        querystring: closed({
          from: Type.Integer({
            minimum: 1,
            maximum: 999_999_999,
            description: 'The number of the one version.',
            examples: [1],
          }),
          to: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 999_999_999,
              description: 'The number of the other; the working copy unless said.',
            }),
          ),
        }),
        response: responses({ 200: ref(DiffSchema) }, 400, 401, 403, 404, 429),
      },
    },
    async ({ params: { id }, query: { from, to } }) => diffVersions(db.desk, id, from, to),
  )
}
