import { type Access, accesses, accessLanguage } from '../../words.ts'
import { present, readCommon, readSource, readStatus, type WireCommon } from './ninjs-common.ts'
import {
  conceptOf,
  type Fields,
  fieldsOf,
  ItemError,
  idOf,
  listOf,
  shortEnough,
  storableTimeOf,
  textOf,
  wholeOf,
} from './ninjs-fields.ts'
import { readAssociations, readMedia, readType, type WireMedia } from './ninjs-media.ts'
import { kindOfRenditions, type MediaKind, readRenditions } from './ninjs-renditions.ts'
import { readTags, relOf, type WireTag } from './ninjs-tags.ts'
import { pickBody, pickText, readWordings, type WireBody } from './ninjs-wording.ts'

/**
 * One news item, whichever ninjs it came in. Texts are verbatim (HTML entities in a headline stay as they are), times
 * epoch ms; `media` has the lead first; `self` is the item when it is itself a picture, a film or a sound.
 */
export type WireItem = WireCommon & {
  uri: string
  kind: 'text' | MediaKind
  headline?: string
  shortHeadline?: string
  title?: string
  slugline?: string
  summary?: string
  body?: WireBody
  byline?: string
  signOff?: string
  dateline?: string
  urgency?: number
  source?: string
  editorialNote?: string
  correctionNote?: string
  firstCreated?: number
  /** For whom it is, where an item that was exported here says so. */
  access?: Access
  genres: { name?: string; uri?: string; code?: string }[]
  tags: WireTag[]
  media: WireMedia[]
  self?: WireMedia
  /** The property at fault in a withheld item. The reader then skips the item's other properties. */
  fault?: string
}

/** The version of a canceled or withheld item that names none: it is of whatever came before it. */
export const anyVersion = ''

/** What an item is known by, where it says that in a way that can be stored. */
export function uriOf(value: unknown): string | undefined {
  const uri = typeof value === 'object' && value !== null && 'uri' in value ? value.uri : undefined
  return typeof uri === 'string' && !uri.includes('\0') ? uri.trim() : undefined
}

/** A ninjs 1.x, 2.x or 3.x item in one shape; throws ItemError naming the property that makes it unusable. */
export function readNinjs(value: unknown): WireItem {
  const fields = fieldsOf({ path: '', value })
  const uri = textOf(fields, 'uri')?.trim()
  if (uri === undefined) throw new ItemError('uri is missing')
  shortEnough(uri, 'uri')
  const status = readStatus(fields)
  if (status === 'canceled') return readTakeback(fields, uri, status)
  if (status === 'usable') return readWhole(fields, uri)
  try {
    const version = idOf(fields, 'version') ?? anyVersion
    return { ...readWhole(fields, uri), version }
  } catch (error) {
    if (!(error instanceof ItemError)) throw error
    return { ...readTakeback(fields, uri, status), fault: error.rule }
  }
}

function readWhole(fields: Fields, uri: string): WireItem {
  const headlines = readWordings(fields, 'headline', 'headlines')
  const main = pickText(headlines, ['', 'headline'])
  const short = pickText(headlines, ['short', 'shortheadline'])
  const extended = headlines.map(({ role }) => role).filter(role => !/short|sub|seo/.test(role))
  const headline = main ?? pickText(headlines, extended) ?? short
  const bodies = readWordings(fields, 'body', 'bodies')
  const kind = readKind(fields, headline !== undefined || bodies.length > 0, bodies.length > 0)
  const descriptions = readWordings(fields, 'description', 'descriptions')
  return {
    uri,
    kind,
    ...readCommon(fields),
    ...present({
      headline,
      shortHeadline: headline === short ? undefined : short,
      title: textOf(fields, 'title'),
      slugline: textOf(fields, 'slugline'),
      summary: kind === 'text' ? pickText(descriptions, ['summary', '', 'abstract', 'lead']) : undefined,
      body: kind === 'text' ? pickBody(bodies) : undefined,
      byline: textOf(fields, 'by', 'byline') ?? readCreators(fields, 'name')[0],
      signOff: readCreators(fields, 'literal').find(code => code.length <= 16),
      dateline: readDateline(fields),
      urgency: wholeOf(fields, 'urgency', 1, 9),
      source: readSource(fields),
      editorialNote: textOf(fields, 'ednote'),
      correctionNote: pickText(descriptions, ['correction']),
      firstCreated: storableTimeOf(fields, 'firstcreated'),
      access: readAccess(fields),
    }),
    genres: readGenres(fields),
    tags: readTags(fields),
    media: readAssociations(fields, uri),
    ...(kind !== 'text' && { self: readMedia(fields, uri, 'self', kind) }),
  }
}

