import type { Static } from 'typebox'
import type { LiveReader } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import { readInstant } from '../../instant.ts'
import { findLiveTag, findTagRedirect } from '../tags/live-tags.store.ts'
import type { ArticleQuery } from './articles.schema.ts'
import {
  type ArticleFilter,
  type FilterTag,
  findPublication,
  listPublicationsById,
  type PublicationRow,
} from './articles.store.ts'
import { findArticleOfSlug, listNewestOfTag, listTagsOf, listTombstones } from './relations.store.ts'
import { renderTombstone } from './render.ts'

export type ListQuery = Partial<Static<typeof ArticleQuery>>

/** A query's filters, with each tag looked up: one that nothing live uses matches nothing, a merged one is what it became. */
export async function readFilter(reader: LiveReader, query: ListQuery): Promise<ArticleFilter> {
  const anyTags: FilterTag[][] = []
  if (query.tag) anyTags.push(await findTags(reader, query.tag))
  if (query.section) {
    const found = await findTags(reader, query.section)
    anyTags.push(found.filter(tag => tag.kind === 'section'))
  }
  const allTags: FilterTag[] = []
  for (const slug of query.tagAll ?? []) {
    const [tag] = await findTags(reader, [slug])
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

async function findTags(
  reader: LiveReader,
  slugs: readonly string[],
): Promise<(FilterTag & { kind: string })[]> {
  const found = new Map<string, FilterTag & { kind: string }>()
  for (const slug of new Set(slugs)) {
    let tag = await findLiveTag(reader, slug)
    if (!tag) {
      const target = await findTagRedirect(reader, slug)
      tag = target === undefined ? undefined : await findLiveTag(reader, target)
    }
    if (tag) found.set(tag.id, { id: tag.id, uses: tag.uses, kind: tag.kind })
  }
  return [...found.values()]
}

/** The cache tags of a list: what decides which articles it has. */
export function filterTags(query: ListQuery): string[] {
  const slugs = [...(query.tag ?? []), ...(query.tagAll ?? []), ...(query.section ?? [])]
  return ['list', ...slugs.map(slug => `tag-${slug}`)]
}

/** Where an old slug leads. */
export type Redirect = { redirect: string; articleId: string }

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * The publication of an id or slug, or the slug it redirects to. Throws 410 with the tombstone for a withdrawn
 * article, 404 for anything the public does not see.
 */
export async function getPublication(
  reader: LiveReader,
  idOrSlug: string,
): Promise<PublicationRow | Redirect> {
  const byId = uuid.test(idOrSlug)
  const id = byId ? idOrSlug : await findArticleOfSlug(reader, idOrSlug)
  const row = id === undefined ? undefined : await findPublication(reader, id)
  if (row) return byId || row.slug === idOrSlug ? row : { redirect: row.slug, articleId: row.articleId }
  const [tombstone] = id === undefined ? [] : await listTombstones(reader, [id])
  if (tombstone) {
    throw new DomainError('withdrawn', tombstone.notice, { extra: { tombstone: renderTombstone(tombstone) } })
  }
  throw new DomainError('not-found', 'There is no such article.')
}

const newestOfEachTag = 200

/**
 * Live articles in the same language that share tags with this one, best first: each of its tags gives its newest 200,
 * and counts the more the rarer it is. Translations of the same story are not among them.
 */
export async function listRelated(
  reader: LiveReader,
  row: PublicationRow,
  limit: number,
): Promise<PublicationRow[]> {
  const scores = new Map<string, { score: number; publishedAt: number }>()
  for (const { tag } of await listTagsOf(reader, [row.articleId])) {
    const weight = 1 / Math.log2(1 + tag.uses)
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
