import type { Static } from 'typebox'
import type { EmbargoReader, Head, LiveReader } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import { readInstant } from '../../instant.ts'
import { findLiveTag, findTagRedirect } from '../tags/live-tags.store.ts'
import type { ArticleQuery } from './articles.schema.ts'
import {
  countPublications,
  findPublication,
  findPublicationOfSlug,
  type Listed,
  listPublicationRows,
  listPublicationsById,
  type PlaceInList,
} from './articles.store.ts'
import {
  findArticleOfSlug,
  findEmbargoedSlug,
  findEmbargoedTombstone,
  listNewestOfTag,
  listTagsOf,
  listTombstones,
} from './relations.store.ts'
import { type Article, renderArticles, renderTombstone } from './render.ts'
import type { View } from './view.ts'
import type { ArticleFilter, FilterTag, Sort } from './walk.store.ts'
import type { ArticleSettings } from './write-article.ts'

export type ListQuery = Partial<Static<typeof ArticleQuery>>

/**
 * A query's filters, with each tag looked up: one that nothing live uses matches nothing, a merged one is what it
 * became. With `embargo` they are for what waits there, and any tag may be used.
 */
export async function readFilter(
  live: LiveReader,
  query: ListQuery,
  embargo?: EmbargoReader,
): Promise<ArticleFilter> {
  const findTags = (slugs: readonly string[]) => findFilterTags(live, slugs, embargo)
  const anyTags: FilterTag[][] = []
  if (query.tag) anyTags.push(await findTags(query.tag))
  if (query.section) {
    const found = await findTags(query.section)
    anyTags.push(found.filter(tag => tag.kind === 'section'))
  }
  const allTags: FilterTag[] = []
  for (const slug of query.tagAll ?? []) {
    const [tag] = await findTags([slug])
    // A tag of "all of" that is not live is one no article has.
    if (!tag) anyTags.push([])
    else if (!allTags.some(({ id }) => id === tag.id)) allTags.push(tag)
  }
  return {
    anyTags,
    allTags,
    ...(query.language ? { languages: query.language } : {}),
    ...(query.kind ? { kinds: query.kind } : {}),
    ...(query.signOff ? { signOffs: query.signOff } : {}),
    ...(query.urgency ? { urgencies: query.urgency } : {}),
    ...(query.publishedFrom ? { publishedFrom: readInstant(query.publishedFrom) } : {}),
    ...(query.publishedBefore ? { publishedBefore: readInstant(query.publishedBefore) } : {}),
    ...(query.updatedSince ? { updatedSince: readInstant(query.updatedSince) } : {}),
    ...(query.ids ? { ids: query.ids } : {}),
    sort: query.sort ?? '-publishedAt',
  }
}

async function findFilterTags(
  live: LiveReader,
  slugs: readonly string[],
  embargo: EmbargoReader | undefined,
): Promise<(FilterTag & { kind: string })[]> {
  const reader = embargo ?? live
  const found = new Map<string, FilterTag & { kind: string }>()
  for (const slug of new Set(slugs)) {
    let tag = await findLiveTag(reader, slug)
    if (!tag) {
      const target = await findTagRedirect(live, slug)
      tag = target === undefined ? undefined : await findLiveTag(reader, target)
    }
    if (tag) found.set(tag.id, { id: tag.id, uses: tag.uses ?? 0, kind: tag.kind })
  }
  return [...found.values()]
}

/** The cache tags of a list: what decides which articles it has. */
export function filterTags(query: ListQuery): string[] {
  const slugs = [...(query.tag ?? []), ...(query.tagAll ?? []), ...(query.section ?? [])]
  return ['list', ...slugs.sort().map(slug => `tag-${slug}`)]
}

/** Where an old slug leads. */
export type Redirect = { redirect: string; articleId: string }

/** A publication, and where it is read from: the live tables, or those under embargo. */
export type Found = { row: Listed; embargo?: EmbargoReader }

/**
 * A page of articles in the order of `sort`, from after `after`, rendered. Those who may see what is under embargo see
 * it among the live ones: where it will be, and a waiting version in place of the live one.
 */
export async function listArticles(
  { live, embargo }: { live: LiveReader; embargo: EmbargoReader | undefined },
  query: ListQuery,
  limit: number,
  after?: PlaceInList,
): Promise<Found[]> {
  const filter = await readFilter(live, query)
  if (!embargo) return (await listPublicationRows(live, filter, limit, after)).map(row => ({ row }))
  const shown = await listPublicationRows(live, { ...filter, without: embargo }, limit, after)
  const waiting = await listPublicationRows(embargo, await readFilter(live, query, embargo), limit, after)
  const all: Found[] = [...shown.map(row => ({ row })), ...waiting.map(row => ({ row, embargo }))]
  const sign = filter.sort === 'publishedAt' ? 1 : -1
  const order = ({ row: a }: Found, { row: b }: Found) =>
    placeOf(a, filter.sort) - placeOf(b, filter.sort) || (a.articleId < b.articleId ? -1 : 1)
  return all.sort((a, b) => sign * order(a, b)).slice(0, limit)
}