/** Reads of an item that its sender takes back only the takeback itself: no fault in the rest may keep the story up. */
function readTakeback(fields: Fields, uri: string, status: 'canceled' | 'withheld'): WireItem {
  const descriptions = () => readWordings(fields, 'description', 'descriptions')
  return {
    uri,
    kind: 'text',
    status,
    version: orNone(() => idOf(fields, 'version')) ?? anyVersion,
    ...present({
      versionCreated: orNone(() => storableTimeOf(fields, 'versioncreated')),
      correctionNote: orNone(() => pickText(descriptions(), ['correction'])),
      editorialNote: orNone(() => textOf(fields, 'ednote')),
    }),
    genres: [],
    tags: [],
    media: [],
  }
}

function orNone<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ItemError) return undefined
    throw error
  }
}

/** Real items leave `type` out or say composite; what they hold tells more than the word. */
function readKind(fields: Fields, worded: boolean, hasBody: boolean): WireItem['kind'] {
  const type = readType(fields)
  if (type === 'other') throw new ItemError(`type is not text, media or composite: ${textOf(fields, 'type')}`)
  if (type && type !== 'group') return type
  const shown = hasBody ? undefined : kindOfRenditions(readRenditions(fields))
  if (shown) return shown
  if (worded) return 'text'
  throw new ItemError(
    type ? 'the item has neither headline nor body' : 'type is missing, and so are headline and body',
  )
}

/** Names or codes of the people who made the item; AP's long codes are of a vocabulary, not a sign-off. */
function readCreators(fields: Fields, property: 'name' | 'literal'): string[] {
  return listOf(fields, 'people', 'person').flatMap(entry => {
    const inner = conceptOf(entry)
    const text = ['creator', 'author'].includes(relOf(inner)) ? idOf(inner, property) : undefined
    return text === undefined ? [] : [text]
  })
}

/** `located` as a string or an object with a name, else the place the item is located at. */
function readDateline(fields: Fields): string | undefined {
  const located = fields.byName.get('located')
  if (typeof located?.value === 'string') return textOf(fields, 'located')
  if (located) return textOf(fieldsOf(located), 'name')
  for (const entry of listOf(fields, 'places', 'place')) {
    const place = conceptOf(entry)
    if (relOf(place) === 'located') return textOf(place, 'name')
  }
  return undefined
}

/** Throws ItemError for a word that is none of ours: it may be for fewer readers than we would show it to. */
function readAccess(fields: Fields): Access | undefined {
  const rights = orNone(() => {
    const field = fields.byName.get('rightsinfo')
    return field && fieldsOf(field)
  })
  // Others say theirs in languages of their own, and in any shape.
  if (rights?.byName.get('langid')?.value !== accessLanguage) return undefined
  const word = rights.byName.get('encodedrights')?.value
  const access = accesses.find(one => one === word)
  if (access === undefined) throw new ItemError(`rightsInfo.encodedRights is not ${accesses.join(' or ')}`)
  return access
}

function readGenres(fields: Fields): WireItem['genres'] {
  return listOf(fields, 'genres', 'genre').map(entry => {
    const inner = conceptOf(entry)
    return present({
      name: textOf(inner, 'name'),
      uri: idOf(inner, 'uri'),
      code: idOf(inner, 'literal', 'code'),
    })
  })
}
