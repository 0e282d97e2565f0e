import type { Writer } from './db.ts'
import { getTableColumns, getTableName, sql } from './drizzle.ts'
import type { AllTables } from './tables.ts'

type Table = AllTables[keyof AllTables]

/** Statements of so many rows are prepared and kept, one for each number; those of more are made anew. */
const mostPrepared = 12
/** Fewer than SQLite's bound variables in a statement. */
const mostAtOnce = 1000

/**
 * Inserts rows, whole ones, in one statement. That rows and table go together is in this function's type; Drizzle's own
 * cannot follow a table that is any of ours, hence the casts.
 */
export async function insertRows<T extends Table>(
  tx: Pick<Writer, 'sql' | 'prepared'>,
  table: T,
  rows: readonly T['$inferSelect'][],
): Promise<void> {
  if (rows.length > mostPrepared) {
    for (let start = 0; start < rows.length; start += mostAtOnce)
      await tx.sql.insert(table as Table).values(rows.slice(start, start + mostAtOnce) as never)
    return
  }
  if (rows.length === 0) return
  const names = Object.keys(getTableColumns(table as Table)) as (keyof T['$inferSelect'])[]
  const build = () => {
    const slots = rows.map((_, row) =>
      Object.fromEntries(names.map((name, at) => [name, sql.placeholder(`${row * names.length + at}`)])),
    )
    return tx.sql.insert(table as Table).values(slots as never)
  }
  const params: Record<number, unknown> = {}
  let at = 0
  for (const row of rows) for (const name of names) params[at++] = row[name]
  await tx.prepared(`insert ${rows.length} into ${getTableName(table)}`, build, params)
}

/**
 * A placeholder for each column of a row, by the column's name: a statement takes them where it takes the row's values,
 * and so they have its type.
 */
export function slotsOf<T extends Table>(table: T): T['$inferSelect'] {
  const names = Object.keys(getTableColumns(table as Table))
  return Object.fromEntries(names.map(name => [name, sql.placeholder(name)])) as never
}
