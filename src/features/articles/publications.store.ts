import type { DeskReader, Writer } from '../../db/db.ts'
import { and, asc, eq, lte, ne, not, sql } from '../../db/drizzle.ts'
import { insertRows } from '../../db/insert.ts'
import type { AllTables } from '../../db/tables.ts'
import { countMediaUses } from '../media/media.store.ts'
import { countTagUses, tagTree } from '../tags/live-tags.store.ts'

type Kept = Pick<AllTables['publications']['$inferSelect'], 'form' | 'formVersion' | 'tagIds' | 'mediaIds'>
export type PublicationRow = Omit<AllTables['publications']['$inferSelect'], keyof Kept>
export type HistoryRow = AllTables['history']['$inferSelect']
export type TombstoneRow = AllTables['tombstones']['$inferSelect']

export type Publication = {
  row: PublicationRow
  html: string
  text: string
  /** The section first. */
  tagIds: readonly string[]
  /** Without the lead picture. */
  mediaIds: readonly string[]
  /** What of its history is in the same place. */
  history: readonly HistoryRow[]
}

/** Where a publication is: before readers, under embargo, or held back from both. */
export type Place = 'live' | 'embargoed' | 'held'

function tablesOf({ tables }: DeskReader, place: Place) {
  if (place === 'live') {
    const { publications, publicationBodies: bodies, publicationTags, publicationMedia, history } = tables
    return { publications, bodies, filed: publicationTags, used: publicationMedia, history }
  }
  if (place === 'embargoed') {
    const { embargoedPublications: publications, embargoedBodies: bodies, embargoedTags: filed } = tables
    return { publications, bodies, filed, used: tables.embargoedMedia, history: tables.embargoedHistory }
  }
  const { heldPublications: publications, heldBodies: bodies, heldTags: filed } = tables
  return { publications, bodies, filed, used: tables.heldMedia, history: tables.heldHistory }
}

/** Writes the publication, instead of the one there was, with the form that is kept of it: see `putPublication`. */
export async function replacePublication(
  tx: Writer,
  place: Place,
  publication: Publication,
  kept: Kept,
): Promise<void> {
  const to = tablesOf(tx, place)
  const { row, html, text, history } = publication
  // Of a first version there is no earlier one anywhere.
  const before = row.version === 1 ? nothing : await deleteRows(tx, place, row.articleId)

  await insertRows(tx, to.publications, [{ ...row, ...kept }])
  await insertRows(tx, to.bodies, [{ articleId: row.articleId, html, text }])
  const { articleId, language, publishedAt } = row
  const tagIds = [...new Set(publication.tagIds)]
  const filed = tagIds.map((tagId, position) => ({ articleId, position, tagId, language, publishedAt }))
  await insertRows(tx, to.filed, filed)
  const media = publication.mediaIds.map((mediaId, i) => ({ articleId, position: i + 1, mediaId }))
  if (row.leadMediaId !== null) media.unshift({ articleId, position: 0, mediaId: row.leadMediaId })
  await insertRows(tx, to.used, media)
  await insertRows(tx, to.history, history)

  if (place === 'embargoed') tx.changeEmbargo()
  if (place !== 'live') return
  const mediaIds = [...new Set(media.map(item => item.mediaId))]
  await countTagUses(tx, without(tagIds, before.tagIds), without(before.tagIds, tagIds))
  await countMediaUses(tx, without(mediaIds, before.mediaIds), without(before.mediaIds, mediaIds))
}

