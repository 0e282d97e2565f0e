import type { DeskReader, Writer } from '../../db/db.ts'
import { and, desc, eq, isNull, lt, sql } from '../../db/drizzle.ts'
import type { AllTables } from '../../db/tables.ts'

export type KeyRow = AllTables['keys']['$inferSelect']

/** The key of a public prefix. */
export async function findKeyByPrefix(reader: DeskReader, prefix: string): Promise<KeyRow | undefined> {
  const { keys } = reader.tables
  const build = () =>
    reader.sql
      .select()
      .from(keys)
      .where(eq(keys.prefix, sql.placeholder('prefix')))
  const [row] = await reader.prepared('keys by prefix', build, { prefix })
  return row
}

export async function findKeyById(reader: DeskReader, id: string): Promise<KeyRow | undefined> {
  const { keys } = reader.tables
  const [row] = await reader.sql.select().from(keys).where(eq(keys.id, id))
  return row
}

/** Keys newest first, from below `beforeId`. */
export async function listKeyRows(reader: DeskReader, limit: number, beforeId?: string): Promise<KeyRow[]> {
  const { keys } = reader.tables
  return reader.sql
    .select()
    .from(keys)
    .where(beforeId === undefined ? undefined : lt(keys.id, beforeId))
    .orderBy(desc(keys.id))
    .limit(limit)
}

export async function insertKey(tx: Writer, row: KeyRow): Promise<void> {
  await tx.sql.insert(tx.tables.keys).values(row)
}

/** Marks the key revoked; the time of an earlier revocation stays. */
export async function updateKeyRevoked(tx: Writer, id: string, revokedAt: number): Promise<void> {
  const { keys } = tx.tables
  await tx.sql
    .update(keys)
    .set({ revokedAt })
    .where(and(eq(keys.id, id), isNull(keys.revokedAt)))
}
