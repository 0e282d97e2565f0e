import type { Action, SubjectType } from '../words.ts'
import type { BaseSQLiteDatabase, Column, SQL } from './drizzle.ts'
import type { AllTables, LiveTables } from './tables.ts'

/** One Drizzle query type for both engines; each connection is cast to it once. */
export type Sql = BaseSQLiteDatabase<'async', unknown, Record<string, never>>
type SelectSql = Pick<Sql, 'select' | 'selectDistinct'>

/** A query that can be awaited, and prepared once to be run often. */
type Query = PromiseLike<unknown[]> & { toSQL(): { sql: string; params: unknown[] } }
export type Params = Readonly<Record<string, unknown>>

/** Reads over one set of tables. What is not in `tables` cannot be named, so it cannot leak. */
export type Reader<Tables> = {
  readonly sql: SelectSql
  readonly tables: Tables
  /** Runs `build`'s query with `params` for its placeholders; built and prepared once for each `name`. */
  prepared<Q extends Query>(name: string, build: () => Q, params: Params): Promise<Awaited<Q>>
  /** `column IN (the list in placeholder name)`, one statement whatever the list's length; see `list`. */
  isIn(column: Column, name: string): SQL
  /** A list as `isIn` takes it in `params`. */
  list(values: readonly (string | number)[]): unknown
  /**
   * Runs a query of unbounded cost off the event loop, with `params` for its placeholders; gives the rows as arrays.
   * Throws 503 `query-too-costly` past its time limit.
   */
  offLoop(query: Query, params: Params): Promise<unknown[][]>
}

/** What delivery, feeds and sync are handed: the live tables alone. */
export type LiveReader = Reader<LiveTables>
/** What editorial code is handed: every table. */
export type DeskReader = Reader<AllTables>

/** Inside a transaction: every table, writes, and the change log. */
export type Writer = DeskReader & {
  readonly sql: Sql
  /** The instant of this commit, in epoch milliseconds; never earlier than the commit before it. */
  readonly at: number
  /** Notes a change for the log; its row is written with the last statements before COMMIT. */
  change(subjectType: SubjectType, subjectId: string, action: Action, version?: number): void
  /** Runs a part of the transaction that may fail alone: what it wrote and noted is then undone, and it throws. */
  savepoint<T>(work: () => Promise<T>): Promise<T>
}

/** The state of the spine: the log's epoch, its last sequence number and the instant of that commit. */
export type Head = { epoch: string; seq: number; at: number }

export type Db = {
  readonly engine: 'sqlite' | 'postgres'
  readonly live: LiveReader
  readonly desk: DeskReader
  /**
   * Runs `work` in a transaction of its own, one at a time, and resolves when it is durable.
   * Throws 503 `busy` when too many wait; a write inside a write throws.
   */
  write<T>(work: (tx: Writer) => Promise<T>): Promise<T>
  /** The head as of now: one check may serve the requests of one turn of the event loop. */
  head(): Head
  /** The head as of this very moment, for labelling what was just read. */
  headNow(): Head
  /** Throws when the store does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}
