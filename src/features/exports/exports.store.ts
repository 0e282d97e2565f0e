import type { LiveReader } from '../../db/db.ts'
import { and, asc, eq, getTableColumns, gt, sql } from '../../db/drizzle.ts'
import type { PlaceInList } from '../articles/articles.store.ts'
import type { PublicationRow, TombstoneRow } from '../articles/publications.store.ts'

/** A tombstone, and where its withdrawal stands in the log; `version` is the last that readers saw. */
export type Withdrawal = TombstoneRow & { seq: number; version: number | null }

/** How many articles are live. */
export async function countLive({ sql: reader, tables }: LiveReader): Promise<number> {
  const [row] = await reader.select({ count: sql<number>`count(*)` }).from(tables.publications)
  return row?.count ?? 0
}

/** Publications, whole, first published first, from after `after`: a place that none ever leaves. */
export async function listWholePublications(
  reader: LiveReader,
  limit: number,
  after: PlaceInList = [Number.MIN_SAFE_INTEGER, ''],
): Promise<PublicationRow[]> {
  const { publications: p } = reader.tables
  const {
    form: _form,
    formVersion: _version,
    tagIds: _tags,
    mediaIds: _media,
    ...columns
  } = getTableColumns(p)
  const build = () =>
    reader.sql
      .select(columns)
      .from(p)
      .where(sql`(${p.publishedAt}, ${p.articleId}) > (${sql.placeholder('at')}, ${sql.placeholder('id')})`)
      .orderBy(asc(p.publishedAt), asc(p.articleId))
      .limit(sql.placeholder('limit'))
  const [at, id] = after
  return reader.prepared('whole publications in order', build, { at, id, limit })
}

/** What was withdrawn and is so still, in the order of the log, from after `afterSeq`. */
export async function listWithdrawals(
  reader: LiveReader,
  limit: number,
  afterSeq = 0,
): Promise<Withdrawal[]> {
  const { changes, tombstones } = reader.tables
  const build = () =>
    reader.sql
      .select({ ...getTableColumns(tombstones), seq: changes.seq, version: changes.version })
      .from(changes)
      .innerJoin(tombstones, eq(tombstones.articleId, changes.subjectId))
      .where(and(gt(changes.seq, sql.placeholder('afterSeq')), eq(changes.action, 'withdrawn')))
      .orderBy(asc(changes.seq))
      .limit(sql.placeholder('limit'))
  return reader.prepared('withdrawals', build, { afterSeq, limit })
}
