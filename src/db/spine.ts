import type { Action, SubjectType } from '../words.ts'
import type { Sql, Writer } from './db.ts'
import { eq, sql } from './drizzle.ts'
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
  connection: Sql,
  tables: AllTables,
  at: number,
  { changes: pending, embargo }: Pending,
): Promise<void> {
  if (pending.length === 0 && !embargo) return
  const embargoSeq = embargo ? sql`${tables.head.embargoSeq} + 1` : sql`${tables.head.embargoSeq}`
  const [head] = await connection
    .update(tables.head)
    .set({
      seq: sql`${tables.head.seq} + ${pending.length}`,
      // Of two that began together the later may commit first: the log's times never go back.
      // What is under embargo leaves no time that a reader could see.
      at:
        pending.length === 0
          ? sql`${tables.head.at}`
          : sql`case when ${tables.head.at} > ${at} then ${tables.head.at} else ${at} end`,
      embargoSeq,
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
  await connection
    .insert(tables.head)
    .values({ id: 1, epoch, seq: 0, at: 0, embargoSeq: 0 })
    .onConflictDoNothing()
}
