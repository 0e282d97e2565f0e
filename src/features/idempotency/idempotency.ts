import type { Db, Writer } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import type { Answer, Post } from '../../post.ts'
import { deleteAnswersUntil, findAnswer, insertAnswer } from './idempotency.store.ts'

/** How long an answer is kept for its Idempotency-Key. */
export const keptMs = 24 * 60 * 60 * 1000

/** The Idempotency-Keys at work in this process; another process's wait for it in the transaction. */
const inFlight = new Set<string>()

/**
 * Runs what a POST does in one transaction, once for its Idempotency-Key: the answer is kept with the effect, and given
 * again for the same request within a day. Throws 422 for the key of another request, 409 while the first is at work,
 * and what `work` throws, of which nothing is kept.
 */
export async function writeOnce(db: Db, post: Post, work: (tx: Writer) => Promise<Answer>): Promise<Answer> {
  const { actor, idempotencyKey } = post
  if (idempotencyKey === undefined) return db.write(actor, work)
  const name = `${actor.keyId} ${idempotencyKey}`
  if (inFlight.has(name)) {
    throw new DomainError(
      'idempotency-in-flight',
      'The first request with this Idempotency-Key is at work.',
      {
        headers: { 'retry-after': '1' },
      },
    )
  }
  inFlight.add(name)
  try {
    return await db.write(actor, async tx => {
      await tx.lock(`answer ${name}`)
      const known = await findAnswer(tx, actor.keyId, idempotencyKey)
      if (known && known.at > tx.at - keptMs) {
        if (known.request !== post.request) throw reused()
        return { status: known.status, headers: known.headers, body: JSON.parse(known.body) }
      }
      if (known) await deleteAnswersUntil(tx, tx.at - keptMs)
      const answer = await work(tx)
      const { status, headers } = answer
      const { keyId } = actor
      const body = JSON.stringify(answer.body)
      await insertAnswer(tx, {
        keyId,
        idempotencyKey,
        request: post.request,
        status,
        headers,
        body,
        at: tx.at,
      })
      return answer
    })
  } finally {
    inFlight.delete(name)
  }
}

function reused(): DomainError {
  return new DomainError('idempotency-key-reused', 'This Idempotency-Key was used for another request.', {
    errors: [
      { in: 'header', pointer: '/idempotency-key', code: 'reused', detail: 'was sent with another request' },
    ],
  })
}
