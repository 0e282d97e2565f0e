import { cleanProfile } from './icc.ts'
import { tiffOf, type Weaver } from './weaver.ts'

const keptOfStill = new Set(['ICCP', 'ALPH', 'VP8 ', 'VP8L'])
const keptOfAnimation = new Set(['ICCP', 'ANIM', 'ANMF'])
/** The chunks that are kept in a frame of an animation. A frame has 16 bytes before its chunks. */
const keptOfFrame = new Set(['ALPH', 'VP8 ', 'VP8L'])
const frameHead = 16
/** RIFF, its length, WEBP, and the chunk VP8X. */
const headLength = 30
/** Flags of VP8X (RFC 9649 2.7.1). */
const flag = { icc: 0x20, alpha: 0x10, exif: 0x08, xmp: 0x04, animation: 0x02 }

type Chunk = { id: string; data: Buffer }

function chunk(id: string, data: Buffer): Buffer {
  const head = Buffer.from(`${id}\0\0\0\0`, 'latin1')
  head.writeUInt32LE(data.length, 4)
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)])
}

/** The chunks up to the end; undefined where one goes beyond it. */
function chunksOf(bytes: Buffer): Chunk[] | undefined {
  const found: Chunk[] = []
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4)
    if (at + 8 + length > bytes.length) return undefined
    found.push({ id: bytes.toString('latin1', at, at + 4), data: bytes.subarray(at + 8, at + 8 + length) })
    at += 8 + length + (length % 2)
  }
  return found
}

/** The chunks with those ids, each id once: readers take the first one. */
function firstOf(chunks: readonly Chunk[], ids: ReadonlySet<string>): Chunk[] {
  const seen = new Set<string>()
  return chunks.filter(({ id }) => {
    if (!ids.has(id) || seen.has(id)) return false
    if (id !== 'ANMF') seen.add(id)
    return true
  })
}

const isImage = ({ id }: Chunk) => id === 'VP8 ' || id === 'VP8L' || id === 'ANMF'

function stripFrame(data: Buffer): Buffer | undefined {
  const chunks = chunksOf(data.subarray(frameHead))
  const ready = firstOf(chunks ?? [], keptOfFrame)
  // Decoders take a frame whose picture they do not know from some files only.
  if (!ready.some(isImage)) return undefined
  const pictures = ready.map(({ id, data }) => chunk(id, data))
  return Buffer.concat([data.subarray(0, frameHead), ...pictures])
}

/** The data of a chunk as it is kept; undefined where nothing of it is. */
function strippedOf({ id, data }: Chunk): Buffer | undefined {
  if (id === 'ANMF') return stripFrame(data)
  if (id === 'ICCP') return cleanProfile(data)
  return id === 'ANIM' ? data.subarray(0, 6) : data
}

/** Size and transparency of a still picture that says them in its own header alone (RFC 6386 9.1, RFC 9649 3.4). */
function makeHeader({ id, data }: Chunk): Buffer | undefined {
  const header = Buffer.alloc(10)
  const set = (width: number, height: number) => {
    header.writeUIntLE(width - 1, 4, 3)
    header.writeUIntLE(height - 1, 7, 3)
  }
  if (data.length < 10) return undefined
  if (id === 'VP8 ') set(data.readUInt16LE(6) & 0x3fff, data.readUInt16LE(8) & 0x3fff)
  else if (id === 'VP8L') {
    const bits = data.readUInt32LE(1)
    set((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1)
    if ((bits >>> 28) & 1) header[0] = flag.alpha
  } else return undefined
  return header
}

function strip(bytes: Buffer, orientation: number): Buffer | undefined {
  if (bytes.length < 20) return undefined
  const [first, ...rest] = chunksOf(bytes.subarray(12, 8 + bytes.readUInt32LE(4))) ?? []
  if (!first) return undefined
  const isExtended = first.id === 'VP8X' && first.data.length >= 10
  const header = isExtended ? Buffer.from(first.data.subarray(0, 10)) : makeHeader(first)
  if (!header) return undefined
  const isAnimated = isExtended && ((header[0] as number) & flag.animation) !== 0
  // Bytes that are reserved may be anything.
  header.fill(0, 1, 4)
  const parts: Buffer[] = []
  let hasProfile = false
  const chunks = firstOf(isExtended ? rest : [first], isAnimated ? keptOfAnimation : keptOfStill)
  if (!chunks.some(isImage)) return undefined
  for (const one of chunks) {
    const stripped = strippedOf(one)
    if (stripped) parts.push(chunk(one.id, stripped))
    else if (one.id !== 'ICCP') return undefined
    hasProfile ||= one.id === 'ICCP' && stripped !== undefined
  }
  header[0] =
    ((header[0] as number) & (flag.alpha | flag.animation)) |
    (orientation > 1 ? flag.exif : 0) |
    (hasProfile ? flag.icc : 0)
  if (orientation > 1) parts.push(chunk('EXIF', tiffOf(orientation)))
  const body = Buffer.concat([Buffer.from('WEBP'), chunk('VP8X', header), ...parts])
  return chunk('RIFF', body)
}

/** WebP (RFC 9649): always the extended format, so that XMP only needs a flag and a chunk at the end. */
export const webp: Weaver = {
  strip,
  extra: ({ xmp }) => 8 + xmp.length + (xmp.length % 2),
  headLength,
  weave(head, size, { xmp }) {
    if (head.toString('latin1', 12, 16) !== 'VP8X') return undefined
    const last = chunk('XMP ', xmp)
    const patched = Buffer.from(head)
    patched.writeUInt32LE(size - 8 + last.length, 4)
    patched[20] = (patched[20] as number) | flag.xmp
    return [patched, { from: headLength, to: size }, last]
  },
}
