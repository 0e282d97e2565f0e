import type { FastifyRequest } from 'fastify'
import { DomainError } from '../errors.ts'
import type { Match } from '../revision.ts'

/** Whether an If-None-Match list names the tag, by weak comparison (RFC 9110 8.8.3.2, 13.1.2). `*` is not a tag. */
export function listedTag(header: string, etag: string): boolean {
  const opaque = etag.replace(/^W\//, '')
  return readTags(header).some(tag => tag.replace(/^W\//, '') === opaque)
}

/** Whether who asks with this If-None-Match has what the ETag is of, or would have anything there is: then a 304 will do. */
export function isKnownTo(condition: string, etag: string): boolean {
  return condition === etag || condition.trim() === '*' || listedTag(condition, etag)
}

const tag = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"`
const tagList = new RegExp(`^[\\s,]*${tag}(?:\\s*,[\\s,]*${tag})*[\\s,]*$`)

/** The tags of a list (RFC 9110 8.8.3); none of a header that is not one. */
function readTags(header: string): string[] {
  return tagList.test(header) ? (header.match(new RegExp(tag, 'g')) ?? []) : []
}

/**
 * The If-Match of a change. Throws 428 when it is missing. A weak tag never matches (RFC 9110 13.1.1), so a list of
 * them allows nothing.
 */
export function requireMatch(request: FastifyRequest): Match {
  const header = request.headers['if-match']
  if (header === undefined) {
    throw new DomainError('revision-required', 'Send If-Match with the ETag you read.', {
      errors: [{ in: 'header', pointer: '/if-match', code: 'missing', detail: 'is missing' }],
    })
  }
  if (header.trim() === '*') return 'any'
  return readTags(header)
    .filter(tag => /^"[1-9]\d{0,14}"$/.test(tag))
    .map(tag => Number(tag.slice(1, -1)))
}
