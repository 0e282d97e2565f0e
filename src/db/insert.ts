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
  const build = () =>
    tx.sql.insert(table as Table).values(rows.map((_, i) => slotsOf(table, `${i}`)) as never)
  const params: Record<string, unknown> = {}
  for (const [i, row] of rows.entries())
    for (const [name, value] of Object.entries(row)) params[`${name}${i}`] = value
  await tx.prepared(`insert ${rows.length} into ${getTableName(table)}`, build, params)
}

/**
 * A placeholder for each column of a row, by the column's name and `suffix`: a statement takes them where it takes the
 * row's values, and so they have its type.
 */
export function slotsOf<T extends Table>(table: T, suffix = ''): T['$inferSelect'] {
  const names = Object.keys(getTableColumns(table as Table))
  return Object.fromEntries(names.map(name => [name, sql.placeholder(`${name}${suffix}`)])) as never
}