/** The instant by which a list in this order has the publication. */
export function placeOf(row: Listed, sort: Sort | undefined): number {
  return sort === '-updatedAt' ? row.updatedAt : row.publishedAt
}

/** How many articles a query has for those readers. */
export async function countArticles(
  { live, embargo }: { live: LiveReader; embargo: EmbargoReader | undefined },
  query: ListQuery,
): Promise<number> {
  const filter = await readFilter(live, query)
  if (!embargo) return countPublications(live, filter)
  const waiting = await countPublications(embargo, await readFilter(live, query, embargo))
  return waiting + (await countPublications(live, { ...filter, without: embargo }))
}

/** Articles rendered from where each was found, in their order. */
export async function renderFound(
  live: LiveReader,
  settings: ArticleSettings,
  found: readonly Found[],
  view: View,
  head: Head,
): Promise<Article[]> {
  const rowsOf = (waiting: boolean) => found.filter(item => (item.embargo !== undefined) === waiting)
  const embargo = found.find(item => item.embargo)?.embargo
  const [seen, unseen] = [rowsOf(false), rowsOf(true)].map(items => items.map(item => item.row))
  const articles = await renderArticles(live, settings, seen ?? [], view, head)
  if (!embargo) return articles
  const all = new Map(
    [...articles, ...(await renderArticles(live, settings, unseen ?? [], view, head, embargo))].map(
      article => [article.row.articleId, article],
    ),
  )
  return found.flatMap(({ row }) => all.get(row.articleId) ?? [])
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * The publication of an id or slug, with its body where a format is named, or the slug it redirects to; of what is under
 * embargo for those who may see that. Throws 410 with the tombstone for a withdrawn article, 404 for anything these readers
 * do not see.
 */
export async function getPublication(
  live: LiveReader,
  idOrSlug: string,
  embargo?: EmbargoReader,
  bodyFormat?: 'html' | 'text',
): Promise<Found | Redirect> {
  const byId = uuid.test(idOrSlug)
  const known = byId ? idOrSlug : embargo && (await findEmbargoedSlug(embargo, idOrSlug))
  const shown =
    known === undefined
      ? await findPublicationOfSlug(live, idOrSlug, bodyFormat)
      : await findPublication(live, known, bodyFormat)
  const id = known ?? shown?.articleId ?? (await findArticleOfSlug(live, idOrSlug))
  const waiting = embargo && id !== undefined ? await findPublication(embargo, id, bodyFormat) : undefined
  const row = waiting ?? shown
  if (row) {
    if (!byId && row.slug !== idOrSlug) return { redirect: row.slug, articleId: row.articleId }
    return waiting && embargo ? { row, embargo } : { row }
  }
  const [seen] = id === undefined ? [] : await listTombstones(live, [id])
  const tombstone =
    seen ?? (embargo && id !== undefined ? await findEmbargoedTombstone(embargo, id) : undefined)
  if (tombstone) {
    throw new DomainError('withdrawn', tombstone.notice, {
      extra: { tombstone: renderTombstone(tombstone) },
      // Not of what replaces it, which may be nobody's to know of: a change of that purges this too.
      tags: [`article-${tombstone.articleId}`],
    })
  }
  throw noArticle()
}

/** 404: there is none that these readers see. */
export function noArticle(): DomainError {
  return new DomainError('not-found', 'There is no such article.')
}

const newestOfEachTag = 200

/**
 * Live articles in the same language that share tags with this one, best first: each of its tags gives its newest 200,
 * and counts the more the rarer it is. Translations of the same story are not among them. The article itself may wait
 * under embargo.
 */
export async function listRelated(
  reader: LiveReader,
  { row, embargo }: Found,
  limit: number,
): Promise<Listed[]> {
  const scores = new Map<string, { score: number; publishedAt: number }>()
  for (const { tag } of await listTagsOf(embargo ?? reader, [row.articleId])) {
    // A tag of what waits may have no live use yet.
    const weight = 1 / Math.log2(1 + Math.max(tag.uses ?? 0, 1))
    for (const found of await listNewestOfTag(reader, tag.id, row.language, newestOfEachTag)) {
      const entry = scores.get(found.articleId) ?? { score: 0, publishedAt: found.publishedAt }
      entry.score += weight
      scores.set(found.articleId, entry)
    }
  }
  scores.delete(row.articleId)
  const best = [...scores]
    .sort(([a, x], [b, y]) => y.score - x.score || y.publishedAt - x.publishedAt || (a < b ? 1 : -1))
    .slice(0, limit)
    .map(([id]) => id)
  const rows = await listPublicationsById(reader, best)
  return best.flatMap(id => rows.find(item => item.articleId === id && item.storyId !== row.storyId) ?? [])
}
