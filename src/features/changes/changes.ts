import type { Static } from 'typebox'
import type { Head, LiveReader } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import { formatInstant } from '../../instant.ts'
import type { LogPlace } from '../../log-place.ts'
import { listTombstones } from '../articles/relations.store.ts'
import { renderTombstone } from '../articles/render.ts'
import type { ChangeSchema } from './changes.schema.ts'
import { type ChangeRow, listChangeRows } from './changes.store.ts'

export type Change = Static<typeof ChangeSchema>

/**
 * Up to `limit` rows of the log after the place; undefined where the log has no such place. The row of the place is read
 * too: a log that was restored from a backup has another mark there, or no row yet.
 */
export async function listChangesAfter(
  reader: LiveReader,
  { seq, mark }: LogPlace,
  limit: number,
): Promise<ChangeRow[] | undefined> {
  if (seq === 0) return mark === 0 ? listChangeRows(reader, 1, limit) : undefined
  const [there, ...rows] = await listChangeRows(reader, seq, limit + 1)
  return there?.seq === seq && there.mark === mark ? rows : undefined
}

/**
 * Up to `limit` rows of the log after the place, or from its beginning. Throws 410 `cursor-expired` for a place that the
 * log does not have, as after a restore.
 */
export async function listChanges(
  reader: LiveReader,
  head: Head,
  place: LogPlace | undefined,
  limit: number,
): Promise<ChangeRow[]> {
  const start = { epoch: head.epoch, seq: 0, mark: 0 }
  const rows =
    place && place.epoch !== head.epoch ? undefined : await listChangesAfter(reader, place ?? start, limit)
  if (!rows) {
    const detail = 'names a commit that this log does not have: the database was restored from a backup'
    throw new DomainError('cursor-expired', `The cursor ${detail}.`, {
      errors: [{ in: 'query', pointer: '/cursor', code: 'cursor-expired', detail }],
    })
  }
  return rows
}

/** Rows of the log as partners get them, each withdrawal with its tombstone. */
export async function renderChanges(reader: LiveReader, rows: readonly ChangeRow[]): Promise<Change[]> {
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
