import { requestPurge, startPurge } from '../features/purge/purge.ts'
import type { Newsroom } from './newsroom.ts'

/** Purges the cache that the settings name, if any, for as long as the service runs; the function that stops it. */
export function startPurgeOf(
  { db, config }: Newsroom,
  onError: (error: unknown) => void,
): (() => Promise<void>) | undefined {
  const { CDN_PURGE_URL: url, CDN_PURGE_HEADERS: headers } = config
  if (url === undefined) return undefined
  return startPurge({ db, send: (tags, signal) => requestPurge(url, headers, tags, signal), onError })
}
