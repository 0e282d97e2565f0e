import type { Writer } from '../../db/db.ts'
import { fieldError } from '../../errors.ts'
import type { Match } from '../../revision.ts'
import {
  insertEmbargo,
  insertEmbargoedTombstone,
  insertTombstone,
  takePublication,
} from '../articles/publications.store.ts'
import { putPublication } from '../articles/publications.ts'
import { findArticle, insertWithdrawal, type WorkingCopy } from './desk.store.ts'
import { beginMove, saveMoved } from './desk.ts'
import { revokePreviewLinks } from './preview.store.ts'
import { publicHistory, requireOnlyOfLanguage, showWaiting } from './publish.ts'
import type { Review } from './workflow.ts'

/**
 * Takes an article down for the time being: readers get 404, whoever they are. A version of a live article that waits
 * under embargo waits no longer; it stays among the versions. Throws 404, 412, 409.
 */
export async function holdArticle(
  tx: Writer,
  id: string,
  { reason }: { reason: string },
  match: Match,
  review: Review = 'optional',
): Promise<WorkingCopy> {
  const { before, deskStatus } = await beginMove(tx, id, 'hold', match, review)
  const waiting = await takePublication(tx, 'embargoed', id)
  const live = await takePublication(tx, 'live', id)
  const publication = live ?? waiting
  if (!publication) throw new Error(`nothing of ${id} is there to be held`)
  await putPublication(tx, 'held', publication)
  if (live) tx.change('article', id, 'suspended', live.row.version)
  const after: WorkingCopy = {
    ...before,
    deskStatus,
    publishAt: null,
    schedule: null,
    liveStatus: 'held',
    embargoedUntil: live ? null : before.embargoedUntil,
  }
  return saveMoved(tx, before, after, 'hold', { reason })
}

/**
 * Puts a held article back to where it was; one whose embargo has passed meanwhile is published now. Throws 404, 412,
 * 409 (`translation-exists` too: another may tell the story in the language since).
 */
export async function releaseArticle(
  tx: Writer,
  id: string,
  { reason }: { reason?: string },
  match: Match,
  review: Review = 'optional',
): Promise<WorkingCopy> {
  const { before } = await beginMove(tx, id, 'release', match, review)
  const held = await takePublication(tx, 'held', id)
  if (!held) throw new Error(`nothing of ${id} is held`)
  await requireOnlyOfLanguage(tx, { id, storyId: held.row.storyId, language: held.row.language })
  if (before.embargoedUntil === null) {
    await putPublication(tx, 'live', held)
    tx.change('article', id, 'restored', held.row.version)
    return saveMoved(tx, before, { ...before, liveStatus: 'live' }, 'release', { reason })
  }
  if (before.embargoedUntil <= tx.at)
    return saveMoved(tx, before, await showWaiting(tx, before, held), 'release', { reason })
  await putPublication(tx, 'embargoed', held)
  await insertEmbargo(tx, id, before.embargoedUntil)
  return saveMoved(tx, before, { ...before, liveStatus: 'embargoed' }, 'release', { reason })
}

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
  const live = await takePublication(tx, 'live', id)
  const held = await takePublication(tx, 'held', id)
  const waiting = await takePublication(tx, 'embargoed', id)
  const unseen = held ?? waiting
  // The last that readers saw.
  const version = live?.row.version ?? (unseen && publicHistory(unseen, before).at(-1)?.number)
  const tombstone = { articleId: id, withdrawnAt: tx.at, notice, replacementId: replacement ?? null }
  if (before.publishedAt === null) await insertEmbargoedTombstone(tx, tombstone)
  else {
    await insertTombstone(tx, tombstone)
    tx.change('article', id, 'withdrawn', version)
  }
  await insertWithdrawal(tx, { articleId: id, reason, keyId: tx.actor.by === 'key' ? tx.actor.keyId : null })
  await revokePreviewLinks(tx, id, tx.at)
  const after: WorkingCopy = {
    ...before,
    deskStatus,
    publishAt: null,
    schedule: null,
    liveStatus: 'withdrawn',
    embargoedUntil: null,
  }
  return saveMoved(tx, before, after, 'withdraw', {
    reason,
    notice,
    ...(replacement === undefined ? {} : { replacement }),
  })
}
