import cluster, { type Worker } from 'node:cluster'
import { availableParallelism } from 'node:os'
import type { Config } from '../config.ts'
import type { Counts, Limiter } from '../http/limits.ts'
import { openNewsroom } from './newsroom.ts'
import { startPurgeOf } from './purge.ts'
import { UsageError } from './usage-error.ts'

const mostWorkers = 128
/** A worker that ends sooner did not start well; so many of them one after the other, and the service gives up. */
const wellMs = 5000
const mostFailures = 5
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
  let isStopping = false
  let failures = 0
  let listening = 0

  function start(): void {
    const worker = cluster.fork({ PORT: String(config.PORT) })
    const startedAt = performance.now()
    worker.once('listening', () => {
      if (++listening === count) announce()
    })
    worker.on('message', (counts: Counts) => {
      for (const other of others(worker)) other.send(counts)
    })
    worker.once('exit', (code, signal) => {
      if (isStopping) return
      failures = performance.now() - startedAt < wellMs ? failures + 1 : 0
      say(`worker ${worker.process.pid} ended with ${signal ?? code}`)
      if (failures < mostFailures) start()
      else stop('SIGTERM')
    })
  }

  function stop(signal: NodeJS.Signals): void {
    // Told a second time, it ends at once.
    const how = isStopping ? 'SIGKILL' : signal
    isStopping = true
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill(how)
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal))
  for (let i = 0; i < count; i++) start()
  await new Promise<void>(resolve => {
    cluster.on('exit', () => {
      if (isStopping && Object.keys(cluster.workers ?? {}).length === 0) resolve()
    })
  })
  await stopPurge?.()
  await newsroom.close()
  return failures < mostFailures ? 0 : 1
}

function others(worker: Worker): Worker[] {
  return Object.values(cluster.workers ?? {}).filter(
    other => other?.isConnected() && other !== worker,
  ) as Worker[]
}

/** A line for a person; for a log collector, one of JSON as the workers' own. */
function say(msg: string): void {
  const line = { level: 40, time: Date.now(), pid: process.pid, msg }
  console.error(process.stdout.isTTY ? msg : JSON.stringify(line))
}

/** Counts a worker's requests together with those of the others, as late as they tell of them. */
export function shareCounts(limiter: Limiter): void {
  const tell = () => {
    const counts = limiter.takeCounts()
    if (counts.length > 0 && process.connected) process.send?.(counts)
  }
  setInterval(tell, exchangeMs).unref()
  process.on('message', (counts: Counts) => limiter.addCounts(counts))
}
