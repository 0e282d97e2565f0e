import type { Actor, Db, Writer } from '../../db/db.ts'
import { isOutage } from '../../errors.ts'
import { listDueEmbargoes } from '../articles/publications.store.ts'
import { deleteAnswersUntil } from '../idempotency/idempotency.store.ts'
import { keptMs } from '../idempotency/idempotency.ts'
import { listDueSchedules } from './desk.store.ts'
import { lapseEmbargo, publishOnSchedule } from './schedule.ts'

/** What one look at the clock brought about, as ids of articles; what the rules refused, with the problem's code. */
export type Fired = {
  published: string[]
  lapsed: string[]
  refused: { id: string; code: string }[]
  /** What went wrong where nothing should: these wait, and hold up no other. */
  failed: { id: string; error: unknown }[]
}

/** How many are looked at, and how many are shown by one commit. */
const most = 100
const batch = 20
/** Whoever does what is due: one process at a time, and the next as soon as it is gone. */
const turn = 'clock'
const everMs = 8_000_000_000_000_000

/**
 * Publishes what is scheduled for now or before, and shows what is under an embargo that is over: each once, however
 * many processes look at the clock. What is late stays hidden until then. The ids in `putOff` are left for later.
 * Throws 503 where the store does not answer.
 */
export async function fireDue(db: Db, now: number, putOff: readonly string[] = []): Promise<Fired> {
  const fired: Fired = { published: [], lapsed: [], refused: [], failed: [] }
  const scheduled = (await listDueSchedules(db.desk, now, most, putOff)).map(due => due.id)
  await inBatches(db, { by: 'schedule' }, scheduled, fired, publishOnSchedule, (id, { refusal }) => {
    if (refusal === undefined) fired.published.push(id)
    else fired.refused.push({ id, code: refusal })
  })
  const embargoed = (await listDueEmbargoes(db.desk, now, most, putOff)).map(due => due.id)
  await inBatches(db, { by: 'embargo' }, embargoed, fired, lapseEmbargo, id => void fired.lapsed.push(id))
  return fired
}

/** Does the work of each, a batch in one commit; where that fails, each alone. `note` hears of what was done. */
async function inBatches<Done>(
  db: Db,
  actor: Actor,
  ids: readonly string[],
  { failed }: Fired,
  work: (tx: Writer, id: string) => Promise<Done | undefined>,
  note: (id: string, done: Done) => void,
): Promise<void> {
  async function commit(some: readonly string[]): Promise<void> {
    const done = await db.write(actor, async tx => {
      const found: [string, Done][] = []
      if (!(await tx.tryLock(turn))) return found
      // All at first and in one order: an editor who has one of them waits for nothing that we hold.
      for (const id of some.toSorted()) await tx.lock(`article ${id}`)
      for (const id of some) {
        const one = await work(tx, id)
        if (one !== undefined) found.push([id, one])
      }
      return found
    })
    for (const [id, one] of done) note(id, one)
  }

  for (let start = 0; start < ids.length; start += batch) {
    const some = ids.slice(start, start + batch)
    try {
      await commit(some)
    } catch (error) {
      if (isOutage(error)) throw error
      for (const id of some) {
        await commit([id]).catch(error => {
          if (isOutage(error)) throw error
          failed.push({ id, error })
        })
      }
    }
  }
}

/** The next instant at which something is due that is not put off; undefined for never. */
async function nextDue(db: Db, putOff: readonly string[]): Promise<number | undefined> {
  const [schedule] = await listDueSchedules(db.desk, everMs, 1, putOff)
  const [embargo] = await listDueEmbargoes(db.desk, everMs, 1, putOff)
  const instants = [schedule?.at, embargo?.at].filter(at => at !== undefined)
  return instants.length === 0 ? undefined : Math.min(...instants)
}

/** Forgets the answers that were kept for an Idempotency-Key longer than a day. */
export async function forgetAnswers(db: Db, now: number): Promise<void> {
  await db.write({ by: 'command' }, tx => deleteAnswersUntil(tx, now - keptMs))
}

const sweepMs = 1000
/** While another process is at what is due. */
const waitMs = 25
const forgetMs = 60 * 60 * 1000
/** When what failed is tried again. */
const putOffMs = 60_000

export type ClockDeps = {
  db: Db
  /** The clock, in epoch milliseconds. */
  now: () => number
  onFired(fired: Fired): void
  onError(error: unknown): void
}

/**
 * Looks at the clock when something is due, and each second for what another process scheduled. Gives the function
 * that stops it, once what it is at is done.
 */
export function startClock({ db, now, onFired, onError }: ClockDeps): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let forgotAt = now()
  const putOff = new Map<string, number>()

  /** Does what is due; gives the milliseconds to wait for the next look. */
  async function look(): Promise<number> {
    for (const [id, until] of putOff) if (until <= now()) putOff.delete(id)
    const fired = await fireDue(db, now(), [...putOff.keys()])
    for (const { id } of fired.failed) putOff.set(id, now() + putOffMs)
    const count = Object.values(fired).reduce((sum, list) => sum + list.length, 0)
    if (count > 0) onFired(fired)
    if (now() - forgotAt > forgetMs) {
      forgotAt = now()
      await forgetAnswers(db, now())
    }
    const next = (await nextDue(db, [...putOff.keys()])) ?? Number.POSITIVE_INFINITY
    return Math.min(Math.max(next - now(), count > 0 ? 0 : waitMs), sweepMs)
  }

  let looking = Promise.resolve()
  function tick(): void {
    looking = look()
      .catch(error => {
        onError(error)
        return sweepMs
      })
      .then(wait => {
        if (!stopped) timer = setTimeout(tick, wait)
      })
  }
  tick()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await looking
  }
}
