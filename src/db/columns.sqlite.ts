import { loadDrizzle } from './drizzle.ts'

const core: typeof import('drizzle-orm/sqlite-core') = loadDrizzle('drizzle-orm/sqlite-core')
const { customType, index, integer, primaryKey, sqliteTable, text, uniqueIndex } = core

/** JSON kept as the text we wrote: a binary form would reorder keys, and both engines must answer alike. */
const json = <T>(name: string) =>
  customType<{ data: T; driverData: string }>({
    dataType: () => 'text',
    // A prepared statement gives its nulls here too.
    toDriver: value => (value === null ? null : JSON.stringify(value)) as string,
    fromDriver: value => JSON.parse(value) as T,
  })(name)

/** The column builders that `tables.ts` describes every table with. An instant is epoch milliseconds. */
export const sqliteColumns = {
  table: sqliteTable,
  text: (name: string) => text(name),
  word: <const W extends readonly [string, ...string[]]>(name: string, words: W) =>
    text(name, { enum: [...words] }),
  integer: (name: string) => integer(name),
  instant: (name: string) => integer(name),
  flag: (name: string) => integer(name, { mode: 'boolean' }),
  json,
  bytes: customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'blob' }),
  index,
  uniqueIndex,
  primaryKey,
}

export type ColumnKit = typeof sqliteColumns
