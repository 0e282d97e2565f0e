import type { LiveReader } from '../../db/db.ts'
import { asc, desc, eq, getTableColumns, type SelectedFields, sql } from '../../db/drizzle.ts'
import type { LiveTables } from '../../db/tables.ts'
import { formVersion } from './articles.schema.ts'
import type { ArticleReader } from './relations.store.ts'
import { type ArticleFilter, conditions, hidden, isEmpty, planWalk, walk } from './walk.store.ts'

type BodyFormat = 'html' | 'text'
type PublicationRow = LiveTables['publications']['$inferSelect']
const listedColumns = [
  'articleId',
  'slug',
  'language',
  'access',
  'storyId',
  'leadMediaId',
  'tagIds',
  'publishedAt',
  'updatedAt',
] as const
/** A publication as answers are made of it: what is kept of its own fields, and what it is placed and related by. */
export type Listed = Pick<PublicationRow, (typeof listedColumns)[number]> & {
  /** As this build writes it. */
  form: Buffer | null
} & Partial<Single>
/** What is read with a single one. */
type Single = {
  /** The ids of its media without the lead, with spaces between. */
  mediaIds: string | null
  body: string
  /** Whether another live article tells its story, where that was looked at: truthy if so. */
  isTranslated: unknown
}

function columnsOf(p: LiveTables['publications']) {
  const all = getTableColumns(p)
  const some = Object.fromEntries(listedColumns.map(name => [name, all[name]]))
  return {
    ...(some as Pick<typeof all, (typeof listedColumns)[number]>),
    form: sql<Buffer | null>`case when ${p.formVersion} = ${sql.raw(String(formVersion))} then ${p.form} end`,
  }
}

export type PlaceInList = readonly [instant: number, id: string]

/**
 * A page of publications in the order of `sort`, from after `after`, without their bodies: an index walk where the
 * filter allows it, else off the event loop with a time limit.
 */
export async function listPublicationRows(
  reader: ArticleReader,
  filter: ArticleFilter,
  limit: number,
  after?: PlaceInList,
): Promise<Listed[]> {
  if (isEmpty(filter)) return []
  const { publications: p, publicationTags: walked } = reader.tables
  const { driver, flat } = planWalk(filter)
  const { where, params, shape } = conditions(reader, filter, driver)
  const id = driver ? walked.articleId : p.articleId
  const instant = filter.sort === '-updatedAt' ? p.updatedAt : driver ? walked.publishedAt : p.publishedAt
  const key = () => (filter.ids ? hidden(instant) : sql`${instant}`)
  const direction = filter.sort === 'publishedAt' ? asc : desc
  if (after) {
    const beyond = filter.sort === 'publishedAt' ? sql`>` : sql`<`
    const place = () => sql`(${sql.placeholder('afterKey')}, ${sql.placeholder('afterId')})`
    where.push(() => sql`(${key()}, ${id}) ${beyond} ${place()}`)
    Object.assign(params, { afterKey: after[0], afterId: after[1] })
    shape.push('after')
  }
  params.limit = limit

  const page = <Row>(columns: SelectedFields) =>
    walk<Row>(reader, driver, columns, where)
      .orderBy(direction(key()), direction(id))
      .limit(sql.placeholder('limit'))
  if (flat)
    return reader.prepared(`${shape.join(' ')} ${filter.sort}`, () => page<Listed>(columnsOf(p)), params)

  const ids = page({ id })
  const found = (await reader.offLoop(ids, params)).map(row => String(row[0]))
  const rows = await listPublicationsById(reader, found)
  return found.flatMap(articleId => rows.find(row => row.articleId === articleId) ?? [])
}

/** How many publications a filter has, counted off the event loop. */
export async function countPublications(reader: ArticleReader, filter: ArticleFilter): Promise<number> {
  if (isEmpty(filter)) return 0
  const { driver } = planWalk(filter)
  const { where, params } = conditions(reader, filter, driver)
  const query = walk<{ count: number }>(reader, driver, { count: sql<number>`count(*)` }, where)
  const rows = await reader.offLoop(query, params)
  return Number(rows[0]?.[0] ?? 0)
}

type SectionCount = { sectionId: string; count: number }

