import type { Head, LiveReader, Source } from '../db/db.ts'
import { isSamePlace, type LogPlace, type Touched } from '../log-place.ts'
import { touchedByAny } from '../words.ts'
import type { Entry } from './response-cache.ts'

/** Reads at most `most` changes after a place of the log; undefined where the log has no such place (a restored backup). */
export type ReadTouched = (live: LiveReader, after: LogPlace, most: number) => Promise<Touched | undefined>

/** Whether an answer is one to the state `head`, which the source is at or was; it then knows that it is. */
type Stands = (entry: Entry, head: Head) => Promise<boolean>

/** More changes than these at once are not followed: all answers are made again. */
const mostChanges = 500
/** The rows of the log that are known at most, which bounds the memory they take. */
const mostRows = 20_000
/** Stop after three looks if the log keeps moving. */
const mostLooks = 3

/**
 * Follows what the log's changes touch, to know whether an answer made at an earlier state of it is one to the present
 * state as well: it is, where nothing it is tagged with was touched since.
 */
export function followTouched(read: ReadTouched) {
  const followed = new WeakMap<LiveReader, Stands>()

  return async (entry: Entry, head: Head, source: Source): Promise<boolean> => {
    if (isSamePlace(entry, head)) return true
    if (entry.epoch !== head.epoch || entry.seq >= head.seq) return false
    if (touchedByAny.some(tag => entry.tags.includes(tag))) return false
    let stands = followed.get(source.live)
    if (!stands) {
      stands = followOn(source, read, entry)
      followed.set(source.live, stands)
    }
    return stands(entry, head)
  }
}

/** Follows the log of one server, from the commit that an answer was made at. */
function followOn(source: Source, read: ReadTouched, start: LogPlace): Stands {
  /** The log is known up to and with this commit. */
  let to = start
  /** The mark of each known row of the log. An answer made at another mark was made from commits that a restore removed. */
  const marks = new Map([[start.seq, start.mark]])
  const lastTouched = new Map<string, number>()
  let going: Promise<void> | undefined

  const isKnown = ({ epoch, seq, mark }: LogPlace) => epoch === to.epoch && marks.get(seq) === mark

  /** Forgets the log before this commit. */
  function startAt(place: LogPlace): void {
    to = place
    marks.clear()
    marks.set(place.seq, place.mark)
    lastTouched.clear()
  }

  /**
   * Reads the log until it stands still. The tags of a change are read after the change, and may be those of a later one:
   * the changes count as known only then.
   */
  async function follow(): Promise<void> {
    const found: Touched[] = []
    let upTo = to
    for (let look = 0; ; look++) {
      const head = await source.headNow()
      if (isSamePlace(head, upTo)) break
      const isToBeRead = head.epoch === upTo.epoch && look < mostLooks && marks.size <= mostRows
      const touched = isToBeRead ? await read(source.live, upTo, mostChanges) : undefined
      if (!touched || touched.marks.length === 0 || touched.marks.length === mostChanges) return startAt(head)
      found.push(touched)
      upTo = touched.last
    }
    for (const { tags, marks: read, last } of found) {
      for (const [seq, mark] of read) marks.set(seq, mark)
      for (const tag of tags) lastTouched.set(tag, last.seq)
    }
    to = upTo
  }

  return async (entry, head) => {
    if (!isKnown(head)) {
      going ??= follow().finally(() => {
        going = undefined
      })
      await going
    }
    if (!isKnown(head) || !isKnown(entry)) return false
    if (entry.tags.some(tag => (lastTouched.get(tag) ?? 0) > entry.seq)) return false
    if (entry.seq < head.seq) Object.assign(entry, { seq: head.seq, mark: head.mark })
    return true
  }
}
