import type { Writer } from './db.ts'
import { getTableColumns, getTableName, sql } from './drizzle.ts'
import type { AllTables } from './tables.ts'

type Table = AllTables[keyof AllTables]

/** How many rows a statement has, at the most: one is prepared and kept for each number of a few rows, and one for many. */
const few = 12
const many = 100

/**
 * Inserts rows, whole ones, as few or many to a statement. That rows and table go together is in this function's type;
 * Drizzle's own cannot follow a table that is any of ours, hence the casts.
 */
export async function insertRows<T extends Table>(
  tx: Pick<Writer, 'sql' | 'prepared'>,
  table: T,
  rows: readonly T['$inferSelect'][],
): Promise<void> {
  if (rows.length === 0) return
  if (rows.length > few && rows.length !== many) {
    const size = rows.length > many ? many : few
    for (let start = 0; start < rows.length; start += size)
      await insertRows(tx, table, rows.slice(start, start + size))
    return
  }
  const names = Object.keys(getTableColumns(table as Table)) as (keyof T['$inferSelect'])[]
  const build = () => {
    const slots = rows.map((_, row) =>
      Object.fromEntries(names.map((name, at) => [name, sql.placeholder(`${row * names.length + at}`)])),
    )
    return tx.sql.insert(table as Table).values(slots as never)
  }
  const params: Record<number, unknown> = {}
  let at = 0
  for (const row of rows) {
    for (const name of names) {
      if (row[name] === undefined) throw new Error(`a row of ${getTableName(table)} lacks ${String(name)}`)
      params[at++] = row[name]
    }
  }
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
