import type { Head, LiveReader, Source } from '../db/db.ts'
import type { Entry } from './response-cache.ts'

/** Reads what at most `most` changes after a sequence number touch: the last of them, how many, and their cache tags. */
export type ReadTouched = (
  live: LiveReader,
  after: number,
  most: number,
) => Promise<{ last: number; count: number; tags: Iterable<string> }>

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
  const followed = new WeakMap<LiveReader, ReturnType<typeof followOn>>()

  return {
    /** Whether an answer is one to the state `head` as well, which the source is at or was. */
    async stands(entry: Entry, head: Head, source: Source): Promise<boolean> {
      if (entry.epoch !== head.epoch || entry.seq > head.seq) return false
      let touched = followed.get(source.live)
      if (!touched) {
        touched = followOn(source, read, entry)
        followed.set(source.live, touched)
      }
      return touched.stands(entry, head)
    },
  }
}

/** The same on one server, from the state that an answer was made at. */
function followOn(source: Source, read: ReadTouched, start: Pick<Head, 'epoch' | 'seq'>) {
  let { epoch } = start
  /** What was touched after the one and up to the other is known. */
  let [from, to] = [start.seq, start.seq]
  const lastTouched = new Map<string, number>()
  let going: Promise<void> | undefined

  /** Reads on until the log stands still under it: what belongs to a change is read after it, and may be of a later one. */
  async function follow(): Promise<void> {
    for (let look = 0; ; look++) {
      const head = await source.headNow()
      if (head.epoch === epoch && to >= head.seq) return
      const { last, count, tags } = await read(source.live, to, mostChanges)
      const isTooMuch = look === mostLooks || count === mostChanges || lastTouched.size > mostTags
      if (head.epoch !== epoch || isTooMuch) {
        epoch = head.epoch
        from = head.seq
        to = head.seq
        lastTouched.clear()
        return
      }
      for (const tag of tags) lastTouched.set(tag, last)
      to = last
    }
  }

  return {
    async stands(entry: Entry, head: Head): Promise<boolean> {
      // What is being read is known to be whole only at its end.
      if (going || to < head.seq || epoch !== head.epoch) {
        going ??= follow().finally(() => {
          going = undefined
        })
        await going
      }
      if (epoch !== head.epoch || to < head.seq || entry.seq < from) return false
      return entry.tags.every(tag => (lastTouched.get(tag) ?? 0) <= entry.seq)
    },
  }
}
