import type { EmbargoReader, LiveReader, Reader } from '../../db/db.ts'
import { and, asc, desc, eq, gt, sql } from '../../db/drizzle.ts'
import type { ArticleTables, LiveTables } from '../../db/tables.ts'
import type { LiveMediaRow } from '../media/media.store.ts'
import type { PublicationRow } from './publications.store.ts'

/** Reads articles from the live tables, or from those under embargo, which have the same form. */
export type ArticleReader = Reader<ArticleTables>
export type ArticleTag = { articleId: string; position: number; tag: LiveTables['liveTags']['$inferSelect'] }
export type ArticleMedia = { articleId: string; position: number; media: LiveMediaRow }
export type Sibling = Pick<PublicationRow, 'articleId' | 'slug' | 'language' | 'headline' | 'storyId'>
export type HistoryRow = LiveTables['history']['$inferSelect']
export type TombstoneRow = LiveTables['tombstones']['$inferSelect'] & { replacementSlug: string | null }

// One statement for each relation, whatever the number of articles.

/** The tags of articles, the section (position 0) first. */
export async function listTagsOf(
  reader: ArticleReader,
  articleIds: readonly string[],
): Promise<ArticleTag[]> {
  const { publicationTags: filed, liveTags } = reader.tables
  const build = () =>
    reader.sql
      .select({ articleId: filed.articleId, position: filed.position, tag: liveTags })
      .from(filed)
      .innerJoin(liveTags, eq(liveTags.id, filed.tagId))
      .where(reader.isIn(filed.articleId, 'ids'))
      .orderBy(asc(filed.articleId), asc(filed.position))
  return reader.prepared('tags of publications', build, { ids: reader.list(articleIds) })
}

/** The media of articles, the lead (position 0) first; `leadOnly` leaves out the rest. */
export async function listMediaOf(
  reader: ArticleReader,
  articleIds: readonly string[],
  leadOnly: boolean,
): Promise<ArticleMedia[]> {
  const { publicationMedia: used, liveMedia } = reader.tables
  const build = () =>
    reader.sql
      .select({ articleId: used.articleId, position: used.position, media: liveMedia })
      .from(used)
      .innerJoin(liveMedia, eq(liveMedia.id, used.mediaId))
      .where(and(reader.isIn(used.articleId, 'ids'), leadOnly ? eq(used.position, 0) : undefined))
      .orderBy(asc(used.articleId), asc(used.position))
  const name = leadOnly ? 'lead media of publications' : 'media of publications'
  return reader.prepared(name, build, { ids: reader.list(articleIds) })
}

export type Filed = { articleId: string; position: number; id: string }

/** The ids of the tags of articles, the section (position 0) first. */
export async function listTagIdsOf(reader: LiveReader, articleIds: readonly string[]): Promise<Filed[]> {
  const { publicationTags: filed } = reader.tables
  const build = () =>
    reader.sql
      .select({ articleId: filed.articleId, position: filed.position, id: filed.tagId })
      .from(filed)
      .where(reader.isIn(filed.articleId, 'ids'))
      .orderBy(asc(filed.articleId), asc(filed.position))
  return reader.prepared('tag ids of publications', build, { ids: reader.list(articleIds) })
}

/** The ids of the media of articles, in their order, without the lead. */
export async function listMoreMediaIdsOf(
  reader: LiveReader,
  articleIds: readonly string[],
): Promise<Filed[]> {
  const { publicationMedia: used } = reader.tables
  const build = () =>
    reader.sql
      .select({ articleId: used.articleId, position: used.position, id: used.mediaId })
      .from(used)
      .where(and(reader.isIn(used.articleId, 'ids'), gt(used.position, 0)))
      .orderBy(asc(used.articleId), asc(used.position))
  return reader.prepared('more media ids of publications', build, { ids: reader.list(articleIds) })
}

/** The bodies of articles in one format. */
export async function listBodiesOf(
  reader: ArticleReader,
  articleIds: readonly string[],
  format: 'html' | 'text',
): Promise<{ articleId: string; body: string }[]> {
  const { publicationBodies: bodies } = reader.tables
  const build = () =>
    reader.sql
      .select({ articleId: bodies.articleId, body: bodies[format] })
      .from(bodies)
      .where(reader.isIn(bodies.articleId, 'ids'))
  return reader.prepared(`bodies as ${format}`, build, { ids: reader.list(articleIds) })
}

/** The live articles of stories. */
export async function listSiblings(reader: LiveReader, storyIds: readonly string[]): Promise<Sibling[]> {
  const { publications: p } = reader.tables
  const build = () =>
    reader.sql
      .select({
        articleId: p.articleId,
        slug: p.slug,
        language: p.language,
        headline: p.headline,
        storyId: p.storyId,
      })
      .from(p)
      .where(reader.isIn(p.storyId, 'ids'))
      .orderBy(asc(p.storyId), asc(p.language))
  return reader.prepared('publications of stories', build, { ids: reader.list(storyIds) })
}

