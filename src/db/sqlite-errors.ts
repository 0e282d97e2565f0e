import Database from 'better-sqlite3'
import { storageFull } from '../errors.ts'

/** SQLite's codes for a write that found no room: on the disk, in the file's limit, or for the shared index of the log. */
const full: readonly string[] = ['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_SHMSIZE']

/** A failed write as its caller gets it: 503 `storage-full` where there was no room, else the error itself. */
export function refusalOf(error: unknown): unknown {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const isFull = inner instanceof Database.SqliteError && full.includes(inner.code)
  return isFull ? storageFull('The disk of the database is full.') : error
}
