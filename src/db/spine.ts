import { randomInt } from 'node:crypto'
import type { Action, SubjectType } from '../words.ts'
import type { Sql, Writer } from './db.ts'
import { eq, sql } from './drizzle.ts'
import { insertRows } from './insert.ts'
import type { AllTables } from './tables.ts'

/** What a transaction has to tell at its end. */
export type Pending = { changes: PendingChange[]; embargo: boolean }
export type PendingChange = { subjectType: SubjectType; subjectId: string; action: Action; version?: number }

/** A Writer's side of what a transaction has to tell. */
export function noting(pending: Pending): Pick<Writer, 'change' | 'changeEmbargo'> {
  return {
    change: (subjectType, subjectId, action, version) =>
      pending.changes.push({ subjectType, subjectId, action, ...(version === undefined ? {} : { version }) }),
    changeEmbargo: () => {
      pending.embargo = true
    },
  }
}

/** Remembers how far the noting has come; what it gives goes back there, for a part that was undone. */
export function rewind(pending: Pending): () => void {
  const noted = pending.changes.length
  const { embargo } = pending
  return () => {
    pending.changes.length = noted
    pending.embargo = embargo
  }
}

/**
 * Raises the head and writes the change rows, as the last statements before COMMIT: whoever holds the head row
 * commits next, so the order of sequence numbers is the order of commits on every engine.
 */
export async function writeChanges(
  tx: Pick<Writer, 'sql' | 'tables' | 'prepared'>,
  at: number,
  { changes: pending, embargo }: Pending,
): Promise<void> {
  if (pending.length === 0 && !embargo) return
  const { head: table, changes } = tx.tables
  // A transaction that only changed embargoed rows keeps `seq` and `at`: readers cannot see that it was there.
  const isSeen = pending.length > 0
  const parts = [isSeen ? 'changes' : '', embargo ? 'embargo' : ''].join(' ')
  const raise = () => {
    const slot = sql.placeholder
    const seen = { seq: sql`${table.seq} + ${slot('count')}`, at: sql`${slot('at')}` }
    const unseen = { embargoSeq: sql`${table.embargoSeq} + 1`, embargoMark: sql`${slot('embargoMark')}` }
    return tx.sql
      .update(table)
      .set({ ...(isSeen ? seen : {}), ...(embargo ? unseen : {}) })
      .where(eq(table.id, 1))
      .returning({ seq: table.seq })
  }
  const mark = newMark()
  const params = { count: pending.length, at, embargoMark: newMark() }
  const [head] = await tx.prepared(`raise head for ${parts}`, raise, params)
  if (!head) throw new Error('the head row is missing')
  const first = head.seq - pending.length + 1
  const rows = pending.map(({ subjectType, subjectId, action, version = null }, i) => {
    return { seq: first + i, at, subjectType, subjectId, action, version, mark }
  })
  await insertRows(tx, changes, rows)
}

/** A commit's mark: 47 random bits, never 0. */
const newMark = () => randomInt(1, 2 ** 47)

/** What is locked by whoever makes a newsroom of a database. */
export const headLock = 'head'

/** Makes the head row of a new database; an epoch tells a cursor of this log from one of another life. */
export async function ensureHead(connection: Sql, tables: AllTables, epoch: string): Promise<void> {
  await connection
    .insert(tables.head)
    .values({ id: 1, epoch, seq: 0, at: 0, embargoSeq: 0, embargoMark: 0 })
    .onConflictDoNothing()
}
