import { afterBlock, firstBlock } from './metadata/gif.ts'
import type { Picture } from './pictures.ts'

/** Whether a JPEG's markers lead to its end of image (ITU-T T.81 B.1.1). Bytes behind that are not looked at. */
function jpegEnds(bytes: Buffer): boolean {
  for (let at = 2; at + 1 < bytes.length; ) {
    const marker = bytes[at + 1] as number
    if (bytes[at] !== 0xff || marker === 0 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd7)) at++
    else if (marker === 0xd9) return true
    else at += 2 + (at + 3 < bytes.length ? bytes.readUInt16BE(at + 2) : 0)
  }
  return false
}

function pngEnds(bytes: Buffer): boolean {
  for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'IEND') return true
  }
  return false
}

function gifEnds(bytes: Buffer): boolean {
  let at = firstBlock(bytes)
  while (bytes[at] === 0x21 || bytes[at] === 0x2c) at = afterBlock(bytes, at)
  return bytes[at] === 0x3b
}

/**
 * Whether the file goes on to its format's end mark. Decoders stop at the last pixel of a PNG or a JPEG and at the last
 * whole frame of a GIF, and so take a file with its tail missing; those of WebP and AVIF refuse it themselves.
 */
export function reachesItsEnd(format: Picture['format'], bytes: Buffer): boolean {
  if (format === 'jpeg') return jpegEnds(bytes)
  if (format === 'png') return pngEnds(bytes)
  return format === 'gif' ? gifEnds(bytes) : true
}
