import { DomainError } from './errors.ts'

/** The revisions an If-Match header allows; `any` for `*`. */
export type Match = 'any' | readonly number[]

/** Throws 412, naming the revision there is, unless the match allows it. */
export function requireRevision(match: Match, revision: number): void {
  if (match === 'any' || match.includes(revision)) return
  throw new DomainError('revision-stale', `It is at revision ${revision} now.`, {
    extra: { revision },
    headers: { etag: revisionTag(revision) },
  })
}

/** The strong ETag of a revision. */
export function revisionTag(revision: number): string {
  return `"${revision}"`
}
