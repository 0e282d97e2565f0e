import type { DeskReader, Writer } from '../../db/db.ts'
import { and, desc, eq, isNull, lt } from '../../db/drizzle.ts'
import type { AllTables } from '../../db/tables.ts'

export type PreviewLinkRow = AllTables['previewLinks']['$inferSelect']

export async function findPreviewLink(reader: DeskReader, id: string): Promise<PreviewLinkRow | undefined> {
  const { previewLinks } = reader.tables
  const [row] = await reader.sql.select().from(previewLinks).where(eq(previewLinks.id, id))
  return row
}

/** The preview links of an article newest first, from below `beforeId`. */
export async function listPreviewLinkRows(
  reader: DeskReader,
  articleId: string,
  limit: number,
  beforeId?: string,
): Promise<PreviewLinkRow[]> {
  const { previewLinks } = reader.tables
  const below = beforeId === undefined ? undefined : lt(previewLinks.id, beforeId)
  return reader.sql
    .select()
    .from(previewLinks)
    .where(and(eq(previewLinks.articleId, articleId), below))
    .orderBy(desc(previewLinks.id))
    .limit(limit)
}

export async function insertPreviewLink(tx: Writer, row: PreviewLinkRow): Promise<void> {
  await tx.sql.insert(tx.tables.previewLinks).values(row)
}

/** Ends one of an article's preview links, or all of them; the time of an earlier end stays. */
export async function revokePreviewLinks(
  tx: Writer,
  articleId: string,
  revokedAt: number,
  id?: string,
): Promise<void> {
  const { previewLinks } = tx.tables
  const one = id === undefined ? undefined : eq(previewLinks.id, id)
  await tx.sql
    .update(previewLinks)
    .set({ revokedAt })
    .where(and(eq(previewLinks.articleId, articleId), one, isNull(previewLinks.revokedAt)))
}
