import type { Static } from 'typebox'
import type { EmbargoReader, Head, LiveReader } from '../../db/db.ts'
import { formatInstant } from '../../instant.ts'
import type { MediaFacts } from '../media/media.store.ts'
import { renderMedia } from '../media/render-media.ts'
import type { TagFacts } from '../tags/live-tags.store.ts'
import type { TagRefSchema } from '../tags/tags.schema.ts'
import { tagName } from '../tags/tags.ts'
import type { ArticleField, ArticleSchema, TombstoneSchema } from './articles.schema.ts'
import type { PublicationRow } from './articles.store.ts'
import { mediaAt, tagsAt } from './facts.ts'
import {
  type ArticleReader,
  type HistoryRow,
  listBodiesOf,
  listCorrectionsOf,
  listEmbargoesOf,
  listMediaIdsOf,
  listMediaOf,
  listSiblings,
  listTagIdsOf,
  listTagsOf,
  type Sibling,
  type TombstoneRow,
} from './relations.store.ts'
import type { View } from './view.ts'

export type Article = Static<typeof ArticleSchema>

/** The public settings that shape an article. */
export type ArticleSettings = { publicUrl: string; articleUrl: string | undefined; language: string }

/** All that stands beside an article's own row. */
export type Relations = {
  /** The section (position 0) first. */
  tags: readonly { position: number; tag: TagFacts }[]
  /** The lead (position 0) first. */
  media: readonly { position: number; media: MediaFacts }[]
  body?: string
  siblings: readonly Sibling[]
  corrections: readonly HistoryRow[]
  /** Until when it is under embargo, in epoch milliseconds. */
  embargoedUntil?: number
}

/** An article's own row; what was never published has no times and perhaps no address. */
export type ArticleRow = Omit<PublicationRow, 'slug' | 'publishedAt' | 'updatedAt' | 'sectionId'> & {
  slug: string | null
  publishedAt: number | null
  updatedAt: number | null
}

/**
 * Publications as readers get them, in their order: one statement for each relation that is shown. `embargo` is given
 * where the rows are of what waits under embargo.
 */
export async function renderArticles(
  live: LiveReader,
  settings: ArticleSettings,
  rows: readonly PublicationRow[],
  view: View,
  head: Head,
  embargo?: EmbargoReader,
): Promise<Article[]> {
  if (rows.length === 0) return []
  const reader: ArticleReader = embargo ?? live
  const ids = rows.map(row => row.articleId)
  const { shows } = view
  const readable = shows('body') ? rows.filter(row => !isWithheld(row, view)).map(row => row.articleId) : []
  const corrected = shows('corrections')
    ? rows.filter(row => row.correctedAt !== null).map(row => row.articleId)
    : []

  const tags = shows('tags') || shows('section') ? await tagsOfAll(live, head, ids, embargo) : []
  const media =
    shows('leadMedia') || shows('media') ? await mediaOfAll(live, head, ids, !shows('media'), embargo) : []
  const bodies = readable.length > 0 ? await listBodiesOf(reader, readable, view.bodyFormat) : []
  const siblings = shows('translations')
    ? await listSiblings(
        live,
        rows.map(row => row.storyId),
      )
    : []
  const corrections = corrected.length > 0 ? await listCorrectionsOf(live, corrected) : []
  if (embargo && corrected.length > 0) corrections.push(...(await listCorrectionsOf(embargo, corrected)))
  const embargoes = embargo ? await listEmbargoesOf(embargo, ids) : []

  const tagsOf = group(tags, item => item.articleId)
  const mediaOf = group(media, item => item.articleId)
  const bodyOf = new Map(bodies.map(item => [item.articleId, item.body]))
  const siblingsOf = group(siblings, item => item.storyId)
  const correctionsOf = group(corrections, item => item.articleId)
  const untilOf = new Map(embargoes.map(item => [item.articleId, item.until]))
  const base = `${settings.publicUrl}/v1/media`

  return rows.map(row => {
    const body = bodyOf.get(row.articleId)
    const until = untilOf.get(row.articleId)
    const relations: Relations = {
      tags: tagsOf.get(row.articleId) ?? [],
      media: mediaOf.get(row.articleId) ?? [],
      ...(body === undefined ? {} : { body }),
      siblings: siblingsOf.get(row.storyId) ?? [],
      corrections: correctionsOf.get(row.articleId) ?? [],
      ...(until === undefined ? {} : { embargoedUntil: until }),
    }
    // It has not been published, and stands in lists where it is to be.
    const isFirst = until !== undefined && row.publishedAt === until
    const times = isFirst ? { publishedAt: null, updatedAt: null } : {}
    return renderArticle({ ...row, ...times }, relations, settings, view, base)
  })
}

async function tagsOfAll(
  live: LiveReader,
  head: Head,
  ids: readonly string[],
  embargo: EmbargoReader | undefined,
): Promise<{ articleId: string; position: number; tag: TagFacts }[]> {
  if (embargo) return listTagsOf(embargo, ids)
  const filed = await listTagIdsOf(live, ids)
  const facts = await tagsAt(
    live,
    head,
    filed.map(item => item.id),
  )
  return filed.flatMap(({ articleId, position, id }) => {
    const tag = facts.get(id)
    return tag ? [{ articleId, position, tag }] : []
  })
}

async function mediaOfAll(
  live: LiveReader,
  head: Head,
  ids: readonly string[],
  leadOnly: boolean,
  embargo: EmbargoReader | undefined,
): Promise<{ articleId: string; position: number; media: MediaFacts }[]> {
  if (embargo) return listMediaOf(embargo, ids, leadOnly)
  const used = await listMediaIdsOf(live, ids, leadOnly)
  const facts = await mediaAt(
    live,
    head,
    used.map(item => item.id),
  )
  return used.flatMap(({ articleId, position, id }) => {
    const media = facts.get(id)
    return media ? [{ articleId, position, media }] : []
  })
}

