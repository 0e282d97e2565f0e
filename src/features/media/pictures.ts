import { createHash } from 'node:crypto'
import { fileTypeFromBuffer } from 'file-type'
import sharp, { type Metadata, type Sharp } from 'sharp'
import { DomainError } from '../../errors.ts'

export type Picture = {
  format: 'jpeg' | 'png' | 'webp' | 'avif' | 'gif'
  contentType: string
  extension: 'jpg' | 'png' | 'webp' | 'avif' | 'gif'
  width: number
  height: number
  contentHash: string
  bytes: Buffer
  /** How much of what pictures may cost at once it takes; see `takeTurn`. */
  share: number
}

export type RenditionFile = Pick<Picture, 'contentType' | 'width' | 'height' | 'bytes'> & {
  preset: 'w320' | 'w640' | 'w1280'
  format: 'webp' | 'jpg'
}

type Pixels = { data: Buffer; raw: { width: number; height: number; channels: 1 | 2 | 3 | 4 } }

const formats = ['jpeg', 'png', 'webp', 'avif', 'gif'] as const

/** Largest first: each one is made from the one before, so the original is decoded once. */
const presets = [
  ['w1280', 1280],
  ['w640', 640],
  ['w320', 320],
] as const

/** Width x height of all frames together, as the header declares them, before anything is decoded. */
export const maxPixels = 100_000_000

/** WebP's own limit of a side. A strip taller than this after scaling gets narrower than its preset. */
const maxSide = 16_383

const maxInWork = 2
const maxWaiting = 8
/** A picture that must be decoded whole, to more bytes than this, is worked on alone. */
const manyBytes = 100_000_000

// libvips keeps decoded pictures of earlier requests otherwise. One thread a picture: two in work leave
// half of libuv's four threads to files.
sharp.cache(false)
sharp.concurrency(1)

let inWork = 0
const waiting: { share: number; go(): void }[] = []

function admit(): void {
  for (let first = waiting[0]; first && inWork + first.share <= maxInWork; first = waiting[0]) {
    waiting.shift()
    inWork += first.share
    first.go()
  }
}

/**
 * Bounds what pictures cost: a busy service refuses at the door. Renditions are of a picture already let in, so
 * they go first, and may wait where a new picture may not. `share` of the two that may be in work: a large picture
 * takes both.
 */
async function takeTurn<T>(stage: 'read' | 'render', share: number, work: () => Promise<T>): Promise<T> {
  if (waiting.length >= (stage === 'read' ? maxWaiting : 2 * maxWaiting)) {
    throw new DomainError('busy', 'Too many pictures are being read at once.', {
      headers: { 'retry-after': '5' },
    })
  }
  await new Promise<void>(go => {
    if (stage === 'read') waiting.push({ share, go })
    else waiting.unshift({ share, go })
    admit()
  })
  try {
    return await work()
  } finally {
    inWork -= share
    admit()
  }
}

/** What a picture that is not decoded in strips takes of memory while it is: all of it, or next to nothing. */
function shareOf({ format, isProgressive, width, height, pages = 1, channels, depth }: Metadata): number {
  const whole = isProgressive === true || format === 'gif' || format === 'webp' || format === 'heif'
  const bytes = width * height * pages * channels * (depth === 'uchar' ? 1 : 2)
  return whole && bytes > manyBytes ? maxInWork : 1
}

function refuse(code: string, detail: string): DomainError {
  return new DomainError('picture-invalid', `The file ${detail}.`, {
    errors: [{ in: 'body', pointer: '/file', code, detail }],
  })
}

function sayDamaged(): never {
  throw refuse('damaged', 'is damaged or cut short: it cannot be decoded to its end')
}

/**
 * `error` refuses what is cut short or fails a checksum; `warning` would refuse sound photographs over stray bytes
 * between markers. The time limit is for files made to be slow.
 */
function decoder(bytes: Buffer, animated: boolean): Sharp {
  return sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels, animated }).timeout({ seconds: 30 })
}

/** Index after a GIF's sub-blocks (GIF89a 15), each led by its length, the last one empty. */
function afterSubBlocks(bytes: Buffer, from: number): number {
  let at = from
  for (let size = bytes[at]; size; size = bytes[at]) at += size + 1
  return at + 1
}

/** Size in bytes of a GIF colour table that the packed field announces. */
const colourTable = (packed = 0) => (packed & 0x80 ? 3 << ((packed & 7) + 1) : 0)

/** Whether a JPEG's markers lead to its end of image (ITU-T T.81 B.1.1); what stands behind that is not looked at. */
function jpegEnds(bytes: Buffer): boolean {
  for (let at = 2; at + 1 < bytes.length; ) {
    const marker = bytes[at + 1] as number
    if (bytes[at] !== 0xff || marker === 0 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd7)) at++
    else if (marker === 0xd9) return true
    else at += 2 + (at + 3 < bytes.length ? bytes.readUInt16BE(at + 2) : 0)
  }
  return false
}

