import { crc32, deflateSync, inflateSync } from 'node:zlib'
import { cleanProfile } from './icc.ts'
import { tiffOf, type Weaver } from './weaver.ts'

/** Behind the signature and IHDR, which is always first. */
const afterHeader = 33
const xmpHead = Buffer.from('XML:com.adobe.xmp\0\0\0\0\0')
const profileName = 'icc\0\0'
/** The largest profile that is read; those of printers have up to four megabytes. */
const longestProfile = 16 * 1024 * 1024

/** Bytes of sBIT and bKGD by the colour type of IHDR (PNG, third edition, 11.3.2.4 and 11.3.4.1). */
const significantBits: Record<number, number> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 }
const background: Record<number, number> = { 0: 2, 2: 6, 3: 1, 4: 2, 6: 6 }

/** Whether the data of a chunk in front of IDAT has the one length that its type allows. All other chunks are removed. */
const allowed: Record<string, (length: number, colourType: number, palette: number) => boolean> = {
  PLTE: length => length > 0 && length <= 768 && length % 3 === 0,
  tRNS: (length, type, palette) => length === ({ 0: 2, 2: 6 }[type] ?? Math.min(length, palette)),
  gAMA: length => length === 4,
  cHRM: length => length === 32,
  sRGB: length => length === 1,
  cICP: length => length === 4,
  mDCV: length => length === 24,
  cLLI: length => length === 8,
  sBIT: (length, type) => length === significantBits[type],
  bKGD: (length, type) => length === background[type],
  hIST: (length, _type, palette) => length > 0 && length === 2 * palette,
  pHYs: length => length === 9,
}

function chunk(type: string, data: Buffer): Buffer {
  const whole = Buffer.concat([Buffer.alloc(4), Buffer.from(type, 'latin1'), data, Buffer.alloc(4)])
  whole.writeUInt32BE(data.length, 0)
  whole.writeUInt32BE(crc32(whole.subarray(4, -4)), whole.length - 4)
  return whole
}

/** An iCCP chunk of the clean profile, under a name that is the same for all; undefined where there is no profile. */
function profileOf(data: Buffer): Buffer | undefined {
  const end = data.subarray(0, 80).indexOf(0)
  if (end < 0) return undefined
  let profile: Buffer
  try {
    profile = inflateSync(data.subarray(end + 2), { maxOutputLength: longestProfile })
  } catch {
    return undefined
  }
  const clean = cleanProfile(profile)
  return clean && chunk('iCCP', Buffer.concat([Buffer.from(profileName), deflateSync(clean)]))
}

function strip(bytes: Buffer, orientation: number): Buffer | undefined {
  if (bytes.readUInt32BE(8) !== 13 || bytes.toString('latin1', 12, 16) !== 'IHDR') return undefined
  const colourType = bytes.readUInt8(25)
  const parts = [bytes.subarray(0, afterHeader)]
  if (orientation > 1) parts.push(chunk('eXIf', tiffOf(orientation)))
  const seen = new Set<string>()
  let palette = 0
  let previous = 'IHDR'
  for (let at = afterHeader; at + 12 <= bytes.length; ) {
    const type = bytes.toString('latin1', at + 4, at + 8)
    const end = at + 12 + bytes.readUInt32BE(at)
    if (end > bytes.length) return undefined
    const data = bytes.subarray(at + 8, end - 4)
    if (type === 'IDAT') {
      // The pixels are in one run of IDAT chunks (PNG, third edition, 5.6).
      if (!seen.has(type) || previous === type) parts.push(bytes.subarray(at, end))
    } else if (!seen.has('IDAT') && !seen.has(type)) {
      const profile = type === 'iCCP' ? profileOf(data) : undefined
      if (profile) parts.push(profile)
      else if (allowed[type]?.(data.length, colourType, palette)) parts.push(bytes.subarray(at, end))
      if (type === 'PLTE') palette = data.length / 3
    }
    if (type === 'IEND') return Buffer.concat([...parts, chunk(type, Buffer.alloc(0))])
    seen.add(type)
    previous = type
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
