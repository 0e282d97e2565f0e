import type { DeskReader, Writer } from '../../db/db.ts'
import { and, desc, eq, inArray, notInArray, sql } from '../../db/drizzle.ts'
import type { AllTables } from '../../db/tables.ts'
import { type AuditedType, auditedTypes } from '../../words.ts'

export type AuditRow = AllTables['audit']['$inferSelect']
/** An entry with the name of the key that made it. */
export type AuditEntry = AuditRow & { keyName: string | null }

/** Writes an entry as the next one of its subject. */
export async function insertAuditRow(tx: Writer, row: Omit<AuditRow, 'number'>): Promise<void> {
  const { audit } = tx.tables
  const next = sql<number>`(select coalesce(max(a.number), 0) + 1 from audit a where a.subject_type = ${row.subjectType} and a.subject_id = ${row.subjectId})`
  await tx.sql.insert(audit).values({ ...row, number: next as unknown as number })
}

export type AuditFilter = {
  subjectTypes: readonly AuditedType[]
  subjectId?: string
  /** Goes on below this place. */
  after?: readonly [at: number, subjectType: string, subjectId: string, number: number]
  limit: number
}

/** Entries of the types, or of one subject of them, newest first. */
export async function listAuditRows(reader: DeskReader, filter: AuditFilter): Promise<AuditEntry[]> {
  const { audit, keys } = reader.tables
  const { subjectTypes, subjectId, after, limit } = filter
  const left = auditedTypes.filter(type => !subjectTypes.includes(type))
  const rows = await reader.sql
    .select({ entry: audit, keyName: keys.name })
    .from(audit)
    .leftJoin(keys, eq(keys.id, audit.keyId))
    .where(
      and(
        // By the primary key for one subject; for all of them no index but that of the order is to be had.
        subjectId === undefined
          ? notInArray(audit.subjectType, left)
          : and(inArray(audit.subjectType, [...subjectTypes]), eq(audit.subjectId, subjectId)),
        after &&
          sql`(${audit.at}, ${audit.subjectType}, ${audit.subjectId}, ${audit.number}) < (${after[0]}, ${after[1]}, ${after[2]}, ${after[3]})`,
      ),
    )
    .orderBy(desc(audit.at), desc(audit.subjectType), desc(audit.subjectId), desc(audit.number))
    .limit(limit)
  return rows.map(({ entry, keyName }) => ({ ...entry, keyName }))
}
