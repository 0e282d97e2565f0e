import type { Static } from 'typebox'
import type { Head, LiveReader } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import { formatInstant } from '../../instant.ts'
import { listTombstones } from '../articles/relations.store.ts'
import { renderTombstone } from '../articles/render.ts'
import type { ChangeSchema } from './changes.schema.ts'
import { listChangeRows } from './changes.store.ts'

export type Change = Static<typeof ChangeSchema>

/** A place in the log: the epoch it belongs to and the last sequence number read. */
export type LogPlace = readonly [epoch: string, seq: number]

/**
 * Up to `limit` changes after the place, each withdrawal with its tombstone. Throws 410 `cursor-expired` for a place
 * in another life of the log, as after a restore.
 */
export async function listChanges(
  reader: LiveReader,
  head: Head,
  place: LogPlace | undefined,
  limit: number,
): Promise<Change[]> {
  const [epoch, seq] = place ?? [head.epoch, 0]
  if (epoch !== head.epoch || seq > head.seq || seq < 0) {
    throw new DomainError('cursor-expired', 'The cursor belongs to an earlier life of this log.', {
      errors: [{ in: 'query', pointer: '/cursor', code: 'cursor-expired', detail: 'is of another epoch' }],
    })
  }
  const rows = await listChangeRows(reader, seq, limit)
  const withdrawn = rows.filter(row => row.action === 'withdrawn').map(row => row.subjectId)
  const tombstones = new Map((await listTombstones(reader, withdrawn)).map(row => [row.articleId, row]))
  return rows.map(row => {
    const tombstone = row.action === 'withdrawn' ? tombstones.get(row.subjectId) : undefined
    return {
      seq: row.seq,
      at: formatInstant(row.at),
      subject: { type: row.subjectType, id: row.subjectId },
      action: row.action,
      ...(row.version === null ? {} : { version: row.version }),
      ...(tombstone ? { tombstone: renderTombstone(tombstone) } : {}),
    }
  })
}
