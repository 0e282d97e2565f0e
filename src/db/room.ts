import { DomainError } from '../errors.ts'
import type { Writer } from './db.ts'
import { eq } from './drizzle.ts'
import { insertRows } from './insert.ts'

const probeBytes = 64 * 1024
const probeKey = ' probe'

/**
 * Remembers whether the last write found the store full. `note` takes the error of a failed write, or undefined for a
 * write that was committed. `isFull` tries a write of its own while the store counts as full.
 */
export function watchRoom(write: (work: (tx: Writer) => Promise<void>) => Promise<void>) {
  let isFull = false

  function note(error: unknown): void {
    const wasFull = isFull
    if (error === undefined) isFull = false
    else if (error instanceof DomainError && error.code === 'storage-full') isFull = true
    if (isFull && !wasFull)
      process.emitWarning('The disk of the database is full: writes are refused', 'Store')
    if (wasFull && !isFull) process.emitWarning('The disk of the database has room again', 'Store')
  }

  return {
    note,
    async isFull(): Promise<boolean> {
      if (isFull) await write(writeProbe).then(() => note(undefined), note)
      return isFull
    },
  }
}

/** Writes a row of 64 KB and deletes it again. */
async function writeProbe(tx: Writer): Promise<void> {
  const { answers } = tx.tables
  const body = '-'.repeat(probeBytes)
  const common = { keyId: probeKey, idempotencyKey: probeKey, request: '', status: 0, headers: {} }
  await insertRows(tx, answers, [{ ...common, body, at: tx.at }])
  await tx.sql.delete(answers).where(eq(answers.keyId, probeKey))
}
