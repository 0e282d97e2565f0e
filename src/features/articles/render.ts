import type { Static } from 'typebox'
import type { LiveReader } from '../../db/db.ts'
import { formatInstant } from '../../instant.ts'
import { renderMedia } from '../media/render-media.ts'
import type { TagRefSchema } from '../tags/tags.schema.ts'
import { tagName } from '../tags/tags.ts'
import type { ArticleField, ArticleSchema, Include, TombstoneSchema } from './articles.schema.ts'
import type { PublicationRow } from './articles.store.ts'
import {
  type ArticleTag,
  listBodiesOf,
  listCorrectionsOf,
  listMediaOf,
  listSiblings,
  listTagsOf,
  type TombstoneRow,
} from './relations.store.ts'

export type Article = Static<typeof ArticleSchema>

/** The public settings that shape an article. */
export type ArticleSettings = { publicUrl: string; articleUrl: string | undefined; language: string }

/** How much of each article is asked for, and whether the reader may read what is for subscribers. */
export type View = {
  shows(field: ArticleField): boolean
  /** Whether tags and sections come with their names and codes. */
  tagDetails: boolean
  sectionDetails: boolean
  bodyFormat: 'html' | 'text'
  subscribers: boolean
}

/** What only a single article shows unless it is asked for. */
const heavy: readonly ArticleField[] = ['body', 'bodyWithheld', 'media', 'translations']

type ViewQuery = {
  fields?: readonly ArticleField[]
  include?: readonly Include[]
  bodyFormat?: 'html' | 'text'
}

/** Reads `fields` and `include` together: the fields asked for, or those of a list or a single article, and the included. */
export function viewOf(query: ViewQuery, subscribers: boolean, of: 'list' | 'article'): View {
  const include: readonly ArticleField[] = query.include ?? []
  const { fields } = query
  const shows = (field: ArticleField): boolean => {
    if (field === 'id' || include.includes(field)) return true
    if (field === 'bodyWithheld' && !fields?.includes(field)) return shows('body')
    return fields ? fields.includes(field) : of === 'article' || !heavy.includes(field)
  }
  return {
    shows,
    tagDetails: include.includes('tags'),
    sectionDetails: include.includes('section'),
    bodyFormat: query.bodyFormat ?? 'html',
    subscribers,
  }
}

/** Publications as readers get them, in their order: one statement for each relation that is shown. */
export async function renderArticles(
  reader: LiveReader,
  settings: ArticleSettings,
  rows: readonly PublicationRow[],
  view: View,
): Promise<Article[]> {
  const ids = rows.map(row => row.articleId)
  const { shows } = view
  const some = ids.length > 0
  const withheld = (row: PublicationRow) => row.access !== 'public' && !view.subscribers
  const readable = shows('body') ? rows.filter(row => !withheld(row)).map(row => row.articleId) : []
  const corrected = shows('corrections')
    ? rows.filter(row => row.correctedAt !== null).map(row => row.articleId)
    : []
  const stories = shows('translations') ? rows.map(row => row.storyId) : []

  const tags = some && (shows('tags') || shows('section')) ? await listTagsOf(reader, ids) : []
  const media =
    some && (shows('leadMedia') || shows('media')) ? await listMediaOf(reader, ids, !shows('media')) : []
  const bodies = readable.length > 0 ? await listBodiesOf(reader, readable, view.bodyFormat) : []
  const siblings = stories.length > 0 ? await listSiblings(reader, stories) : []
  const corrections = corrected.length > 0 ? await listCorrectionsOf(reader, corrected) : []

  const tagsOf = group(tags, item => item.articleId)
  const mediaOf = group(media, item => item.articleId)
  const bodyOf = new Map(bodies.map(item => [item.articleId, item.body]))
  const siblingsOf = group(siblings, item => item.storyId)
  const correctionsOf = group(corrections, item => item.articleId)
  const base = `${settings.publicUrl}/v1/media`

  return rows.map(row => {
    const id = row.articleId
    const named = tagsOf.get(id) ?? []
    const pictured = mediaOf.get(id) ?? []
    const section = named.find(item => item.position === 0)
    const lead = pictured.find(item => item.position === 0)
    const body = bodyOf.get(id)
    const mended = correctionsOf.get(id) ?? []
    const article: Article = {
      id,
      slug: row.slug,
      language: row.language,
      kind: row.kind,
      headline: row.headline,
      ...(row.shortHeadline === null ? {} : { shortHeadline: row.shortHeadline }),
      ...(row.summary === null ? {} : { summary: row.summary }),
      ...(body === undefined ? {} : { body }),
      ...(view.subscribers || row.access === 'public'
        ? {}
        : { bodyWithheld: { reason: 'subscribers' as const } }),
      ...(row.dateline === null ? {} : { dateline: row.dateline }),
      ...(row.byline === null ? {} : { byline: row.byline }),
      ...(row.signOff === null ? {} : { signOff: row.signOff }),
      ...(section ? { section: tagRef(section, row, settings, view.sectionDetails) } : {}),
      tags: named.filter(item => item.position > 0).map(item => tagRef(item, row, settings, view.tagDetails)),
      ...(lead ? { leadMedia: renderMedia(lead.media, base) } : {}),
      media: pictured.filter(item => item.position > 0).map(item => renderMedia(item.media, base)),
      urgency: row.urgency,
      access: row.access,
      story: row.storyId,
      ...(row.source === null ? {} : { source: row.source }),
      ...(row.usageTerms === null ? {} : { usageTerms: row.usageTerms }),
      ...canonical(settings, row),
      wordCount: row.wordCount,
      readingMinutes: row.readingMinutes,
      version: row.version,
      publishedAt: formatInstant(row.publishedAt),
      updatedAt: formatInstant(row.updatedAt),
      ...(row.correctedAt === null ? {} : { correctedAt: formatInstant(row.correctedAt) }),
      ...(mended.length === 0
        ? {}
        : {
            corrections: mended.map(item => ({
              version: item.number,
              at: formatInstant(item.at),
              note: item.note ?? '',
            })),
          }),
      translations: (siblingsOf.get(row.storyId) ?? [])
        .filter(item => item.articleId !== id)
        .map(item => ({
          id: item.articleId,
          slug: item.slug,
          language: item.language,
          headline: item.headline,
          ...canonical(settings, item),
        })),
    }
    return only(article, shows)
  })
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
  { tag }: ArticleTag,
  row: PublicationRow,
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
  article: Pick<PublicationRow, 'articleId' | 'slug' | 'language'>,
): { canonicalUrl?: string } {
  if (settings.articleUrl === undefined) return {}
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