const isWithheld = (row: Pick<PublicationRow, 'access'>, view: View) =>
  row.access !== 'public' && !view.subscribers

/** One article as readers get it; `base` and `query` make the addresses of the bytes of its media: see `renderMedia`. */
export function renderArticle(
  row: ArticleRow,
  relations: Relations,
  settings: ArticleSettings,
  view: View,
  base: string,
  query?: string,
): Article {
  const id = row.articleId
  const { tags: named, media: pictured, body, siblings, corrections, embargoedUntil } = relations
  const section = named.find(item => item.position === 0)
  const lead = pictured.find(item => item.position === 0)
  const tagged = named.filter(item => item.position > 0)
  const more = pictured.filter(item => item.position > 0)
  const article: Article = {
    id,
    ...(row.slug === null ? {} : { slug: row.slug }),
    language: row.language,
    kind: row.kind,
    headline: row.headline,
    ...(row.shortHeadline === null ? {} : { shortHeadline: row.shortHeadline }),
    ...(row.summary === null ? {} : { summary: row.summary }),
    ...(body === undefined ? {} : { body }),
    ...(isWithheld(row, view) && view.shows('bodyWithheld')
      ? { bodyWithheld: { reason: 'subscribers' as const } }
      : {}),
    ...(row.dateline === null ? {} : { dateline: row.dateline }),
    ...(row.byline === null ? {} : { byline: row.byline }),
    ...(row.signOff === null ? {} : { signOff: row.signOff }),
    ...(section ? { section: tagRef(section.tag, row, settings, view.sectionDetails) } : {}),
    tags: tagged.map(item => tagRef(item.tag, row, settings, view.tagDetails)),
    ...(lead ? { leadMedia: renderMedia(lead.media, base, query) } : {}),
    ...(view.shows('media') ? { media: more.map(item => renderMedia(item.media, base, query)) } : {}),
    urgency: row.urgency,
    access: row.access,
    story: row.storyId,
    ...(row.source === null ? {} : { source: row.source }),
    ...(row.usageTerms === null ? {} : { usageTerms: row.usageTerms }),
    ...canonical(settings, row),
    wordCount: row.wordCount,
    readingMinutes: row.readingMinutes,
    version: row.version,
    ...instant('publishedAt', row.publishedAt),
    ...instant('updatedAt', row.updatedAt),
    ...instant('correctedAt', row.correctedAt),
    ...(embargoedUntil === undefined ? {} : { embargoedUntil: formatInstant(embargoedUntil) }),
    ...(corrections.length === 0
      ? {}
      : {
          corrections: corrections.map(item => ({
            version: item.number,
            at: formatInstant(item.at),
            note: item.note ?? '',
          })),
        }),
    ...(view.shows('translations') ? { translations: translationsOf(siblings, id, settings) } : {}),
  }
  return view.isPlain ? article : only(article, view.shows)
}

function translationsOf(siblings: readonly Sibling[], id: string, settings: ArticleSettings) {
  return siblings
    .filter(item => item.articleId !== id)
    .map(item => ({
      id: item.articleId,
      slug: item.slug,
      language: item.language,
      headline: item.headline,
      ...canonical(settings, item),
    }))
}

function instant<const K extends string>(name: K, at: number | null): { [P in K]?: string } {
  return at === null ? {} : ({ [name]: formatInstant(at) } as { [P in K]?: string })
}

/** What is left of a withdrawn article, for its 410 and for the change log. */
export function renderTombstone(row: TombstoneRow): Static<typeof TombstoneSchema> {
  return {
    id: row.articleId,
    withdrawnAt: formatInstant(row.withdrawnAt),
    notice: row.notice,
    ...(row.replacementId !== null && row.replacementSlug !== null
      ? { replacement: { id: row.replacementId, slug: row.replacementSlug } }
      : {}),
  }
}

function tagRef(
  tag: TagFacts,
  row: Pick<PublicationRow, 'language'>,
  settings: ArticleSettings,
  whole: boolean,
): Static<typeof TagRefSchema> {
  return {
    id: tag.id,
    slug: tag.slug,
    kind: tag.kind,
    name: tagName(tag.names, row.language, settings.language),
    ...(whole ? { names: tag.names } : {}),
    ...(whole && tag.mediaTopic !== null ? { mediaTopic: tag.mediaTopic } : {}),
    ...(whole && tag.wikidata !== null ? { wikidata: tag.wikidata } : {}),
  }
}

/** Where the article is read on the public site; nothing when that has no address. */
function canonical(
  settings: ArticleSettings,
  article: Pick<ArticleRow, 'articleId' | 'slug' | 'language'>,
): { canonicalUrl?: string } {
  if (settings.articleUrl === undefined || article.slug === null) return {}
  const parts: Record<string, string> = {
    id: article.articleId,
    slug: article.slug,
    language: article.language,
  }
  return {
    canonicalUrl: settings.articleUrl.replace(/\{(\w+)\}/g, (whole, name: string) => parts[name] ?? whole),
  }
}

function only(article: Article, shows: View['shows']): Article {
  const kept = Object.entries(article).filter(([name]) => shows(name as ArticleField))
  return Object.fromEntries(kept) as Article
}

function group<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    const list = groups.get(key)
    if (list) list.push(item)
    else groups.set(key, [item])
  }
  return groups
}
