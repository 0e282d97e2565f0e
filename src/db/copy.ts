import { createHash } from 'node:crypto'
import Database from 'better-sqlite3'
import pg from 'pg'
import { loadDrizzle } from './drizzle.ts'
import { migrateSqlite } from './migrate.ts'
import { migratePostgres } from './postgres-migrate.ts'
import { tables } from './schema.sqlite.ts'
import { headLock } from './spine.ts'

const core: typeof import('drizzle-orm/sqlite-core') = loadDrizzle('drizzle-orm/sqlite-core')

/** What a copy tells while it goes: rows of a table that are there, of how many. */
export type CopyStep = { table: string; rows: number; of: number }
/** A table as it was copied, and the SHA-256 of its rows on both sides. */
export type CopiedTable = { table: string; rows: number; checksum: string }

/** Why a copy cannot be made; the message says what to do. */
export class CopyError extends Error {}

type Row = (string | number | Buffer | null)[]
type Table = { name: string; columns: string[]; keys: string[] }
type Rows = (table: Table, after: Row | undefined, limit: number) => Promise<Row[]>

const batch = 500

/**
 * Copies every table of a SQLite newsroom into a PostgreSQL database: rows in the order of their keys, the head last, so
 * that what is not whole is no newsroom yet. Run again after a stop it goes on behind what is there, or begins anew
 * where that is not a beginning of what it copies. Nothing can be written to the source meanwhile. Throws CopyError.
 */
export async function copyNewsroom(
  file: string,
  url: string,
  onStep: (step: CopyStep) => void,
): Promise<CopiedTable[]> {
  await migrateSqlite(file)
  await migratePostgres(url)
  const source = new Database(file, { timeout: 10_000 })
  const target = new pg.Client({ connectionString: url })
  // An end of the connection is told by the query at hand.
  target.on('error', () => undefined)
  await target.connect()
  try {
    // No service makes a newsroom of its own of the target meanwhile.
    await target.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [headLock])
    // A service that still runs answers its writes with 503 until the copy ends.
    source.exec('BEGIN IMMEDIATE')
    const of = describeSource(source)
    const to = describeTarget(target)
    await refuseAnother(source, target)
    const all = inOrder()
    const copied = new Map<string, number>()
    for (const table of all) copied.set(table.name, await countBeginning(table, of.rows, to.rows))
    if ([...copied.values()].includes(-1)) {
      await target.query(`TRUNCATE ${all.map(({ name }) => `"${name}"`).join(', ')}`)
      for (const { name } of all) copied.set(name, 0)
    }
    const done: CopiedTable[] = []
    for (const table of all) {
      await copyTable(table, of, to, copied.get(table.name) ?? 0, onStep)
      done.push(await verify(table, of.rows, to.rows))
    }
    await target.query('ANALYZE')
    return done
  } finally {
    source.close()
    await target.end()
  }
}

/** Every table, those first that others refer to; the head last. */
function inOrder(): Table[] {
  const described = Object.values(tables.all).map(table => {
    const { name, columns, primaryKeys, foreignKeys } = core.getTableConfig(table)
    const key = primaryKeys[0]?.columns ?? columns.filter(column => column.primary)
    const needs = foreignKeys.map(foreign => core.getTableConfig(foreign.reference().foreignTable).name)
    return { name, columns: columns.map(column => column.name), keys: key.map(column => column.name), needs }
  })
  const placed: typeof described = []
  while (placed.length < described.length) {
    const next = described.find(
      table =>
        !placed.includes(table) &&
        (table.name !== 'head' || placed.length === described.length - 1) &&
        table.needs.every(name => name === table.name || placed.some(other => other.name === name)),
    )
    if (!next) throw new Error('tables refer to each other in a circle')
    placed.push(next)
  }
  return placed
}

const quoted = (names: readonly string[]) => names.map(name => `"${name}"`).join(', ')

function describeSource(source: Database.Database) {
  const rows: Rows = async ({ name, columns, keys }, after, limit) => {
    const where = after ? `WHERE (${quoted(keys)}) > (${keys.map(() => '?').join(', ')})` : ''
    const text = `SELECT ${quoted(columns)} FROM "${name}" ${where} ORDER BY ${quoted(keys)} LIMIT ${limit}`
    return source
      .prepare(text)
      .raw()
      .all(...(after ?? [])) as Row[]
  }
  const count = ({ name }: Table) => source.prepare(`SELECT count(*) FROM "${name}"`).pluck().get() as number
  return { rows, count }
}

