import type { LiveReader } from '../../db/db.ts'
import { asc, gte, sql } from '../../db/drizzle.ts'
import type { LiveTables } from '../../db/tables.ts'

export type ChangeRow = LiveTables['changes']['$inferSelect']

/** The changes from a sequence number on, in order. */
export async function listChangeRows(
  reader: LiveReader,
  fromSeq: number,
  limit: number,
): Promise<ChangeRow[]> {
  const { changes } = reader.tables
  const build = () =>
    reader.sql
      .select()
      .from(changes)
      .where(gte(changes.seq, sql.placeholder('from')))
      .orderBy(asc(changes.seq))
      .limit(sql.placeholder('limit'))
  return reader.prepared('changes from', build, { from: fromSeq, limit })
}
