import type { Head, LiveReader } from '../../db/db.ts'
import { listLiveMediaById } from '../media/media.store.ts'
import { listLiveTagsById } from '../tags/live-tags.store.ts'

type Tag = Awaited<ReturnType<typeof listLiveTagsById>>[number]
type Media = Awaited<ReturnType<typeof listLiveMediaById>>[number]

/** What an article is filed under. */
export type Filing = { section: Tag | undefined; tags: readonly Tag[] }

/** What is said of tags and media in many articles, as it was at one state of the log. */
type Facts = {
  epoch: string
  seq: number
  tags: Map<string, Tag>
  filings: Map<string, Filing>
  media: Map<string, Media>
}

const mostTags = 20_000
const mostFilings = 10_000
const mostMedia = 5000
const known = new WeakMap<LiveReader, Facts>()

function factsAt(reader: LiveReader, { epoch, seq }: Head): Facts {
  const facts = known.get(reader)
  if (facts?.epoch === epoch && facts.seq === seq) return facts
  const fresh: Facts = { epoch, seq, tags: new Map(), filings: new Map(), media: new Map() }
  known.set(reader, fresh)
  return fresh
}

/**
 * The live tags of the ids, perhaps with others, read where they are not known at this state of the log. Should the log
 * move meanwhile, what is made of them is made again.
 */
export async function tagsAt(
  reader: LiveReader,
  head: Head,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Tag>> {
  const facts = factsAt(reader, head)
  const found = await fill(facts.tags, mostTags, ids, async missing => {
    const rows = await listLiveTagsById(reader, missing)
    return rows.map(row => [row.id, row])
  })
  facts.tags = found
  return found
}

/** What tags come to, the section at 0; one that is not live is left out. */
export function filingOf([section, ...tags]: readonly (Tag | undefined)[]): Filing {
  return { section, tags: tags.filter(tag => tag !== undefined) }
}

/** The same of lists of tags, as a publication's row has one: ids with spaces between, the section's first. */
export async function filingsAt(
  reader: LiveReader,
  head: Head,
  lists: readonly string[],
): Promise<ReadonlyMap<string, Filing>> {
  const facts = factsAt(reader, head)
  const found = await fill(facts.filings, mostFilings, lists, async missing => {
    const ids = missing.map(list => list.split(' '))
    const tags = await tagsAt(reader, head, ids.flat())
    return missing.map((list, i) => [list, filingOf((ids[i] ?? []).map(id => tags.get(id)))])
  })
  facts.filings = found
  return found
}

/** The same of live media. */
export async function mediaAt(
  reader: LiveReader,
  head: Head,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Media>> {
  const facts = factsAt(reader, head)
  const found = await fill(facts.media, mostMedia, ids, async missing => {
    const rows = await listLiveMediaById(reader, missing)
    return rows.map(row => [row.id, row])
  })
  facts.media = found
  return found
}

/** Adds what is missing to what is known; past `most` to another map, since others still read from this one. */
async function fill<Fact>(
  kept: Map<string, Fact>,
  most: number,
  names: readonly string[],
  read: (missing: string[]) => Promise<[string, Fact][]>,
): Promise<Map<string, Fact>> {
  const missing = names.filter(name => !kept.has(name))
  if (missing.length === 0) return kept
  const found = await read([...new Set(missing)])
  const into = kept.size + found.length > most ? new Map<string, Fact>() : kept
  if (into !== kept) for (const name of names) if (kept.has(name)) into.set(name, kept.get(name) as Fact)
  for (const [name, fact] of found) into.set(name, fact)
  return into
}
