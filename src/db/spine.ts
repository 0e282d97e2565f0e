import type { Action, SubjectType } from '../words.ts'
import type { Sql } from './db.ts'
import { eq, sql } from './drizzle.ts'
import type { AllTables } from './tables.ts'

export type PendingChange = { subjectType: SubjectType; subjectId: string; action: Action; version?: number }

/**
 * Raises the head and writes the change rows, as the last statements before COMMIT: whoever holds the head row
 * commits next, so the order of sequence numbers is the order of commits on every engine.
 */
export async function writeChanges(
  connection: Sql,
  tables: AllTables,
  at: number,
  pending: readonly PendingChange[],
): Promise<void> {
  if (pending.length === 0) return
  const [head] = await connection
    .update(tables.head)
    .set({
      seq: sql`${tables.head.seq} + ${pending.length}`,
      // Of two that began together the later may commit first: the log's times never go back.
      at: sql`case when ${tables.head.at} > ${at} then ${tables.head.at} else ${at} end`,
    })
    .where(eq(tables.head.id, 1))
    .returning({ seq: tables.head.seq, at: tables.head.at })
  if (!head) throw new Error('the head row is missing')
  const first = head.seq - pending.length + 1
  // Fewer than SQLite's bound variables in a statement, whatever a bulk import commits at once.
  for (let start = 0; start < pending.length; start += 1000) {
    const rows = pending.slice(start, start + 1000).map((change, i) => ({
      seq: first + start + i,
      at: head.at,
      subjectType: change.subjectType,
      subjectId: change.subjectId,
      action: change.action,
      version: change.version ?? null,
    }))
    await connection.insert(tables.changes).values(rows)
  }
}

/** What is locked by whoever makes a newsroom of a database. */
export const headLock = 'head'

/** Makes the head row of a new database; an epoch tells a cursor of this log from one of another life. */
export async function ensureHead(connection: Sql, tables: AllTables, epoch: string): Promise<void> {
  await connection.insert(tables.head).values({ id: 1, epoch, seq: 0, at: 0 }).onConflictDoNothing()
}
