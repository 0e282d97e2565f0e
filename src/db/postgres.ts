import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import { DomainError, StoreError } from '../errors.ts'
import { type Actor, Behind, type Db, type Writer } from './db.ts'
import { sql } from './drizzle.ts'
import { isBug, isConflict, refusalOf, Unavailable, unwrap } from './postgres-errors.ts'
import { migratePostgres } from './postgres-migrate.ts'
import { openServer, type Queryable, type Server } from './postgres-server.ts'
import { watchRoom } from './room.ts'
import { ensureHead, headLock, noting, type Pending, rewind, writeChanges } from './spine.ts'
import { refuseLateWrite } from './write-queue.ts'

export type PostgresOptions = {
  /** The primary, as `postgres://...`. */
  url: string
  replicaUrls: readonly string[]
  /** The clock, in epoch milliseconds. */
  now: () => number
  /** Time limit of a query of unbounded cost, in milliseconds. */
  queryTimeout: number
  /** Told each statement as it runs; for tests that count them. */
  onQuery?: (statement: string, params: unknown[]) => void
}

/** Commits are one after the other, so more writers at once would only wait for each other. */
const writersAtOnce = 6
const mostAttempts = 10
/** How long a server that did not answer is left out. */
const downMs = 2000
/** How long one request may take to find out whether it is back. */
const probeMs = 5000
/** Whoever asks whether all is well wants to know at once. */
const checkMs = 900

