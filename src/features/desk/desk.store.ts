import { Conflict, type DeskReader, type Writer } from '../../db/db.ts'
import { and, asc, desc, eq, getTableColumns, gt, lte, not, or, type SQL, sql } from '../../db/drizzle.ts'
import { insertRows, slotsOf } from '../../db/insert.ts'
import type { AllTables } from '../../db/tables.ts'
import type { DeskStatus, LiveStatus } from '../../words.ts'

export type ArticleRow = AllTables['articles']['$inferSelect']
export type VersionRow = AllTables['versions']['$inferSelect']

/** A working copy with what it refers to: tags by id and slug in order, the section's slug, and media ids in order. */
export type WorkingCopy = ArticleRow & {
  sectionSlug: string | null
  tags: readonly { id: string; slug: string }[]
  /** The lead picture. */
  leadMediaId: string | null
  mediaIds: readonly string[]
}

type Relations = Pick<WorkingCopy, 'sectionSlug' | 'tags' | 'leadMediaId' | 'mediaIds'>

export async function findArticle(reader: DeskReader, id: string): Promise<WorkingCopy | undefined> {
  const { articles } = reader.tables
  const build = () =>
    reader.sql
      .select()
      .from(articles)
      .where(eq(articles.id, sql.placeholder('id')))
  const [row] = await reader.prepared('article by id', build, { id })
  if (!row) return undefined
  const [copy] = await withRelations(reader, [row])
  return copy
}

export type ArticleFilter = {
  deskStatus?: readonly DeskStatus[]
  liveStatus?: readonly LiveStatus[]
  language?: readonly string[]
  sectionId?: string
  /** Goes on below this place: time of the last edit (epoch milliseconds) and id. */
  after?: readonly [editedAt: number, id: string]
  limit: number
}

/**
 * Working copies, last edited first, without their bodies: an index walk for one value of one filter, else off the
 * event loop with a time limit.
 */
export async function listArticleRows(reader: DeskReader, filter: ArticleFilter): Promise<WorkingCopy[]> {
  const { articles } = reader.tables
  const { deskStatus, liveStatus, language, sectionId, after, limit } = filter
  const any = <T>(values: readonly T[] | undefined, test: (value: T) => SQL) =>
    values && or(...values.map(test))
  const where = and(
    any(deskStatus, value => eq(articles.deskStatus, value)),
    any(liveStatus, value => eq(articles.liveStatus, value)),
    any(language, value => eq(articles.language, value)),
    sectionId === undefined ? undefined : eq(articles.sectionId, sectionId),
    after && sql`(${articles.editedAt}, ${articles.id}) < (${after[0]}, ${after[1]})`,
  )
  const order = [desc(articles.editedAt), desc(articles.id)]
  const columns = { ...getTableColumns(articles), bodyHtml: sql<null>`null` }
  const select = () => reader.sql.select(columns).from(articles)
  const values = [deskStatus, liveStatus, language, sectionId].flatMap(value => value ?? [])
  if (values.length <= 1) {
    const rows = await select()
      .where(where)
      .orderBy(...order)
      .limit(limit)
    return withRelations(reader, rows)
  }
  const ids = reader.sql
    .select({ id: articles.id })
    .from(articles)
    .where(where)
    .orderBy(...order)
    .limit(limit)
  const found = (await reader.offLoop(ids, {})).map(row => String(row[0]))
  const build = () =>
    select()
      .where(reader.isIn(articles.id, 'ids'))
      .orderBy(...order)
  return withRelations(reader, await reader.prepared('articles by ids', build, { ids: reader.list(found) }))
}

/** Whether any working copy belongs to the story. */
export async function isStory(reader: DeskReader, storyId: string): Promise<boolean> {
  const { articles } = reader.tables
  const [row] = await reader.sql
    .select({ id: articles.id })
    .from(articles)
    .where(eq(articles.storyId, storyId))
    .limit(1)
  return row !== undefined
}

/** What costs a save an index, or a look at another table: it is written only where it changed. */
const costly: readonly string[] = ['slug', 'sectionId', 'language', 'storyId', 'publishAt']

/** Writes the working copy, and of one that was there what is not as in `before`, as far as that saves work. */
export async function saveArticle(tx: Writer, copy: WorkingCopy, before?: WorkingCopy): Promise<void> {
  const { articles, articleTags, articleMedia } = tx.tables
  const { sectionSlug: _slug, tags, leadMediaId, mediaIds, ...row } = copy
  if (!before) await insertRows(tx, articles, [row])
  else {
    const names = (Object.keys(row) as (keyof ArticleRow)[]).filter(
      name => name !== 'id' && (!costly.includes(name) || row[name] !== before[name]),
    )
    // A merge of tags raises revisions too, and locks no articles.
    const build = () => {
      const slots = slotsOf(articles)
      return tx.sql
        .update(articles)
        .set(Object.fromEntries(names.map(name => [name, slots[name]])))
        .where(
          and(eq(articles.id, sql.placeholder('id')), eq(articles.revision, sql.placeholder('revisionRead'))),
        )
        .returning({ id: articles.id })
    }
    const saved = await tx.prepared(`save ${names.join()} of article`, build, {
      ...row,
      revisionRead: row.revision - 1,
    })
    if (saved.length === 0) throw new Conflict(`article ${row.id} was changed meanwhile`)
  }
  const { id } = row
  const slot = sql.placeholder('id')
  if (!before || !isSame(tagIdsOf(before), tagIdsOf(copy))) {
    const build = () => tx.sql.delete(articleTags).where(eq(articleTags.articleId, slot))
    if (before) await tx.prepared('delete tags of article', build, { id })
    const tagRows = tags.map((tag, i) => ({ articleId: row.id, position: i + 1, tagId: tag.id }))
    await insertRows(tx, articleTags, tagRows)
  }
  if (before && isSame(mediaIdsOf(before), mediaIdsOf(copy))) return
  const build = () => tx.sql.delete(articleMedia).where(eq(articleMedia.articleId, slot))
  if (before) await tx.prepared('delete media of article', build, { id })
  const mediaRows = mediaIds.map((mediaId, i) => ({ articleId: row.id, position: i + 1, mediaId }))
  if (leadMediaId !== null) mediaRows.unshift({ articleId: row.id, position: 0, mediaId: leadMediaId })
  await insertRows(tx, articleMedia, mediaRows)
}

