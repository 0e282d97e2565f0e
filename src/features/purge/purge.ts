import { setTimeout as delay } from 'node:timers/promises'
import type { Db } from '../../db/db.ts'
import { isSamePlace, type LogPlace } from '../../log-place.ts'
import { listReplacedBy } from '../articles/relations.store.ts'
import { listTouched } from '../changes/touched.ts'

/** The cache tags of everything that readers get: answers, and the bytes of media. */
const everything = 'all'
const bytes = 'bytes'

export type PurgeDeps = {
  db: Db
  /** Has a cache forget what carries any of the tags; throws where that was not acknowledged. */
  send(tags: readonly string[], signal: AbortSignal): Promise<void>
  onError(error: unknown): void
  /** Milliseconds between looks at the log. */
  lookMs?: number
  /** What was being answered while a purge went out may have been kept after it: so each is sent again after so long. */
  againMs?: number
}

const mostRows = 500
/** Some CDNs take no more in one request. */
const mostTags = 30
/** Past it everything is as good. */
const mostPending = 1000
const longestWaitMs = 30_000

/**
 * Follows the log and has a cache in front forget what each change touches, until it acknowledges. What changed while
 * nobody followed is unknown, so a start purges everything. Gives the function that stops it.
 */
export function startPurge({
  db,
  send,
  onError,
  lookMs = 100,
  againMs = 3000,
}: PurgeDeps): () => Promise<void> {
  const stopping = new AbortController()
  /** What is to be sent, and whether it was sent once. */
  const pending = new Map<string, { isSecond: boolean }>()
  const again: { at: number; tags: string[] }[] = []
  let place: LogPlace | undefined

  async function look(): Promise<void> {
    const { live } = db.primary
    // Not what requests of this turn share: it would be theirs for as long as the look takes.
    const head = await db.primary.headNow()
    while (!place || !isSamePlace(place, head)) {
      const touched: Awaited<ReturnType<typeof listTouched>> =
        place?.epoch === head.epoch ? await listTouched(live, place, mostRows) : undefined
      if (!touched || touched.marks.length === 0) {
        // A start, or a log that was restored from a backup: nobody knows what changed.
        for (const tag of [everything, bytes]) pending.set(tag, { isSecond: false })
        place = head
        break
      }
      const { last, tags } = touched
      const articles = [...tags].flatMap(tag => /^article-(.*)$/.exec(tag)?.[1] ?? [])
      // A tombstone names what stands for the article while that is live. No process keeps it, but caches do.
      const replaced = (await listReplacedBy(live, articles)).map(id => `article-${id}`)
      for (const tag of [...tags, ...replaced]) pending.set(tag, { isSecond: false })
      // Answers name their tags by slug, and the log by id.
      if ([...tags].some(isOfTag)) pending.set(everything, { isSecond: false })
      place = last
      // The log moved since the head was read: the next look goes on.
      if (last.seq >= head.seq) break
    }
    while (again[0] && again[0].at <= performance.now())
      for (const tag of again.shift()?.tags ?? []) if (!pending.has(tag)) pending.set(tag, { isSecond: true })
  }

  /** Everything is one tag, but for the bytes of media. */
  function shorten(): void {
    if (pending.size > mostPending) pending.set(everything, { isSecond: false })
    if (!pending.has(everything)) return
    for (const [tag, { isSecond }] of pending) {
      if (tag === everything || isOfMedia(tag)) continue
      pending.delete(tag)
      // What it stands for has to be sent again after it, too.
      if (!isSecond) pending.set(everything, { isSecond: false })
    }
  }

  /** Sends what is pending, and takes from it what was acknowledged. */
  async function flush(): Promise<void> {
    shorten()
    while (pending.size > 0 && !stopping.signal.aborted) {
      const some = [...pending].slice(0, mostTags)
      await send(
        some.map(([tag]) => tag),
        stopping.signal,
      )
      for (const [tag] of some) pending.delete(tag)
      const tags = some.flatMap(([tag, { isSecond }]) => (isSecond ? [] : [tag]))
      if (tags.length > 0) again.push({ at: performance.now() + againMs, tags })
    }
  }

  async function follow(): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      try {
        await look()
        await flush()
        failures = 0
      } catch (error) {
        if (stopping.signal.aborted) return
        failures++
        onError(error)
      }
      const wait = failures === 0 ? lookMs : Math.min(lookMs * 2 ** failures, longestWaitMs)
      await delay(wait, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  const following = follow()
  return async () => {
    stopping.abort()
    await following
  }
}

const isOfTag = (tag: string) => tag.startsWith('tag-')
/** What bytes are tagged with, who have none of the others. */
const isOfMedia = (tag: string) => tag === bytes || tag.startsWith('media-')

const requestMs = 10_000

/**
 * Asks a cache to forget: a POST with the tags in the header `Surrogate-Key`, as Fastly reads them, and in a JSON body
 * `{"tags":[...]}`, as Cloudflare does. Throws unless the answer is a 2xx.
 */
export async function requestPurge(
  url: string,
  headers: Readonly<Record<string, string>>,
  tags: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'surrogate-key': tags.join(' '), ...headers },
    body: JSON.stringify({ tags }),
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(requestMs)]),
  })
  await reply.body?.cancel()
  if (!reply.ok) throw new Error(`the purge was answered with ${reply.status}`)
}
