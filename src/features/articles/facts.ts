import { LRUCache } from 'lru-cache'
import type { Head, LiveReader } from '../../db/db.ts'
import { listLiveMediaById } from '../media/media.store.ts'
import { listLiveTagsById } from '../tags/live-tags.store.ts'

type Tag = Awaited<ReturnType<typeof listLiveTagsById>>[number]
type Media = Awaited<ReturnType<typeof listLiveMediaById>>[number]

/** What is said of tags and media in many articles, as it was at one state of the log. */
type Facts = { epoch: string; seq: number; tags: LRUCache<string, Tag>; media: LRUCache<string, Media> }

const mostTags = 20_000
const mostMedia = 5000
const known = new WeakMap<LiveReader, Facts>()

function factsAt(reader: LiveReader, { epoch, seq }: Head): Facts {
  const facts = known.get(reader)
  if (facts?.epoch === epoch && facts.seq === seq) return facts
  const fresh: Facts = {
    epoch,
    seq,
    tags: new LRUCache({ max: mostTags }),
    media: new LRUCache({ max: mostMedia }),
  }
  known.set(reader, fresh)
  return fresh
}

/**
 * The live tags of the ids, read where they are not known at this state of the log. Should the log move meanwhile, what is
 * made of them is made again.
 */
export async function tagsAt(
  reader: LiveReader,
  head: Head,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Tag>> {
  return fill(factsAt(reader, head).tags, ids, missing => listLiveTagsById(reader, missing))
}

/** The same of live media. */
export async function mediaAt(
  reader: LiveReader,
  head: Head,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Media>> {
  return fill(factsAt(reader, head).media, ids, missing => listLiveMediaById(reader, missing))
}

async function fill<Row extends { id: string }>(
  cache: LRUCache<string, Row>,
  ids: readonly string[],
  read: (missing: string[]) => Promise<Row[]>,
): Promise<Map<string, Row>> {
  const found = new Map<string, Row>()
  const missing: string[] = []
  for (const id of ids) {
    if (found.has(id)) continue
    const row = cache.get(id)
    if (row) found.set(id, row)
    else missing.push(id)
  }
  if (missing.length === 0) return found
  for (const row of await read([...new Set(missing)])) {
    cache.set(row.id, row)
    found.set(row.id, row)
  }
  return found
}
