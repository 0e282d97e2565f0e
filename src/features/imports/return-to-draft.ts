import type { Writer } from '../../db/db.ts'
import type { WorkingCopy } from '../desk/desk.store.ts'
import { reviewArticle } from '../desk/review.ts'
import { unscheduleArticle } from '../desk/schedule.ts'

/**
 * Makes a working copy that its sender took back a draft again, if it was scheduled, in review or approved. Returns true
 * if the status changed.
 */
export async function returnToDraft(tx: Writer, copy: WorkingCopy, reason: string): Promise<boolean> {
  if (copy.deskStatus === 'draft') return false
  if (copy.deskStatus === 'scheduled') await unscheduleArticle(tx, copy.id, { reason }, 'any')
  await reviewArticle(tx, copy.id, 'return', { reason }, 'any')
  return true
}