/** The corrections of articles, first to last. */
export async function listCorrectionsOf(
  reader: ArticleReader,
  articleIds: readonly string[],
): Promise<HistoryRow[]> {
  const { history } = reader.tables
  if (articleIds.length === 0) return []
  const build = () =>
    reader.sql
      .select()
      .from(history)
      .where(and(reader.isIn(history.articleId, 'ids'), eq(history.kind, 'correction')))
      .orderBy(asc(history.articleId), asc(history.number))
  return reader.prepared('corrections of publications', build, { ids: reader.list(articleIds) })
}

/** The public history of an article, first to last, from above `afterNumber`. */
export async function listHistory(
  reader: ArticleReader,
  articleId: string,
  limit: number,
  afterNumber = 0,
): Promise<HistoryRow[]> {
  const { history } = reader.tables
  return reader.sql
    .select()
    .from(history)
    .where(and(eq(history.articleId, articleId), gt(history.number, afterNumber)))
    .orderBy(asc(history.number))
    .limit(limit)
}

/** The article that has or had a slug in public. */
export async function findArticleOfSlug(reader: LiveReader, slug: string): Promise<string | undefined> {
  const { slugs } = reader.tables
  const build = () =>
    reader.sql
      .select()
      .from(slugs)
      .where(eq(slugs.slug, sql.placeholder('slug')))
  const [row] = await reader.prepared('article of slug', build, { slug })
  return row?.articleId
}

/** The tombstones of articles, each with the slug of its replacement while that is live. */
export async function listTombstones(
  reader: LiveReader,
  articleIds: readonly string[],
): Promise<TombstoneRow[]> {
  const { tombstones, publications } = reader.tables
  const build = () =>
    reader.sql
      .select({ tombstone: tombstones, replacementSlug: publications.slug })
      .from(tombstones)
      .leftJoin(publications, eq(publications.articleId, tombstones.replacementId))
      .where(reader.isIn(tombstones.articleId, 'ids'))
  if (articleIds.length === 0) return []
  const rows = await reader.prepared('tombstones', build, { ids: reader.list(articleIds) })
  return rows.map(row => ({ ...row.tombstone, replacementSlug: row.replacementSlug }))
}

/** The withdrawn articles that some articles stand for, live or not. */
export async function listReplacedBy(reader: LiveReader, articleIds: readonly string[]): Promise<string[]> {
  const { tombstones } = reader.tables
  const build = () =>
    reader.sql
      .select({ id: tombstones.articleId })
      .from(tombstones)
      .where(reader.isIn(tombstones.replacementId, 'ids'))
  if (articleIds.length === 0) return []
  const rows = await reader.prepared('replaced', build, { ids: reader.list(articleIds) })
  return rows.map(row => row.id)
}

/** The newest articles of a tag in a language. */
export async function listNewestOfTag(
  reader: LiveReader,
  tagId: string,
  language: string,
  limit: number,
): Promise<{ articleId: string; publishedAt: number }[]> {
  const { publicationTags: filed } = reader.tables
  const build = () =>
    reader.sql
      .select({ articleId: filed.articleId, publishedAt: filed.publishedAt })
      .from(filed)
      .where(and(eq(filed.tagId, sql.placeholder('tagId')), eq(filed.language, sql.placeholder('language'))))
      .orderBy(desc(filed.publishedAt), desc(filed.articleId))
      .limit(sql.placeholder('limit'))
  return reader.prepared('newest of tag', build, { tagId, language, limit })
}

/** Until when each of the articles is under embargo. */
export async function listEmbargoesOf(
  reader: EmbargoReader,
  articleIds: readonly string[],
): Promise<{ articleId: string; until: number }[]> {
  const { embargoes } = reader.tables
  const build = () => reader.sql.select().from(embargoes).where(reader.isIn(embargoes.articleId, 'ids'))
  return reader.prepared('embargoes of articles', build, { ids: reader.list(articleIds) })
}

/** The article under embargo that is to have a slug. */
export async function findEmbargoedSlug(reader: EmbargoReader, slug: string): Promise<string | undefined> {
  const { publications: p } = reader.tables
  const [row] = await reader.sql.select({ id: p.articleId }).from(p).where(eq(p.slug, slug))
  return row?.id
}

/** The tombstone of an article that was withdrawn before the public saw it. */
export async function findEmbargoedTombstone(
  reader: EmbargoReader,
  articleId: string,
): Promise<TombstoneRow | undefined> {
  const { tombstones } = reader.tables
  const [row] = await reader.sql.select().from(tombstones).where(eq(tombstones.articleId, articleId))
  return row && { ...row, replacementSlug: null }
}
