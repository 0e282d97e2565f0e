import { DomainError, type FieldError, fieldError } from '../../errors.ts'
import type { Action, VersionKind } from '../../words.ts'
import type { WorkingCopy } from './desk.store.ts'

export type Publish = {
  kind?: 'update' | 'correction'
  note?: string
  /** At the first publish: an earlier instant (epoch milliseconds), for archives and imports. */
  publishedAt?: number
  /** The instant of the sender's version, in epoch milliseconds. Only imports set it; the default is the commit's instant. */
  updatedAt?: number
  /** The instant (epoch milliseconds) before which no reader sees it; null lifts the embargo that there is. */
  embargoedUntil?: number | null
  /** Set by the import of a usable version: this publish ends the sender's hold. */
  endsSenderHold?: true
}

/** The action of the change log for each kind of version. */
export const actionOf: Record<VersionKind, Action> = {
  publish: 'published',
  update: 'updated',
  correction: 'corrected',
}

/**
 * The embargo a publish is under; undefined for none. A version that waits under one is not shown by mistake: what
 * takes its place has to say until when, or null. Throws 400.
 */
export function readEmbargo(
  copy: Pick<WorkingCopy, 'embargoedUntil'>,
  publish: Publish,
  at: number,
): number | undefined {
  const { embargoedUntil: until } = publish
  if (until === undefined) {
    if (copy.embargoedUntil === null || copy.embargoedUntil <= at) return undefined
    const detail = 'must say until when, or null to lift it: a version of this article is under embargo'
    throw fault('/embargoedUntil', 'missing', detail)
  }
  if (until === null) return undefined
  if (until <= at) throw fault('/embargoedUntil', 'past', 'must be ahead of the publication')
  if (publish.publishedAt !== undefined)
    throw fault('/publishedAt', 'with-embargo', 'cannot be set together with embargoedUntil')
  return until
}

/** The kind of the version that a publish makes. Throws 400. */
export function kindOf(publish: Publish, wasPublic: boolean): VersionKind {
  if (!wasPublic) {
    if (publish.kind !== undefined)
      throw fault('/kind', 'first-publish', 'must be absent until it has been public')
    return 'publish'
  }
  if (publish.kind === undefined)
    throw fault('/kind', 'missing', 'must say update or correction: it was published before')
  if (publish.publishedAt !== undefined)
    throw fault('/publishedAt', 'never-moves', 'never moves once it is public')
  if (publish.kind === 'correction' && publish.note === undefined) {
    throw fault('/note', 'missing', 'must say, for readers, what is corrected')
  }
  return publish.kind
}

/** The section and the body, which every version needs. Throws 409 `not-ready`. */
export function requireReady(copy: WorkingCopy): { sectionId: string; bodyHtml: string } {
  const { sectionId, bodyHtml } = copy
  if (sectionId !== null && bodyHtml !== null) return { sectionId, bodyHtml }
  const errors: FieldError[] = []
  if (sectionId === null)
    errors.push({ in: 'body', pointer: '/section', code: 'missing', detail: 'is missing' })
  if (bodyHtml === null) errors.push({ in: 'body', pointer: '/body', code: 'missing', detail: 'is missing' })
  const names = errors.map(error => error.pointer.slice(1)).join(' and a ')
  throw new DomainError('not-ready', `The working copy needs a ${names}.`, { errors })
}

/**
 * The instant of the first publication; null while the article stays hidden by an embargo or a hold: it is published
 * when that ends. Throws 400 for an instant that cannot be kept.
 */
export function firstPublishedAt(
  copy: Pick<WorkingCopy, 'publishedAt'>,
  publish: Publish,
  at: number,
  hiddenBy: 'embargo' | 'hold' | undefined,
): number | null {
  if (copy.publishedAt !== null) return copy.publishedAt
  if (publish.publishedAt === undefined) return hiddenBy ? null : at
  if (hiddenBy === 'hold')
    throw fault('/publishedAt', 'held', 'cannot be set for a held article: its release publishes it')
  if (publish.publishedAt > at) throw fault('/publishedAt', 'future', 'must not be ahead of now')
  return publish.publishedAt
}

function fault(pointer: string, code: string, detail: string): DomainError {
  return fieldError({ in: 'body', pointer, code, detail })
}
