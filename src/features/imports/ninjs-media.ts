import { present, readCommon, readSource, type WireCommon } from './ninjs-common.ts'
import { type Fields, ItemError, idOf, namedListOf, shortEnough, textOf } from './ninjs-fields.ts'
import { kindOfRenditions, type MediaKind, readRenditions, type WireRendition } from './ninjs-renditions.ts'
import { relOf } from './ninjs-tags.ts'
import { pickText, readWordings } from './ninjs-wording.ts'

/** A picture, sound or film; `name` is its association's. Caption, credit and alt are verbatim. */
export type WireMedia = WireCommon & {
  uri: string
  name: string
  kind: MediaKind
  caption?: string
  credit?: string
  alt?: string
  photographer?: string
  headline?: string
  renditions: WireRendition[]
}

const kinds = new Map<string, MediaKind | 'text' | 'group'>([
  ['text', 'text'],
  ['composite', 'group'],
  ['component', 'group'],
  ['picture', 'picture'],
  ['image', 'picture'],
  ['photo', 'picture'],
  ['graphic', 'graphic'],
  ['video', 'video'],
  ['audio', 'audio'],
  ['document', 'document'],
])

/** What `type` says, told apart as text, media or a group; 'other' for what is no content (event, planning). */
export function readType(fields: Fields): MediaKind | 'text' | 'group' | 'other' | undefined {
  const type = textOf(fields, 'type')?.trim().toLowerCase()
  return type === undefined ? undefined : (kinds.get(type.replace(/^.*[:/]/, '')) ?? 'other')
}

/** One media object from its own properties. */
export function readMedia(
  fields: Fields,
  uri: string,
  name: string,
  kind: MediaKind,
  within?: WireCommon,
): WireMedia {
  const descriptions = readWordings(fields, 'description', 'descriptions')
  const headlines = readWordings(fields, 'headline', 'headlines')
  const by = textOf(fields, 'by', 'byline')
  const words = present({
    caption: pickText(descriptions, ['caption', '', 'description', 'summary']),
    // AP gives a creditline, TT and SIPA the whole credit in `by`, AP's sound and film only an infosource.
    credit:
      pickText(descriptions, ['creditline', 'credit']) ??
      textOf(fields, 'creditline', 'credit') ??
      by ??
      textOf(fields, 'copyrightholder') ??
      readSource(fields),
    alt:
      pickText(descriptions, ['alt', 'alttext', 'alt_text']) ?? textOf(fields, 'alttext', 'alt_text', 'alt'),
    photographer: by,
    headline: pickText(headlines, ['', 'headline']),
  })
  return { uri, name, kind, ...readCommon(fields, within), ...words, renditions: readRenditions(fields) }
}

/** Names of the picture to lead with, as senders give them: mainpic, featuremedia, lead, hero_1. */
const lead =
  /^(?:lead|main|featured?|hero)(?:[ _-]?(?:pic|picture|image|img|photo|media|video|graphic))?[ _-]?\d*$/i
/** Business Wire puts the company's logo before the photo. */
const lastly = /logo|^icon|^thumbnail/i

/** Senders nest galleries one or two deep; the limit keeps a hostile item off the stack. */
const maxDepth = 8

/** The media of an item, the lead first and logos last; galleries within are opened, other articles are not. */
export function readAssociations(fields: Fields, uri: string): WireMedia[] {
  const found = collect(fields, uri, readCommon(fields), 1)
  const ranked = found.toSorted((a, b) => a.rank - b.rank).map(({ media }) => media)
  const seen = new Set<string>()
  return ranked.filter(media => !seen.has(media.uri) && seen.add(media.uri))
}

function collect(
  fields: Fields,
  parent: string,
  within: WireCommon,
  depth: number,
): { rank: number; media: WireMedia }[] {
  const entries = namedListOf(fields, 'associations')
  if (entries.length && depth > maxDepth) throw new ItemError(`associations are nested over ${maxDepth} deep`)
  return entries.flatMap(({ key, fields: inner }, at) => {
    const type = readType(inner)
    if (type === 'text' || type === 'other') return []
    const name = idOf(inner, 'name') ?? key ?? String(at + 1)
    // Real items leave the uri of an association out; the key of its place stays the same from version to version.
    const own = textOf(inner, 'uri')?.trim() ?? `${parent}#${encodeURIComponent(name)}`
    const uri = shortEnough(own, `${inner.path}.uri`)
    const kind = type === 'group' || !type ? kindOfRenditions(readRenditions(inner)) : type
    const rank = lead.test(name) || lead.test(relOf(inner)) ? 0 : lastly.test(name) ? 2 : 1
    const media = kind ? [{ rank, media: readMedia(inner, uri, name, kind, within) }] : []
    return [...media, ...collect(inner, uri, within, depth + 1)]
  })
}
