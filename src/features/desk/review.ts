import type { Writer } from '../../db/db.ts'
import type { Match } from '../../revision.ts'
import type { WorkingCopy } from './desk.store.ts'
import { beginMove, saveMoved } from './desk.ts'
import type { Review } from './workflow.ts'

/**
 * Submits a working copy for review, approves the revision there is, or returns it to its author with a reason. Readers
 * notice nothing. Throws 404, 412, 409.
 */
export async function reviewArticle(
  tx: Writer,
  id: string,
  move: 'submit' | 'approve' | 'return',
  { reason }: { reason?: string },
  match: Match,
  review: Review = 'optional',
): Promise<WorkingCopy> {
  const { before, deskStatus } = await beginMove(tx, id, move, match, review)
  return saveMoved(tx, before, { ...before, deskStatus }, move, { reason })
}
