import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { fieldError } from '../errors.ts'
import type { Answer, Post } from '../post.ts'
import { revisionTag } from '../revision.ts'

/** The key that a keyed route was called with, as whoever writes. */
export function actorOf(request: FastifyRequest): Post['actor'] {
  if (!request.key) throw new Error('a route that writes asks for no scope')
  return { by: 'key', keyId: request.key.id }
}

/**
 * What a POST is, for `writeOnce`. `content` is what it sends, where that is not its JSON body. Throws 400 for an
 * Idempotency-Key that is none.
 */
export function postOf(
  request: FastifyRequest,
  content: string | Buffer = JSON.stringify(request.body),
): Post {
  const hash = createHash('sha256').update(`${request.method} ${request.url}\n`).update(content)
  return {
    actor: actorOf(request),
    idempotencyKey: readIdempotencyKey(request),
    request: hash.digest('base64url'),
  }
}

function readIdempotencyKey(request: FastifyRequest): string | undefined {
  // Node's own view joins repeats, which may be another's: a proxy's, say.
  const { rawHeaders } = request.raw
  const all = rawHeaders.filter(
    (_, i) => rawHeaders[i - 1]?.toLowerCase() === 'idempotency-key' && i % 2 === 1,
  )
  const [header = ''] = all
  if (all.length === 0) return undefined
  if (all.length === 1 && /^[\x20-\x7e]{1,255}$/.test(header)) return header
  throw fieldError({
    in: 'header',
    pointer: '/idempotency-key',
    code: 'pattern',
    detail: 'must be one header of one to 255 characters of ASCII',
  })
}

/** Throws 400 where an answer is never to be kept, and so cannot be given again. */
export function refuseIdempotencyKey(request: FastifyRequest): void {
  if (request.headers['idempotency-key'] === undefined) return
  throw fieldError({
    in: 'header',
    pointer: '/idempotency-key',
    code: 'not-taken',
    detail: 'is not taken here: the answer has a secret, which is kept nowhere',
  })
}

/** An answer with what was made or changed, whose ETag is made of its revision. */
export function answerOf(
  status: number,
  body: { revision: number },
  headers: Record<string, string> = {},
): Answer {
  return { status, headers: { etag: revisionTag(body.revision), ...headers }, body }
}

export function sendAnswer(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return reply.code(status).headers(headers).send(body)
}
