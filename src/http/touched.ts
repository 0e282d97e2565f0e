import type { Head, LiveReader, Source } from '../db/db.ts'
import { touchedByAny } from '../words.ts'
import type { Entry } from './response-cache.ts'

/** Reads what at most `most` changes after a sequence number touch: the last of them, how many, and their cache tags. */
export type ReadTouched = (
  live: LiveReader,
  after: number,
  most: number,
) => Promise<{ last: number; count: number; tags: Iterable<string> }>

/** Whether an answer is one to the state `head`, which the source is at or was; it then knows that it is. */
type Stands = (entry: Entry, head: Head) => Promise<boolean>

/** Past it nothing that is kept is worth the reading. */
const mostChanges = 500
const mostTags = 20_000
/** A log that does not rest keeps nobody waiting. */
const mostLooks = 3

/**
 * Follows what the log's changes touch, to know whether an answer made at an earlier state of it is one to the present
 * state as well: it is, where nothing it is tagged with was touched since.
 */
export function followTouched(read: ReadTouched) {
  const followed = new WeakMap<LiveReader, Stands>()

  return async (entry: Entry, head: Head, source: Source): Promise<boolean> => {
    if (entry.epoch !== head.epoch || entry.seq > head.seq) return false
    if (entry.seq === head.seq) return true
    if (touchedByAny.some(tag => entry.tags.includes(tag))) return false
    let stands = followed.get(source.live)
    if (!stands) {
      stands = followOn(source, read, entry)
      followed.set(source.live, stands)
    }
    return stands(entry, head)
  }
}

/** The same on one server, from the state that an answer was made at. */
function followOn(source: Source, read: ReadTouched, start: Pick<Head, 'epoch' | 'seq'>): Stands {
  let { epoch } = start
  /** What was touched after the one and up to the other is known. */
  let [from, to] = [start.seq, start.seq]
  const lastTouched = new Map<string, number>()
  let going: Promise<void> | undefined

  /**
   * Reads on until the log stands still under it: what belongs to a change is read after it, and may be of a later one. Only
   * then is it taken for known.
   */
  async function follow(): Promise<void> {
    const found = new Map<string, number>()
    let upTo = to
    for (let look = 0; ; look++) {
      const head = await source.headNow()
      if (head.epoch === epoch && upTo >= head.seq) break
      const isToBeRead = head.epoch === epoch && look < mostLooks && lastTouched.size <= mostTags
      const touched = isToBeRead ? await read(source.live, upTo, mostChanges) : undefined
      if (!touched || touched.count === mostChanges) {
        epoch = head.epoch
        from = head.seq
        to = head.seq
        lastTouched.clear()
        return
      }
      for (const tag of touched.tags) found.set(tag, touched.last)
      upTo = touched.last
    }
    for (const [tag, seq] of found) lastTouched.set(tag, seq)
    to = upTo
  }

  return async (entry, head) => {
    if (to < head.seq || epoch !== head.epoch) {
      going ??= follow().finally(() => {
        going = undefined
      })
      await going
    }
    const isKnown = epoch === head.epoch && to >= head.seq && entry.seq >= from
    if (!isKnown || entry.tags.some(tag => (lastTouched.get(tag) ?? 0) > entry.seq)) return false
    entry.seq = Math.max(entry.seq, head.seq)
    return true
  }
}