const tagIdsOf = ({ tags }: WorkingCopy) => tags.map(tag => tag.id)
const mediaIdsOf = ({ leadMediaId, mediaIds }: WorkingCopy) => [leadMediaId, ...mediaIds]
const isSame = (these: readonly unknown[], those: readonly unknown[]) =>
  these.length === those.length && these.every((item, i) => item === those[i])

/** Working copies scheduled for the instant or before, the longest due first, but those of `without`. */
export async function listDueSchedules(
  reader: DeskReader,
  at: number,
  limit: number,
  without: readonly string[],
): Promise<{ id: string; at: number }[]> {
  const { articles } = reader.tables
  const build = () =>
    reader.sql
      .select({ id: articles.id, at: articles.publishAt })
      .from(articles)
      .where(and(lte(articles.publishAt, sql.placeholder('at')), not(reader.isIn(articles.id, 'without'))))
      .orderBy(asc(articles.publishAt), asc(articles.id))
      .limit(sql.placeholder('limit'))
  const rows = await reader.prepared('due schedules', build, { at, limit, without: reader.list(without) })
  return rows.flatMap(row => (row.at === null ? [] : [{ id: row.id, at: row.at }]))
}

export async function deleteArticleRow(tx: Writer, id: string): Promise<void> {
  const { articles } = tx.tables
  await tx.sql.delete(articles).where(eq(articles.id, id))
}

export async function insertVersion(tx: Writer, row: VersionRow): Promise<void> {
  await insertRows(tx, tx.tables.versions, [row])
}

/** The versions of an article, first to last, from above `afterNumber`, without the texts. */
export async function listVersionRows(
  reader: DeskReader,
  articleId: string,
  limit: number,
  afterNumber = 0,
): Promise<Omit<VersionRow, 'snapshot'>[]> {
  const { versions } = reader.tables
  const { snapshot: _snapshot, ...columns } = getTableColumns(versions)
  return reader.sql
    .select(columns)
    .from(versions)
    .where(and(eq(versions.articleId, articleId), gt(versions.number, afterNumber)))
    .orderBy(asc(versions.number))
    .limit(limit)
}

export async function findVersion(
  reader: DeskReader,
  articleId: string,
  number: number,
): Promise<VersionRow | undefined> {
  const { versions } = reader.tables
  const [row] = await reader.sql
    .select()
    .from(versions)
    .where(and(eq(versions.articleId, articleId), eq(versions.number, number)))
  return row
}

export async function insertWithdrawal(
  tx: Writer,
  row: AllTables['withdrawals']['$inferSelect'],
): Promise<void> {
  await tx.sql.insert(tx.tables.withdrawals).values(row)
}

async function withRelations(reader: DeskReader, rows: readonly ArticleRow[]): Promise<WorkingCopy[]> {
  const { articleTags, articleMedia, tags } = reader.tables
  const ids = reader.list(rows.map(row => row.id))
  const tagged = await reader.prepared(
    'tags of articles',
    () =>
      reader.sql
        .select({ articleId: articleTags.articleId, id: tags.id, slug: tags.slug })
        .from(articleTags)
        .innerJoin(tags, eq(tags.id, articleTags.tagId))
        .where(reader.isIn(articleTags.articleId, 'ids'))
        .orderBy(asc(articleTags.articleId), asc(articleTags.position)),
    { ids },
  )
  const pictured = await reader.prepared(
    'media of articles',
    () =>
      reader.sql
        .select()
        .from(articleMedia)
        .where(reader.isIn(articleMedia.articleId, 'ids'))
        .orderBy(asc(articleMedia.articleId), asc(articleMedia.position)),
    { ids },
  )
  const sections = await reader.prepared(
    'sections by id',
    () => reader.sql.select({ id: tags.id, slug: tags.slug }).from(tags).where(reader.isIn(tags.id, 'ids')),
    { ids: reader.list(rows.flatMap(row => row.sectionId ?? [])) },
  )
  return rows.map(row => {
    const media = pictured.filter(item => item.articleId === row.id)
    const relations: Relations = {
      sectionSlug: sections.find(section => section.id === row.sectionId)?.slug ?? null,
      tags: tagged.filter(tag => tag.articleId === row.id).map(({ id, slug }) => ({ id, slug })),
      leadMediaId: media.find(item => item.position === 0)?.mediaId ?? null,
      mediaIds: media.filter(item => item.position > 0).map(item => item.mediaId),
    }
    return { ...row, ...relations }
  })
}
