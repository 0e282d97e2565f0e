import { Type } from 'typebox'
import type { Db } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import type { App } from '../../http/app-type.ts'
import { hasScope } from '../../http/auth.ts'
import { openPage } from '../../http/paging.ts'
import { responses } from '../../http/problem.ts'
import { Cursor, closed, Id, keyed, Limit, ref } from '../../http/schema.ts'
import { auditedTypes } from '../../words.ts'
import { AuditListSchema } from './audit.schema.ts'
import { type AuditEntry, listAuditRows } from './audit.store.ts'
import { renderAuditEntry } from './audit.ts'

const place = (row: AuditEntry) => [row.at, row.subjectType, row.subjectId, row.number] as const
const placeForm = ['number', 'string', 'string', 'number'] as const

/** Who did what, when and why. */
export function auditRoutes(app: App, { db }: { db: Db }): void {
  const common = { tags: ['Editorial'], security: keyed }
  const paging = { limit: Limit(), cursor: Type.Optional(Cursor()) }

  app.get(
    '/v1/editorial/articles/:id/audit',
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'listArticleAudit',
        summary: 'Read the audit trail of an article',
        description: 'Everything that was done to it, newest first. It outlives an article that was deleted.',
        ...common,
        params: closed({
          id: Id({
            description: 'The id of the article.',
            examples: ['0190a3c0-0000-7000-8000-000000000001'],
          }),
        }),
        querystring: closed(paging),
        response: responses({ 200: ref(AuditListSchema) }, 400, 401, 403, 404, 429),
      },
    },
    async ({ params: { id }, query }) => {
      const list = openPage(`/v1/editorial/articles/${id}/audit`, query, placeForm)
      const found = await listAuditRows(db.desk, {
        subjectTypes: ['article'],
        subjectId: id,
        ...(list.after ? { after: list.after } : {}),
        limit: query.limit + 1,
      })
      if (found.length === 0 && !list.after) throw new DomainError('not-found', 'There is no such article.')
      const { rows, page } = list.close(found, place)
      return { data: rows.map(renderAuditEntry), page, meta: {} }
    },
  )

  app.get(
    '/v1/editorial/audit',
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'listAudit',
        summary: 'Read the audit trail',
        description:
          'Everything that was done to articles, tags and media, newest first; to keys too, with the scope `keys:admin`.',
        ...common,
        querystring: closed({
          id: Type.Optional(Id({ description: 'What was done to this article, tag, media or key.' })),
          ...paging,
        }),
        response: responses({ 200: ref(AuditListSchema) }, 400, 401, 403, 429),
      },
    },
    async request => {
      const { query } = request
      const list = openPage('/v1/editorial/audit', query, placeForm)
      const found = await listAuditRows(db.desk, {
        subjectTypes: auditedTypes.filter(type => type !== 'key' || hasScope(request, 'keys:admin')),
        ...(query.id === undefined ? {} : { subjectId: query.id }),
        ...(list.after ? { after: list.after } : {}),
        limit: query.limit + 1,
      })
      const { rows, page } = list.close(found, place)
      return { data: rows.map(renderAuditEntry), page, meta: {} }
    },
  )
}
