import { DomainError } from '../errors.ts'
import { openThread } from '../thread.ts'

export type Statement = { text: string; params: unknown[] }

/**
 * Runs read-only statements on a thread of its own, with a time limit. SQLite cannot be interrupted from outside:
 * past the limit the caller is answered, and the thread ends with its statement.
 */
export function openOffLoop(file: string, timeout: number) {
  const refusal = (detail: string) =>
    new DomainError('query-too-costly', detail, { headers: { 'retry-after': '5' } })
  return openThread<Statement, unknown[][]>({
    module: new URL('./sqlite-offloop-thread.ts', import.meta.url),
    data: { file },
    timeout,
    longestWait: timeout,
    tooLong: () => refusal(`It took longer than ${timeout} ms.`),
    tooMany: () => refusal('Too many costly queries are in work.'),
  })
}