/** Takes the publication and its history out of a place; from the live one what it used is uncounted. */
export async function takePublication(
  tx: Writer,
  place: Place,
  articleId: string,
): Promise<Publication | undefined> {
  // A merge of tags goes through the places in turn, and is not to miss what moves between them.
  await tx.lock(tagTree)
  const from = tablesOf(tx, place)
  const [found] = await tx.sql
    .select()
    .from(from.publications)
    .where(eq(from.publications.articleId, articleId))
  if (!found) return undefined
  const { form: _form, formVersion: _version, tagIds: _tags, mediaIds: _media, ...row } = found
  const [body] = await tx.sql.select().from(from.bodies).where(eq(from.bodies.articleId, articleId))
  const { tagIds, media, mediaIds } = await deleteRows(tx, place, articleId)
  const history = await tx.sql.delete(from.history).where(eq(from.history.articleId, articleId)).returning()
  if (place === 'embargoed') {
    await deleteEmbargo(tx, articleId)
    tx.changeEmbargo()
  }
  if (place === 'live') {
    await countTagUses(tx, [], tagIds)
    await countMediaUses(tx, [], mediaIds)
  }
  return {
    row,
    html: body?.html ?? '',
    text: body?.text ?? '',
    tagIds,
    mediaIds: media.filter(item => item.position > 0).map(item => item.id),
    history: history.toSorted((a, b) => a.number - b.number),
  }
}

type Filed = { id: string; position: number }
type Deleted = { tagIds: string[]; media: Filed[]; mediaIds: string[] }
const nothing: Deleted = { tagIds: [], media: [], mediaIds: [] }

async function deleteRows(tx: Writer, place: Place, articleId: string): Promise<Deleted> {
  const { publications, bodies, filed, used } = tablesOf(tx, place)
  const one = { id: articleId }
  const slot = sql.placeholder('id')
  const deleteRow = () =>
    tx.sql
      .delete(publications)
      .where(eq(publications.articleId, slot))
      .returning({ id: publications.articleId })
  const deleteBody = () => tx.sql.delete(bodies).where(eq(bodies.articleId, slot))
  const deleteTags = () =>
    tx.sql
      .delete(filed)
      .where(eq(filed.articleId, slot))
      .returning({ id: filed.tagId, position: filed.position })
  const deleteMedia = () =>
    tx.sql
      .delete(used)
      .where(eq(used.articleId, slot))
      .returning({ id: used.mediaId, position: used.position })
  const gone = await tx.prepared(`delete ${place} publication`, deleteRow, one)
  if (gone.length === 0) return nothing
  await tx.prepared(`delete ${place} body`, deleteBody, one)
  const tags = await tx.prepared(`delete ${place} tags`, deleteTags, one)
  const media = inPlace(await tx.prepared(`delete ${place} media`, deleteMedia, one))
  return {
    tagIds: inPlace(tags).map(row => row.id),
    media,
    mediaIds: [...new Set(media.map(row => row.id))],
  }
}

/** What is deleted comes back in no order, and the log's rows follow this one. */
function inPlace(rows: readonly Filed[]): Filed[] {
  return rows.toSorted((a, b) => a.position - b.position)
}

const without = (these: readonly string[], those: readonly string[]) =>
  these.filter(item => !those.includes(item))

/** What a later version needs to know of the live one. */
export async function findPublicationFacts(
  reader: DeskReader,
  articleId: string,
): Promise<{ slug: string; correctedAt: number | null } | undefined> {
  const { publications } = reader.tables
  const build = () =>
    reader.sql
      .select({ slug: publications.slug, correctedAt: publications.correctedAt })
      .from(publications)
      .where(eq(publications.articleId, sql.placeholder('id')))
  const [row] = await reader.prepared('facts of publication', build, { id: articleId })
  return row
}

/** Another article of the story in the language, that is live or under embargo. */
export async function findSibling(
  reader: DeskReader,
  storyId: string,
  language: string,
  articleId: string,
): Promise<string | undefined> {
  const siblingsIn = (place: Place) => {
    const { publications } = tablesOf(reader, place)
    return reader.sql
      .select({ id: publications.articleId })
      .from(publications)
      .where(
        and(
          eq(publications.storyId, sql.placeholder('storyId')),
          eq(publications.language, sql.placeholder('language')),
          ne(publications.articleId, sql.placeholder('articleId')),
        ),
      )
  }
  // One statement: what moves from the one to the other meanwhile is in either.
  const build = () => siblingsIn('live').unionAll(siblingsIn('embargoed')).limit(1)
  const [row] = await reader.prepared('sibling', build, { storyId, language, articleId })
  return row?.id
}

