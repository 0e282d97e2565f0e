import { crc32 } from 'node:zlib'
import { tiffOf, type Weaver } from './weaver.ts'

/** The chunks that make the pixels and their colours (PNG, third edition, 11). All others go. */
const kept = new Set(
  'IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD hIST pHYs'.split(' '),
)
/** Behind the signature and IHDR, which is always first. */
const afterHeader = 33
const xmpHead = Buffer.from('XML:com.adobe.xmp\0\0\0\0\0')

function chunk(type: string, data: Buffer): Buffer {
  const whole = Buffer.concat([Buffer.alloc(4), Buffer.from(type, 'latin1'), data, Buffer.alloc(4)])
  whole.writeUInt32BE(data.length, 0)
  whole.writeUInt32BE(crc32(whole.subarray(4, -4)), whole.length - 4)
  return whole
}

function strip(bytes: Buffer, orientation: number): Buffer | undefined {
  const parts = [bytes.subarray(0, 8)]
  for (let at = 8; at + 12 <= bytes.length; ) {
    const type = bytes.toString('latin1', at + 4, at + 8)
    const end = at + 12 + bytes.readUInt32BE(at)
    if (end > bytes.length) return undefined
    if (kept.has(type)) parts.push(bytes.subarray(at, end))
    if (type === 'IHDR' && orientation > 1) parts.push(chunk('eXIf', tiffOf(orientation)))
    if (type === 'IEND') return Buffer.concat(parts)
    at = end
  }
  return undefined
}

/** PNG: XMP in an iTXt chunk behind the header, not compressed (XMP part 3, 1.1.5). */
export const png: Weaver = {
  strip,
  extra: ({ xmp }) => 12 + xmpHead.length + xmp.length,
  headLength: 0,
  weave: (_head, size, { xmp }) => [
    { from: 0, to: afterHeader },
    chunk('iTXt', Buffer.concat([xmpHead, xmp])),
    { from: afterHeader, to: size },
  ],
}
