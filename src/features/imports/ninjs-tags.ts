import type { TagKind } from '../../words.ts'
import { conceptOf, type Field, type Fields, idOf, listOf, shortEnough, textOf } from './ninjs-fields.ts'

/** What an item is about; without a name only where a code tells it. `code` is the sender's own, as given. */
export type WireTag = {
  kind: TagKind
  name?: string
  mediaTopic?: string
  wikidata?: string
  uri?: string
  code?: string
}

const sources: readonly [WireTag['kind'], ...string[]][] = [
  ['section', 'service'],
  ['topic', 'subjects', 'subject'],
  ['place', 'places', 'place'],
  ['person', 'people', 'person'],
  ['organisation', 'organisations', 'organisation', 'organizations', 'organization'],
  ['event', 'events', 'event'],
  ['topic', 'objects', 'object'],
]

/** Who made the item and where it was filed from are its byline and dateline, not what it is about. */
const notAbout = new Set(['creator', 'author', 'photographer', 'contributor', 'editor', 'located'])
const kindOfRel = new Map<string, TagKind>([
  ['section', 'section'],
  ['category', 'section'],
  ['series', 'series'],
])

/** Every subject, place, person, organisation, event and object an item is about, once each, in order. */
export function readTags(fields: Fields): WireTag[] {
  const found = new Map<string, WireTag>()
  for (const [kind, ...names] of sources) {
    for (const entry of listOf(fields, ...names)) {
      const tag = readTag(kind, entry, names[0] === 'objects')
      if (!tag) continue
      const key = `${tag.kind} ${tag.name?.toLowerCase() ?? tag.mediaTopic ?? tag.wikidata ?? tag.uri}`
      const before = found.get(key)
      found.set(key, before ? { ...tag, ...before } : tag)
    }
  }
  return [...found.values()]
}

function readTag(kind: WireTag['kind'], entry: Field, isObject: boolean): WireTag | undefined {
  const fields = conceptOf(entry)
  const rel = relOf(fields)
  if (notAbout.has(rel)) return undefined
  // Of objects, 2.x items carry file names and shop numbers too: only what the item is about is a tag.
  if (isObject && !['', 'about', 'mentions'].includes(rel)) return undefined
  const name = textOf(fields, 'name')?.trim()
  const code = idOf(fields, 'literal', 'code')
  const scheme = textOf(fields, 'scheme')?.trim()
  const uri = absolute(idOf(fields, 'uri')) ?? absolute(scheme && code && joined(scheme, code))
  const mediaTopic = mediaTopicOf(uri, scheme, code)
  const wikidata = /^https?:\/\/(?:www\.)?wikidata\.org\/(?:wiki|entity)\/(Q\d+)$/.exec(uri ?? '')?.[1]
  if (!name && !mediaTopic && !wikidata && !uri) return undefined
  if (uri) shortEnough(uri, `${fields.path}.uri`)
  return {
    kind: (kind === 'topic' ? kindOfRel.get(rel) : undefined) ?? kind,
    ...(name && { name }),
    ...(mediaTopic && { mediaTopic }),
    ...(wikidata && { wikidata }),
    ...(uri && { uri }),
    ...(code && { code }),
  }
}

/** The relation of a concept to the item in lower case, without its vocabulary; '' when it is not told. */
export function relOf(fields: Fields): string {
  return (idOf(fields, 'rel') ?? '').toLowerCase().replace(/^.*[:/]/, '')
}

function joined(scheme: string, code: string): string {
  return /[/#:]$/.test(scheme) ? scheme + code : `${scheme}/${code}`
}

/** A URI that ends at its vocabulary names nothing: AP sends `http://cv.ap.org/id/` for several subjects. */
function absolute(uri: string | undefined): string | undefined {
  return uri && /^[a-z][a-z0-9+.-]*:\S*[^\s/#:]$/i.test(uri) ? uri : undefined
}

/** A bare number is not enough: NTB and TT send the older IPTC Subject Codes, which share the shape. */
function mediaTopicOf(uri?: string, scheme?: string, code?: string): string | undefined {
  for (const id of [uri, code]) {
    const digits = /(?:^|[/:])(?:medtop:|mediatopic\/)(\d{8})$/i.exec(id ?? '')?.[1]
    if (digits) return `medtop:${digits}`
  }
  const vocabulary = /(?:^|[/:])(?:mediatopics?|medtop)[/:]?$/i.test(scheme ?? '')
  return vocabulary && code && /^\d{8}$/.test(code) ? `medtop:${code}` : undefined
}
