import type { Writer } from '../../db/db.ts'
import { fieldError } from '../../errors.ts'
import type { Match } from '../../revision.ts'
import { insertEmbargoedTombstone, insertTombstone, takePublication } from '../articles/publications.store.ts'
import { findArticle, insertWithdrawal, type WorkingCopy } from './desk.store.ts'
import { beginMove, saveMoved } from './desk.ts'
import { revokePreviewLinks } from './preview.store.ts'
import type { Review } from './workflow.ts'

export type Withdraw = { notice: string; reason: string; replacement?: string }

/**
 * Takes an article down for good: readers get 410 and a tombstone, where they ever saw it; those who saw it under
 * embargo get theirs. Throws 404, 412, 409, 400.
 */
export async function withdrawArticle(
  tx: Writer,
  id: string,
  withdraw: Withdraw,
  match: Match,
  review: Review = 'optional',
): Promise<WorkingCopy> {
  const { before, deskStatus } = await beginMove(tx, id, 'withdraw', match, review)
  const { notice, reason, replacement } = withdraw
  if (replacement !== undefined && (replacement === id || !(await findArticle(tx, replacement)))) {
    const detail = replacement === id ? 'is the article itself' : 'is not the id of an article'
    throw fieldError({ in: 'body', pointer: '/replacement', code: 'unknown-article', detail })
  }
  for (const place of ['live', 'held', 'embargoed'] as const) await takePublication(tx, place, id)
  const tombstone = { articleId: id, withdrawnAt: tx.at, notice, replacementId: replacement ?? null }
  if (before.publishedAt === null) await insertEmbargoedTombstone(tx, tombstone)
  else {
    await insertTombstone(tx, tombstone)
    tx.change('article', id, 'withdrawn', before.publicVersion)
  }
  await insertWithdrawal(tx, { articleId: id, reason, keyId: tx.actor.by === 'key' ? tx.actor.keyId : null })
  await revokePreviewLinks(tx, id, tx.at)
  const after: WorkingCopy = {
    ...before,
    deskStatus,
    publishAt: null,
    schedule: null,
    liveStatus: 'withdrawn',
    heldBy: null,
    embargoedUntil: null,
  }
  return saveMoved(tx, before, after, 'withdraw', {
    reason,
    notice,
    ...(replacement === undefined ? {} : { replacement }),
  })
}