/** Opens (migrating it, when needed) a newsroom on PostgreSQL, with the replicas that public reads may come from. */
export async function openPostgres(options: PostgresOptions): Promise<Db> {
  const { queryTimeout, onQuery } = options
  await migratePostgres(options.url)
  const open = (url: string, isReplica: boolean) => openServer({ url, isReplica, queryTimeout, onQuery })
  const primary = open(options.url, false)
  const replicas = options.replicaUrls.map(url => open(url, true))
  const all = [...replicas, primary]
  const downUntil = new Map<Server, number>()

  /** The transaction at hand: its connection, and the query it has last, which the next one waits for. */
  const inside = new AsyncLocalStorage<{ client: PoolClient; last: Promise<unknown> }>()
  const ofTransaction: Queryable = {
    query(config, values) {
      const at = inside.getStore()
      if (!at) throw new Error('a Writer was used after its transaction')
      const answer = at.last.then(() => at.client.query(config as never, values))
      at.last = answer.catch(() => undefined)
      return answer.catch(error => {
        throw refusalOf(error)
      })
    },
  }
  const writing = primary.readerOf(ofTransaction)

  async function transact<T>(actor: Actor, work: (tx: Writer) => Promise<T>): Promise<T> {
    const client = await primary.pool.connect().catch(error => {
      throw refusalOf(error)
    })
    let broken: Error | undefined
    // The pool listens to idle connections alone; one that ends here would end the process.
    const onError = (error: Error) => {
      broken = error
    }
    client.on('error', onError)
    try {
      await client.query('BEGIN')
      // A server may be set to tell of a commit before it is on the disk; what we acknowledge is.
      await client.query(
        "SELECT CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') " +
          "THEN set_config('synchronous_commit', 'on', true) END",
      )
      const at = options.now()
      const result = await inside.run({ client, last: Promise.resolve() }, () =>
        workIn(client, { actor, at }, work),
      )
      await client.query('COMMIT')
      return result
    } catch (error) {
      const reason = refusalOf(unwrap(error))
      if (reason instanceof Unavailable) broken = reason
      else await client.query('ROLLBACK').catch(() => (broken = new Error('a transaction would not end')))
      throw reason
    } finally {
      client.removeListener('error', onError)
      client.release(broken)
    }
  }

  async function workIn<T>(
    client: PoolClient,
    { actor, at }: Pick<Writer, 'actor' | 'at'>,
    work: (tx: Writer) => Promise<T>,
  ): Promise<T> {
    const pending: Pending = { changes: [], embargo: false }
    const result = await work({
      ...writing,
      sql: writing.sql as Writer['sql'],
      actor,
      at,
      ...noting(pending),
      async lock(subject) {
        await ofTransaction.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [subject])
      },
      async tryLock(subject) {
        const { rows } = (await ofTransaction.query(
          'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS taken',
          [subject],
        )) as { rows: { taken: boolean }[] }
        return rows[0]?.taken === true
      },
      async savepoint(part) {
        const undo = rewind(pending)
        await client.query('SAVEPOINT part')
        try {
          const done = await part()
          await client.query('RELEASE part')
          return done
        } catch (error) {
          undo()
          await client.query('ROLLBACK TO part; RELEASE part')
          throw error
        }
      },
    })
    await writeChanges({ ...writing, sql: writing.sql as Writer['sql'] }, at, pending)
    return result
  }

  const room = watchRoom(work => write({ by: 'command' }, work))
  let waiting = 0
  let atWork = 0
  const queue: { go(): void; since: number }[] = []

  async function write<T>(actor: Actor, work: (tx: Writer) => Promise<T>): Promise<T> {
    if (inside.getStore()) throw new Error('a write inside a write would wait for itself')
    refuseLateWrite(waiting, queue[0]?.since)
    waiting++
    if (atWork >= writersAtOnce) await new Promise<void>(go => queue.push({ go, since: performance.now() }))
    else atWork++
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          const result = await transact(actor, work)
          room.note(undefined)
          return result
        } catch (error) {
          room.note(error)
          if (!isConflict(error)) throw error
          if (attempt === mostAttempts)
            throw isBug(error) ? error : new Unavailable('Too many write the same.')
          await delay(Math.random() * 20 * attempt)
        }
      }
    } finally {
      waiting--
      const next = queue.shift()
      if (next) next.go()
      else atWork--
    }
  }

  /** Of one that was down, a single request finds out whether it is back; the others go elsewhere meanwhile. */
  function mayAnswer(server: Server): boolean {
    const until = downUntil.get(server)
    if (until === undefined) return true
    if (until > performance.now()) return false
    downUntil.set(server, performance.now() + probeMs)
    return true
  }

  function noteUp(server: Server): void {
    if (downUntil.delete(server)) process.emitWarning(`${nameOf(server)} answers again`, 'Store')
  }

  function noteDown(server: Server, error: unknown): void {
    const { message } = ((error as Error).cause ?? error) as Error
    if (!downUntil.has(server)) process.emitWarning(`${nameOf(server)} does not answer: ${message}`, 'Store')
    downUntil.set(server, performance.now() + downMs)
  }

  const nameOf = (server: Server) =>
    server === primary ? 'The primary' : `Replica ${replicas.indexOf(server) + 1}`

  let turn = 0
  /** Who may be asked, best first: replicas in turn, those that failed a moment ago left out, the primary last. */
  function candidates(): Server[] {
    const up = replicas.filter(mayAnswer)
    turn = (turn + 1) % Math.max(up.length, 1)
    return [...up.slice(turn), ...up.slice(0, turn), primary]
  }

  const db: Db = {
    engine: 'postgres',
    primary: primary.source,
    desk: primary.desk,
    async read(reach, work) {
      const servers = reach === 'primary' ? [primary] : candidates()
      for (const [i, server] of servers.entries()) {
        try {
          const result = await work(server.source)
          noteUp(server)
          return result
        } catch (error) {
          const reason = unwrap(error)
          // What no rule refused is the replica's own: a conflict with recovery, a table it has not got, a login.
          const isDown =
            reason instanceof Unavailable ||
            (server !== primary && !(reason instanceof DomainError) && !(reason instanceof Behind))
          if (isDown) noteDown(server, reason)
          if ((!isDown && !(reason instanceof Behind)) || i === servers.length - 1) throw reason
        }
      }
      throw new Unavailable()
    },
    snapshot: primary.snapshot,
    head: () => db.read('anywhere', async source => source.head()),
    write,
    async check() {
      const answers = await Promise.all(
        all.map(async server => {
          const answer = server.source.headNow().then(
            () => true,
            () => false,
          )
          const up = await Promise.race([answer, delay(checkMs, false, { ref: false })])
          if (up) noteUp(server)
          return up
        }),
      )
      const isUp = answers.at(-1) === true
      return { primary: isUp, replicas: answers.slice(0, -1), isFull: isUp && (await room.isFull()) }
    },
    async close() {
      await Promise.all(all.map(server => server.close()))
    },
  }
  await db.write({ by: 'command' }, async tx => {
    // A copy holds this name while it goes.
    await tx.lock(headLock)
    await refuseHalf(tx)
    await ensureHead(tx.sql, tx.tables, randomUUID())
  })
  return db
}

/** A copy writes the head last: rows without it are half of a newsroom, which must not be served for a whole one. */
async function refuseHalf(tx: Writer): Promise<void> {
  const { head, ...others } = tx.tables
  if ((await tx.sql.select({ id: head.id }).from(head)).length > 0) return
  for (const table of Object.values(others)) {
    const [row] = await tx.sql.select({ one: sql<number>`1` }).from(table).limit(1)
    if (row) throw new StoreError('The database holds half a newsroom: migrate-to was stopped. Run it again.')
  }
}
