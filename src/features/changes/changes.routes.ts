import { Behind } from '../../db/db.ts'
import type { App } from '../../http/app-type.ts'
import type { Delivery } from '../../http/delivery.ts'
import { listAnswer } from '../../http/list-answer.ts'
import { filtersOf, normalForm, openPage, writeCursor } from '../../http/paging.ts'
import { responses } from '../../http/problem.ts'
import { ref } from '../../http/schema.ts'
import { ChangeListSchema, ChangeQuery } from './changes.schema.ts'
import { listChanges } from './changes.ts'

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
      const list = openPage(path, query, ['string', 'number'])
      return delivery.answer(request, reply, normalForm(path, query), async ({ live, head, isReplica }) => {
        // The follower read further elsewhere: that is no other life of the log.
        if (isReplica && list.after && list.after[1] > head.seq) throw new Behind()
        const found = await listChanges(live, head, list.after, query.limit + 1)
        const { rows, page } = list.close(found, change => [head.epoch, change.seq])
        const form = normalForm(path, filtersOf(query))
        const last = rows.at(-1)?.seq ?? list.after?.[1] ?? 0
        const meta = {
          cursor: writeCursor(form, [head.epoch, last]),
          latest: writeCursor(form, [head.epoch, head.seq]),
        }
        return listAnswer(publicUrl, { data: rows, page, meta }, ['changes'])
      })
    },
  )
}
