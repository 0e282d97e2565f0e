import type { LiveReader } from '../../db/db.ts'
import { asc, gt, sql } from '../../db/drizzle.ts'
import type { LiveTables } from '../../db/tables.ts'

export type ChangeRow = LiveTables['changes']['$inferSelect']

/** The changes after a sequence number, in order. */
export async function listChangeRows(
  reader: LiveReader,
  afterSeq: number,
  limit: number,
): Promise<ChangeRow[]> {
  const { changes } = reader.tables
  const build = () =>
    reader.sql
      .select()
      .from(changes)
      .where(gt(changes.seq, sql.placeholder('after')))
      .orderBy(asc(changes.seq))
      .limit(sql.placeholder('limit'))
  return reader.prepared('changes after', build, { after: afterSeq, limit })
}
