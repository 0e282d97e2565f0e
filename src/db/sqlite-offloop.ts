import { Worker } from 'node:worker_threads'
import { DomainError } from '../errors.ts'

type Answer = { rows?: unknown[][]; error?: string }
type Job = {
  statement: string
  params: unknown[]
  /** Settles the query, once. */
  end(result: unknown[][] | Error): void
}

const mostWaiting = 32
/** Threads still in a statement that was given up; past it, what comes is refused until one of them ends. */
const mostGivenUp = 2

/**
 * Runs read-only statements on a thread of its own, one at a time, each with a time limit that its wait counts
 * towards. SQLite cannot be interrupted from outside: past the limit the caller is answered, the thread is left to end
 * with its statement, and those that waited go on in another.
 */
export function openOffLoop(file: string, timeout: number) {
  const waiting: Job[] = []
  let running: Job | undefined
  let thread: Worker | undefined
  let isReady = false
  let givenUp = 0

  function start(): Worker {
    const started = new Worker(new URL('./sqlite-offloop-thread.ts', import.meta.url), {
      workerData: { file },
    })
    started.on('message', (answer: Answer | 'ready') => {
      if (thread !== started) return
      if (answer === 'ready') isReady = true
      else running?.end(answer.rows ?? new Error(answer.error))
      if (answer !== 'ready') running = undefined
      next()
    })
    started.on('error', error => {
      if (thread !== started) return
      thread = undefined
      for (const job of [...(running ? [running] : []), ...waiting.splice(0)]) job.end(error)
      running = undefined
    })
    return started
  }

  function next(): void {
    if (running || !thread || !isReady) return
    running = waiting.shift()
    // A thread with nothing to do keeps no process alive.
    if (!running) return void thread.unref()
    thread.ref()
    thread.postMessage({ statement: running.statement, params: running.params })
  }

  /** Leaves the thread to its statement, and goes on in another if one may be started. */
  function giveUp(): void {
    const old = thread
    thread = undefined
    running = undefined
    isReady = false
    if (!old) return
    old.unref()
    givenUp++
    void old.terminate().finally(() => {
      givenUp--
    })
    if (waiting.length === 0) return
    if (givenUp >= mostGivenUp) for (const job of waiting.splice(0)) job.end(tooMany())
    else thread = start()
  }

  async function run(statement: string, params: unknown[]): Promise<unknown[][]> {
    if (waiting.length >= mostWaiting || (!thread && givenUp >= mostGivenUp)) throw tooMany()
    thread ??= start()
    const at = thread
    return new Promise((resolve, reject) => {
      let limit: NodeJS.Timeout | undefined
      const job: Job = {
        statement,
        params,
        end(result) {
          clearTimeout(limit)
          if (result instanceof Error) reject(result)
          else resolve(result)
        },
      }
      const expire = () => {
        job.end(tooCostly(`It took longer than ${timeout} ms.`))
        if (running === job) giveUp()
        else if (waiting.includes(job)) waiting.splice(waiting.indexOf(job), 1)
      }
      waiting.push(job)
      // The start of a thread is no part of a statement's time.
      if (isReady) limit = setTimeout(expire, timeout)
      else
        at.once('message', () => {
          limit = setTimeout(expire, timeout)
        })
      next()
    })
  }

  /** Ends what waits, and the thread without waiting for its statement. */
  function close(): void {
    const closed = new Error('the database was closed')
    for (const job of [...(running ? [running] : []), ...waiting.splice(0)]) job.end(closed)
    giveUp()
  }

  return { run, close }
}

const refused = { headers: { 'retry-after': '5' } }

function tooCostly(detail: string): DomainError {
  return new DomainError('query-too-costly', detail, refused)
}

function tooMany(): DomainError {
  return tooCostly('Too many costly queries are in work.')
}