/**
 * Whether the file goes on to its format's end mark. Decoders stop at the last pixel of a PNG or a JPEG and at the last
 * whole frame of a GIF, and so take a file with its tail missing; those of WebP and AVIF refuse it themselves.
 */
function reachesItsEnd(format: Picture['format'], bytes: Buffer): boolean {
  if (format === 'jpeg') return jpegEnds(bytes)
  if (format === 'png') {
    for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
      if (bytes.toString('latin1', at + 4, at + 8) === 'IEND') return true
    }
    return false
  }
  if (format !== 'gif') return true
  let at = 13 + colourTable(bytes[10])
  while (bytes[at] === 0x21 || bytes[at] === 0x2c) {
    at = afterSubBlocks(bytes, bytes[at] === 0x21 ? at + 2 : at + 11 + colourTable(bytes[at + 9]))
  }
  return bytes[at] === 0x3b
}

async function formatOf(bytes: Buffer): Promise<Picture['format']> {
  if (bytes.length === 0) throw refuse('empty', 'is empty')
  const found = await fileTypeFromBuffer(bytes).catch(() => undefined)
  const format = formats.find(name => found?.mime === `image/${name}`)
  if (!format) throw refuse('type-not-taken', 'is not a JPEG, PNG (not animated), WebP, AVIF or GIF')
  return format
}

/** The header alone: dimensions are judged before any pixel is decoded. */
async function headerOf(bytes: Buffer, format: Picture['format']): Promise<Metadata> {
  const header = await sharp(bytes, { limitInputPixels: false }).metadata().catch(sayDamaged)
  // libvips reads AVIF and HEIC with one loader; this is also where two readers of one file must agree.
  const same = format === 'avif' ? header.compression === 'av1' : header.format === format
  if (!same) throw refuse('type-not-taken', `looks like ${format} and is not`)
  const { width, height, pages = 1 } = header
  if (width * height * pages > maxPixels) {
    const frames = pages > 1 ? ` in ${pages} frames` : ''
    const limit = `${maxPixels / 1e6} megapixels, all frames together`
    throw refuse('too-many-pixels', `declares ${width} x ${height} pixels${frames}; the limit is ${limit}`)
  }
  return header
}

/**
 * Reads an upload as a picture by its content alone, decoding every frame to its end. Width and height in pixels as
 * seen after EXIF orientation; `contentHash` is 32 hex of SHA-256; `bytes` are those given. Throws
 * `picture-invalid` with one entry in `errors`, and `busy` when too many wait.
 */
export async function readPicture(bytes: Buffer): Promise<Picture> {
  const format = await formatOf(bytes)
  const header = await headerOf(bytes, format)
  const share = shareOf(header)
  return takeTurn('read', share, async () => {
    const { width, height } = header.autoOrient
    if (!reachesItsEnd(format, bytes)) sayDamaged()
    // Shrinking to a few pixels still decodes all of them, in strips where the format allows. `stats()` does
    // not do: it takes half an interlaced PNG.
    await decoder(bytes, true).resize(16, 16, { fit: 'fill' }).raw().toBuffer().catch(sayDamaged)
    const contentHash = createHash('sha256').update(bytes).digest('hex').slice(0, 32)
    const extension = format === 'jpeg' ? 'jpg' : format
    return { format, contentType: `image/${format}`, extension, width, height, contentHash, bytes, share }
  })
}

async function resize(from: Sharp, width: number): Promise<Pixels> {
  const { data, info } = await from
    .resize({ width, height: maxSide, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  return { data, raw: { width: info.width, height: info.height, channels: info.channels } }
}

async function encode({ data, raw }: Pixels): Promise<Omit<RenditionFile, 'preset'>[]> {
  const { width, height } = raw
  const webp = await sharp(data, { raw }).webp({ quality: 78, effort: 2 }).toBuffer()
  const jpg = await sharp(data, { raw }).flatten({ background: '#fff' }).jpeg({ quality: 80 }).toBuffer()
  return [
    { format: 'webp', contentType: 'image/webp', width, height, bytes: webp },
    { format: 'jpg', contentType: 'image/jpeg', width, height, bytes: jpg },
  ]
}

/**
 * The six renditions of a picture `readPicture` gave, widest first: its first frame, upright, in sRGB, without
 * metadata, on white in jpg, never enlarged (a narrower picture has its own width under each preset). Throws `busy`.
 */
export function makeRenditions(picture: Picture): Promise<RenditionFile[]> {
  return takeTurn('render', picture.share, async () => {
    const files: RenditionFile[] = []
    let pixels = await resize(decoder(picture.bytes, false).autoOrient(), presets[0][1])
    let encoded = await encode(pixels)
    for (const [preset, width] of presets) {
      if (pixels.raw.width > width) {
        pixels = await resize(sharp(pixels.data, { raw: pixels.raw }), width)
        encoded = await encode(pixels)
      }
      files.push(...encoded.map(file => ({ preset, ...file })))
    }
    return files
  })
}
