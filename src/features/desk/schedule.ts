import type { Writer } from '../../db/db.ts'
import { DomainError, fieldError, isOutage } from '../../errors.ts'
import type { Match } from '../../revision.ts'
import type { ScheduledPublish } from '../../words.ts'
import { takePublication } from '../articles/publications.store.ts'
import { findArticle, type WorkingCopy } from './desk.store.ts'
import { beginMove, saveMoved } from './desk.ts'
import { publishCopy, requireFreeSlug, requireOnlyOfLanguage } from './publish.ts'
import { kindOf, type Publish, readEmbargo, requireReady } from './publish-rules.ts'
import { showWaiting } from './show-waiting.ts'
import type { Review } from './workflow.ts'

export type Schedule = Pick<Publish, 'kind' | 'note' | 'embargoedUntil'> & {
  /** The instant it goes live by itself, in epoch milliseconds. */
  publishAt: number
}

/**
 * Lets a working copy go live by itself at an instant ahead, by the rules of a publish at that instant; one that is
 * scheduled is scheduled anew. Throws what a publish would, now, and 400 for an instant that is not ahead.
 */
export async function scheduleArticle(
  tx: Writer,
  id: string,
  { publishAt, ...publish }: Schedule,
  match: Match,
  review: Review = 'optional',
): Promise<WorkingCopy> {
  const { before, deskStatus } = await beginMove(tx, id, 'schedule', match, review)
  if (publishAt <= tx.at)
    throw fieldError({ in: 'body', pointer: '/publishAt', code: 'past', detail: 'must be ahead of now' })
  readEmbargo(before, publish, publishAt)
  kindOf(publish, before.publishedAt !== null || (before.embargoedUntil ?? publishAt + 1) <= publishAt)
  requireReady(before)
  await requireOnlyOfLanguage(tx, before)
  if (before.slug !== null) await requireFreeSlug(tx, before.slug, id)
  const schedule: ScheduledPublish = {
    ...publish,
    keyId: tx.actor.by === 'key' ? tx.actor.keyId : null,
  }
  return saveMoved(tx, before, { ...before, deskStatus, publishAt, schedule }, 'schedule')
}

/** Takes a working copy off its schedule; its approval stands. Throws 404, 412, 409. */
export async function unscheduleArticle(
  tx: Writer,
  id: string,
  { reason }: { reason?: string },
  match: Match,
  review: Review = 'optional',
): Promise<WorkingCopy> {
  const { before, deskStatus } = await beginMove(tx, id, 'unschedule', match, review)
  const after = { ...before, deskStatus, publishAt: null, schedule: null }
  return saveMoved(tx, before, after, 'unschedule', { reason })
}

/**
 * Publishes a working copy whose time has come; nothing for one that is not due (any more). What the rules refuse by
 * then, such as a slug taken meanwhile, comes off its schedule with the reason in the audit trail, and that reason is
 * given.
 */
export async function publishOnSchedule(tx: Writer, id: string): Promise<{ refusal?: string } | undefined> {
  await tx.lock(`article ${id}`)
  let copy = await findArticle(tx, id)
  if (copy?.deskStatus !== 'scheduled' || copy.publishAt === null || copy.publishAt > tx.at) return undefined
  // What was to be seen before it comes before it, however late the clock is.
  if (copy.embargoedUntil !== null && copy.embargoedUntil <= copy.publishAt)
    copy = (await lapseEmbargo(tx, id)) ?? copy
  const { kind, note, embargoedUntil, keyId } = copy.schedule ?? { keyId: null }
  // An embargo may lapse between the time that was said and now: the first publish was then another's.
  const kindNow = copy.publishedAt === null ? undefined : (kind ?? 'update')
  const publish: Publish = {
    ...(kindNow === undefined ? {} : { kind: kindNow }),
    ...(note === undefined ? {} : { note }),
    ...(embargoedUntil === undefined ? {} : { embargoedUntil: ahead(embargoedUntil, tx.at) }),
  }
  const due = copy
  try {
    await tx.savepoint(() => publishCopy(tx, due, publish, keyId))
    return {}
  } catch (error) {
    // A store that does not answer refuses nothing: it is asked again.
    if (!(error instanceof DomainError) || isOutage(error)) throw error
    const after: WorkingCopy = { ...due, deskStatus: 'approved', publishAt: null, schedule: null }
    await saveMoved(tx, due, after, 'schedule-failed', { reason: error.message })
    return { refusal: error.code }
  }
}

/** An embargo that is over by now is none. */
const ahead = (until: number | null, at: number) => (until !== null && until <= at ? null : until)

/** Shows an article whose embargo is over; nothing for one that is not due (any more). Gives the working copy. */
export async function lapseEmbargo(tx: Writer, id: string): Promise<WorkingCopy | undefined> {
  await tx.lock(`article ${id}`)
  const copy = await findArticle(tx, id)
  if (copy?.embargoedUntil == null || copy.embargoedUntil > tx.at || copy.liveStatus === 'held')
    return undefined
  const waiting = await takePublication(tx, 'embargoed', id)
  if (!waiting) return undefined
  return saveMoved(tx, copy, await showWaiting(tx, copy, waiting), 'lapse')
}
