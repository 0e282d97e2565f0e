import type { LiveReader, Reader, Writer } from '../../db/db.ts'
import {
  alias,
  and,
  asc,
  eq,
  getTableColumns,
  gt,
  gte,
  lt,
  not,
  or,
  type SQL,
  sql,
} from '../../db/drizzle.ts'
import type { AllTables, LiveTables } from '../../db/tables.ts'
import type { TagKind } from '../../words.ts'

/** What is locked by whoever changes a tag: each may be another's parent. */
export const tagTree = 'tags'

export type TagFacts = Omit<LiveTables['liveTags']['$inferSelect'], 'uses'>
export type LiveTagRow = LiveTables['liveTags']['$inferSelect'] & { parent: string | null }

/** Tags that something live uses, or that something under embargo may use. */
type TagReader = Reader<Pick<LiveTables, 'liveTags'>>

function selectLiveTags(reader: TagReader) {
  const { liveTags } = reader.tables
  const parent = alias(liveTags, 'parent')
  return reader.sql
    .select({ ...getTableColumns(liveTags), parent: parent.slug })
    .from(liveTags)
    .leftJoin(parent, eq(parent.id, liveTags.parentId))
}

/** The live tag of a slug. */
export async function findLiveTag(reader: TagReader, slug: string): Promise<LiveTagRow | undefined> {
  const build = () => selectLiveTags(reader).where(eq(reader.tables.liveTags.slug, sql.placeholder('slug')))
  const [row] = await reader.prepared('live tag by slug', build, { slug })
  return row
}

/** The live tags of ids, in no order. */
export async function listLiveTagsById(
  reader: LiveReader,
  ids: readonly string[],
): Promise<LiveTables['liveTags']['$inferSelect'][]> {
  const { liveTags } = reader.tables
  const build = () => reader.sql.select().from(liveTags).where(reader.isIn(liveTags.id, 'ids'))
  return ids.length === 0 ? [] : reader.prepared('live tags by id', build, { ids: reader.list(ids) })
}

/** The slug of the live tag that a merged one became. */
export async function findTagRedirect(reader: LiveReader, slug: string): Promise<string | undefined> {
  const { tagRedirects, liveTags } = reader.tables
  const build = () =>
    reader.sql
      .select({ slug: liveTags.slug })
      .from(tagRedirects)
      .innerJoin(liveTags, eq(liveTags.id, tagRedirects.tagId))
      .where(eq(tagRedirects.slug, sql.placeholder('slug')))
  const [row] = await reader.prepared('tag redirect', build, { slug })
  return row?.slug
}

export type TagFilter = { kinds?: readonly TagKind[]; parentId?: string; after?: string; limit: number }

/** Live tags by slug, from above `after`. */
export async function listLiveTagRows(reader: LiveReader, filter: TagFilter): Promise<LiveTagRow[]> {
  const { liveTags } = reader.tables
  const where = [
    filter.kinds ? or(...filter.kinds.map(kind => eq(liveTags.kind, kind))) : undefined,
    filter.parentId === undefined ? undefined : eq(liveTags.parentId, filter.parentId),
    filter.after === undefined ? undefined : gt(liveTags.slug, filter.after),
  ]
  return selectLiveTags(reader)
    .where(and(...where))
    .orderBy(asc(liveTags.slug))
    .limit(filter.limit)
}

export type TagNameFilter = Omit<TagFilter, 'after'> & {
  prefix: string
  after?: readonly [folded: string, tagId: string]
}

/** Live tags one of whose names begins with the folded prefix, by that name; each tag once, at its first such name. */
export async function listLiveTagRowsByName(
  reader: LiveReader,
  filter: TagNameFilter,
): Promise<(LiveTagRow & { folded: string })[]> {
  const { liveTags, liveTagNames: name } = reader.tables
  const parent = alias(liveTags, 'parent')
  const end = `${filter.prefix}\u{10ffff}`
  const earlier = sql`exists (select 1 from live_tag_names e where e.tag_id = ${name.tagId} and e.folded >= ${filter.prefix} and e.folded < ${name.folded})`
  const where: (SQL | undefined)[] = [
    gte(name.folded, filter.prefix),
    lt(name.folded, end),
    not(earlier),
    filter.after && sql`(${name.folded}, ${name.tagId}) > (${filter.after[0]}, ${filter.after[1]})`,
    filter.kinds ? or(...filter.kinds.map(kind => eq(liveTags.kind, kind))) : undefined,
    filter.parentId === undefined ? undefined : eq(liveTags.parentId, filter.parentId),
  ]
  return reader.sql
    .select({ ...getTableColumns(liveTags), parent: parent.slug, folded: name.folded })
    .from(name)
    .innerJoin(liveTags, eq(liveTags.id, name.tagId))
    .leftJoin(parent, eq(parent.id, liveTags.parentId))
    .where(and(...where))
    .orderBy(asc(name.folded), asc(name.tagId))
    .limit(filter.limit)
}

