import cluster, { type Worker } from 'node:cluster'
import { availableParallelism } from 'node:os'
import type { Config } from '../config.ts'
import type { Counts, Limiter } from '../http/limits.ts'
import { startMakingBareOf } from './make-bare.ts'
import { openNewsroom } from './newsroom.ts'
import { startPurgeOf } from './purge.ts'
import { UsageError } from './usage-error.ts'

const mostWorkers = 128
/** A worker that ends sooner did not start well; after so many of one place, and no other at work, the service gives up. */
const wellMs = 5000
const mostFailures = 5
const longestPauseMs = 5000
/** A second signal after so long means at once. */
const impatientMs = 1000
const stopWord = 'stop'
/** How often workers tell each other what they counted for the rate limit. */
const exchangeMs = 200

/** Reads `--workers`: a number, or `auto` for one on each core. Throws UsageError. */
export function readWorkers(text: string): number {
  if (text === 'auto') return availableParallelism()
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > mostWorkers)
    throw new UsageError(`--workers must be from 1 to ${mostWorkers}, or auto`)
  return count
}

/**
 * Serves by several processes, each of which is the whole service: the store is what they share, and each asks it what
 * the others wrote. A worker that is at work takes no new connections; one that ends is replaced. Resolves to the exit code.
 */
export async function runWorkers(config: Config, count: number, announce: () => void): Promise<number> {
  // Each worker takes connections itself. Handed out by this process, one given to a worker that has just died would
  // hang for ever.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  // Made and migrated once, before many open it; and one process purges for all.
  const newsroom = await openNewsroom(config)
  const stopPurge = startPurgeOf(newsroom, error => say(`the purge failed: ${(error as Error).message}`))
  const stopMaking = startMakingBareOf(newsroom, (_level, _facts, message) => say(message))
  let stoppingSince: number | undefined
  let isGivenUp = false
  // Ours, since Node's own list still has a worker whose channel closes after its end.
  const alive = new Set<Worker>()
  const serving = new Set<Worker>()
  let isAnnounced = false

  /** Starts the worker of a place; `failures` of it came one after the other before. */
  function start(failures: number): void {
    if (stoppingSince !== undefined) return
    const worker = cluster.fork({ PORT: String(config.PORT) })
    alive.add(worker)
    const startedAt = performance.now()
    worker.once('listening', () => {
      serving.add(worker)
      if (serving.size === count && !isAnnounced) announce()
      isAnnounced ||= serving.size === count
    })
    worker.on('message', (counts: Counts) => {
      for (const other of alive) if (other !== worker) tell(other, counts)
    })
    worker.on('error', error => say(`worker ${worker.process.pid}: ${error.message}`))
    worker.once('exit', (code, signal) => {
      alive.delete(worker)
      serving.delete(worker)
      if (stoppingSince !== undefined) return endIfAlone()
      say(`worker ${worker.process.pid} ended with ${signal ?? code}`)
      const failed = performance.now() - startedAt < wellMs ? failures + 1 : 0
      isGivenUp = failed >= mostFailures && serving.size === 0
      if (isGivenUp) stop()
      else setTimeout(start, failed === 0 ? 0 : Math.min(100 * 2 ** failed, longestPauseMs), failed)
    })
  }

  /** Told by a signal; one that comes to all processes at once, from a terminal, say, comes here more than once. */
  function stop(): void {
    const isImpatient = stoppingSince !== undefined && performance.now() - stoppingSince > impatientMs
    stoppingSince ??= performance.now()
    for (const worker of alive) {
      // One that is still starting has nothing to finish, and may not listen to words yet.
      if (isImpatient || !serving.has(worker)) worker.process.kill('SIGKILL')
      else tell(worker, stopWord)
    }
    endIfAlone()
  }

  const end = Promise.withResolvers<void>()
  function endIfAlone(): void {
    if (alive.size === 0) end.resolve()
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
  for (let i = 0; i < count; i++) start(0)
  await end.promise
  await stopPurge?.()
  await stopMaking()
  await newsroom.close()
  return isGivenUp ? 1 : 0
}

/** A worker that is dying takes no message, and that is no error of ours. */
function tell(worker: Worker, message: Counts | typeof stopWord): void {
  if (worker.isConnected()) worker.send(message, () => undefined)
}

/** A line for a person; for a log collector, one of JSON as the workers' own. */
function say(msg: string): void {
  const line = { level: 40, time: Date.now(), pid: process.pid, msg }
  console.error(process.stdout.isTTY ? msg : JSON.stringify(line))
}

/** Counts a worker's requests together with those of the others, as late as they tell of them. */
export function shareCounts(limiter: Limiter): void {
  const exchange = () => {
    const counts = limiter.takeCounts()
    if (counts.length > 0 && process.connected) process.send?.(counts, undefined, {}, () => undefined)
  }
  setInterval(exchange, exchangeMs).unref()
  process.on('message', (message: Counts | typeof stopWord) => {
    if (message !== stopWord) limiter.addCounts(message)
  })
}

/** Calls when the first process has this worker stop. Signals are that one's: they may come to all processes at once. */
export function onStop(stop: () => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined)
  process.on('message', message => {
    if (message === stopWord) stop()
  })
}
