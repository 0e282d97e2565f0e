import type { DeskReader, Writer } from '../../db/db.ts'
import { and, eq, ne, sql } from '../../db/drizzle.ts'
import type { AllTables } from '../../db/tables.ts'
import { countMediaUses } from '../media/media.store.ts'
import { countTagUses } from '../tags/live-tags.store.ts'

export type PublicationRow = AllTables['publications']['$inferSelect']
export type HistoryRow = AllTables['history']['$inferSelect']

export type Publication = {
  row: PublicationRow
  html: string
  text: string
  /** The section first. */
  tagIds: readonly string[]
  /** Without the lead picture. */
  mediaIds: readonly string[]
}

/** Makes the publication what readers see, in place of the one there was, and counts what it now uses. */
export async function savePublication(tx: Writer, publication: Publication): Promise<void> {
  const { publications, publicationBodies, publicationTags, publicationMedia } = tx.tables
  const { row, html, text } = publication
  const before = await deleteRows(tx, row.articleId)

  await tx.sql.insert(publications).values(row)
  await tx.sql.insert(publicationBodies).values({ articleId: row.articleId, html, text })
  const { articleId, language, publishedAt } = row
  const tagIds = [...new Set(publication.tagIds)]
  await tx.sql
    .insert(publicationTags)
    .values(tagIds.map((tagId, position) => ({ articleId, position, tagId, language, publishedAt })))
  const media = publication.mediaIds.map((mediaId, i) => ({ articleId, position: i + 1, mediaId }))
  if (row.leadMediaId !== null) media.unshift({ articleId, position: 0, mediaId: row.leadMediaId })
  if (media.length > 0) await tx.sql.insert(publicationMedia).values(media)

  const mediaIds = [...new Set(media.map(item => item.mediaId))]
  await countTagUses(tx, without(tagIds, before.tagIds), without(before.tagIds, tagIds))
  await countMediaUses(tx, without(mediaIds, before.mediaIds), without(before.mediaIds, mediaIds))
}

/** Takes the publication and its history out of the live tables, and uncounts what it used. */
export async function removePublication(tx: Writer, articleId: string): Promise<void> {
  const { history } = tx.tables
  const before = await deleteRows(tx, articleId)
  await tx.sql.delete(history).where(eq(history.articleId, articleId))
  await countTagUses(tx, [], before.tagIds)
  await countMediaUses(tx, [], before.mediaIds)
}

async function deleteRows(tx: Writer, articleId: string): Promise<{ tagIds: string[]; mediaIds: string[] }> {
  const { publications, publicationBodies, publicationTags, publicationMedia } = tx.tables
  const gone = await tx.sql
    .delete(publications)
    .where(eq(publications.articleId, articleId))
    .returning({ id: publications.articleId })
  if (gone.length === 0) return { tagIds: [], mediaIds: [] }
  await tx.sql.delete(publicationBodies).where(eq(publicationBodies.articleId, articleId))
  const tags = await tx.sql
    .delete(publicationTags)
    .where(eq(publicationTags.articleId, articleId))
    .returning({ id: publicationTags.tagId, position: publicationTags.position })
  const media = await tx.sql
    .delete(publicationMedia)
    .where(eq(publicationMedia.articleId, articleId))
    .returning({ id: publicationMedia.mediaId, position: publicationMedia.position })
  return { tagIds: inPlace(tags), mediaIds: [...new Set(inPlace(media))] }
}

/** What is deleted comes back in no order, and the log's rows follow this one. */
function inPlace(rows: readonly { id: string; position: number }[]): string[] {
  return rows.toSorted((a, b) => a.position - b.position).map(row => row.id)
}

const without = (these: readonly string[], those: readonly string[]) =>
  these.filter(item => !those.includes(item))

/** What a later version needs to know of the live one. */
export async function findPublicationFacts(
  reader: DeskReader,
  articleId: string,
): Promise<{ slug: string; correctedAt: number | null } | undefined> {
  const { publications } = reader.tables
  const [row] = await reader.sql
    .select({ slug: publications.slug, correctedAt: publications.correctedAt })
    .from(publications)
    .where(eq(publications.articleId, articleId))
  return row
}

/** Another live article of the story in the language. */
export async function findSibling(
  reader: DeskReader,
  storyId: string,
  language: string,
  articleId: string,
): Promise<string | undefined> {
  const { publications } = reader.tables
  const [row] = await reader.sql
    .select({ id: publications.articleId })
    .from(publications)
    .where(
      and(
        eq(publications.storyId, storyId),
        eq(publications.language, language),
        ne(publications.articleId, articleId),
      ),
    )
    .limit(1)
  return row?.id
}

/** The article that has or had the slug in public. */
export async function findSlugOwner(reader: DeskReader, slug: string): Promise<string | undefined> {
  const { slugs } = reader.tables
  const build = () =>
    reader.sql
      .select()
      .from(slugs)
      .where(eq(slugs.slug, sql.placeholder('slug')))
  const [row] = await reader.prepared('slug owner', build, { slug })
  return row?.articleId
}

export async function insertSlug(tx: Writer, slug: string, articleId: string): Promise<void> {
  await tx.sql.insert(tx.tables.slugs).values({ slug, articleId })
}

export async function insertHistory(tx: Writer, row: HistoryRow): Promise<void> {
  await tx.sql.insert(tx.tables.history).values(row)
}

export async function insertTombstone(
  tx: Writer,
  row: AllTables['tombstones']['$inferSelect'],
): Promise<void> {
  await tx.sql.insert(tx.tables.tombstones).values(row)
}
