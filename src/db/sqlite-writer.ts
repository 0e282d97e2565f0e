import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { DomainError } from '../errors.ts'
import type { Actor, DeskReader, Sql, Writer } from './db.ts'
import { noting, type Pending, rewind, writeChanges } from './spine.ts'
import { refusalOf } from './sqlite-errors.ts'
import { refuseLateWrite } from './write-queue.ts'

const lockWaitMs = 10_000
/** How many writes share a commit, for how long it takes in more of those that wait, and waits for those to come. */
const mostInCommit = 64
const fillMs = 20
const gatherMs = 3

export type WriterDeps = {
  connection: Database.Database
  /** The connection as Drizzle has it, and a reader over it. */
  sql: Sql
  reader: DeskReader
  now: () => number
  onCommit: () => void
  /** Called with the error of each write that failed, and with undefined after a commit that wrote something. */
  onOutcome: (error: unknown) => void
}

type Work = (tx: Writer) => Promise<unknown>
type Job = {
  actor: Actor
  work: Work
  /** The time when it was queued, on the clock of `performance.now()`. */
  since: number
  /** Whether it runs behind savepoints: it had something to undo before. */
  careful: boolean
  resolve(value: unknown): void
  reject(error: unknown): void
}
type Outcome = { job: Job } & ({ result: unknown; pending: Pending } | { error: unknown })

/**
 * The one writer of a file. Writes that wait together share one commit, and each resolves when all is durable. What one
 * does wrong is undone alone; but a savepoint has SQLite copy every page that is then written, so at first there is none.
 * Most of what throws has written nothing. What has is run again behind savepoints, and those before it with it: the work
 * of a write may run more than once.
 */