/** Counts articles gained and lost by tags; a tag that comes into use, or goes out of it, becomes or stops being live. */
export async function countTagUses(
  tx: Writer,
  gained: readonly string[],
  lost: readonly string[],
): Promise<void> {
  const raised = await raiseTagUses(tx, gained, 1)
  for (const tagId of gained) if (!raised.has(tagId)) await addTagUses(tx, tagId, 1)
  const lowered = await raiseTagUses(tx, lost, -1)
  for (const tagId of lost) if (lowered.get(tagId) === 0) await removeLiveTag(tx, tagId)
}

/** Adds `count` articles (more than none) to a tag; one that nothing live used becomes live. */
export async function addTagUses(tx: Writer, tagId: string, count: number): Promise<void> {
  const { liveTags, tags } = tx.tables
  if ((await raiseTagUses(tx, [tagId], count)).size > 0) return
  // It is shown as it is now: its names may be changing at this very moment, or another may be showing it.
  await tx.lock(tagTree)
  if ((await raiseTagUses(tx, [tagId], count)).size > 0) return
  const [tag] = await tx.sql.select().from(tags).where(eq(tags.id, tagId))
  if (!tag) throw new Error(`tag ${tagId} is gone`)
  await tx.sql.insert(liveTags).values({ ...factsOf(tag), uses: count })
  await writeNames(tx, tag)
  if (tag.shownAt === null) await tx.sql.update(tags).set({ shownAt: tx.at }).where(eq(tags.id, tagId))
  tx.change('tag', tagId, 'changed')
  await noteTagsBeneath(tx, tagId)
}

/** Adds to the count of each of the tags that is live; gives what those are then. */
async function raiseTagUses(
  tx: Writer,
  ids: readonly string[],
  count: number,
): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map()
  const { liveTags } = tx.tables
  const build = () =>
    tx.sql
      .update(liveTags)
      .set({ uses: sql`${liveTags.uses} + ${sql.placeholder('count')}` })
      .where(tx.isIn(liveTags.id, 'ids'))
      .returning({ id: liveTags.id, uses: liveTags.uses })
  const rows = await tx.prepared('raise uses of tags', build, { ids: tx.list(ids), count })
  return new Map(rows.map(row => [row.id, row.uses]))
}

/** A live tag names its parent only while that is live too, so readers are told of the tags beneath as well. */
async function noteTagsBeneath(tx: Writer, tagId: string): Promise<void> {
  const { liveTags } = tx.tables
  const beneath = await tx.sql
    .select({ id: liveTags.id })
    .from(liveTags)
    .where(eq(liveTags.parentId, tagId))
    .orderBy(asc(liveTags.id))
  for (const { id } of beneath) tx.change('tag', id, 'changed')
}

/** Shows the tag as it is now, if it is live. */
export async function refreshLiveTag(tx: Writer, tag: AllTables['tags']['$inferSelect']): Promise<void> {
  const { liveTags } = tx.tables
  const shown = await tx.sql
    .update(liveTags)
    .set(factsOf(tag))
    .where(eq(liveTags.id, tag.id))
    .returning({ id: liveTags.id })
  if (shown.length === 0) return
  await writeNames(tx, tag)
  tx.change('tag', tag.id, 'changed')
}

/** Takes the tag out of the live tables, if it is there. */
export async function removeLiveTag(tx: Writer, tagId: string): Promise<void> {
  const { liveTags, liveTagNames } = tx.tables
  const removed = await tx.sql.delete(liveTags).where(eq(liveTags.id, tagId)).returning({ id: liveTags.id })
  if (removed.length === 0) return
  await tx.sql.delete(liveTagNames).where(eq(liveTagNames.tagId, tagId))
  tx.change('tag', tagId, 'removed')
  await noteTagsBeneath(tx, tagId)
}

/** A name as prefixes are matched: composed, in lower case. */
export function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

async function writeNames(tx: Writer, tag: TagFacts): Promise<void> {
  const { liveTagNames } = tx.tables
  await tx.sql.delete(liveTagNames).where(eq(liveTagNames.tagId, tag.id))
  const folded = [...new Set(Object.values(tag.names).map(foldName))]
  await tx.sql.insert(liveTagNames).values(folded.map(name => ({ tagId: tag.id, folded: name })))
}

function factsOf({ id, slug, kind, names, parentId, mediaTopic, wikidata }: TagFacts): TagFacts {
  return { id, slug, kind, names, parentId, mediaTopic, wikidata }
}
