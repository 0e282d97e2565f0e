import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { parentPort, Worker } from 'node:worker_threads'

export type ThreadOptions = {
  /** The module that the thread runs: it calls `serveThread`. */
  module: URL
  /** What it is given as `workerData`. */
  data?: unknown
  /** How long a job may take, in milliseconds from its start on the thread. */
  timeout: number
  /** How long a job may wait for the jobs before it, in milliseconds. */
  longestWait: number
  /** The memory that the thread has for its objects, in megabytes; 512 unless given. */
  megabytes?: number
  /** The error for a job that took longer than `timeout`, or more memory than a thread has: the job is at fault. */
  tooLong(): Error
  /** The error where too many jobs wait, or one waited longer than `longestWait`: the job is not at fault. */
  tooMany(): Error
}

/** The message could not be sent to the thread: it nests too deep, or cannot be copied. `cause` says why. */
export class Unsendable extends Error {}

type Reply = 'ready' | { answer: unknown } | { error: Error }
type Job = {
  message: unknown
  owner: string
  /** The clock of the wait, then of the work. */
  clock?: NodeJS.Timeout
  end(reply: Exclude<Reply, 'ready'>): void
}

const mostWaiting = 32
/** Jobs of one owner that may wait, so that no owner fills the queue. */
const mostOfOne = 16
/** Owners that are remembered, so that they take turns. */
const mostOwners = 1000
/** Threads still at a job that was given up: native code ends only by itself. With this many, new jobs are refused. */
const mostGivenUp = 2

/**
 * A thread for work that would hold the event loop: one job at a time, started when it is first needed, keeping no
 * process alive. A job past its time is given up with its thread, and those that waited go on in another. Owners take turns.
 */
export function openThread<Message, Answer>(options: ThreadOptions) {
  const { timeout, longestWait, megabytes = 512, tooLong, tooMany } = options
  const waiting: Job[] = []
  let running: Job | undefined
  let thread: Worker | undefined
  /** Whether the thread has started: until then no job runs, and no wait is counted. */
  let isReady = false
  /** When the last job of each owner ran, by a count of jobs. */
  const served = new Map<string, number>()
  let jobs = 0
  let givenUp = 0

  function start(): Worker {
    const resourceLimits = { maxOldGenerationSizeMb: megabytes }
    const started = new Worker(options.module, { workerData: options.data, resourceLimits })
    started.on('message', (reply: Reply) => {
      if (thread !== started) return
      if (reply === 'ready') {
        isReady = true
        for (const job of waiting) if (job.clock === undefined) countWait(job)
      } else {
        running?.end(reply)
        running = undefined
      }
      next()
    })
    started.on('messageerror', error => {
      if (thread !== started) return
      running?.end({ error })
      running = undefined
      next()
    })
    started.on('error', error => {
      if (thread !== started) return
      thread = undefined
      const wasReady = isReady
      isReady = false
      // A thread that cannot start would not start the next time either.
      if (!wasReady) return endAll(error)
      const isTooLarge = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      running?.end({ error: isTooLarge ? tooLong() : error })
      running = undefined
      if (waiting.length > 0) thread = start()
    })
    return started
  }

  function endAll(error: Error): void {
    const all = [...(running ? [running] : []), ...waiting.splice(0)]
    running = undefined
    for (const job of all) job.end({ error })
  }

  function startClock(job: Job, milliseconds: number, end: () => void): void {
    clearTimeout(job.clock)
    job.clock = setTimeout(end, milliseconds)
  }

  function countWait(job: Job): void {
    startClock(job, longestWait, () => {
      waiting.splice(waiting.indexOf(job), 1)
      job.end({ error: tooMany() })
    })
  }

  /** The next job: of the owner whose last job ran longest ago, the job that waits longest. */
  function takeNext(): Job | undefined {
    let best = waiting[0]
    for (const job of waiting) if (servedAt(job) < servedAt(best as Job)) best = job
    if (!best) return undefined
    waiting.splice(waiting.indexOf(best), 1)
    if (served.size >= mostOwners) served.clear()
    served.set(best.owner, ++jobs)
    return best
  }

  const servedAt = ({ owner }: Job) => served.get(owner) ?? 0

  function next(): void {
    if (running || !thread || !isReady) return
    const job = takeNext()
    if (!job) return void thread.unref()
    running = job
    thread.ref()
    try {
      thread.postMessage(job.message)
      startClock(job, timeout, () => {
        job.end({ error: tooLong() })
        if (running === job) giveUp()
      })
    } catch (error) {
      running = undefined
      job.end({ error: new Unsendable('the message cannot be handed to the thread', { cause: error }) })
      next()
    }
  }

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
    if (givenUp < mostGivenUp) thread = start()
    else for (const job of waiting.splice(0)) job.end({ error: tooMany() })
  }

  /** Runs a job, after those that wait. `owner` is whose job it is: owners take turns, however many jobs each has. */
  async function run(message: Message, owner = ''): Promise<Answer> {
    const isFull = waiting.length >= mostWaiting
    const isGreedy = owner !== '' && waiting.filter(job => job.owner === owner).length >= mostOfOne
    if (isFull || isGreedy || (!thread && givenUp >= mostGivenUp)) throw tooMany()
    thread ??= start()
    return new Promise((resolve, reject) => {
      const job: Job = {
        message,
        owner,
        end(reply) {
          clearTimeout(job.clock)
          if ('error' in reply) reject(reply.error)
          else resolve(reply.answer as Answer)
        },
      }
      waiting.push(job)
      if (isReady) countWait(job)
      next()
    })
  }

  /** Ends what waits, and the thread without waiting for its job. */
  function close(): void {
    endAll(new Error('the thread was closed'))
    giveUp()
  }

  return { run, close }
}

const niceness = 10

/** Gives this thread less of a busy processor than the event loop has (Linux; elsewhere nothing happens). */
function yieldToEventLoop(): void {
  try {
    // Linux takes the id of a thread for that of a process here.
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), niceness)
  } catch {
    // Other systems have no such file. The thread then keeps the priority of the process, which is only less fair.
  }
}

/** The thread's side: answers each message with what `work` makes of it, or with what it throws. */
export function serveThread<Message, Answer>(work: (message: Message) => Answer): void {
  yieldToEventLoop()
  parentPort?.on('message', (message: Message) => {
    try {
      parentPort?.postMessage({ answer: work(message) })
    } catch (error) {
      parentPort?.postMessage({ error })
    }
  })
  parentPort?.on('messageerror', error => parentPort?.postMessage({ error }))
  parentPort?.postMessage('ready')
}
