import type { Writer } from '../../db/db.ts'
import { type HistoryRow, insertSlug, type Publication } from '../articles/publications.store.ts'
import { putPublication } from '../articles/publications.ts'
import type { WorkingCopy } from './desk.store.ts'
import { actionOf } from './publish-rules.ts'

/**
 * Makes a version live that the public has not seen: it waited under embargo, or was published while its article was
 * held. This commit publishes it, and its times are this commit's. Gives the working copy as it is to be saved.
 */
export async function showWaiting(tx: Writer, copy: WorkingCopy, waiting: Publication): Promise<WorkingCopy> {
  const version = waiting.history.find(row => row.number === waiting.row.version)
  if (!version) throw new Error(`version ${waiting.row.version} of ${copy.id} is in no history`)
  const { kind } = version
  const publishedAt = copy.publishedAt ?? tx.at
  const { row } = waiting
  const correctedAt = kind === 'correction' ? tx.at : row.correctedAt
  const history = waiting.history.map(item => (item === version ? { ...version, at: tx.at } : item))
  await insertSlug(tx, row.slug, copy.id, copy.publishedAt !== null)
  await putPublication(tx, 'live', {
    ...waiting,
    row: { ...row, publishedAt, updatedAt: tx.at, correctedAt },
    history,
  })
  if (copy.publishedAt !== null && copy.liveStatus !== 'live')
    tx.change('article', copy.id, 'restored', row.version)
  tx.change('article', copy.id, actionOf[kind], row.version)
  return {
    ...copy,
    liveStatus: 'live',
    heldBy: null,
    embargoedUntil: null,
    publishedAt,
    publicVersion: row.version,
  }
}

/** The versions of a hidden publication that the public saw before it was hidden. */
export function publicHistory(hidden: Publication, { publicVersion }: WorkingCopy): HistoryRow[] {
  return hidden.history.filter(row => row.number <= publicVersion)
}
