import type { MetadataBlock } from './block.ts'
import { cleanProfile } from './icc.ts'
import { tiffOf, type Weaver } from './weaver.ts'

/** Markers that stand alone (ITU-T T.81 B.1.1.3): TEM and the restarts. */
const isAlone = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)
/**
 * Frames, scans and their tables. Not DNL, which libjpeg skips, nor the markers of hierarchical files, which it refuses:
 * their contents would be kept unread.
 */
const isPicture = (marker: number) =>
  (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8) || [0xda, 0xdb, 0xdd].includes(marker)
/** The frames that libjpeg decodes (T.81 B.1.1.3), of one pass and progressive. */
const sequential = [0xc0, 0xc1, 0xc9]
const progressive = [0xc2, 0xca]
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
const startOfScan = 0xda
const endOfImage = 0xd9
const app = (number: number) => 0xe0 + number
/** The longest payload of a segment: its length has two bytes and counts itself. */
const longest = 0xffff - 2
const xmpName = Buffer.from('http://ns.adobe.com/xap/1.0/\0')
const exifName = Buffer.from('Exif\0\0')
const iccName = 'ICC_PROFILE\0'
/** The bytes of a profile that one segment takes, behind the name, the number and the count. */
const longestPart = longest - iccName.length - 2
const startOfImage = Buffer.from([0xff, 0xd8])

const startsWith = (bytes: Buffer, name: string) => bytes.toString('latin1', 0, name.length) === name

function segment(marker: number, ...payload: Buffer[]): Buffer {
  const length = payload.reduce((sum, part) => sum + part.length, 0)
  if (length > longest) throw new Error(`a segment of ${length} bytes`)
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(length + 2, 2)
  return Buffer.concat([head, ...payload])
}

/** Index of the marker that ends the entropy-coded data from `at`. */
function afterScan(bytes: Buffer, at: number): number {
  for (let found = bytes.indexOf(0xff, at); found >= 0; found = bytes.indexOf(0xff, found + 1)) {
    const next = bytes[found + 1]
    if (next !== 0 && next !== 0xff && !(next !== undefined && isAlone(next))) return found
  }
  return bytes.length
}

/** The head of a JFIF segment without the thumbnail behind it. */
const jfifOf = (payload: Buffer) => segment(app(0), payload.subarray(0, 12), Buffer.from([0, 0]))

/** Adobe's note of the colour transform, without anything behind it. */
const adobeOf = (payload: Buffer) => segment(app(14), payload.subarray(0, 12))

/** The segments of the clean profile (ICC.1:2022 B.4); none unless all parts of a profile are there, each once. */
function profileOf(parts: readonly Buffer[]): Buffer[] {
  const sorted = parts.toSorted((a, b) => (a[12] ?? 0) - (b[12] ?? 0))
  const isWhole = sorted.every((part, i) => part[12] === i + 1 && part[13] === parts.length)
  const profile = isWhole ? cleanProfile(Buffer.concat(sorted.map(part => part.subarray(14)))) : undefined
  if (!profile) return []
  const count = Math.ceil(profile.length / longestPart)
  return Array.from({ length: count }, (_, i) => {
    const head = Buffer.from([...Buffer.from(iccName), i + 1, count])
    return segment(app(2), head, profile.subarray(i * longestPart, (i + 1) * longestPart))
  })
}

/** The parts of a JPEG that are kept. */
type Parts = { jfif?: Buffer; adobe?: Buffer; profile: Buffer[]; scans: Buffer[] }

function assemble({ jfif, adobe, profile, scans }: Parts, orientation: number): Buffer {
  const exif = orientation > 1 ? [segment(app(1), exifName, tiffOf(orientation))] : []
  const heads = [startOfImage, ...(jfif ? [jfif] : []), ...exif, ...profileOf(profile)]
  return Buffer.concat([...heads, ...(adobe ? [adobe] : []), ...scans, Buffer.from([0xff, endOfImage])])
}

function keepApp(parts: Parts, marker: number, payload: Buffer): void {
  if (marker === app(0) && startsWith(payload, 'JFIF\0') && payload.length >= 12)
    parts.jfif ??= jfifOf(payload)
  if (marker === app(2) && startsWith(payload, iccName)) parts.profile.push(payload)
  if (marker === app(14) && startsWith(payload, 'Adobe') && payload.length >= 12)
    parts.adobe ??= adobeOf(payload)
}

function strip(bytes: Buffer, orientation: number): Buffer | undefined {
  const parts: Parts = { profile: [], scans: [] }
  // Tables are kept with the scan behind them. Tables that no scan follows are read by nobody.
  let tables: Buffer[] = []
  let [left, isProgressive] = [0, false]
  for (let at = 2; at + 1 < bytes.length; ) {
    const marker = bytes[at + 1] as number
    // Stray bytes between segments, and fill bytes.
    if (bytes[at] !== 0xff || marker === 0 || marker === 0xff) at++
    else if (isAlone(marker)) at += 2
    else if (marker === endOfImage) return parts.scans.length > 0 ? assemble(parts, orientation) : undefined
    else {
      const end = at + 2 + bytes.readUInt16BE(at + 2)
      const payload = bytes.subarray(at + 4, end)
      keepApp(parts, marker, payload)
      if (isFrame(marker)) {
        isProgressive = progressive.includes(marker)
        if (left > 0 || !(isProgressive || sequential.includes(marker))) return undefined
        left = payload.readUInt8(5)
      }
      if (isPicture(marker)) tables.push(bytes.subarray(at, end))
      at = end
      if (marker !== startOfScan) continue
      at = afterScan(bytes, end)
      parts.scans.push(...tables, bytes.subarray(end, at))
      tables = []
      left -= payload.readUInt8(0)
      // Each component of such a frame has one scan: nothing is decoded behind the last one.
      if (!isProgressive && left <= 0) return assemble(parts, orientation)
    }
  }
  return undefined
}

const segmentsOf = ({ xmp, iim }: MetadataBlock) =>
  Buffer.concat([segment(app(1), xmpName, xmp), segment(app(13), iim)])

/** JPEG (ITU-T T.81, T.871): XMP in APP1 and IPTC-IIM in APP13, behind JFIF and the orientation. */
export const jpeg: Weaver = {
  strip,
  extra: ({ xmp, iim }) => 4 + xmpName.length + xmp.length + 4 + iim.length,
  headLength: 80,
  weave(head, size, block) {
    let at = 2
    for (const name of ['JFIF\0', 'Exif\0'])
      if (startsWith(head.subarray(at + 4), name)) at += 2 + head.readUInt16BE(at + 2)
    return [{ from: 0, to: at }, segmentsOf(block), { from: at, to: size }]
  },
}
