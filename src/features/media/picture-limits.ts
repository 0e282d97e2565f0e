import type { Metadata } from 'sharp'
import { type DecodedPixels, decodedPixels } from './metadata/heif-pixels.ts'
import { readHeif } from './metadata/heif-read.ts'
import { refuse } from './picture-faults.ts'
import type { Picture } from './pictures.ts'

type Limit = {
  /** In the refusal, with an article. */
  name: string
  /** The most pixels: width x height of all frames together. */
  pixels: number
  /** The most frames. */
  frames: number
  /** Bytes of memory a pixel takes at worst, while the picture is decoded. */
  memory: number
}

const million = 1_000_000

/**
 * The most that is decoded of each kind; `MediaUploadSchema` tells it in words. The cost was measured with noise, on one of
 * two busy cores: milliseconds to read and render a megapixel, and bytes a pixel of the costliest form. So no picture
 * takes 350 MB, nor much more than ten seconds.
 */
const limits = {
  // 65 ms; decoded in strips.
  jpeg: { name: 'a JPEG', pixels: 100 * million, frames: 1, memory: 0.5 },
  // 280 ms; all coefficients are held, 16 bits each, of up to four colours.
  progressive: { name: 'a progressive JPEG', pixels: 38 * million, frames: 1, memory: 9 },
  // 65 ms; decoded in strips, of up to four channels of 16 bits.
  png: { name: 'a PNG', pixels: 100 * million, frames: 1, memory: 2 },
  // 150 ms; held whole, of up to four channels of 16 bits.
  interlaced: { name: 'an interlaced PNG', pixels: 32 * million, frames: 1, memory: 10.5 },
  // 125 ms; held whole.
  webp: { name: 'a WebP', pixels: 50 * million, frames: 500, memory: 6 },
  // 60 ms; held whole.
  gif: { name: 'a GIF', pixels: 50 * million, frames: 500, memory: 6 },
  // 950 ms; held whole, more than once, of up to four channels of 12 bits.
  avif: { name: 'an AVIF', pixels: 12.5 * million, frames: 1, memory: 27 },
} as const satisfies Record<string, Limit>

/** A picture that takes more memory than this is worked on alone. */
const muchMemory = 100 * million

function limitOf(format: Picture['format'], isProgressive: boolean | undefined): Limit {
  if (format === 'jpeg' && isProgressive) return limits.progressive
  if (format === 'png' && isProgressive) return limits.interlaced
  return limits[format]
}

/** The pixels that are decoded of an AVIF. Throws 400 `picture-invalid` where the file does not tell. */
function pixelsOfAvif(bytes: Buffer): DecodedPixels {
  const file = readHeif(bytes)
  const decoded = file && decodedPixels(file, bytes)
  if (!decoded)
    throw refuse('type-not-taken', 'is an AVIF of a kind that is not taken, as an animated one is')
  return decoded
}

/**
 * Refuses a picture that would cost too much to decode, by what its header declares. Throws 400 `picture-invalid`. Else
 * answers whether it takes so much memory that no other is worked on meanwhile.
 */
export function requireWithinLimits(
  format: Picture['format'],
  header: Metadata,
  bytes: Buffer,
): { takesMuchMemory: boolean } {
  const { width, height, pages = 1, isProgressive } = header
  const { name, pixels, frames, memory } = limitOf(format, isProgressive)
  if (pages > frames) throw refuse('too-many-frames', `has ${pages} frames; ${name} may have ${frames}`)
  const shown = width * height * pages
  const declared = `declares ${width} x ${height} pixels${pages > 1 ? ` in ${pages} frames` : ''}`
  const most = `${name} may have ${pixels / million} megapixels${frames > 1 ? ', all frames together' : ''}`
  if (shown > pixels) throw refuse('too-many-pixels', `${declared}; ${most}`)
  // A small picture may be made of large images. Its transparency is an image as large as the picture.
  const { colour, alpha } = format === 'avif' ? pixelsOfAvif(bytes) : { colour: shown, alpha: 0 }
  if (Math.max(colour, alpha) > pixels)
    throw refuse('too-many-pixels', `is made of larger images than it shows; ${most}`)
  return { takesMuchMemory: Math.max(shown, colour + alpha) * memory > muchMemory }
}
