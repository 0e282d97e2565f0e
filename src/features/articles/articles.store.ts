import type { EmbargoReader, LiveReader } from '../../db/db.ts'
import {
  alias,
  and,
  asc,
  type Column,
  desc,
  eq,
  exists,
  getTableColumns,
  notExists,
  type Placeholder,
  type SelectedFields,
  type SQL,
  sql,
} from '../../db/drizzle.ts'
import type { LiveTables } from '../../db/tables.ts'
import type { ArticleReader } from './relations.store.ts'

type PublicationRow = LiveTables['publications']['$inferSelect']
const listedColumns = [
  'articleId',
  'slug',
  'language',
  'access',
  'storyId',
  'leadMediaId',
  'publishedAt',
  'updatedAt',
  'correctedAt',
  'form',
  'formVersion',
] as const
/** A publication as answers are made of it: what is kept of its own fields, and what it is placed and related by. */
export type Listed = Pick<PublicationRow, (typeof listedColumns)[number]> & {
  /** Where it was read with it. */
  body?: string
}

function columnsOf(p: LiveTables['publications']) {
  const all = getTableColumns(p)
  return Object.fromEntries(listedColumns.map(name => [name, all[name]])) as Pick<
    typeof all,
    (typeof listedColumns)[number]
  >
}

/** A tag as a filter: its id, and how many live articles have it. */
export type FilterTag = { id: string; uses: number }
export type Sort = '-publishedAt' | 'publishedAt' | '-updatedAt'

export type ArticleFilter = {
  /** Lists of which each article has any; one list for `tag`, one for `section`. */
  anyTags: readonly (readonly FilterTag[])[]
  allTags: readonly FilterTag[]
  languages?: readonly string[]
  kinds?: readonly string[]
  signOffs?: readonly string[]
  urgencies?: readonly number[]
  /** Instants in epoch milliseconds. */
  publishedFrom?: number
  publishedBefore?: number
  asOf?: number
  updatedSince?: number
  ids?: readonly string[]
  sort: Sort
  /** Leaves out articles of which a version is under embargo. */
  without?: EmbargoReader
}

export type PlaceInList = readonly [instant: number, id: string]

/** How a filter is walked: the tag that drives it, and whether an index alone serves it, at any size. */
type Walk = { driver: FilterTag | undefined; flat: boolean }

function planWalk(filter: ArticleFilter): Walk {
  const single = filter.anyTags.flatMap(list => (list.length === 1 && list[0] ? [list[0]] : []))
  const candidates = [...filter.allTags, ...single].sort((a, b) => a.uses - b.uses)
  const driver = filter.sort === '-updatedAt' || filter.ids ? undefined : candidates[0]
  const tagLists = filter.allTags.length + filter.anyTags.length
  const indexed =
    tagLists === (driver ? 1 : 0) &&
    (filter.languages?.length ?? 1) === 1 &&
    !filter.kinds &&
    !filter.signOffs &&
    !filter.urgencies &&
    (filter.updatedSince === undefined || filter.sort === '-updatedAt') &&
    !(filter.sort === '-updatedAt' && hasPublishedRange(filter))
  return { driver, flat: indexed || filter.ids !== undefined }
}

function hasPublishedRange(filter: ArticleFilter): boolean {
  return (
    filter.publishedFrom !== undefined || filter.publishedBefore !== undefined || filter.asOf !== undefined
  )
}

/** The conditions of a filter with placeholders, their parameters, and the name of their shape. */
function conditions(reader: ArticleReader, filter: ArticleFilter, driver: FilterTag | undefined) {
  const { publications: p, publicationTags: walked } = reader.tables
  const where: SQL[] = []
  const params: Record<string, unknown> = {}
  const shape: string[] = [driver ? 'tag walk' : 'walk']

  function add(name: string, value: unknown, condition: SQL): void {
    where.push(condition)
    params[name] = value
    shape.push(name)
  }
  const slot = (name: string) => sql.placeholder(name)
  const column = (of: Column) => (filter.ids ? hidden(of) : sql`${of}`)
  const key = column(driver ? walked.publishedAt : p.publishedAt)

  if (driver) add('driver', driver.id, eq(walked.tagId, slot('driver')))
  if (filter.languages?.length === 1) {
    const language = column(driver ? walked.language : p.language)
    add('language', filter.languages[0], sql`${language} = ${slot('language')}`)
  } else if (filter.languages)
    add('languages', reader.list(filter.languages), reader.isIn(p.language, 'languages'))
  if (filter.kinds) add('kinds', reader.list(filter.kinds), reader.isIn(p.kind, 'kinds'))
  if (filter.signOffs) add('signOffs', reader.list(filter.signOffs), reader.isIn(p.signOff, 'signOffs'))
  if (filter.urgencies) add('urgencies', reader.list(filter.urgencies), reader.isIn(p.urgency, 'urgencies'))
  if (filter.ids) add('ids', reader.list(filter.ids), reader.isIn(p.articleId, 'ids'))
  if (filter.publishedFrom !== undefined) add('from', filter.publishedFrom, sql`${key} >= ${slot('from')}`)
  if (filter.publishedBefore !== undefined)
    add('before', filter.publishedBefore, sql`${key} < ${slot('before')}`)
  if (filter.asOf !== undefined) add('asOf', filter.asOf, sql`${key} <= ${slot('asOf')}`)
  if (filter.updatedSince !== undefined)
    add('since', filter.updatedSince, sql`${column(p.updatedAt)} >= ${slot('since')}`)

  if (filter.without) {
    const { sql: from, tables } = filter.without
    const waiting = from
      .select({ id: tables.embargoes.articleId })
      .from(tables.embargoes)
      .where(eq(tables.embargoes.articleId, p.articleId))
    where.push(notExists(waiting))
    shape.push('without')
  }

  const lists = [...filter.anyTags, ...filter.allTags.map(tag => [tag])]
  for (const [i, list] of lists.entries()) {
    if (driver && list.length === 1 && list[0]?.id === driver.id) continue
    const t = alias(walked, `t${i}`)
    const tagged = reader.sql
      .select({ id: t.articleId })
      .from(t)
      .where(and(eq(t.articleId, p.articleId), reader.isIn(t.tagId, `tags${i}`)))
    add(`tags${i}`, reader.list(list.map(tag => tag.id)), exists(tagged))
  }
  return { where, params, shape }
}

