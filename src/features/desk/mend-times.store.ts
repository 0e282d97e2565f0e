import type { DeskReader } from '../../db/db.ts'
import { and, eq, gt, isNotNull, or } from '../../db/drizzle.ts'

/** Published articles, live or held, with a time after the instant; at most `limit`, in no order. */
export async function listAheadOfClock(reader: DeskReader, at: number, limit: number): Promise<string[]> {
  const { publications, heldPublications: held, articles } = reader.tables
  const isAhead = ({ publishedAt, updatedAt, correctedAt }: typeof publications) =>
    or(gt(publishedAt, at), gt(updatedAt, at), gt(correctedAt, at))
  const live = reader.sql
    .select({ id: publications.articleId })
    .from(publications)
    .where(isAhead(publications))
  // A held article that was under embargo has its lapse as its time, and no `publishedAt` of its own.
  const heldOnes = reader.sql
    .select({ id: held.articleId })
    .from(held)
    .innerJoin(articles, eq(articles.id, held.articleId))
    .where(and(isNotNull(articles.publishedAt), isAhead(held)))
  const rows = await live.unionAll(heldOnes).limit(limit)
  return rows.map(row => row.id)
}
