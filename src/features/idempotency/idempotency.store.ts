import type { Writer } from '../../db/db.ts'
import { and, eq, lte, sql } from '../../db/drizzle.ts'
import { insertRows } from '../../db/insert.ts'
import type { AllTables } from '../../db/tables.ts'

export type AnswerRow = AllTables['answers']['$inferSelect']

export async function findAnswer(
  tx: Writer,
  keyId: string,
  idempotencyKey: string,
): Promise<AnswerRow | undefined> {
  const { answers } = tx.tables
  const build = () =>
    tx.sql
      .select()
      .from(answers)
      .where(
        and(eq(answers.keyId, sql.placeholder('keyId')), eq(answers.idempotencyKey, sql.placeholder('key'))),
      )
  const [row] = await tx.prepared('answer of key', build, { keyId, key: idempotencyKey })
  return row
}

export async function insertAnswer(tx: Writer, row: AnswerRow): Promise<void> {
  await insertRows(tx, tx.tables.answers, [row])
}

/** Deletes the answers given at the instant or before. */
export async function deleteAnswersUntil(tx: Writer, at: number): Promise<void> {
  const { answers } = tx.tables
  await tx.sql.delete(answers).where(lte(answers.at, at))
}
