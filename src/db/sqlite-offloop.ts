import { Worker } from 'node:worker_threads'
import { DomainError } from '../errors.ts'

type Answer = { id: number; rows?: unknown[][]; error?: string }
type Thread = { worker: Worker; ready: Promise<void> }
type Job = { resolve(rows: unknown[][]): void; reject(error: Error): void }

const queueLimit = 32

/**
 * Runs read-only statements on a thread of its own, with a time limit. SQLite cannot be interrupted from outside,
 * so past the limit the caller is answered, the thread is given up, and the next statement starts another.
 */
export function openOffLoop(file: string, timeout: number) {
  let worker: Thread | undefined
  let nextId = 0
  let ending: Promise<unknown> = Promise.resolve()
  const jobs = new Map<number, Job>()

  function giveUp(error: Error): void {
    const old = worker
    worker = undefined
    if (old) ending = old.worker.terminate()
    for (const job of jobs.values()) job.reject(error)
    jobs.clear()
  }

  function start(): Thread {
    const started = new Worker(new URL('./sqlite-offloop-thread.ts', import.meta.url), {
      workerData: { file },
    })
    const ready = new Promise<void>(resolve => started.once('message', () => resolve()))
    started.on('message', (answer: Answer | 'ready') => {
      if (answer === 'ready') return
      const { id, rows, error } = answer
      const job = jobs.get(id)
      jobs.delete(id)
      if (jobs.size === 0) started.unref()
      if (rows) job?.resolve(rows)
      else job?.reject(new Error(error))
    })
    started.on('error', error => {
      if (worker?.worker === started) giveUp(error)
    })
    started.unref()
    return { worker: started, ready }
  }

  async function run(statement: string, params: unknown[]): Promise<unknown[][]> {
    if (jobs.size >= queueLimit) throw tooCostly('Too many costly queries are waiting.')
    await ending
    worker ??= start()
    const current = worker
    current.worker.ref()
    const id = nextId++
    return new Promise((resolve, reject) => {
      let limit: NodeJS.Timeout | undefined
      jobs.set(id, {
        resolve(rows) {
          clearTimeout(limit)
          resolve(rows)
        },
        reject(error) {
          clearTimeout(limit)
          reject(error)
        },
      })
      current.worker.postMessage({ id, statement, params })
      current.ready.then(() => {
        if (!jobs.has(id)) return
        limit = setTimeout(() => {
          if (worker === current) giveUp(tooCostly(`It took longer than ${timeout} ms.`))
        }, timeout)
      })
    })
  }

  async function close(): Promise<void> {
    giveUp(new Error('the database was closed'))
    await ending
  }

  return { run, close }
}

function tooCostly(detail: string): DomainError {
  return new DomainError('query-too-costly', detail, { headers: { 'retry-after': '5' } })
}
