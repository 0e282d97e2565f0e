import { parentPort, Worker } from 'node:worker_threads'

export type ThreadOptions = {
  /** The module that the thread runs: it calls `serveThread`. */
  module: URL
  /** What it is given as `workerData`. */
  data?: unknown
  /** How long a job may take, its wait included, in milliseconds. */
  timeout: number
  /** What a caller gets past that time, or when too many wait. */
  tooLong(): Error
  tooMany(): Error
}

/** What is not handed over: it nests too deep, or cannot be copied. `cause` says why. */
export class Unsendable extends Error {}

type Reply = 'ready' | { answer: unknown } | { error: Error }
type Job = { message: unknown; end(reply: Exclude<Reply, 'ready'>): void }

const mostWaiting = 32
/** Threads still at a job that was given up: native code ends only by itself. Past it, what comes is refused. */
const mostGivenUp = 2

/**
 * A thread for work that would hold the event loop: one job at a time, started when it is first needed, keeping no
 * process alive. A job past its time is given up with its thread, and those that waited go on in another.
 */
export function openThread<Message, Answer>(options: ThreadOptions) {
  const { timeout, tooLong, tooMany } = options
  const waiting: Job[] = []
  let running: Job | undefined
  let thread: Worker | undefined
  /** Jobs whose time begins once the thread has started: its start is no part of it. */
  let unclocked: (() => void)[] | undefined = []
  let givenUp = 0

  function start(): Worker {
    const started = new Worker(options.module, { workerData: options.data })
    started.on('message', (reply: Reply) => {
      if (thread !== started) return
      if (reply === 'ready') {
        for (const startClock of unclocked ?? []) startClock()
        unclocked = undefined
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
      unclocked = []
      endAll(error)
    })
    return started
  }

  function endAll(error: Error): void {
    const all = [...(running ? [running] : []), ...waiting.splice(0)]
    running = undefined
    for (const job of all) job.end({ error })
  }

  function next(): void {
    if (running || !thread || unclocked) return
    running = waiting.shift()
    if (!running) return void thread.unref()
    thread.ref()
    try {
      thread.postMessage(running.message)
    } catch (error) {
      const job = running
      running = undefined
      job.end({ error: new Unsendable('the message cannot be handed to the thread', { cause: error }) })
      next()
    }
  }

  function giveUp(): void {
    const old = thread
    thread = undefined
    running = undefined
    unclocked = []
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

  async function run(message: Message): Promise<Answer> {
    if (waiting.length >= mostWaiting || (!thread && givenUp >= mostGivenUp)) throw tooMany()
    thread ??= start()
    return new Promise((resolve, reject) => {
      let limit: NodeJS.Timeout | undefined
      const job: Job = {
        message,
        end(reply) {
          clearTimeout(limit)
          if ('error' in reply) reject(reply.error)
          else resolve(reply.answer as Answer)
        },
      }
      const startClock = () => {
        limit = setTimeout(() => {
          job.end({ error: tooLong() })
          if (running === job) giveUp()
          else if (waiting.includes(job)) waiting.splice(waiting.indexOf(job), 1)
        }, timeout)
      }
      waiting.push(job)
      if (unclocked) unclocked.push(startClock)
      else startClock()
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

/** The thread's side: answers each message with what `work` makes of it, or with what it throws. */
export function serveThread<Message, Answer>(work: (message: Message) => Answer): void {
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
