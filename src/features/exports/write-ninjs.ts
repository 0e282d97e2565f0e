import { formatInstant } from '../../instant.ts'
import { accessLanguage } from '../../words.ts'
import type { HistoryRow, PublicationRow } from '../articles/publications.store.ts'
import type { Sibling } from '../articles/relations.store.ts'
import { type ArticleSettings, canonicalUrl } from '../articles/write-article.ts'
import type { MediaFacts } from '../media/media.store.ts'
import { renderMedia } from '../media/render-media.ts'
import type { TagFacts } from '../tags/live-tags.store.ts'
import { tagName } from '../tags/tags.ts'
import type { Withdrawal } from './exports.store.ts'

/** A live article with all that an item says of it. */
export type Exported = {
  row: PublicationRow
  /** Of one for subscribers only where they are asked for. */
  body: { html: string; text: string } | undefined
  /** The section first. */
  tags: readonly TagFacts[]
  /** Each once, the lead first, if there is one. */
  media: readonly MediaFacts[]
  /** The correction that the live version is. */
  correction: HistoryRow | undefined
  translations: readonly Sibling[]
}

/** An object of ninjs 3.1. What is undefined is left out when it becomes JSON: the standard has no null. */
export type Ninjs = Readonly<Record<string, unknown>>

const standard = {
  name: 'ninjs',
  version: '3.1',
  schema: 'http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json',
}

/** A live article as an item of ninjs 3.1 (iptc.org/std/ninjs). Its addresses are absolute. */
export function writeItem(exported: Exported, settings: ArticleSettings): Ninjs {
  const { row, body, tags, media, correction, translations } = exported
  const { language } = row
  const about = (kind: TagFacts['kind'], rel: string) =>
    tags.filter(tag => tag.kind === kind).map(tag => conceptOf(tag, rel, [language, settings.language]))
  const address = canonicalUrl(settings, row)
  const isLead = ({ id }: MediaFacts) => id === row.leadMediaId
  return {
    standard,
    uri: uriOf(row.articleId, settings),
    altIds: [
      { role: 'internal', value: row.articleId },
      { role: 'slug', value: row.slug },
    ],
    type: 'text',
    representationType: body ? 'full' : 'partial',
    version: String(row.version),
    pubStatus: 'usable',
    language,
    firstCreated: formatInstant(row.publishedAt),
    versionCreated: formatInstant(row.updatedAt),
    urgency: row.urgency,
    headlines: some([plain('main', row.headline), plain('short', row.shortHeadline)]),
    descriptions: some([plain('summary', row.summary), plain('correction', correction?.note)]),
    edNote: correction?.note ? `Correction: ${correction.note}` : undefined,
    bodies: body && [
      { role: 'main', contentType: 'text/html', value: body.html },
      { ...plain('main', body.text), wordCount: row.wordCount, charCount: [...body.text].length },
    ],
    by: row.byline ?? undefined,
    located: row.dateline ?? undefined,
    people: some([
      row.signOff === null ? undefined : { rel: 'creator', literal: row.signOff },
      ...about('person', 'about'),
    ]),
    subjects: some([
      ...about('section', 'section'),
      ...about('topic', 'about'),
      ...about('series', 'series'),
    ]),
    organisations: some(about('organisation', 'about')),
    places: some(about('place', 'about')),
    events: some(about('event', 'about')),
    genres: row.kind === 'story' ? undefined : [{ name: row.kind, literal: row.kind }],
    infoSources: row.source === null ? undefined : [{ name: row.source }],
    usageTerms: row.usageTerms ?? undefined,
    rightsInfo: { langId: accessLanguage, encodedRights: row.access },
    renditions: address === undefined ? undefined : [pageAt(address)],
    associations: some([
      ...media.filter(isLead).map(item => mediaItem(item, 'lead', settings)),
      ...media.filter(item => !isLead(item)).map((item, i) => mediaItem(item, `media-${i + 1}`, settings)),
      ...translations.map(sibling => translationItem(sibling, settings)),
    ]),
  }
}

/** What tells whoever has an article that it was withdrawn; nothing of its text. */
export function writeCancel(withdrawal: Withdrawal, settings: ArticleSettings): Ninjs {
  const { articleId, version, withdrawnAt, notice } = withdrawal
  return {
    standard,
    uri: uriOf(articleId, settings),
    altIds: [{ role: 'internal', value: articleId }],
    type: 'text',
    representationType: 'partial',
    version: version === null ? undefined : String(version),
    pubStatus: 'canceled',
    versionCreated: formatInstant(withdrawnAt),
    descriptions: [plain('correction', notice)],
    edNote: notice,
  }
}

/** The name of a subject for ever: provider, the day its id was made (UTC), id (RFC 3085, 3; RFC 9562, 5.7). */
function uriOf(id: string, { publicUrl }: ArticleSettings): string {
  const madeAt = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
  const day = formatInstant(madeAt).slice(0, 10).replaceAll('-', '')
  const provider = new URL(publicUrl).hostname.replaceAll(/[^a-z0-9.-]/g, '')
  return `urn:newsml:${provider}:${day}:${id}`
}

/** A tag by its name in the article's language, with the code that others know it by. */
function conceptOf(tag: TagFacts, rel: string, languages: readonly string[]): Ninjs {
  const { names, slug, mediaTopic, wikidata } = tag
  const known =
    mediaTopic === null
      ? wikidata && `http://www.wikidata.org/entity/${wikidata}`
      : mediaTopic.replace('medtop:', 'http://cv.iptc.org/newscodes/mediatopic/')
  return { name: tagName(names, ...languages), rel, literal: slug, uri: known ?? undefined }
}

function mediaItem(media: MediaFacts, name: string, settings: ArticleSettings): Ninjs {
  const { type, caption, alt, credit, photographer, rights } = media
  const { renditions } = renderMedia(media, settings.language, `${settings.publicUrl}/v1/media`)
  return {
    name,
    uri: uriOf(media.id, settings),
    altIds: [{ role: 'internal', value: media.id }],
    // The standard has no word for a document.
    type: type === 'document' ? undefined : type,
    descriptions: some([plain('caption', caption), plain('alt', alt), plain('creditline', credit)]),
    by: photographer ?? undefined,
    usageTerms: rights ?? undefined,
    renditions: some(
      renditions.map(({ name, url: href, contentType, width, height, bytes }) => {
        return { name, href, contentType, width, height, sizeInBytes: bytes }
      }),
    ),
  }
}

function translationItem(sibling: Sibling, settings: ArticleSettings): Ninjs {
  const { articleId, language, headline } = sibling
  const address = canonicalUrl(settings, sibling)
  return {
    name: `translation-${language}`,
    rel: 'translation',
    uri: uriOf(articleId, settings),
    altIds: [{ role: 'internal', value: articleId }],
    type: 'text',
    representationType: 'partial',
    language,
    headlines: [plain('main', headline)],
    renditions: address === undefined ? undefined : [pageAt(address)],
  }
}

/** The standard wants addresses in ASCII. */
const pageAt = (address: string) => ({ name: 'html', href: new URL(address).href, contentType: 'text/html' })

function plain(role: string, value: string | null | undefined): Ninjs | undefined {
  return value == null ? undefined : { role, contentType: 'text/plain', value }
}

/** A list without what is absent; nothing for none. */
function some(items: readonly (Ninjs | undefined)[]): Ninjs[] | undefined {
  const there = items.filter(item => item !== undefined)
  return there.length === 0 ? undefined : there
}