/** A column as no index has it: where ids are asked for, they are to drive and nothing else. */
function hidden(column: Column): SQL {
  return sql`nullif(${column}, null)`
}

/** A select in the making, whichever tables it walks: Drizzle's own type says more than a compiler can follow. */
type Walking<Row> = PromiseLike<Row[]> & {
  toSQL(): { sql: string; params: unknown[] }
  where(condition: SQL | undefined): Walking<Row>
  orderBy(...order: SQL[]): Walking<Row>
  groupBy(column: Column): Walking<Row>
  limit(count: Placeholder): Walking<Row>
}

/** Publications by way of the driving tag's index, or of their own. */
function walk<Row>(
  reader: ArticleReader,
  driver: FilterTag | undefined,
  columns: SelectedFields,
): Walking<Row> {
  const { publications: p, publicationTags: walked } = reader.tables
  const select = reader.sql.select(columns)
  const query = driver ? select.from(walked).innerJoin(p, eq(p.articleId, walked.articleId)) : select.from(p)
  return query as unknown as Walking<Row>
}

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
  const key = filter.ids ? hidden(instant) : sql`${instant}`
  const direction = filter.sort === 'publishedAt' ? asc : desc
  if (after) {
    const beyond = sql.raw(filter.sort === 'publishedAt' ? '>' : '<')
    where.push(sql`(${key}, ${id}) ${beyond} (${sql.placeholder('afterKey')}, ${sql.placeholder('afterId')})`)
    Object.assign(params, { afterKey: after[0], afterId: after[1] })
    shape.push('after')
  }
  params.limit = limit

  const order = [direction(key), direction(id)]
  const page = <Row>(columns: SelectedFields) =>
    walk<Row>(reader, driver, columns)
      .where(and(...where))
      .orderBy(...order)
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
  const query = walk<{ count: number }>(reader, driver, { count: sql<number>`count(*)` }).where(and(...where))
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
  const build = () =>
    walk<SectionCount>(reader, driver, { sectionId: p.sectionId, count: sql<number>`count(*)` })
      .where(and(...where))
      .groupBy(p.sectionId)
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

/** A list of tags none of which is live matches nothing. */
function isEmpty(filter: ArticleFilter): boolean {
  return filter.anyTags.some(list => list.length === 0) || filter.ids?.length === 0
}

export async function listPublicationsById(reader: ArticleReader, ids: readonly string[]): Promise<Listed[]> {
  const { publications: p } = reader.tables
  const build = () => reader.sql.select(columnsOf(p)).from(p).where(reader.isIn(p.articleId, 'ids'))
  return ids.length === 0 ? [] : reader.prepared('publications by id', build, { ids: reader.list(ids) })
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

export async function findPublication(reader: ArticleReader, id: string): Promise<Listed | undefined> {
  const { publications: p } = reader.tables
  const build = () =>
    reader.sql
      .select(columnsOf(p))
      .from(p)
      .where(eq(p.articleId, sql.placeholder('id')))
  const [row] = await reader.prepared('publication by id', build, { id })
  return row
}

/** The live publication whose slug it is, or was, with its body: what readers ask for most, at one look. */
export async function findPublicationOfSlug(
  reader: LiveReader,
  slug: string,
  format: 'html' | 'text',
): Promise<Listed | undefined> {
  const { publications: p, publicationBodies: bodies, slugs } = reader.tables
  const build = () =>
    reader.sql
      .select({ ...columnsOf(p), body: bodies[format] })
      .from(slugs)
      .innerJoin(p, eq(p.articleId, slugs.articleId))
      .innerJoin(bodies, eq(bodies.articleId, slugs.articleId))
      .where(eq(slugs.slug, sql.placeholder('slug')))
  const [row] = await reader.prepared(`publication of slug with ${format}`, build, { slug })
  return row
}
