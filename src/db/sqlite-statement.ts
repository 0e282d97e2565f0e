import type Database from 'better-sqlite3'
import type { Params } from './db.ts'
import { type Column, is, noopDecoder, type Placeholder, parts } from './drizzle.ts'

/** What Drizzle builds. Prepared, it has the fields of its rows: their places in a row, and the columns or SQL they are of. */
export type Built = {
  toSQL(): { sql: string; params: unknown[] }
  prepare(): { all(params: Params): unknown; fields?: readonly { path: string[]; field: unknown }[] }
}
export type OnQuery = (statement: string, params: unknown[]) => void

/**
 * A query that is built once, as what runs it. Drizzle looks anew at each run which parameters are placeholders and how
 * each column is read: for a row of 27 columns that takes twice as long as SQLite does. Here it is looked at once, where
 * every field is a column or SQL at the row's top; other results are left to Drizzle.
 */
export function compile(
  connection: Database.Database,
  built: Built,
  onQuery?: OnQuery,
): (params: Params) => unknown {
  const { sql: text, params: slots } = built.toSQL()
  const fillers = slots.map(fillerOf)
  const statement = connection.prepare(text)
  const fill = (params: Params) => {
    const values = fillers.map(filler => filler(params))
    onQuery?.(text, values)
    return values
  }
  if (!statement.reader) return params => statement.run(fill(params))
  const prepared = built.prepare()
  const columns = (prepared.fields ?? []).flatMap(({ path: [name, ...nested], field }) => {
    const decoder = decoderOf(field)
    return name === undefined || nested.length > 0 || !decoder ? [] : [{ name, read: readerOf(decoder) }]
  })
  if (columns.length !== statement.columns().length) return params => prepared.all(params)
  const toRow = (values: unknown[]) => {
    const row: Record<string, unknown> = {}
    for (let i = 0; i < columns.length; i++) {
      const { name, read } = columns[i] as (typeof columns)[number]
      const value = values[i]
      row[name] = read === undefined || value === null ? value : read(value)
    }
    return row
  }
  return params => (statement.raw().all(fill(params)) as unknown[][]).map(toRow)
}

/** What a parameter of the statement is: a placeholder's value, as its column writes it, or the one that stands there. */
function fillerOf(slot: unknown): (params: Params) => unknown {
  if (is(slot, parts.Placeholder)) return params => given(slot, params)
  if (!is(slot, parts.Param) || !is(slot.value, parts.Placeholder)) return () => slot
  const { encoder, value } = slot
  return params => encoder.mapToDriverValue(given(value, params))
}

function given({ name }: Placeholder, params: Params): unknown {
  const value = params[name]
  if (value === undefined) throw new Error(`placeholder "${name}" has no value`)
  return value
}

type Decoder = Pick<Column, 'mapFromDriverValue'>

function decoderOf(field: unknown): Decoder | undefined {
  if (is(field, parts.Column)) return field
  return is(field, parts.SQL) ? (field as { decoder?: Decoder }).decoder : undefined
}

const asGiven = [parts.Column.prototype.mapFromDriverValue, noopDecoder.mapFromDriverValue]

/** How a field's values are read; undefined where they are what SQLite gives. */
function readerOf(decoder: Decoder): ((value: unknown) => unknown) | undefined {
  if (asGiven.includes(decoder.mapFromDriverValue)) return undefined
  return value => decoder.mapFromDriverValue(value)
}
