import type { MetadataBlock } from './block.ts'
import { tiffOf, type Weaver } from './weaver.ts'

/** Markers that stand alone (ITU-T T.81 B.1.1.3): TEM and the restarts. */
const isAlone = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)
/** Frames, scans, their tables and parameters: all that a decoder needs but the colour of APP2 and APP14. */
const isPicture = (marker: number) => marker >= 0xc0 && marker <= 0xdf && !isAlone(marker) && marker !== 0xd8
const startOfScan = 0xda
const endOfImage = 0xd9
const app = (number: number) => 0xe0 + number
/** The longest payload of a segment: its length has two bytes and counts itself. */
const longest = 0xffff - 2
const xmpName = Buffer.from('http://ns.adobe.com/xap/1.0/\0')
const exifName = Buffer.from('Exif\0\0')
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

/** What is kept of an application segment: the colour profile, and Adobe's note of the colour transform. */
function keptApp(marker: number, payload: Buffer): Buffer | undefined {
  if (marker === app(2) && startsWith(payload, 'ICC_PROFILE\0')) return segment(marker, payload)
  if (marker === app(14) && startsWith(payload, 'Adobe') && payload.length >= 12)
    return segment(marker, payload.subarray(0, 12))
  return undefined
}

function strip(bytes: Buffer, orientation: number): Buffer | undefined {
  const kept: Buffer[] = []
  let jfif: Buffer | undefined
  for (let at = 2; at + 1 < bytes.length; ) {
    const marker = bytes[at + 1] as number
    // Stray bytes between segments, and fill bytes.
    if (bytes[at] !== 0xff || marker === 0 || marker === 0xff) at++
    else if (isAlone(marker)) at += 2
    else if (marker === endOfImage) {
      const exif = orientation > 1 ? [segment(app(1), exifName, tiffOf(orientation))] : []
      return Buffer.concat([
        startOfImage,
        ...(jfif ? [jfif] : []),
        ...exif,
        ...kept,
        bytes.subarray(at, at + 2),
      ])
    } else {
      if (at + 4 > bytes.length) return undefined
      const end = at + 2 + bytes.readUInt16BE(at + 2)
      const payload = bytes.subarray(at + 4, end)
      if (marker === app(0) && startsWith(payload, 'JFIF\0') && payload.length >= 12) jfif ??= jfifOf(payload)
      const other = keptApp(marker, payload)
      if (isPicture(marker)) kept.push(bytes.subarray(at, end))
      else if (other) kept.push(other)
      at = end
      if (marker === startOfScan) {
        at = afterScan(bytes, end)
        kept.push(bytes.subarray(end, at))
      }
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
