import type { ColumnKit } from './columns.sqlite.ts'
import { loadDrizzle } from './drizzle.ts'

const core: typeof import('drizzle-orm/pg-core') = loadDrizzle('drizzle-orm/pg-core')
const { bigint, boolean, customType, index, pgTable, primaryKey, uniqueIndex } = core

/** Text in the order of its code points, whatever the database's own collation: both engines must sort alike. */
const text = customType<{ data: string; driverData: string }>({ dataType: () => 'text collate "C"' })

const json = <T>(name: string) =>
  customType<{ data: T; driverData: string }>({
    dataType: () => 'text collate "C"',
    // A prepared statement gives its nulls here too.
    toDriver: value => (value === null ? null : JSON.stringify(value)) as string,
    fromDriver: value => JSON.parse(value) as T,
  })(name)

/** Every whole number has 64 bits, as in SQLite: a cursor may hold any that JavaScript can. */
const integer = (name: string) => bigint(name, { mode: 'number' })

/** The column builders of PostgreSQL, cast to those of SQLite, which are the type of both. */
export const postgresColumns = {
  table: pgTable,
  text: (name: string) => text(name),
  word: (name: string) => text(name),
  integer,
  instant: integer,
  flag: (name: string) => boolean(name),
  json,
  bytes: customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' }),
  index,
  uniqueIndex,
  primaryKey,
} as unknown as ColumnKit
