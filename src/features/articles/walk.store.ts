import type { EmbargoReader } from '../../db/db.ts'
import {
  alias,
  and,
  type Column,
  eq,
  exists,
  notExists,
  type Placeholder,
  type SelectedFields,
  type SQL,
  sql,
} from '../../db/drizzle.ts'
import type { ArticleReader } from './relations.store.ts'

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

/** How a filter is walked: the tag that drives it, and whether an index alone serves it, at any size. */
type Walk = { driver: FilterTag | undefined; flat: boolean }

export function planWalk(filter: ArticleFilter): Walk {
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

/**
 * The conditions of a filter with placeholders, their parameters, and the name of their shape. A statement of a shape
 * that is known is prepared, so the conditions are written down only where one is built.
 */
export function conditions(reader: ArticleReader, filter: ArticleFilter, driver: FilterTag | undefined) {
  const { publications: p, publicationTags: walked } = reader.tables
  const where: (() => SQL)[] = []
  const params: Record<string, unknown> = {}
  const shape: string[] = [driver ? 'tag walk' : 'walk']

  function add(name: string, value: unknown, condition: () => SQL): void {
    where.push(condition)
    params[name] = value
    shape.push(name)
  }
  const slot = (name: string) => sql.placeholder(name)
  const column = (of: Column) => (filter.ids ? hidden(of) : sql`${of}`)
  const key = () => column(driver ? walked.publishedAt : p.publishedAt)
  /** The column has one of the values, which may be none. */
  const addAny = (name: string, of: Column, values: readonly (string | number)[] | undefined) => {
    if (values) add(name, reader.list(values), () => reader.isIn(of, name))
  }

  if (driver) add('driver', driver.id, () => eq(walked.tagId, slot('driver')))
  if (filter.languages?.length === 1) {
    const language = driver ? walked.language : p.language
    add('language', filter.languages[0], () => sql`${column(language)} = ${slot('language')}`)
  } else addAny('languages', p.language, filter.languages)
  addAny('kinds', p.kind, filter.kinds)
  addAny('signOffs', p.signOff, filter.signOffs)
  addAny('urgencies', p.urgency, filter.urgencies)
  addAny('ids', p.articleId, filter.ids)
  const { publishedFrom, publishedBefore, asOf, updatedSince } = filter
  if (publishedFrom !== undefined) add('from', publishedFrom, () => sql`${key()} >= ${slot('from')}`)
  if (publishedBefore !== undefined) add('before', publishedBefore, () => sql`${key()} < ${slot('before')}`)
  if (asOf !== undefined) add('asOf', asOf, () => sql`${key()} <= ${slot('asOf')}`)
  if (updatedSince !== undefined)
    add('since', updatedSince, () => sql`${column(p.updatedAt)} >= ${slot('since')}`)

  if (filter.without) {
    const { sql: from, tables } = filter.without
    const waiting = from
      .select({ id: tables.embargoes.articleId })
      .from(tables.embargoes)
      .where(eq(tables.embargoes.articleId, p.articleId))
    where.push(() => notExists(waiting))
    shape.push('without')
  }

  const lists = [...filter.anyTags, ...filter.allTags.map(tag => [tag])]
  for (const [i, list] of lists.entries()) {
    if (driver && list.length === 1 && list[0]?.id === driver.id) continue
    const ids = reader.list(list.map(tag => tag.id))
    add(`tags${i}`, ids, () => {
      const t = alias(walked, `t${i}`)
      const isOne = and(eq(t.articleId, p.articleId), reader.isIn(t.tagId, `tags${i}`))
      return exists(reader.sql.select({ id: t.articleId }).from(t).where(isOne))
    })
  }
  return { where, params, shape }
}

/** A column as no index has it: where ids are asked for, they are to drive and nothing else. */
export function hidden(column: Column): SQL {
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

/** Publications by way of the driving tag's index, or of their own, that meet the conditions. */
export function walk<Row>(
  reader: ArticleReader,
  driver: FilterTag | undefined,
  columns: SelectedFields,
  where: readonly (() => SQL)[],
): Walking<Row> {
  const { publications: p, publicationTags: walked } = reader.tables
  const select = reader.sql.select(columns)
  const query = driver ? select.from(walked).innerJoin(p, eq(p.articleId, walked.articleId)) : select.from(p)
  return (query as unknown as Walking<Row>).where(and(...where.map(write => write())))
}

/** A list of tags none of which is live matches nothing. */
export function isEmpty(filter: ArticleFilter): boolean {
  return filter.anyTags.some(list => list.length === 0) || filter.ids?.length === 0
}
