import { u16, u32 } from './boxes.ts'
import { unlessOutside } from './unless-outside.ts'

/**
 * Tags that a colour transform reads (ICC.1:2022 9.2), with the types of data they may have. All other tags are text and
 * notes: names of owners, serial numbers of monitors, calibration dates.
 */
const xyz = ['XYZ ']
const curve = ['curv', 'para']
const lookUp = ['mft1', 'mft2', 'mAB ', 'mBA ']
const kept: Record<string, readonly string[]> = {
  ...{ wtpt: xyz, bkpt: xyz, lumi: xyz, rXYZ: xyz, gXYZ: xyz, bXYZ: xyz },
  ...{ rTRC: curve, gTRC: curve, bTRC: curve, kTRC: curve },
  ...{ A2B0: lookUp, A2B1: lookUp, A2B2: lookUp, B2A0: lookUp, B2A1: lookUp, B2A2: lookUp, gamt: lookUp },
  ...{ D2B0: ['mpet'], D2B1: ['mpet'], D2B2: ['mpet'], D2B3: ['mpet'] },
  ...{ B2D0: ['mpet'], B2D1: ['mpet'], B2D2: ['mpet'], B2D3: ['mpet'] },
  ...{ chad: ['sf32'], chrm: ['chrm'], cicp: ['cicp'] },
}
/** Input, display, output and colour space profiles. Others transform no picture by themselves. */
const classes = ['scnr', 'mntr', 'prtr', 'spac']
const spaces = ['RGB ', 'GRAY', 'CMYK', 'CMY ', 'Lab ', 'XYZ ', 'YCbr', 'HSV ', 'HLS ']
const headerLength = 128
const mostTags = 100
/** Every profile must have both texts (ICC.1:2022 8.2). */
const [description, copyright] = ['Color profile', 'Not stated']

/** `key` is the same for tags that share their data. */
type Tag = { name: string; key: string; data: Buffer }

/** The length that the data of a tag needs; for a type without a known length, that of the tag. */
function lengthOf(data: Buffer): number {
  switch (data.toString('latin1', 0, 4)) {
    case 'XYZ ':
      return 20
    case 'curv':
      return 12 + 2 * data.readUInt32BE(8)
    case 'para':
      return 12 + 4 * ([1, 3, 4, 5, 7][data.readUInt16BE(8)] ?? Number.NaN)
    case 'sf32':
      return 8 + 9 * 4
    case 'chrm':
      return 12 + 8 * data.readUInt16BE(8)
    case 'cicp':
      return 12
    case 'mft1':
    case 'mft2':
      return tableLengthOf(data)
    default:
      return data.length
  }
}

/** The length of a look-up table of 8 or 16 bits (ICC.1:2022 10.10 and 10.11). */
function tableLengthOf(data: Buffer): number {
  const isWide = data.toString('latin1', 0, 4) === 'mft2'
  const [inputs, outputs, points] = [data.readUInt8(8), data.readUInt8(9), data.readUInt8(10)]
  const [before, after] = isWide ? [data.readUInt16BE(48), data.readUInt16BE(50)] : [256, 256]
  const entries = inputs * before + points ** inputs * outputs + outputs * after
  return isWide ? 52 + 2 * entries : 48 + entries
}

/** The tags to keep; undefined where the table does not fit the profile. */
function tagsOf(profile: Buffer): Tag[] | undefined {
  const count = profile.readUInt32BE(headerLength)
  if (count > mostTags) return undefined
  const tags: Tag[] = []
  for (let i = 0; i < count; i++) {
    const at = headerLength + 4 + 12 * i
    const name = profile.toString('latin1', at, at + 4)
    const from = profile.readUInt32BE(at + 4)
    const to = from + profile.readUInt32BE(at + 8)
    const types = kept[name]
    if (!types || tags.some(tag => tag.name === name)) continue
    if (to > profile.length) return undefined
    const data = profile.subarray(from, to)
    const length = lengthOf(data)
    // A transform that misses one of its tags gives other colours than its maker meant.
    if (!types.includes(data.toString('latin1', 0, 4)) || !(length <= data.length)) return undefined
    tags.push({ name, key: `${from} ${length}`, data: data.subarray(0, length) })
  }
  return tags
}

