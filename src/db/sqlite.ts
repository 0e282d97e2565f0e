import { randomUUID } from 'node:crypto'
import { dirname } from 'node:path'
import type Database from 'better-sqlite3'
import { LRUCache } from 'lru-cache'
import { roomOf } from '../disk.ts'
import type { Db, Head, Params, Reader, Source, Sql } from './db.ts'
import { fillPlaceholders, loadDrizzle, sql } from './drizzle.ts'
import { migrateSqlite } from './migrate.ts'
import { watchRoom } from './room.ts'
import { tables } from './schema.sqlite.ts'
import { ensureHead } from './spine.ts'
import { connect } from './sqlite-connect.ts'
import { refusalOf } from './sqlite-errors.ts'
import { openOffLoop } from './sqlite-offloop.ts'
import { type Built, compile, type OnQuery } from './sqlite-statement.ts'
import { openWriter } from './sqlite-writer.ts'

const { drizzle }: typeof import('drizzle-orm/better-sqlite3') = loadDrizzle('drizzle-orm/better-sqlite3')

export type SqliteOptions = {
  /** The database file. */
  file: string
  /** The clock, in epoch milliseconds. */
  now: () => number
  /** Time limit of a query run off the event loop, in milliseconds. */
  queryTimeout: number
  /** Told each statement as it runs; for tests that count them. */
  onQuery?: OnQuery
}

/**
 * Opens (making it, and migrating it, when needed) a newsroom in one SQLite file. Throws 503 `storage-full` where the disk has no
 * room for the index of the log that SQLite makes at every opening.
 */
export async function openSqlite(options: SqliteOptions): Promise<Db> {
  try {
    return await open(options)
  } catch (error) {
    throw refusalOf(error)
  }
}

async function open(options: SqliteOptions): Promise<Db> {
  await migrateSqlite(options.file)
  const writeConnection = connect(options.file, false)
  const readConnection = connect(options.file, true)
  const logger = options.onQuery ? { logger: { logQuery: options.onQuery } } : {}
  const writeSql = drizzle(writeConnection, logger) as unknown as Sql
  const readSql = drizzle(readConnection, logger) as unknown as Sql
  const offLoop = openOffLoop(options.file, options.queryTimeout)
  const runOffLoop = (text: string, params: unknown[]) => offLoop.run({ text, params })
  const { onQuery } = options
  const read = { connection: readConnection, sql: readSql, runOffLoop, onQuery }
  const live = makeReader(read, tables.live)
  const embargo = makeReader(read, tables.embargo)
  const desk = makeReader(read, tables.all)
  const heads = followHead(readConnection)

  const writer = openWriter({
    connection: writeConnection,
    sql: writeSql,
    reader: makeReader({ connection: writeConnection, sql: writeSql, runOffLoop, onQuery }, tables.all),
    now: options.now,
    onCommit: heads.forget,
    onOutcome: error => room.note(error),
  })
  const room = watchRoom(work => writer.write({ by: 'command' }, work))

  const primary: Source = {
    live,
    embargo,
    isReplica: false,
    head: () => heads.get(),
    headNow: async () => heads.read(),
  }

  const db: Db = {
    engine: 'sqlite',
    primary,
    desk,
    read: (_reach, work) => work(primary),
    async snapshot(work) {
      const connection = connect(options.file, true)
      try {
        connection.exec('BEGIN')
        const head = connection.prepare(headText).get() as Head
        // What is costly is read here too: on a thread it would be read as it is by then.
        const readHere = async (text: string, params: unknown[]) =>
          connection.prepare(text).raw().all(params) as unknown[][]
        const sql = drizzle(connection, logger) as unknown as Sql
        return await work(makeReader({ connection, sql, runOffLoop: readHere, onQuery }, tables.live), head)
      } finally {
        connection.close()
      }
    },
    head: () => heads.get(),
    write: writer.write,
    async check() {
      await primary.headNow()
      const isFull = (await roomOf(dirname(options.file))) === 'full' || (await room.isFull())
      return { primary: true, replicas: [], isFull }
    },
    async close() {
      await writer.idle()
      offLoop.close()
      readConnection.close()
      writeConnection.close()
    },
  }
  await db.write({ by: 'command' }, tx => ensureHead(tx.sql, tx.tables, randomUUID()))
  return db
}

const headText =
  'SELECT epoch, head.seq, coalesce(mark, 0) AS mark, head.at, embargo_seq AS embargoSeq, embargo_mark AS embargoMark ' +
  'FROM head LEFT JOIN changes ON changes.seq = head.seq WHERE id = 1'

/** Prepared statements kept for one connection; list shapes are many but finite, so the bound is generous. */
const preparedLimit = 1000

type Connected = {
  connection: Database.Database
  /** The connection as Drizzle has it. */
  sql: Sql
  runOffLoop: (statement: string, params: unknown[]) => Promise<unknown[][]>
  onQuery: OnQuery | undefined
}

function makeReader<Tables>(connected: Connected, of: Tables): Reader<Tables> {
  const { connection, runOffLoop, onQuery } = connected
  const statements = new LRUCache<string, (params: Params) => unknown>({ max: preparedLimit })
  return {
    sql: connected.sql,
    tables: of,
    async prepared<Q>(name: string, build: () => Q, params: Params): Promise<Awaited<Q>> {
      let run = statements.get(name)
      if (!run) {
        run = compile(connection, build() as Built, onQuery)
        statements.set(name, run)
      }
      return run(params) as Awaited<Q>
    },
    isIn: (column, name) => sql`${column} in (select value from json_each(${sql.placeholder(name)}))`,
    list: values => JSON.stringify(values),
    offLoop(query, params) {
      const { sql: statement, params: slots } = query.toSQL()
      return runOffLoop(statement, fillPlaceholders(slots, params))
    },
  }
}

/**
 * Follows the head through `PRAGMA data_version`, which moves for every commit of any other connection, in this
 * process or another. A check serves one turn of the event loop: whatever is handled in that turn was already
 * readable before it. A commit of our own ends the turn early, since it may be answered within it.
 */
function followHead(connection: Database.Database): { get(): Head; read(): Head; forget(): void } {
  const versionOf = connection.prepare('PRAGMA data_version').pluck()
  const headOf = connection.prepare(headText)
  let head: Head | undefined
  let version: unknown
  let checked = false

  function read(): Head {
    // The version is read before the data, so that a commit between the two is seen at the next check.
    const current = versionOf.get()
    if (head && current === version) return head
    const found = headOf.get() as Head
    head = found
    version = current
    return found
  }

  return {
    read,
    get() {
      if (checked && head) return head
      const found = read()
      checked = true
      setImmediate(() => {
        checked = false
      })
      return found
    },
    forget() {
      checked = false
    },
  }
}
