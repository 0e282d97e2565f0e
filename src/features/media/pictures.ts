import { createHash } from 'node:crypto'
import { fileTypeFromBuffer } from 'file-type'
import sharp, { type Metadata, type Sharp } from 'sharp'
import { reachesItsEnd } from './picture-ends.ts'
import { refuse, sayDamaged, sayFault } from './picture-faults.ts'
import { requireWithinLimits } from './picture-limits.ts'
import { makeTurns } from './turns.ts'

export type Picture = {
  format: 'jpeg' | 'png' | 'webp' | 'avif' | 'gif'
  contentType: string
  extension: 'jpg' | 'png' | 'webp' | 'avif' | 'gif'
  width: number
  height: number
  /** EXIF orientation, 1 to 8, that a decoder has still to apply. */
  orientation: number
  contentHash: string
  bytes: Buffer
  /** Its share of the pictures that may be in work at once; see `makeTurns`. */
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

/** WebP's own limit of a side. A strip taller than this after scaling gets narrower than its preset. */
const maxSide = 16_383

const atOnce = 2
const takeTurn = makeTurns({ atOnce, mostWaiting: 8, waitMs: 10_000 })

// libvips keeps decoded pictures of earlier requests otherwise. One thread a picture: two in work leave
// half of libuv's four threads to files.
sharp.cache(false)
sharp.concurrency(1)

/**
 * `error` refuses what is cut short or fails a checksum; `warning` would refuse sound photographs over stray bytes
 * between markers. The time limit is for files made to be slow.
 */
function decoder(bytes: Buffer, animated: boolean): Sharp {
  return sharp(bytes, { failOn: 'error', limitInputPixels: 100_000_000, animated }).timeout({ seconds: 30 })
}

async function formatOf(bytes: Buffer): Promise<Picture['format']> {
  if (bytes.length === 0) throw refuse('empty', 'is empty')
  const found = await fileTypeFromBuffer(bytes).catch(() => undefined)
  const format = formats.find(name => found?.mime === `image/${name}`)
  if (!format) throw refuse('type-not-taken', 'is not a JPEG, PNG (not animated), WebP, AVIF or GIF')
  return format
}

/** The header alone: dimensions are judged before any pixel is decoded. */
async function headerOf(
  bytes: Buffer,
  format: Picture['format'],
): Promise<Metadata & { takesMuchMemory: boolean }> {
  const header = await readHeader(bytes)
  // libvips reads AVIF and HEIC with one loader; this is also where two readers of one file must agree.
  const same = format === 'avif' ? header.compression === 'av1' : header.format === format
  if (!same) throw refuse('type-not-taken', `looks like ${format} and is not`)
  return { ...header, ...requireWithinLimits(format, header, bytes) }
}

function readHeader(bytes: Buffer): Promise<Metadata> {
  return sharp(bytes, { failOn: 'error', limitInputPixels: false }).metadata().catch(sayFault)
}

/** The EXIF orientation of a picture that was read before, 1 to 8. */
export async function orientationOf(bytes: Buffer): Promise<number> {
  return (await readHeader(bytes)).orientation ?? 1
}

/**
 * Reads an upload as a picture by its content alone, decoding every frame to its end. Width and height in pixels as
 * seen after EXIF orientation; `contentHash` is 32 hex of SHA-256; `bytes` are those given. Throws
 * `picture-invalid` with one entry in `errors`, and `busy` when too many wait, or one waits too long.
 */
export async function readPicture(bytes: Buffer): Promise<Picture> {
  const format = await formatOf(bytes)
  const header = await headerOf(bytes, format)
  const share = header.takesMuchMemory ? atOnce : 1
  return takeTurn('read', share, async () => {
    const { autoOrient, orientation = 1 } = header
    if (!reachesItsEnd(format, bytes)) sayDamaged()
    // Shrinking to a few pixels still decodes all of them, in strips where the format allows. `stats()` does
    // not do: it takes half an interlaced PNG.
    await decoder(bytes, true).resize(16, 16, { fit: 'fill' }).raw().toBuffer().catch(sayFault)
    const contentHash = createHash('sha256').update(bytes).digest('hex').slice(0, 32)
    const extension = format === 'jpeg' ? 'jpg' : format
    const type = { format, contentType: `image/${format}`, extension } as const
    return { ...type, ...autoOrient, orientation, contentHash, bytes, share }
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

async function render(bytes: Buffer): Promise<RenditionFile[]> {
  const files: RenditionFile[] = []
  let pixels = await resize(decoder(bytes, false).autoOrient(), presets[0][1])
  let encoded = await encode(pixels)
  for (const [preset, width] of presets) {
    if (pixels.raw.width > width) {
      pixels = await resize(sharp(pixels.data, { raw: pixels.raw }), width)
      encoded = await encode(pixels)
    }
    files.push(...encoded.map(file => ({ preset, ...file })))
  }
  return files
}

/**
 * The six renditions of a picture `readPicture` gave, widest first: its first frame, upright, in sRGB, without
 * metadata, on white in jpg, never enlarged (a narrower picture has its own width under each preset). Throws
 * `picture-invalid` and `busy` as reading does.
 */
export function makeRenditions({ bytes, share }: Picture): Promise<RenditionFile[]> {
  return takeTurn('render', share, () => render(bytes).catch(sayFault))
}
