import type { Writer } from '../../db/db.ts'
import { and, eq, lte } from '../../db/drizzle.ts'
import type { AllTables } from '../../db/tables.ts'

export type AnswerRow = AllTables['answers']['$inferSelect']

export async function findAnswer(
  tx: Writer,
  keyId: string,
  idempotencyKey: string,
): Promise<AnswerRow | undefined> {
  const { answers } = tx.tables
  const [row] = await tx.sql
    .select()
    .from(answers)
    .where(and(eq(answers.keyId, keyId), eq(answers.idempotencyKey, idempotencyKey)))
  return row
}

export async function insertAnswer(tx: Writer, row: AnswerRow): Promise<void> {
  await tx.sql.insert(tx.tables.answers).values(row)
}

/** Deletes the answers given at the instant or before. */
export async function deleteAnswersUntil(tx: Writer, at: number): Promise<void> {
  const { answers } = tx.tables
  await tx.sql.delete(answers).where(lte(answers.at, at))
}
