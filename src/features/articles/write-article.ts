import type { Static } from 'typebox'
import { formatInstant } from '../../instant.ts'
import type { MediaFacts } from '../media/media.store.ts'
import { renderMedia } from '../media/render-media.ts'
import type { TagFacts } from '../tags/live-tags.store.ts'
import type { TagRefSchema } from '../tags/tags.schema.ts'
import { tagName } from '../tags/tags.ts'
import type { ArticleField } from './articles.schema.ts'
import type { PublicationRow } from './articles.store.ts'
import type { HistoryRow, Sibling } from './relations.store.ts'
import type { View } from './view.ts'

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

/** Where the bytes of media are read from, and the query they are asked with: see `renderMedia`. */
export type MediaAddress = { base: string; query?: string }

type Source = {
  row: ArticleRow
  relations: Relations
  settings: ArticleSettings
  view: View
  address: MediaAddress
}

/**
 * One article as readers get it, written as the JSON of ArticleSchema. It is written straight from the rows: as an object
 * that is then serialised, it cost twice as much.
 */
export function writeArticle(
  row: ArticleRow,
  relations: Relations,
  settings: ArticleSettings,
  view: View,
  address: MediaAddress,
): string {
  const source: Source = { row, relations, settings, view, address }
  let text = ''
  for (const field of view.fields) {
    const value = values[field](source)
    if (value !== undefined) text += `,"${field}":${value}`
  }
  return `{${text.slice(1)}}`
}

/** The JSON of each field; undefined where it is absent. */
const values: Record<ArticleField, (source: Source) => string | undefined> = {
  id: ({ row }) => JSON.stringify(row.articleId),
  slug: ({ row }) => stringOf(row.slug),
  language: ({ row }) => JSON.stringify(row.language),
  kind: ({ row }) => JSON.stringify(row.kind),
  headline: ({ row }) => JSON.stringify(row.headline),
  shortHeadline: ({ row }) => stringOf(row.shortHeadline),
  summary: ({ row }) => stringOf(row.summary),
  body: ({ relations }) => stringOf(relations.body ?? null),
  bodyWithheld: ({ row, view }) => (isWithheld(row, view) ? '{"reason":"subscribers"}' : undefined),
  dateline: ({ row }) => stringOf(row.dateline),
  byline: ({ row }) => stringOf(row.byline),
  signOff: ({ row }) => stringOf(row.signOff),
  section: source => {
    const [first] = source.relations.tags
    return first?.position === 0 ? tagText(first.tag, source, source.view.sectionDetails) : undefined
  },
  tags: source => {
    const tagged = source.relations.tags.filter(item => item.position > 0)
    return `[${tagged.map(item => tagText(item.tag, source, source.view.tagDetails)).join(',')}]`
  },
  leadMedia: ({ relations, address }) => {
    const [first] = relations.media
    return first?.position === 0 ? mediaText(first.media, address) : undefined
  },
  media: ({ relations, address }) => {
    const more = relations.media.filter(item => item.position > 0)
    return `[${more.map(item => mediaText(item.media, address)).join(',')}]`
  },
  urgency: ({ row }) => String(row.urgency),
  access: ({ row }) => JSON.stringify(row.access),
  story: ({ row }) => JSON.stringify(row.storyId),
  source: ({ row }) => stringOf(row.source),
  usageTerms: ({ row }) => stringOf(row.usageTerms),
  canonicalUrl: ({ row, settings }) => stringOf(canonicalUrl(settings, row) ?? null),
  wordCount: ({ row }) => String(row.wordCount),
  readingMinutes: ({ row }) => String(row.readingMinutes),
  version: ({ row }) => String(row.version),
  publishedAt: ({ row }) => instantOf(row.publishedAt),
  updatedAt: ({ row }) => instantOf(row.updatedAt),
  correctedAt: ({ row }) => instantOf(row.correctedAt),
  embargoedUntil: ({ relations }) => instantOf(relations.embargoedUntil ?? null),
  corrections: ({ relations: { corrections } }) =>
    corrections.length === 0
      ? undefined
      : JSON.stringify(
          corrections.map(({ number, at, note }) => ({
            version: number,
            at: formatInstant(at),
            note: note ?? '',
          })),
        ),
  translations: ({ row, relations, settings }) =>
    JSON.stringify(
      translationsOf(row.articleId, relations).map(({ articleId, slug, language, headline }) => ({
        id: articleId,
        slug,
        language,
        headline,
        canonicalUrl: canonicalUrl(settings, { articleId, slug, language }),
      })),
    ),
}

const stringOf = (value: string | null) => (value === null ? undefined : JSON.stringify(value))
const instantOf = (at: number | null) => (at === null ? undefined : `"${formatInstant(at)}"`)

/** Whether the reader may not read the body. */
export const isWithheld = (row: Pick<PublicationRow, 'access'>, view: View) =>
  row.access !== 'public' && !view.subscribers

/** The live articles of the same story in other languages. */
export function translationsOf(articleId: string, { siblings }: Relations): Sibling[] {
  return siblings.filter(item => item.articleId !== articleId)
}

/** Where the article is read on the public site; nothing when that has no address. */
export function canonicalUrl(
  { articleUrl }: ArticleSettings,
  { articleId: id, slug, language }: Pick<ArticleRow, 'articleId' | 'slug' | 'language'>,
): string | undefined {
  if (slug === null) return undefined
  const parts: Record<string, string> = { id, slug, language }
  return articleUrl?.replace(/\{(\w+)\}/g, (whole, name: string) => parts[name] ?? whole)
}

/** What was written of a row before, while the row is kept: tags and media stand in many articles. */
const written = new WeakMap<TagFacts | MediaFacts, Map<string, string>>()

function writeOnce(row: TagFacts | MediaFacts, form: string, write: () => string): string {
  let forms = written.get(row)
  if (!forms) {
    forms = new Map()
    written.set(row, forms)
  }
  let text = forms.get(form)
  if (text === undefined) {
    text = write()
    forms.set(form, text)
  }
  return text
}

function tagText(tag: TagFacts, { row, settings }: Source, whole: boolean): string {
  const form = `${row.language} ${settings.language} ${whole}`
  return writeOnce(tag, form, () => JSON.stringify(tagRef(tag, [row.language, settings.language], whole)))
}

function tagRef(tag: TagFacts, languages: readonly string[], whole: boolean): Static<typeof TagRefSchema> {
  return {
    id: tag.id,
    slug: tag.slug,
    kind: tag.kind,
    name: tagName(tag.names, ...languages),
    ...(whole ? { names: tag.names } : {}),
    ...(whole && tag.mediaTopic !== null ? { mediaTopic: tag.mediaTopic } : {}),
    ...(whole && tag.wikidata !== null ? { wikidata: tag.wikidata } : {}),
  }
}

function mediaText(media: MediaFacts, { base, query = '' }: MediaAddress): string {
  return writeOnce(media, base + query, () => JSON.stringify(renderMedia(media, base, query)))
}
