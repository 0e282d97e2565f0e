import { Behind } from '../../db/db.ts'
import type { App } from '../../http/app-type.ts'
import type { Delivery } from '../../http/delivery.ts'
import { listAnswer } from '../../http/list-answer.ts'
import { filtersOf, normalForm, openPage, writeCursor } from '../../http/paging.ts'
import { responses } from '../../http/problem.ts'
import { ref } from '../../http/schema.ts'
import { ChangeListSchema, ChangeQuery } from './changes.schema.ts'
import { listChanges, renderChanges } from './changes.ts'

const path = '/v1/changes'

/** The change log: what partners follow. */
export function changeRoutes(
  app: App,
  { delivery, publicUrl }: { delivery: Delivery; publicUrl: string },
): void {
  app.get(
    path,
    {
      schema: {
        operationId: 'listChanges',
        summary: 'Follow the change log',
        description:
          'Everything that became visible, changed or disappeared, in the order of commits, takedowns with their ' +
          'tombstones. Start without a cursor, or from `meta.latest`; keep `meta.cursor` and ask again with it. ' +
          'Nothing is skipped; after a 410 read everything again.',
        tags: ['Sync'],
        querystring: ChangeQuery,
        response: responses({ 200: ref(ChangeListSchema) }, 400, 401, 406, 410, 429),
      },
    },
    (request, reply) => {
      const { query } = request
      // A cursor of a release before marks has none.
      const list = openPage(path, query, ['string', 'number', 'number?'])
      const [epoch = '', seq = 0, mark = 0] = list.after ?? []
      const after = list.after && { epoch, seq, mark }
      return delivery.answer(request, reply, normalForm(path, query), async ({ live, head, isReplica }) => {
        // The follower read further elsewhere: that is no other life of the log.
        if (isReplica && seq > head.seq) throw new Behind()
        const found = await listChanges(live, head, after, query.limit + 1)
        const { rows, page } = list.close(found, row => [head.epoch, row.seq, row.mark])
        const form = normalForm(path, filtersOf(query))
        const last = rows.at(-1) ?? { seq, mark }
        const meta = {
          cursor: writeCursor(form, [head.epoch, last.seq, last.mark]),
          latest: writeCursor(form, [head.epoch, head.seq, head.mark]),
        }
        const data = await renderChanges(live, rows)
        return listAnswer(publicUrl, { data, page, meta }, ['changes'])
      })
    },
  )
}
