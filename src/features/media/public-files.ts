/**
 * The bytes that readers get of pictures. The store has bare files: without metadata, in a form that takes a block of words at a
 * known place (`metadata/`, one file a format). The words are spliced in while the bytes are sent, so a new caption rewrites no
 * file. The hash in an address covers the words. While a row's `bareBytes` is null no address answers the original; it is 0
 * where no bare file can be made.
 */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { DomainError } from '../../errors.ts'
import type { StoredRendition } from '../../words.ts'
import { bareFile, pathOf } from './file-paths.ts'
import type { FileStore, StoredFile } from './files.ts'
import type { MediaFacts } from './media.store.ts'
import { type BlockLengths, blockOf, type MetadataBlock, writerVersion } from './metadata/block.ts'
import { weaverOf } from './metadata/formats.ts'
import { lengthOf, type Piece } from './metadata/weaver.ts'

/** A file to be served, with its strong ETag. */
export type OpenedFile = StoredFile & { etag: string; contentType: string }

/** Block lengths by address hash: a commit renders lists again, mostly with the same words. */
const knownLengths = new Map<string, BlockLengths | undefined>()
const mostKnown = 10_000

/** Until the bare file is made, the renditions are as an earlier build stored them, and take no words. */
const wordsOf = (media: MediaFacts, language: string) =>
  media.bareBytes === null ? undefined : blockOf(media, language)

function lengthsOf(hash: string, media: MediaFacts, language: string): BlockLengths | undefined {
  if (knownLengths.has(hash)) return knownLengths.get(hash)
  const block = wordsOf(media, language)
  const lengths = block && { xmp: { length: block.xmp.length }, iim: { length: block.iim.length } }
  if (knownLengths.size >= mostKnown) knownLengths.clear()
  knownLengths.set(hash, lengths)
  return lengths
}

/**
 * The renditions that the public may have, their length with the newsroom's words in them, and the hash in their
 * addresses. The upload is never one of them: `original` is the bare file, and is left out until that was made.
 */
export function publicRenditions(
  media: MediaFacts,
  language: string,
): { hash: string; renditions: StoredRendition[] } {
  const hash = hashOf(media, language)
  const lengths = lengthsOf(hash, media, language)
  const renditions: StoredRendition[] = []
  for (const rendition of media.renditions) {
    const bytes = rendition.name === 'original' ? media.bareBytes : rendition.bytes
    if (!bytes) continue
    const extra = lengths ? weaverOf(rendition.extension).extra(lengths) : 0
    renditions.push({ ...rendition, bytes: bytes + extra })
  }
  return { hash, renditions }
}

/** 32 hex, other for other bytes: it covers the picture, the words in the files, and how they are written. */
function hashOf(media: MediaFacts, language: string): string {
  const { contentHash, bareBytes, caption, credit, rights, photographer } = media
  const parts = [
    writerVersion,
    contentHash,
    bareBytes !== null,
    language,
    caption,
    credit,
    rights,
    photographer,
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

/**
 * Opens a public file, by the last two parts of its address: bare bytes with the newsroom's words in them. Throws 404, also
 * where the stored file is not the one that the row describes: an older build beside this one may have replaced it.
 */
export async function openPublicFile(
  files: FileStore,
  media: MediaFacts,
  language: string,
  hash: string,
  fileName: string,
): Promise<OpenedFile> {
  const { hash: ours, renditions } = publicRenditions(media, language)
  const rendition = renditions.find(item => `${item.name}.${item.extension}` === fileName)
  const { contentHash } = media
  if (!rendition || hash !== ours || contentHash === null) throw noSuchFile()
  const { name, extension, contentType } = rendition
  const isOriginal = name === 'original'
  const stored = await files.open(pathOf(media.id, contentHash, isOriginal ? bareFile(rendition) : rendition))
  const block = wordsOf(media, language)
  const file = stored && block ? await woven(stored, extension, block) : stored
  if (file?.size !== rendition.bytes) throw noSuchFile()
  return { ...file, etag: `"${hash}-${name}-${extension}"`, contentType }
}

function noSuchFile(): DomainError {
  return new DomainError('not-found', 'The media has no such file.')
}

/** The stored file with the block in it, put together while it is sent; undefined if it cannot take the block. */
async function woven(
  stored: StoredFile,
  extension: string,
  block: MetadataBlock,
): Promise<StoredFile | undefined> {
  const weaver = weaverOf(extension)
  const length = Math.min(weaver.headLength, stored.size)
  const head = length > 0 ? await readHead(stored, length) : Buffer.alloc(0)
  const pieces = head && weaver.weave(head, stored.size, block)
  const size = stored.size + weaver.extra(block)
  if (!pieces || lengthOf(pieces) !== size) return undefined
  return {
    size,
    modifiedAt: stored.modifiedAt,
    stream: ({ start, end } = { start: 0, end: size - 1 }) =>
      Readable.from(slice(stored, pieces, start, end), { objectMode: false }),
  }
}

/** The first bytes of a stored file; undefined if it was removed since it was opened. */
async function readHead(stored: StoredFile, length: number): Promise<Buffer | undefined> {
  try {
    return await buffer(stored.stream({ start: 0, end: length - 1 }))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** The bytes from `start` to `end`, inclusive, of the pieces one after the other. */
async function* slice(
  stored: StoredFile,
  pieces: readonly Piece[],
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  let at = 0
  for (const piece of pieces) {
    const length = lengthOf([piece])
    const [from, to] = [Math.max(start - at, 0), Math.min(end + 1 - at, length)]
    at += length
    if (from >= to) continue
    if (Buffer.isBuffer(piece)) yield piece.subarray(from, to)
    else yield* stored.stream({ start: piece.from + from, end: piece.from + to - 1 })
  }
}
