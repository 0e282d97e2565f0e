import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import pg from 'pg'
import { DomainError } from '../errors.ts'
import type { Head, LiveReader, Params, Reader, Source, Sql } from './db.ts'
import { fillPlaceholders, loadDrizzle, sql } from './drizzle.ts'
import { refusalOf, Unavailable, unwrap } from './postgres-errors.ts'
import { tables } from './schema.postgres.ts'

const { drizzle }: typeof import('drizzle-orm/node-postgres') = loadDrizzle('drizzle-orm/node-postgres')

// Counts and instants are 64-bit integers, and none is past what a number holds.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

export type ServerOptions = {
  url: string
  isReplica: boolean
  /** Time limit of a query of unbounded cost, in milliseconds. */
  queryTimeout: number
  /** Told each statement as it runs; for tests that count them. */
  onQuery?: ((statement: string, params: unknown[]) => void) | undefined
}

/** What Drizzle asks of a connection: a pool's, or that of the transaction at hand. */
export type Queryable = { query(config: unknown, values?: unknown[]): Promise<unknown> }

const connections = 10
const slowConnections = 2
const mostSlow = 32
/** A server that hangs is one that does not answer. */
const answerMs = 10_000
const connectMs = 3000

/** One PostgreSQL server: its pools, and readers of its tables. */
export function openServer(options: ServerOptions) {
  const common = {
    connectionString: options.url,
    connectionTimeoutMillis: connectMs,
    application_name: 'dateline',
    keepAlive: true,
  }
  const pool = new pg.Pool({ ...common, max: connections, query_timeout: answerMs })
  const slow = new pg.Pool({
    ...common,
    max: slowConnections,
    // The wait counts towards the limit, as it does on SQLite.
    connectionTimeoutMillis: options.queryTimeout,
    statement_timeout: options.queryTimeout,
    query_timeout: options.queryTimeout + 1000,
  })
  // An idle connection that ends says so here; the next query makes another.
  for (const each of [pool, slow]) each.on('error', () => undefined)

  const client: Queryable = {
    query: (config, values) => pool.query(config as never, values).catch(refuse),
  }
  let slowOnes = 0

  async function runOffLoop(text: string, values: unknown[]): Promise<unknown[][]> {
    if (slowOnes >= mostSlow) throw tooCostly('Too many costly queries are in work.')
    slowOnes++
    try {
      return (await slow.query({ text, values, rowMode: 'array' })).rows as unknown[][]
    } catch (error) {
      const { code, message } = error as { code?: string; message: string }
      if (code === '57014' || message === 'timeout exceeded when trying to connect')
        throw tooCostly(`It took longer than ${options.queryTimeout} ms.`)
      return refuse(error)
    } finally {
      slowOnes--
    }
  }

  const connect = (to: Queryable) =>
    drizzle(to as never, options.onQuery ? { logger: { logQuery: options.onQuery } } : {}) as unknown as Sql
  const reading = connect(client)

  async function headOf(from: Queryable): Promise<Head> {
    const text =
      'SELECT epoch, head.seq, coalesce(mark, 0) AS mark, head.at, embargo_seq AS "embargoSeq", ' +
      'embargo_mark AS "embargoMark" FROM head LEFT JOIN changes ON changes.seq = head.seq WHERE id = 1'
    const { rows } = (await from.query({ name: 'head', text })) as { rows: Head[] }
    if (!rows[0]) throw new Unavailable('The newsroom has not reached this server yet.')
    return rows[0]
  }
  const headNow = () => headOf(client)

  /** A read of its own connection, all of it at one moment. */
  async function snapshot<T>(work: (live: LiveReader, head: Head) => Promise<T>): Promise<T> {
    const own = new pg.Client(common)
    // An end of the connection is told by the query at hand.
    own.on('error', () => undefined)
    const there: Queryable = { query: (config, values) => own.query(config as never, values).catch(refuse) }
    // What is costly is read here too: elsewhere it would be read as it is by then.
    const readHere = async (text: string, values: unknown[]) =>
      ((await there.query({ text, values, rowMode: 'array' })) as { rows: unknown[][] }).rows
    try {
      await own.connect().catch(refuse)
      await there.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      return await work(makeReader(connect(there), tables.live, readHere), await headOf(there))
    } catch (error) {
      throw unwrap(error)
    } finally {
      await own.end()
    }
  }

  const source: Source = {
    live: makeReader(reading, tables.live, runOffLoop),
    embargo: makeReader(reading, tables.embargo, runOffLoop),
    isReplica: options.isReplica,
    head: oncePerTurn(headNow),
    headNow,
  }

  return {
    pool,
    source,
    snapshot,
    desk: makeReader(reading, tables.all, runOffLoop),
    /** A reader of every table over another connection. */
    readerOf: (to: Queryable) => makeReader(connect(to), tables.all, runOffLoop),
    async close() {
      await Promise.all([pool.end(), slow.end()])
    },
  }
}

export type Server = ReturnType<typeof openServer>

function refuse(error: unknown): never {
  throw refusalOf(error)
}

function tooCostly(detail: string): DomainError {
  return new DomainError('query-too-costly', detail, { headers: { 'retry-after': '5' } })
}

/** Requests of one turn of the event loop share one look, made after all of them came: it shows what each may ask for. */
function oncePerTurn<T>(look: () => Promise<T>): () => Promise<T> {
  let next: Promise<T> | undefined
  return () => {
    next ??= new Promise<void>(resolve => setImmediate(resolve)).then(() => {
      next = undefined
      return look()
    })
    return next
  }
}

/** Prepared statements kept; list shapes are many but finite, so the bound is generous. */
const preparedLimit = 1000

function makeReader<Tables>(
  connection: Sql,
  of: Tables,
  runOffLoop: (text: string, values: unknown[]) => Promise<unknown[][]>,
): Reader<Tables> {
  type Prepared = { execute(params: Params): Promise<unknown> }
  const statements = new LRUCache<string, Prepared>({ max: preparedLimit })
  return {
    sql: connection,
    tables: of,
    prepared<Q>(name: string, build: () => Q, params: Params) {
      let statement = statements.get(name)
      if (!statement) {
        const query = build() as { prepare(name: string): Prepared; toSQL(): { sql: string } }
        // A connection serves many readers: the server's name of a statement is made of its text.
        statement = query.prepare(createHash('sha256').update(query.toSQL().sql).digest('base64url'))
        statements.set(name, statement)
      }
      return statement.execute(params) as Promise<Awaited<Q>>
    },
    isIn(column, name) {
      const type = sql.raw(column.getSQLType().replace(/ collate .*/, ''))
      return sql`${column} = any(${sql.placeholder(name)}::${type}[])`
    },
    list: values => values,
    offLoop(query, params) {
      const { sql: text, params: slots } = query.toSQL()
      return runOffLoop(text, fillPlaceholders(slots, params))
    },
  }
}
