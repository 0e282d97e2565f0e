import type { Writer } from '../../db/db.ts'
import { type Match, requireRevision } from '../../revision.ts'
import type { WorkingCopy } from './desk.store.ts'
import { lockArticle, saveMoved } from './desk.ts'
import { makeMove, type Review } from './workflow.ts'

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
  const before = await lockArticle(tx, id)
  requireRevision(match, before.revision)
  const deskStatus = makeMove(move, before, review)
  return saveMoved(tx, before, { ...before, deskStatus }, move, reason === undefined ? {} : { reason })
}