/** How many publications of a filter each section has. */
export async function countBySection(reader: LiveReader, filter: ArticleFilter): Promise<SectionCount[]> {
  if (isEmpty(filter)) return []
  const { publications: p } = reader.tables
  const { driver, flat } = planWalk(filter)
  const { where, params, shape } = conditions(reader, filter, driver)
  const columns = { sectionId: p.sectionId, count: sql<number>`count(*)` }
  const build = () => walk<SectionCount>(reader, driver, columns, where).groupBy(p.sectionId)
  if (flat) return reader.prepared(`${shape.join(' ')} by section`, build, params)
  const rows = await reader.offLoop(build(), params)
  return rows.map(([sectionId, count]) => ({ sectionId: String(sectionId), count: Number(count) }))
}

/** The last or first `publishedAt` of a filter; undefined when it has none. */
export async function findEdge(
  reader: LiveReader,
  filter: ArticleFilter,
  edge: 'last' | 'first',
): Promise<number | undefined> {
  const sort = edge === 'last' ? '-publishedAt' : 'publishedAt'
  const [row] = await listPublicationRows(reader, { ...filter, sort }, 1)
  return row?.publishedAt
}

export async function listPublicationsById(reader: ArticleReader, ids: readonly string[]): Promise<Listed[]> {
  const { publications: p } = reader.tables
  const build = () => reader.sql.select(columnsOf(p)).from(p).where(reader.isIn(p.articleId, 'ids'))
  return ids.length === 0 ? [] : reader.prepared('publications by id', build, { ids: reader.list(ids) })
}

/** The stories that articles tell, of those that are live. */
export async function listStoriesOf(reader: ArticleReader, ids: readonly string[]): Promise<string[]> {
  const { publications: p } = reader.tables
  const build = () =>
    reader.sql.selectDistinct({ storyId: p.storyId }).from(p).where(reader.isIn(p.articleId, 'ids'))
  const rows = ids.length === 0 ? [] : await reader.prepared('stories', build, { ids: reader.list(ids) })
  return rows.map(row => row.storyId)
}

/** The whole rows of publications, of which no form is kept. */
export async function listWholeById(
  reader: ArticleReader,
  ids: readonly string[],
): Promise<PublicationRow[]> {
  const { publications: p } = reader.tables
  const build = () => reader.sql.select().from(p).where(reader.isIn(p.articleId, 'ids'))
  return ids.length === 0 ? [] : reader.prepared('whole publications', build, { ids: reader.list(ids) })
}

/** One publication, with its body in the format where one is named. */
export async function findPublication(
  reader: ArticleReader,
  id: string,
  format?: BodyFormat,
): Promise<Listed | undefined> {
  const { publications: p, publicationBodies: bodies } = reader.tables
  const one = () => eq(p.articleId, sql.placeholder('id'))
  const plain = () =>
    reader.sql
      .select({ ...columnsOf(p), mediaIds: p.mediaIds })
      .from(p)
      .where(one())
  const withBody = (body: BodyFormat) =>
    reader.sql
      .select({ ...columnsOf(p), mediaIds: p.mediaIds, body: bodies[body] })
      .from(p)
      .innerJoin(bodies, eq(bodies.articleId, p.articleId))
      .where(one())
  const [row] = format
    ? await reader.prepared(`publication with ${format}`, () => withBody(format), { id })
    : await reader.prepared('publication by id', plain, { id })
  return row
}

/** The same of the live publication whose slug it is, or was: what readers ask for most, at one look. */
export async function findPublicationOfSlug(
  reader: LiveReader,
  slug: string,
  format?: BodyFormat,
): Promise<Listed | undefined> {
  const { publications: p, publicationBodies: bodies, slugs } = reader.tables
  const columns = () => ({
    ...columnsOf(p),
    mediaIds: p.mediaIds,
    isTranslated: sql<unknown>`exists (select 1 from ${p} s where s.story_id = ${p.storyId} and s.article_id <> ${p.articleId})`,
  })
  const own = () => eq(p.articleId, slugs.articleId)
  const one = () => eq(slugs.slug, sql.placeholder('slug'))
  const plain = () => reader.sql.select(columns()).from(slugs).innerJoin(p, own()).where(one())
  const withBody = (body: BodyFormat) =>
    reader.sql
      .select({ ...columns(), body: bodies[body] })
      .from(slugs)
      .innerJoin(p, own())
      .innerJoin(bodies, eq(bodies.articleId, slugs.articleId))
      .where(one())
  const [row] = format
    ? await reader.prepared(`publication of slug with ${format}`, () => withBody(format), { slug })
    : await reader.prepared('publication of slug', plain, { slug })
  return row
}
