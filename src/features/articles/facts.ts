import type { Head, LiveReader } from '../../db/db.ts'
import { isSamePlace, type LogPlace } from '../../log-place.ts'
import { listLiveMediaById } from '../media/media.store.ts'
import { listLiveTagsById } from '../tags/live-tags.store.ts'

type Tag = Awaited<ReturnType<typeof listLiveTagsById>>[number]
type Media = Awaited<ReturnType<typeof listLiveMediaById>>[number]

/** What an article is filed under. */
export type Filing = { section: Tag | undefined; tags: readonly Tag[] }

/** What is said of tags and media in many articles, as it was at one state of the log. */
type Facts = {
  place: LogPlace
  tags: Map<string, Tag>
  filings: Map<string, Filing>
  media: Map<string, Media>
}

const mostTags = 20_000
const mostFilings = 10_000
const mostMedia = 5000
const known = new WeakMap<LiveReader, Facts>()

function factsAt(reader: LiveReader, head: Head): Facts {
  const facts = known.get(reader)
  if (facts && isSamePlace(facts.place, head)) return facts
  const fresh: Facts = { place: head, tags: new Map(), filings: new Map(), media: new Map() }
  known.set(reader, fresh)
  return fresh
}

/**
 * The live tag of each id, read where it is not known at this state of the log; undefined where there is none. Should the
 * log move meanwhile, what is made of them is made again.
 */
export function tagsAt(reader: LiveReader, head: Head, ids: readonly string[]): Promise<(Tag | undefined)[]> {
  return lookUp(factsAt(reader, head).tags, mostTags, ids, async missing => {
    const rows = await listLiveTagsById(reader, missing)
    return rows.map(row => [row.id, row])
  })
}

/** What tags come to, the section at 0; one that is not live is left out. */
export function filingOf([section, ...tags]: readonly (Tag | undefined)[]): Filing {
  return { section, tags: tags.filter(tag => tag !== undefined) }
}

/** What each list of tags comes to, as a publication's row has one: ids with spaces between, the section's first. */
export function filingsAt(
  reader: LiveReader,
  head: Head,
  lists: readonly string[],
): Promise<(Filing | undefined)[]> {
  return lookUp(factsAt(reader, head).filings, mostFilings, lists, async missing => {
    const tags = await tagsAt(
      reader,
      head,
      missing.flatMap(list => list.split(' ')),
    )
    const tagOf = new Map(tags.map(tag => [tag?.id, tag]))
    return missing.map(list => [list, filingOf(list.split(' ').map(id => tagOf.get(id)))])
  })
}

/** The live media of each id, where there is one. */
export function mediaAt(
  reader: LiveReader,
  head: Head,
  ids: readonly (string | undefined)[],
): Promise<(Media | undefined)[]> {
  return lookUp(factsAt(reader, head).media, mostMedia, ids, async missing => {
    const rows = await listLiveMediaById(reader, missing)
    return rows.map(row => [row.id, row])
  })
}

/** What is known by each name, of which `most` are kept; what is not known is read at one look. */
async function lookUp<Fact>(
  kept: Map<string, Fact>,
  most: number,
  names: readonly (string | undefined)[],
  read: (missing: string[]) => Promise<(readonly [string, Fact])[]>,
): Promise<(Fact | undefined)[]> {
  const missing = new Set<string>()
  const facts = names.map(name => {
    const fact = name === undefined ? undefined : kept.get(name)
    if (name !== undefined && fact === undefined) missing.add(name)
    return fact
  })
  if (missing.size === 0) return facts
  const found = new Map(await read([...missing]))
  if (kept.size + found.size > most) kept.clear()
  for (const [name, fact] of found) kept.set(name, fact)
  return names.map((name, i) => facts[i] ?? (name === undefined ? undefined : found.get(name)))
}
