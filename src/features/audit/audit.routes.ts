import { Type } from 'typebox'
import type { Db } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import type { App } from '../../http/app-type.ts'
import { hasScope } from '../../http/auth.ts'
import { openPage } from '../../http/paging.ts'
import { responses } from '../../http/problem.ts'
import { Cursor, closed, Id, keyed, Limit, ref } from '../../http/schema.ts'
import { auditedTypes } from '../../words.ts'
import { getArticle } from '../desk/desk.ts'
import { AuditEntrySchema, AuditListSchema } from './audit.schema.ts'
import { findAuditRow, listAuditRows, listAuditRowsOf } from './audit.store.ts'
import { renderAuditEntry } from './audit.ts'

/** Who did what, when and why. */
export function auditRoutes(app: App, { db }: { db: Db }): void {
  const common = { tags: ['Editorial'], security: keyed }
  const id = Id({ description: 'The id of the article.', examples: ['0190a3c0-0000-7000-8000-000000000001'] })
  const paging = { limit: Limit(), cursor: Type.Optional(Cursor()) }

  app.get(
    '/v1/editorial/articles/:id/audit',
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'listArticleAudit',
        summary: 'Read the audit trail of an article',
        description:
          'Everything that was done to it, newest first, without the bodies: one entry has those. It outlives an article ' +
          'that was deleted.',
        ...common,
        params: closed({ id }),
        querystring: closed(paging),
        response: responses({ 200: ref(AuditListSchema) }, 400, 401, 403, 404, 429),
      },
    },
    async ({ params: { id }, query }) => {
      const list = openPage(`/v1/editorial/articles/${id}/audit`, query, ['number'])
      const found = await listAuditRowsOf(db.desk, ['article'], id, query.limit + 1, list.after?.[0])
      // One that is older than the trail has none.
      if (found.length === 0 && !list.after) await getArticle(db.desk, id)
      const { rows, page } = list.close(found, entry => [entry.number])
      return { data: rows.map(renderAuditEntry), page, meta: {} }
    },
  )

  app.get(
    '/v1/editorial/articles/:id/audit/:number',
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'getArticleAudit',
        summary: 'Read an entry of the audit trail',
        description:
          'One thing that was done to an article, with the body before and after where that changed.',
        ...common,
        params: closed({ id, number: Type.String({ pattern: '^[1-9][0-9]{0,8}$', examples: ['1'] }) }),
        response: responses({ 200: ref(AuditEntrySchema) }, 400, 401, 403, 404, 429),
      },
    },
    async ({ params: { id, number } }) => {
      const entry = await findAuditRow(db.desk, id, Number(number))
      if (!entry) throw new DomainError('not-found', 'The article has no such entry.')
      return renderAuditEntry(entry)
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
          'Everything that was done to articles, tags and media, newest first, without the bodies; to keys too, with the ' +
          'scope `keys:admin`.',
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
      const types = auditedTypes.filter(type => type !== 'key' || hasScope(request, 'keys:admin'))
      const rest = query.limit + 1
      if (query.id !== undefined) {
        const list = openPage('/v1/editorial/audit', query, ['number'])
        const found = await listAuditRowsOf(db.desk, types, query.id, rest, list.after?.[0])
        const { rows, page } = list.close(found, entry => [entry.number])
        return { data: rows.map(renderAuditEntry), page, meta: {} }
      }
      const list = openPage('/v1/editorial/audit', query, ['number', 'string', 'string', 'number'])
      const after = list.after ? { after: list.after } : {}
      const found = await listAuditRows(db.desk, { subjectTypes: types, ...after, limit: rest })
      const { rows, page } = list.close(found, row => [row.at, row.subjectType, row.subjectId, row.number])
      return { data: rows.map(renderAuditEntry), page, meta: {} }
    },
  )
}
