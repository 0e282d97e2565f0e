import type { DeskReader, Writer } from '../../db/db.ts'
import { alias, and, asc, eq, gt, inArray, or, sql } from '../../db/drizzle.ts'
import type { AllTables } from '../../db/tables.ts'
import type { TagKind } from '../../words.ts'

export type TagRow = AllTables['tags']['$inferSelect']

export async function findTag(reader: DeskReader, slug: string): Promise<TagRow | undefined> {
  const { tags } = reader.tables
  const build = () =>
    reader.sql
      .select()
      .from(tags)
      .where(eq(tags.slug, sql.placeholder('slug')))
  const [row] = await reader.prepared('tag by slug', build, { slug })
  return row
}

export async function findTagById(reader: DeskReader, id: string): Promise<TagRow | undefined> {
  const { tags } = reader.tables
  const build = () =>
    reader.sql
      .select()
      .from(tags)
      .where(eq(tags.id, sql.placeholder('id')))
  const [row] = await reader.prepared('tag by id', build, { id })
  return row
}

/** The tags of the ids, in no order. */
export async function listTagsById(reader: DeskReader, ids: readonly string[]): Promise<TagRow[]> {
  const { tags } = reader.tables
  const build = () => reader.sql.select().from(tags).where(reader.isIn(tags.id, 'ids'))
  return ids.length === 0 ? [] : reader.prepared('tags by id', build, { ids: reader.list(ids) })
}

/** What an article says of its tags. */
export type TagReference = Pick<TagRow, 'id' | 'slug' | 'kind'>

/** The tags of the slugs that exist, in no order. */
export async function listTagsBySlug(reader: DeskReader, slugs: readonly string[]): Promise<TagReference[]> {
  const { tags } = reader.tables
  const build = () =>
    reader.sql
      .select({ id: tags.id, slug: tags.slug, kind: tags.kind })
      .from(tags)
      .where(reader.isIn(tags.slug, 'slugs'))
  return reader.prepared('tags by slug', build, { slugs: reader.list(slugs) })
}

/** Whether the slug is a tag's, or was one's that was merged away. */
export async function isTagSlugTaken(reader: DeskReader, slug: string): Promise<boolean> {
  const { tagRedirects } = reader.tables
  if (await findTag(reader, slug)) return true
  const [merged] = await reader.sql.select().from(tagRedirects).where(eq(tagRedirects.slug, slug))
  return merged !== undefined
}

/** Tags with their parents' slugs, by slug, from above `after`. */
export async function listTagRows(
  reader: DeskReader,
  filter: { kinds?: readonly TagKind[]; after?: string; limit: number },
): Promise<{ tag: TagRow; parent: string | null }[]> {
  const { tags } = reader.tables
  const parent = alias(tags, 'parent')
  return reader.sql
    .select({ tag: tags, parent: parent.slug })
    .from(tags)
    .leftJoin(parent, eq(parent.id, tags.parentId))
    .where(
      and(
        filter.kinds ? or(...filter.kinds.map(kind => eq(tags.kind, kind))) : undefined,
        filter.after === undefined ? undefined : gt(tags.slug, filter.after),
      ),
    )
    .orderBy(asc(tags.slug))
    .limit(filter.limit)
}

export async function insertTag(tx: Writer, row: TagRow): Promise<void> {
  await tx.sql.insert(tx.tables.tags).values(row)
}

export async function updateTag(tx: Writer, row: TagRow): Promise<void> {
  const { tags } = tx.tables
  // When it was first shown is not the desk's to say.
  const { shownAt: _shown, ...rest } = row
  await tx.sql.update(tags).set(rest).where(eq(tags.id, row.id))
}

export async function deleteTagRow(tx: Writer, id: string): Promise<void> {
  const { tags } = tx.tables
  await tx.sql.delete(tags).where(eq(tags.id, id))
}

/** Who uses the tag: up to 20 of the articles filed under it, working copies and publications wherever they are, and of the tags beneath it. */
export async function listTagUsers(
  reader: DeskReader,
  id: string,
): Promise<{ articles: string[]; tags: string[] }> {
  const { articles, articleTags, publicationTags, embargoedTags, heldTags, tags } = reader.tables
  const filedIn = (filed: typeof publicationTags) =>
    reader.sql.select({ id: filed.articleId }).from(filed).where(eq(filed.tagId, id))
  // One statement: what moves from the one to the other meanwhile is in either.
  const users = await reader.sql
    .select({ id: articles.id })
    .from(articles)
    .where(eq(articles.sectionId, id))
    .unionAll(filedIn(articleTags as unknown as typeof publicationTags))
    .unionAll(filedIn(publicationTags))
    .unionAll(filedIn(embargoedTags))
    .unionAll(filedIn(heldTags))
    .limit(60)
  const children = await reader.sql
    .select({ slug: tags.slug })
    .from(tags)
    .where(eq(tags.parentId, id))
    .limit(20)
  return {
    articles: [...new Set(users.map(row => row.id))].slice(0, 20),
    tags: children.map(row => row.slug),
  }
}

