import type { DeskReader, Writer } from '../../db/db.ts'
import { and, desc, eq, getTableColumns, inArray, lt, notInArray, sql } from '../../db/drizzle.ts'
import { slotsOf } from '../../db/insert.ts'
import type { AllTables } from '../../db/tables.ts'
import { type ActorKind, type AuditedType, auditedTypes, type Mutation } from '../../words.ts'

export type AuditRow = AllTables['audit']['$inferSelect']
/** The texts of an article, before and after. */
export type AuditTexts = Pick<AuditRow, 'bodyBefore' | 'bodyAfter'>
/** An entry with the name of the key that made it, without the texts. */
export type AuditEntry = Omit<AuditRow, keyof AuditTexts> & { keyName: string | null }

/** Writes an entry as the next one of its subject. */
export async function insertAuditRow(tx: Writer, row: Omit<AuditRow, 'number'>): Promise<void> {
  const { audit } = tx.tables
  const slot = (name: keyof typeof row) => sql.placeholder(name)
  const number = sql<number>`(select coalesce(max(a.number), 0) + 1 from audit a where a.subject_type = ${slot('subjectType')} and a.subject_id = ${slot('subjectId')})`
  const build = () => tx.sql.insert(audit).values({ ...slotsOf(audit), number: number as unknown as number })
  await tx.prepared('insert audit entry', build, row)
}

/** One entry of an article, whole. */
export async function findAuditRow(
  reader: DeskReader,
  articleId: string,
  number: number,
): Promise<(AuditEntry & AuditTexts) | undefined> {
  const { audit, keys } = reader.tables
  const isOne = and(
    eq(audit.subjectType, 'article'),
    eq(audit.subjectId, articleId),
    eq(audit.number, number),
  )
  const [row] = await reader.sql
    .select({ entry: audit, keyName: keys.name })
    .from(audit)
    .leftJoin(keys, eq(keys.id, audit.keyId))
    .where(isOne)
  return row && { ...row.entry, keyName: row.keyName }
}

/** Who made the newest of such moves on an article. */
export async function findLastActor(
  reader: DeskReader,
  articleId: string,
  moves: readonly Mutation[],
): Promise<ActorKind | undefined> {
  const { audit } = reader.tables
  const [row] = await reader.sql
    .select({ by: audit.by })
    .from(audit)
    .where(
      and(eq(audit.subjectType, 'article'), eq(audit.subjectId, articleId), inArray(audit.move, [...moves])),
    )
    .orderBy(desc(audit.number))
    .limit(1)
  return row?.by
}

export type AuditFilter = {
  subjectTypes: readonly AuditedType[]
  /** Goes on below this place. */
  after?: readonly [at: number, subjectType: string, subjectId: string, number: number]
  limit: number
}

/** Entries of the types, newest first, without the texts of articles. */
export async function listAuditRows(reader: DeskReader, filter: AuditFilter): Promise<AuditEntry[]> {
  const { audit } = reader.tables
  const { subjectTypes, after, limit } = filter
  const left = auditedTypes.filter(type => !subjectTypes.includes(type))
  const rows = await selectEntries(reader)
    .where(
      and(
        // The others are few: no index but that of the order is to be had.
        notInArray(audit.subjectType, left),
        after &&
          sql`(${audit.at}, ${audit.subjectType}, ${audit.subjectId}, ${audit.number}) < (${after[0]}, ${after[1]}, ${after[2]}, ${after[3]})`,
      ),
    )
    .orderBy(desc(audit.at), desc(audit.subjectType), desc(audit.subjectId), desc(audit.number))
    .limit(limit)
  return rows.map(({ entry, keyName }) => ({ ...entry, keyName }))
}

/** Entries of one subject of the types, newest first, from below `before`. */
export async function listAuditRowsOf(
  reader: DeskReader,
  subjectTypes: readonly AuditedType[],
  subjectId: string,
  limit: number,
  before?: number,
): Promise<AuditEntry[]> {
  const { audit } = reader.tables
  const rows = await selectEntries(reader)
    .where(
      and(
        inArray(audit.subjectType, [...subjectTypes]),
        eq(audit.subjectId, subjectId),
        before === undefined ? undefined : lt(audit.number, before),
      ),
    )
    .orderBy(desc(audit.number))
    .limit(limit)
  return rows.map(({ entry, keyName }) => ({ ...entry, keyName }))
}

function selectEntries(reader: DeskReader) {
  const { audit, keys } = reader.tables
  const { bodyBefore: _before, bodyAfter: _after, ...columns } = getTableColumns(audit)
  return reader.sql
    .select({ entry: columns, keyName: keys.name })
    .from(audit)
    .leftJoin(keys, eq(keys.id, audit.keyId))
}
