import type { Writer } from '../../db/db.ts'
import type { Match } from '../../revision.ts'
import type { DeskStatus, Holder } from '../../words.ts'
import { insertEmbargo, takePublication } from '../articles/publications.store.ts'
import { putPublication } from '../articles/publications.ts'
import type { WorkingCopy } from './desk.store.ts'
import { beginMove, lockArticle, saveMoved } from './desk.ts'
import { requireOnlyOfLanguage } from './publish.ts'
import { showWaiting } from './show-waiting.ts'
import { offSchedule, type Review } from './workflow.ts'

/**
 * Takes an article down for the time being. Readers get 404 until the article is released. A version under embargo of a
 * live article loses its embargo and is not published; its version row is kept. Throws 404, 412, 409.
 */
export async function holdArticle(
  tx: Writer,
  id: string,
  { reason }: { reason: string },
  match: Match,
  review: Review = 'optional',
): Promise<WorkingCopy> {
  const { before, deskStatus } = await beginMove(tx, id, 'hold', match, review)
  return hold(tx, before, deskStatus, 'editor', reason)
}

/**
 * Holds an article because its sender withholds it, also one that an editor holds already. The sender's next usable
 * version ends this part of the hold. The article has to be live, under embargo or held. Throws 404.
 */
export async function holdForSender(tx: Writer, id: string, reason: string): Promise<WorkingCopy> {
  const before = await lockArticle(tx, id)
  return hold(tx, before, offSchedule(before.deskStatus), 'sender', reason)
}

async function hold(
  tx: Writer,
  before: WorkingCopy,
  deskStatus: DeskStatus,
  by: Exclude<Holder, 'both'>,
  reason: string,
): Promise<WorkingCopy> {
  const { id, heldBy } = before
  const after: WorkingCopy = {
    ...before,
    deskStatus,
    publishAt: null,
    schedule: null,
    liveStatus: 'held',
    heldBy: heldBy === null || heldBy === by ? by : 'both',
  }
  if (before.liveStatus === 'held') return saveMoved(tx, before, after, 'hold', { reason })
  const waiting = await takePublication(tx, 'embargoed', id)
  const live = await takePublication(tx, 'live', id)
  const publication = live ?? waiting
  if (!publication) throw new Error(`nothing of ${id} is there to be held`)
  await putPublication(tx, 'held', publication)
  if (live) tx.change('article', id, 'suspended', live.row.version)
  const embargoedUntil = live ? null : before.embargoedUntil
  return saveMoved(tx, before, { ...after, embargoedUntil }, 'hold', { reason })
}

/**
 * Puts a held article back to where it was, whoever holds it. A version that the public has not seen is published now:
 * its embargo passed meanwhile, or it was published during the hold. Throws 404, 412, 409 (`translation-exists` too:
 * another article may tell the story in the language since).
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
  const save = (after: WorkingCopy) =>
    saveMoved(tx, before, { ...after, heldBy: null }, 'release', { reason })
  if (before.embargoedUntil !== null && before.embargoedUntil > tx.at) {
    await putPublication(tx, 'embargoed', held)
    await insertEmbargo(tx, id, before.embargoedUntil)
    return save({ ...before, liveStatus: 'embargoed' })
  }
  if (held.row.version > before.publicVersion) return save(await showWaiting(tx, before, held))
  await putPublication(tx, 'live', held)
  tx.change('article', id, 'restored', held.row.version)
  return save({ ...before, liveStatus: 'live' })
}
