import type { Head, LiveReader } from '../../db/db.ts'
import { listLiveMediaById } from '../media/media.store.ts'
import { listLiveTagsById } from '../tags/live-tags.store.ts'

type Tag = Awaited<ReturnType<typeof listLiveTagsById>>[number]
type Media = Awaited<ReturnType<typeof listLiveMediaById>>[number]

/** What is said of tags and media in many articles, as it was at one state of the log. */
type Facts = { epoch: string; seq: number; tags: Map<string, Tag>; media: Map<string, Media> }

const mostTags = 20_000
const mostMedia = 5000
const known = new WeakMap<LiveReader, Facts>()

function factsAt(reader: LiveReader, { epoch, seq }: Head): Facts {
  const facts = known.get(reader)
  if (facts?.epoch === epoch && facts.seq === seq) return facts
  const fresh: Facts = { epoch, seq, tags: new Map(), media: new Map() }
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
  const found = await fill(facts.tags, mostTags, ids, missing => listLiveTagsById(reader, missing))
  facts.tags = found
  return found
}

/** The same of live media. */
export async function mediaAt(
  reader: LiveReader,
  head: Head,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Media>> {
  const facts = factsAt(reader, head)
  const found = await fill(facts.media, mostMedia, ids, missing => listLiveMediaById(reader, missing))
  facts.media = found
  return found
}

/** Adds what is missing to what is known; past `most` to another map, since others still read from this one. */
async function fill<Row extends { id: string }>(
  kept: Map<string, Row>,
  most: number,
  ids: readonly string[],
  read: (missing: string[]) => Promise<Row[]>,
): Promise<Map<string, Row>> {
  const missing = ids.filter(id => !kept.has(id))
  if (missing.length === 0) return kept
  const rows = await read([...new Set(missing)])
  const into = kept.size + rows.length > most ? new Map<string, Row>() : kept
  if (into !== kept) for (const id of ids) if (kept.has(id)) into.set(id, kept.get(id) as Row)
  for (const row of rows) into.set(row.id, row)
  return into
}