function describeTarget(target: pg.Client) {
  const rows: Rows = async ({ name, columns, keys }, after, limit) => {
    const where = after ? `WHERE (${quoted(keys)}) > (${keys.map((_, i) => `$${i + 1}`).join(', ')})` : ''
    const text = `SELECT ${quoted(columns)} FROM "${name}" ${where} ORDER BY ${quoted(keys)} LIMIT ${limit}`
    const result = await target.query({ text, values: after ?? [], rowMode: 'array' })
    // 64-bit integers come as text; none of ours is past what a number holds.
    const whole = result.fields.map(field => field.dataTypeID === pg.types.builtins.INT8)
    return (result.rows as Row[]).map(row =>
      row.map((value, i) => (whole[i] && value !== null ? Number(value) : value)),
    )
  }
  async function insert({ name, columns }: Table, some: readonly Row[]): Promise<void> {
    const row = (r: number) => `(${columns.map((_, c) => `$${r * columns.length + c + 1}`).join(', ')})`
    const text = `INSERT INTO "${name}" (${quoted(columns)}) VALUES ${some.map((_, r) => row(r)).join(', ')}`
    await target.query(text, some.flat())
  }
  return { rows, insert }
}

type Source = ReturnType<typeof describeSource>
type Target = ReturnType<typeof describeTarget>

/** A database that has a head is a newsroom: only the very same one may be there already. */
async function refuseAnother(source: Database.Database, target: pg.Client): Promise<void> {
  const epoch = source.prepare('SELECT epoch FROM head WHERE id = 1').pluck().get()
  if (epoch === undefined) throw new CopyError('There is no newsroom in the SQLite file.')
  const { rows } = await target.query<{ epoch: string }>('SELECT epoch FROM head WHERE id = 1')
  if (rows[0] && rows[0].epoch !== epoch)
    throw new CopyError('The PostgreSQL database holds another newsroom. Name an empty one.')
  if (rows[0])
    throw new CopyError(
      'The PostgreSQL database holds this newsroom already: set DATABASE_URL to it and start.',
    )
}

/** How many rows of the target are the first of the source, in order; -1 when they are anything else. */
async function countBeginning(table: Table, source: Rows, target: Rows): Promise<number> {
  let count = 0
  let after: Row | undefined
  for (;;) {
    const there = await target(table, after, batch)
    if (there.length === 0) return count
    const here = await source(table, after, there.length)
    if (JSON.stringify(here) !== JSON.stringify(there)) return -1
    count += there.length
    after = keyOf(table, there.at(-1) as Row)
  }
}

async function copyTable(
  table: Table,
  source: Source,
  target: Target,
  there: number,
  onStep: (step: CopyStep) => void,
): Promise<void> {
  const of = source.count(table)
  let rows = there
  let after = there > 0 ? await lastKey(table, target.rows) : undefined
  const size = Math.min(batch, Math.floor(60_000 / table.columns.length))
  onStep({ table: table.name, rows, of })
  for (;;) {
    const some = await source.rows(table, after, size)
    if (some.length === 0) return
    await target.insert(table, some)
    rows += some.length
    after = keyOf(table, some.at(-1) as Row)
    onStep({ table: table.name, rows, of })
  }
}

async function lastKey(table: Table, rows: Rows): Promise<Row | undefined> {
  let after: Row | undefined
  for (;;) {
    const last: Row | undefined = (await rows(table, after, batch)).at(-1)
    if (!last) return after
    after = keyOf(table, last)
  }
}

async function verify(table: Table, source: Rows, target: Rows): Promise<CopiedTable> {
  const [from, to] = [await digest(table, source), await digest(table, target)]
  if (from.checksum !== to.checksum || from.rows !== to.rows)
    throw new CopyError(`${table.name} differs: ${from.rows} rows here, ${to.rows} there. Run it again.`)
  return { table: table.name, ...to }
}

async function digest(table: Table, rows: Rows): Promise<{ rows: number; checksum: string }> {
  const hash = createHash('sha256')
  let count = 0
  let after: Row | undefined
  for (;;) {
    const some = await rows(table, after, batch)
    const last = some.at(-1)
    if (!last) return { rows: count, checksum: hash.digest('hex') }
    for (const row of some) hash.update(`${JSON.stringify(row)}\n`)
    count += some.length
    after = keyOf(table, last)
  }
}

function keyOf({ columns, keys }: Table, row: Row): Row {
  return keys.map(key => row[columns.indexOf(key)] ?? null)
}