/**
 * The corrections that readers saw of an article, first to last, wherever its history is now. Versions after
 * `publicVersion` wait under embargo, or were published while the article was held: readers have not seen them.
 */
export async function listPublicCorrections(
  reader: DeskReader,
  { id, publicVersion }: { id: string; publicVersion: number },
): Promise<HistoryRow[]> {
  const rows: HistoryRow[] = []
  for (const place of ['live', 'embargoed', 'held'] as const) {
    const { history } = tablesOf(reader, place)
    const isCorrection = and(eq(history.articleId, id), eq(history.kind, 'correction'))
    rows.push(...(await reader.sql.select().from(history).where(isCorrection)))
  }
  return rows.filter(row => row.number <= publicVersion).sort((a, b) => a.number - b.number)
}

/** The article that has or had the slug in public, or is to have it once its embargo lapses or it is released. */
export async function findSlugOwner(reader: DeskReader, slug: string): Promise<string | undefined> {
  const { slugs, embargoedPublications: embargoed, heldPublications: held } = reader.tables
  const build = () => {
    const wanted = sql.placeholder('slug')
    return reader.sql
      .select({ articleId: slugs.articleId })
      .from(slugs)
      .where(eq(slugs.slug, wanted))
      .unionAll(
        reader.sql
          .select({ articleId: embargoed.articleId })
          .from(embargoed)
          .where(eq(embargoed.slug, wanted)),
      )
      .unionAll(reader.sql.select({ articleId: held.articleId }).from(held).where(eq(held.slug, wanted)))
  }
  const [row] = await reader.prepared('slug owner', build, { slug })
  return row?.articleId
}

/** Makes the slug the article's for ever, if it is not yet: one that was public may have had it. */
export async function insertSlug(
  tx: Writer,
  slug: string,
  articleId: string,
  wasPublic: boolean,
): Promise<void> {
  const { slugs } = tx.tables
  const build = () =>
    tx.sql
      .select()
      .from(slugs)
      .where(eq(slugs.slug, sql.placeholder('slug')))
  const [known] = wasPublic ? await tx.prepared('slug', build, { slug }) : []
  if (known?.articleId !== articleId) await insertRows(tx, slugs, [{ slug, articleId }])
}

export async function insertTombstone(tx: Writer, row: TombstoneRow): Promise<void> {
  await tx.sql.insert(tx.tables.tombstones).values(row)
}

/** Of an article that only those saw who may see what is under embargo. */
export async function insertEmbargoedTombstone(tx: Writer, row: TombstoneRow): Promise<void> {
  await tx.sql.insert(tx.tables.embargoedTombstones).values(row)
  tx.changeEmbargo()
}

export async function insertEmbargo(tx: Writer, articleId: string, until: number): Promise<void> {
  await tx.sql.insert(tx.tables.embargoes).values({ articleId, until })
}

async function deleteEmbargo(tx: Writer, articleId: string): Promise<void> {
  const { embargoes } = tx.tables
  await tx.sql.delete(embargoes).where(eq(embargoes.articleId, articleId))
}

/** Articles whose embargo lapses at the instant or before, the longest due first, but those of `without`. */
export async function listDueEmbargoes(
  reader: DeskReader,
  at: number,
  limit: number,
  without: readonly string[],
): Promise<{ id: string; at: number }[]> {
  const { embargoes } = reader.tables
  const build = () =>
    reader.sql
      .select({ id: embargoes.articleId, at: embargoes.until })
      .from(embargoes)
      .where(
        and(lte(embargoes.until, sql.placeholder('at')), not(reader.isIn(embargoes.articleId, 'without'))),
      )
      .orderBy(asc(embargoes.until), asc(embargoes.articleId))
      .limit(sql.placeholder('limit'))
  const rows = await reader.prepared('due embargoes', build, { at, limit, without: reader.list(without) })
  return rows
}
