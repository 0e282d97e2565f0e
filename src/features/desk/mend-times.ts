import type { Db, Writer } from '../../db/db.ts'
import { type Publication, takePublication } from '../articles/publications.store.ts'
import { putPublication } from '../articles/publications.ts'
import { lockArticle, saveMoved } from './desk.ts'
import { listAheadOfClock } from './mend-times.store.ts'

const batch = 50

/**
 * Brings the times of published articles back to the clock, where a clock that ran ahead wrote later ones. Each of them is
 * an `updated` in the change log, so that partners read the article again. `onStep` is called with the number of articles
 * mended so far. Gives that number.
 */
export async function mendTimes(
  db: Db,
  now: () => number,
  onStep: (mended: number) => void,
): Promise<number> {
  let mended = 0
  for (;;) {
    const ids = await listAheadOfClock(db.desk, now(), batch)
    if (ids.length === 0) return mended
    await db.write({ by: 'command' }, async tx => {
      for (const id of ids.toSorted()) await mendArticle(tx, id)
    })
    mended += ids.length
    onStep(mended)
  }
}

async function mendArticle(tx: Writer, id: string): Promise<void> {
  const before = await lockArticle(tx, id)
  const place = before.liveStatus === 'held' ? 'held' : 'live'
  const found = await takePublication(tx, place, id)
  if (found) {
    await putPublication(tx, place, atMost(found, tx.at))
    if (place === 'live') tx.change('article', id, 'updated', found.row.version)
  }
  const publishedAt = before.publishedAt === null ? null : Math.min(before.publishedAt, tx.at)
  await saveMoved(tx, before, { ...before, publishedAt }, 'mend-times', {
    reason: 'A clock that ran ahead wrote times that are still to come.',
  })
}

/** The publication with no time later than an instant. */
function atMost(publication: Publication, at: number): Publication {
  const { row, history } = publication
  const earlier = <T extends number | null>(time: T) => (time === null ? time : Math.min(time, at)) as T
  return {
    ...publication,
    row: {
      ...row,
      publishedAt: earlier(row.publishedAt),
      updatedAt: earlier(row.updatedAt),
      correctedAt: earlier(row.correctedAt),
    },
    history: history.map(item => ({ ...item, at: earlier(item.at) })),
  }
}