/** A text in the form of version 4, or of version 2, where a description has a form of its own. */
function textOf(name: string, text: string, version: number): Buffer {
  const latin = (value: string) => Buffer.from(value, 'latin1')
  if (version >= 4) {
    const wide = Buffer.from(text, 'utf16le').swap16()
    return Buffer.concat([
      latin('mluc\0\0\0\0'),
      u32(1),
      u32(12),
      latin('enUS'),
      u32(wide.length),
      u32(28),
      wide,
    ])
  }
  if (name !== 'desc') return latin(`text\0\0\0\0${text}\0`)
  // The text in ASCII, then none in Unicode and none in the script of a Macintosh.
  return Buffer.concat([
    latin('desc\0\0\0\0'),
    u32(text.length + 1),
    latin(`${text}\0`),
    Buffer.alloc(4 + 4 + 2 + 1 + 67),
  ])
}

/** The fields of the header that a transform reads. The date is one for all; makers, models and the id are zero. */
function headerOf(profile: Buffer): Buffer {
  const header = Buffer.alloc(headerLength)
  // Version, class, colour space, connection space.
  profile.copy(header, 8, 8, 10)
  profile.copy(header, 12, 12, 24)
  for (const [i, part] of [2000, 1, 1].entries()) header.set(u16(part), 24 + 2 * i)
  header.write('acsp', 36, 'latin1')
  // The rendering intent, 0 to 3, and the illuminant, D50 in every profile.
  header.set([0, 0, 0, profile.readUInt8(67) & 3], 64)
  header.set(Buffer.from('0000f6d6000100000000d32d', 'hex'), 68)
  return header
}

function clean(bytes: Buffer): Buffer | undefined {
  const size = bytes.readUInt32BE(0)
  if (size > bytes.length || size < headerLength + 4) return undefined
  const profile = bytes.subarray(0, size)
  const field = (at: number) => profile.toString('latin1', at, at + 4)
  const isKnown = field(36) === 'acsp' && classes.includes(field(12)) && spaces.includes(field(16))
  if (!isKnown || !['XYZ ', 'Lab '].includes(field(20))) return undefined
  const colours = tagsOf(profile)
  if (!colours) return undefined
  const version = profile.readUInt8(8)
  const tags = [
    { name: 'desc', key: 'desc', data: textOf('desc', description, version) },
    { name: 'cprt', key: 'cprt', data: textOf('cprt', copyright, version) },
    ...colours,
  ]
  const table: Buffer[] = [u32(tags.length)]
  const contents: Buffer[] = []
  // Tags often share their data, as three equal curves do.
  const places = new Map<string, number>()
  let at = headerLength + 4 + 12 * tags.length
  for (const { name, key, data } of tags) {
    const from = places.get(key) ?? at
    if (from === at) {
      const padding = Buffer.alloc(-data.length & 3)
      places.set(key, at)
      contents.push(data, padding)
      at += data.length + padding.length
    }
    table.push(Buffer.from(name, 'latin1'), u32(from), u32(data.length))
  }
  // Ranges that overlap would be written many times.
  if (at > size + 1024) return undefined
  const header = headerOf(profile)
  header.set(u32(at))
  return Buffer.concat([header, ...table, ...contents])
}

/**
 * A colour profile (ICC.1) with the tags that make its colours, and neutral words for its name and its copyright.
 * Undefined for bytes that are no profile of a picture. A profile that it gave stays as it is.
 */
export function cleanProfile(bytes: Buffer): Buffer | undefined {
  return unlessOutside(() => clean(bytes))
}
