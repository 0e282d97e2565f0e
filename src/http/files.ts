import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DomainError } from '../errors.ts'
import { isKnownTo } from './conditional.ts'

/** A file to be served: its strong ETag, its type, and its bytes from any place. `modifiedAt` is epoch milliseconds. */
export type ServedFile = {
  etag: string
  contentType: string
  size: number
  modifiedAt: number
  stream(range?: { start: number; end: number }): Readable
}

/** The part of a file a Range header asks for (RFC 9110 14.1.2). */
export type RangeReader = (
  header: string | undefined,
  size: number,
) => { start: number; end: number } | 'whole' | 'unsatisfiable'

/** Answers with a file: whole, a range of it, or 304. Throws 416 for a range outside it. */
export function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: ServedFile,
  caching: string,
  readRange: RangeReader,
): FastifyReply {
  const { etag } = file
  reply.headers({ etag, 'cache-control': caching })
  const condition = request.headers['if-none-match']
  if (condition !== undefined && isKnownTo(condition, etag)) return reply.code(304).send()

  reply.headers({
    'accept-ranges': 'bytes',
    'last-modified': new Date(file.modifiedAt).toUTCString(),
    'content-disposition': 'inline',
  })
  const range = ifRangeHolds(request, etag) ? readRange(request.headers.range, file.size) : 'whole'
  if (range === 'unsatisfiable') {
    throw new DomainError('range-not-satisfiable', `The file has ${file.size} bytes.`, {
      headers: { 'content-range': `bytes */${file.size}` },
    })
  }
  reply.type(file.contentType)
  if (range === 'whole') {
    reply.header('content-length', file.size)
    // An empty stream: Fastify would say 0 bytes for no payload, and read a whole one to throw it away.
    return reply.send(request.method === 'HEAD' ? Readable.from([]) : file.stream())
  }
  reply.code(206).headers({
    'content-range': `bytes ${range.start}-${range.end}/${file.size}`,
    'content-length': range.end - range.start + 1,
  })
  return reply.send(file.stream(range))
}

/** If-Range with another tag, or with a date, asks for the whole (RFC 9110 13.1.5). */
function ifRangeHolds(request: FastifyRequest, etag: string): boolean {
  const condition = request.headers['if-range']
  return request.method === 'GET' && (condition === undefined || condition === etag)
}
