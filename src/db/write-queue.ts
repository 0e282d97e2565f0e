import { DomainError } from '../errors.ts'

const mostWaiting = 1000
/**
 * If the oldest write has waited this long, new writes are refused: they would wait longer. An import in another process holds
 * the store for a third of a second.
 */
const longestWaitMs = 2000

/**
 * Throws 503 `busy` for a new write where the queue is full or slow: `waiting` is its length, `since` the time when its
 * oldest write was queued, on the clock of `performance.now()`.
 */
export function refuseLateWrite(waiting: number, since: number | undefined): void {
  const isLate = since !== undefined && performance.now() - since > longestWaitMs
  if (waiting < mostWaiting && !isLate) return
  throw new DomainError('busy', 'Too many writes are waiting.', { headers: { 'retry-after': '1' } })
}
