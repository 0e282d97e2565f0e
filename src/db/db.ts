import type { LogPlace } from '../log-place.ts'
import type { Action, ActorKind, SubjectType } from '../words.ts'
import type { BaseSQLiteDatabase, Column, SQL } from './drizzle.ts'
import type { AllTables, EmbargoTables, LiveTables } from './tables.ts'

/** One Drizzle query type for both engines; each connection is cast to it once. */
export type Sql = BaseSQLiteDatabase<'async', unknown, Record<string, never>>
type SelectSql = Pick<Sql, 'select' | 'selectDistinct'>

/** A query that can be awaited, and prepared once to be run often. */
type Query = PromiseLike<unknown> & { toSQL(): { sql: string; params: unknown[] } }
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
/**
 * What waits under embargo, in tables of its own shaped as the live ones: what reads articles of those reads them here.
 * Handed only to answers for keys with `articles:embargoed`.
 */
export type EmbargoReader = Reader<EmbargoTables>
/** What editorial code is handed: every table. */
export type DeskReader = Reader<AllTables>

/** Who writes: a key, or the service itself. */
export type Actor =
  | { readonly by: 'key'; readonly keyId: string }
  | { readonly by: Exclude<ActorKind, 'key'> }

/** Inside a transaction: every table, writes, and the change log. */
export type Writer = DeskReader & {
  readonly sql: Sql
  readonly actor: Actor
  /** The clock when the transaction began, in epoch milliseconds. It may be earlier than the commit before it. */
  readonly at: number
  /** Notes a change for the log; its row is written with the last statements before COMMIT. */
  change(subjectType: SubjectType, subjectId: string, action: Action, version?: number): void
  /** Notes that what waits under embargo changed: for the label of answers to those who may see it, and no log. */
  changeEmbargo(): void
  /**
   * Waits until no other transaction has the subject, and keeps it until this one ends: what is then read of it stands
   * until then. SQLite writes one transaction at a time, so there it costs nothing.
   */
  lock(subject: string): Promise<void>
  /** Takes the subject as `lock` does, unless another transaction has it: then false, at once. */
  tryLock(subject: string): Promise<boolean>
  /** Runs a part of the transaction that may fail alone: what it wrote and noted is then undone, and it throws. */
  savepoint<T>(work: () => Promise<T>): Promise<T>
}

/**
 * The last commit of the log, and its instant (epoch milliseconds). `embargoSeq` counts the changes of embargoed
 * publications, `embargoMark` is the mark of the last of them.
 */
export type Head = LogPlace & { at: number; embargoSeq: number; embargoMark: number }

/** One server to read the live tables from, and the head of the log as that server has it. */
export type Source = {
  readonly live: LiveReader
  readonly embargo: EmbargoReader
  /** Whether it may be some commits behind the primary. */
  readonly isReplica: boolean
  /** The head as of now: one check may serve the requests of one turn of the event loop. */
  head(): Head | Promise<Head>
  /** The head as of this very moment, for labelling what was just read. */
  headNow(): Promise<Head>
}

/** Where a read belongs: what a key asks for must show every commit, what the public asks for may come from a replica. */
export type Reach = 'primary' | 'anywhere'

/** Thrown where a row is no longer what the transaction read: it is then run again. */
export class Conflict extends Error {
  /** SQLSTATE of a serialisation failure. */
  readonly code = '40001'
}

/** Thrown by the work of a read whose replica lacks what the caller has seen: it is then made again elsewhere. */
export class Behind extends Error {}

export type Db = {
  readonly engine: 'sqlite' | 'postgres'
  /** The server that has every commit. */
  readonly primary: Source
  readonly desk: DeskReader
  /**
   * Runs a read where it belongs. A server that does not answer is left out for a while, and the read made again on the
   * next, the primary last. Throws 503 `busy` when none answers.
   */
  read<T>(reach: Reach, work: (source: Source) => Promise<T>): Promise<T>
  /** Runs a long read of the live tables as they are at one moment, whatever is written meanwhile. */
  snapshot<T>(work: (live: LiveReader, head: Head) => Promise<T>): Promise<T>
  /** The head as a public read would find it, at once where that needs no asking. */
  head(): Head | Promise<Head>
  /**
   * Runs `work` in a transaction of its own in the actor's name, one at a time, and resolves when it is durable.
   * Throws 503 `busy` when too many wait; a write inside a write throws.
   */
  write<T>(actor: Actor, work: (tx: Writer) => Promise<T>): Promise<T>
  /** Whether each server answers (SQLite has its one file), and whether writes find the store full. */
  check(): Promise<{ primary: boolean; replicas: readonly boolean[]; isFull: boolean }>
  close(): Promise<void>
}
