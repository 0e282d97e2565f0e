import type { Static } from 'typebox'
import { formatInstant } from '../../instant.ts'
import { listParts } from '../../json-bytes.ts'
import type { MediaFacts } from '../media/media.store.ts'
import { renderMedia } from '../media/render-media.ts'
import type { TagFacts } from '../tags/live-tags.store.ts'
import type { TagRefSchema } from '../tags/tags.schema.ts'
import { tagName } from '../tags/tags.ts'
import type { ArticleField } from './articles.schema.ts'
import { type ArticleRow, type OwnField, pickForm } from './form.ts'
import type { Sibling } from './relations.store.ts'
import type { View } from './view.ts'

/** The public settings that shape an article. */
export type ArticleSettings = { publicUrl: string; articleUrl: string | undefined; language: string }

/** All that stands beside an article's own row. */
export type Relations = {
  section: TagFacts | undefined
  tags: readonly TagFacts[]
  leadMedia: MediaFacts | undefined
  /** Without the lead. */
  media: readonly MediaFacts[]
  body: string | undefined
  siblings: readonly Sibling[]
  /** Until when it is under embargo, in epoch milliseconds. */
  embargoedUntil: number | undefined
}

/** What of an article's own row its relations need. */
export type ArticleFacts = Pick<ArticleRow, 'articleId' | 'slug' | 'language' | 'access'>

/** Where the bytes of media are read from, and the query they are asked with: see `renderMedia`. */
export type MediaAddress = { base: string; query?: string }

type Source = {
  row: ArticleFacts
  relations: Relations
  settings: ArticleSettings
  view: View
  address: MediaAddress
}

/**
 * One article as readers get it, the JSON of ArticleSchema, in parts: its form, and behind it what it is related to. Bytes
 * are put together here and not objects serialised: the form and the media were written before.
 */
export function writeArticle(
  form: Buffer,
  row: ArticleFacts,
  relations: Relations,
  settings: ArticleSettings,
  view: View,
  address: MediaAddress,
): Buffer[] {
  const source: Source = { row, relations, settings, view, address }
  const parts = [open, view.isWhole ? form : pickForm(form, view.shown)]
  for (const field of view.related) {
    const value = related[field](source)
    if (value === undefined) continue
    if (typeof value === 'string') parts.push(Buffer.from(names[field].text + value))
    else parts.push(names[field].bytes, value)
  }
  parts.push(close)
  return parts
}

type RelatedField = Exclude<ArticleField, OwnField>

/** The JSON of each field that is not the article's own; undefined where it is absent. */
const related: Record<RelatedField, (source: Source) => Buffer | string | undefined> = {
  canonicalUrl: ({ row, settings }) => stringOf(canonicalUrl(settings, row)),
  section: source => {
    const { section } = source.relations
    return section && tagBytes(section, source, source.view.sectionDetails)
  },
  tags: source => {
    const { row, relations, view } = source
    const make = () => listBytes(relations.tags.map(tag => tagBytes(tag, source, view.tagDetails)))
    // With all their names they are long, and seldom asked for.
    return view.tagDetails ? make() : bytesOnce(relations.tags, row.language, make)
  },
  leadMedia: ({ relations: { leadMedia }, settings, address }) =>
    leadMedia && mediaBytes(leadMedia, settings, address),
  media: ({ relations, settings, address }) =>
    listBytes(relations.media.map(media => mediaBytes(media, settings, address))),
  body: ({ relations }) => stringOf(relations.body),
  bodyWithheld: ({ row, view }) => (isWithheld(row, view) ? '{"reason":"subscribers"}' : undefined),
  embargoedUntil: ({ relations: { embargoedUntil: until } }) =>
    stringOf(until === undefined ? undefined : formatInstant(until)),
  translations: ({ row, relations, settings }) =>
    JSON.stringify(
      translationsOf(row.articleId, relations).map(sibling => {
        const { articleId: id, slug, language, headline } = sibling
        return { id, slug, language, headline, canonicalUrl: canonicalUrl(settings, sibling) }
      }),
    ),
}

const stringOf = (value: string | undefined) => (value === undefined ? undefined : JSON.stringify(value))

const open = Buffer.from('{')
const close = Buffer.from('}')
const names = Object.fromEntries(
  Object.keys(related).map(field => [field, { text: `,"${field}":`, bytes: Buffer.from(`,"${field}":`) }]),
) as Record<RelatedField, { text: string; bytes: Buffer }>

const listBytes = (items: readonly Buffer[]) => Buffer.concat(listParts(items.map(item => [item])))

/** Whether the reader may not read the body. */
export const isWithheld = (row: Pick<ArticleFacts, 'access'>, view: View) =>
  row.access !== 'public' && !view.subscribers

/** The live articles of the same story in other languages. */
export function translationsOf(articleId: string, { siblings }: Relations): Sibling[] {
  return siblings.filter(item => item.articleId !== articleId)
}

/** Where the article is read on the public site; nothing when that has no address. */
export function canonicalUrl(
  { articleUrl }: ArticleSettings,
  { articleId, slug, language }: Pick<ArticleFacts, 'articleId' | 'slug' | 'language'>,
): string | undefined {
  if (slug === null) return undefined
  if (articleUrl === undefined) return undefined
  let parts = addresses.get(articleUrl)
  if (!parts) {
    // Text and names in turn.
    parts = articleUrl.split(/\{(id|slug|language)\}/)
    addresses.set(articleUrl, parts)
  }
  const values: Record<string, string> = { id: articleId, slug, language }
  return parts.reduce((address, part, i) => address + (i % 2 === 0 ? part : values[part]), '')
}

const addresses = new Map<string, string[]>()

/**
 * A row, or a list of them, and what was written of it before: tags and media stand in many articles. It is kept on the
 * object itself, since looking it up in a WeakMap takes longer.
 */
type Written = object & { [written]?: Map<string, Buffer> }
const written = Symbol('written')

function bytesOnce(of: Written, form: string, make: () => Buffer): Buffer {
  of[written] ??= new Map()
  const forms = of[written]
  let bytes = forms.get(form)
  if (bytes === undefined) {
    bytes = make()
    forms.set(form, bytes)
  }
  return bytes
}

const bytesOf = (value: object) => Buffer.from(JSON.stringify(value))

function tagBytes(tag: TagFacts, { row, settings }: Source, whole: boolean): Buffer {
  const form = whole ? `whole ${row.language}` : row.language
  return bytesOnce(tag, form, () => bytesOf(tagRef(tag, [row.language, settings.language], whole)))
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

function mediaBytes(
  media: MediaFacts,
  { language }: ArticleSettings,
  { base, query = '' }: MediaAddress,
): Buffer {
  return bytesOnce(media, query, () => bytesOf(renderMedia(media, language, base, query)))
}