export function openWriter({ connection, sql, reader, now, onCommit, onOutcome }: WriterDeps) {
  const queue: Job[] = []
  let draining: Promise<void> | undefined
  /** How many writes waited for the last commit. */
  let lastShared = 0
  const inside = new AsyncLocalStorage<true>()
  const totalChanges = connection.prepare('SELECT total_changes()').pluck()
  /** Whether the transaction at hand holds something that was to be undone. */
  let isUnclean = false

  /** Runs `part`; where it throws having written, that stays, and the transaction is unclean. */
  async function attempt<T>(pending: Pending, part: () => Promise<T>): Promise<T> {
    requireTransaction()
    const undo = rewind(pending)
    const before = totalChanges.get()
    try {
      return await part()
    } catch (error) {
      undo()
      if (totalChanges.get() !== before) isUnclean = true
      throw error
    }
  }

  /** Runs `part` so that what it wrote and noted is undone where it throws. */
  async function savepoint<T>(pending: Pending, part: () => Promise<T>): Promise<T> {
    requireTransaction()
    const undo = rewind(pending)
    // Within another, the name is that of the innermost.
    connection.exec('SAVEPOINT part')
    try {
      const done = await part()
      connection.exec('RELEASE part')
      return done
    } catch (error) {
      undo()
      // Some failures end the whole transaction.
      if (connection.inTransaction) connection.exec('ROLLBACK TO part; RELEASE part')
      throw error
    }
  }

  /** Nothing may be written once the transaction has ended: it would be a commit of its own, without its change rows. */
  function requireTransaction(): void {
    if (!connection.inTransaction) throw new Error('the transaction has ended')
  }

  async function runJob({ actor, work, careful }: Job, at: number, pending: Pending): Promise<unknown> {
    const run = careful ? savepoint : attempt
    const tx: Writer = {
      ...reader,
      sql,
      actor,
      at,
      ...noting(pending),
      lock: async () => undefined,
      tryLock: async () => true,
      savepoint: part => run(pending, part),
    }
    const result = await run(pending, () => inside.run(true, () => work(tx)))
    requireTransaction()
    return result
  }

  /**
   * Runs as many of the waiting writes as fit in one transaction. Throws where it came to an end in the midst of one, which
   * is then told alone, or where it is unclean; the others are put back.
   */
  async function runSome(at: number): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    const started = performance.now()
    while (queue.length > 0 && outcomes.length < mostInCommit) {
      const job = queue.shift() as Job
      const pending: Pending = { changes: [], embargo: false }
      isUnclean = false
      try {
        outcomes.push({ job, result: await runJob(job, at, pending), pending })
      } catch (error) {
        if (!connection.inTransaction) {
          queue.unshift(...outcomes.map(one => one.job))
          fail(job, error)
          throw error
        }
        outcomes.push({ job, error })
      }
      if (isUnclean) {
        job.careful = true
        queue.unshift(...outcomes.map(one => one.job))
        throw new Error('the transaction is unclean')
      }
      if (performance.now() - started > fillMs) break
    }
    return outcomes
  }

  /** One transaction. What came of each write is told when all is durable, refusals too: they may rest on what others wrote. */
  async function commitSome(): Promise<void> {
    const at = now()
    const before = totalChanges.get()
    try {
      await begin(connection)
    } catch (error) {
      rollBack()
      // None was taken yet: the first is told, and the next tried.
      const first = queue.shift()
      if (first) fail(first, error)
      return
    }
    let outcomes: Outcome[] = []
    try {
      outcomes = await runSome(at)
      const notes = outcomes.flatMap(one => ('pending' in one ? [one.pending] : []))
      await writeChanges({ ...reader, sql }, at, {
        changes: notes.flatMap(one => one.changes),
        embargo: notes.some(one => one.embargo),
      })
      connection.exec('COMMIT')
    } catch (error) {
      rollBack()
      for (const { job } of outcomes) fail(job, error)
      return
    }
    onCommit()
    if (totalChanges.get() !== before) onOutcome(undefined)
    for (const one of outcomes) {
      if ('error' in one) fail(one.job, one.error)
      else one.job.resolve(one.result)
    }
  }

  function fail(job: Job, error: unknown): void {
    const reason = refusalOf(error)
    onOutcome(reason)
    job.reject(reason)
  }

  /** Leaves no transaction open; where even that fails, the next BEGIN says so. */
  function rollBack(): void {
    try {
      if (connection.inTransaction) connection.exec('ROLLBACK')
    } catch {
      // What failed before is what is told.
    }
  }

  /**
   * Reads requests between two commits, for as long as each turn of the event loop brings more writes, or fewer
   * wait than shared the last commit: whoever wrote then may well write again.
   */
  async function gather(): Promise<void> {
    const until = performance.now() + gatherMs
    let before: number
    do {
      before = queue.length
      await new Promise(resolve => setImmediate(resolve))
    } while (
      queue.length < mostInCommit &&
      performance.now() < until &&
      (queue.length > before || queue.length < lastShared)
    )
    lastShared = Math.min(queue.length, mostInCommit)
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      await gather()
      await commitSome()
    }
    draining = undefined
  }

  return {
    async write<T>(actor: Actor, work: (tx: Writer) => Promise<T>): Promise<T> {
      if (inside.getStore()) throw new Error('a write inside a write would wait for itself')
      refuseLateWrite(queue.length, queue[0]?.since)
      const since = performance.now()
      const result = new Promise<unknown>((resolve, reject) =>
        queue.push({ actor, work, since, careful: false, resolve, reject }),
      )
      draining ??= drain()
      return result as Promise<T>
    },
    /** Resolves when nothing is being written. */
    idle: async () => draining,
  }
}

/** BEGIN IMMEDIATE, retried without blocking the event loop while another process holds the lock. */
async function begin(connection: Database.Database): Promise<void> {
  const deadline = performance.now() + lockWaitMs
  for (;;) {
    try {
      connection.exec('BEGIN IMMEDIATE')
      return
    } catch (error) {
      const busy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')
      if (!busy) throw error
      if (performance.now() > deadline) {
        throw new DomainError('busy', 'The database is locked by another process.', {
          headers: { 'retry-after': '5' },
        })
      }
      await delay(2 + Math.random() * 8)
    }
  }
}