/**
 * Moves everything filed under `from` to `to`: working copies, publications, sections, tags beneath and redirects. An
 * article that has both keeps one. Returns how many publications gained `to`.
 */
export async function moveTagUses(tx: Writer, from: string, to: string): Promise<number> {
  const { imports, tagRedirects } = tx.tables
  await moveWorkingCopies(tx, from, to)
  const { publications, publicationTags, embargoedPublications, embargoedTags } = tx.tables
  const { heldPublications, heldTags } = tx.tables
  const having = tx.sql
    .select({ id: publicationTags.articleId })
    .from(publicationTags)
    .where(eq(publicationTags.tagId, from))
  // What is kept of the tags of those is not theirs any more.
  await tx.sql.update(publications).set({ tagIds: null }).where(inArray(publications.articleId, having))
  const gained = await movePublications(tx, publications, publicationTags, from, to)
  await movePublications(tx, embargoedPublications, embargoedTags, from, to)
  await movePublications(tx, heldPublications, heldTags, from, to)
  await moveTagsBeneath(tx, from, to)
  await tx.sql.update(tagRedirects).set({ tagId: to }).where(eq(tagRedirects.tagId, from))
  await tx.sql.update(imports).set({ subjectId: to }).where(eq(imports.subjectId, from))
  return gained
}

/** A working copy answers with other slugs from now on, so its revision, the ETag, is raised. */
async function moveWorkingCopies(tx: Writer, from: string, to: string): Promise<void> {
  const { articles, articleTags } = tx.tables
  const having = (id: string) =>
    tx.sql.select({ id: articleTags.articleId }).from(articleTags).where(eq(articleTags.tagId, id))
  await tx.sql
    .update(articles)
    .set({ revision: sql`${articles.revision} + 1` })
    .where(or(eq(articles.sectionId, from), inArray(articles.id, having(from))))
  await tx.sql
    .delete(articleTags)
    .where(and(eq(articleTags.tagId, from), inArray(articleTags.articleId, having(to))))
  await tx.sql.update(articleTags).set({ tagId: to }).where(eq(articleTags.tagId, from))
  await tx.sql.update(articles).set({ sectionId: to }).where(eq(articles.sectionId, from))
}

async function movePublications(
  tx: Writer,
  publications: AllTables['publications'],
  filed: AllTables['publicationTags'],
  from: string,
  to: string,
): Promise<number> {
  const both = tx.sql.select({ id: filed.articleId }).from(filed).where(eq(filed.tagId, to))
  await tx.sql.delete(filed).where(and(eq(filed.tagId, from), inArray(filed.articleId, both)))
  const gained = await tx.sql
    .update(filed)
    .set({ tagId: to })
    .where(eq(filed.tagId, from))
    .returning({ id: filed.articleId })
  await tx.sql.update(publications).set({ sectionId: to }).where(eq(publications.sectionId, from))
  return gained.length
}

/** Tags beneath `from` show another parent from now on: where they are live, readers are told of each. */
async function moveTagsBeneath(tx: Writer, from: string, to: string): Promise<void> {
  const { liveTags, tags } = tx.tables
  await tx.sql
    .update(tags)
    .set({ parentId: to, revision: sql`${tags.revision} + 1`, updatedAt: tx.at })
    .where(eq(tags.parentId, from))
  const shown = await tx.sql
    .update(liveTags)
    .set({ parentId: to })
    .where(eq(liveTags.parentId, from))
    .returning({ id: liveTags.id })
  for (const id of shown.map(row => row.id).sort()) tx.change('tag', id, 'changed')
}

export async function insertTagRedirect(tx: Writer, slug: string, tagId: string): Promise<void> {
  await tx.sql.insert(tx.tables.tagRedirects).values({ slug, tagId })
}

/** A tag of the kind with one of the codes: its Media Topic or its Wikidata item. */
export async function findTagByCode(
  reader: DeskReader,
  kind: TagKind,
  codes: { mediaTopic?: string; wikidata?: string },
): Promise<TagRow | undefined> {
  const { tags } = reader.tables
  const either = or(
    codes.mediaTopic === undefined ? undefined : eq(tags.mediaTopic, codes.mediaTopic),
    codes.wikidata === undefined ? undefined : eq(tags.wikidata, codes.wikidata),
  )
  if (!either) return undefined
  const [row] = await reader.sql
    .select()
    .from(tags)
    .where(and(eq(tags.kind, kind), either))
    .limit(1)
  return row
}

/** The tag that the one of this slug was merged into. */
export async function findMergedTag(reader: DeskReader, slug: string): Promise<TagRow | undefined> {
  const { tags, tagRedirects } = reader.tables
  const [found] = await reader.sql
    .select({ tag: tags })
    .from(tagRedirects)
    .innerJoin(tags, eq(tags.id, tagRedirects.tagId))
    .where(eq(tagRedirects.slug, slug))
  return found?.tag
}
