/** The caching of public answers, in seconds. */
export type CacheSettings = { maxAge: number; sharedMaxAge: number; revalidate: number; ifError: number }

/** Cache-Control of a public answer; with `until`, no lifetime in it reaches past that instant. */
export function cacheControl(cache: CacheSettings, until: number | undefined, at: number): string {
  const left = until === undefined ? Number.POSITIVE_INFINITY : Math.max(0, Math.floor((until - at) / 1000))
  const shared = Math.min(cache.sharedMaxAge, left)
  const longest = Math.max(shared, Math.min(cache.maxAge, left))
  const parts = [
    'public',
    `max-age=${Math.min(cache.maxAge, left)}`,
    `s-maxage=${shared}`,
    `stale-while-revalidate=${Math.min(cache.revalidate, left - longest)}`,
    `stale-if-error=${Math.min(cache.ifError, left - longest)}`,
  ]
  return parts.join(', ')
}
