import { readerOf } from './boxes.ts'
import type { HeifFile, Item } from './heif-read.ts'
import { unlessOutside } from './unless-outside.ts'

/** How many pixels a decoder makes: of the picture, and of its transparency, which is an image of its own. */
export type DecodedPixels = { colour: number; alpha: number }

/** The names of the auxiliary image that is the transparency. Others, such as depth maps, are not decoded. */
const alphaNames = ['urn:mpeg:mpegB:cicp:systems:auxiliary:alpha', 'urn:mpeg:hevc:2015:auxid:1']
/** The bytes of an overlay up to its size; those of a grid are fewer. */
const longestSizes = 18
/** Derived images may be made of derived images. Decoders call themselves for each level. */
const mostLevels = 8

/** Whether an item is the transparency of another. */
export function isAlpha({ associations, properties }: HeifFile, id: number): boolean {
  return (associations.get(id) ?? []).some(({ index }) => {
    const property = properties[index - 1]
    // A full box: twelve bytes, then the name.
    const name = property?.type === 'auxC' && property.bytes.toString('latin1', 12).split('\0')[0]
    return name !== undefined && name !== false && alphaNames.includes(name)
  })
}

/**
 * Counts the pixels that are decoded to show the primary image. A tile counts each time that an image names it, as it is
 * decoded each time. Undefined where the number cannot be known: an image without its size, or made of itself.
 */
export function decodedPixels(file: HeifFile, bytes: Buffer): DecodedPixels | undefined {
  return unlessOutside(() => countPixels(file, bytes))
}

function countPixels(file: HeifFile, bytes: Buffer): DecodedPixels | undefined {
  const items = new Map(file.items.map(item => [item.id, item]))
  const partsOf = groupBy(file, 'dimg', ({ from }) => [from])
  const auxiliariesOf = groupBy(file, 'auxl', ({ to }) => to)
  const known = new Map<number, DecodedPixels | undefined>()

  function count(id: number, level: number): DecodedPixels | undefined {
    if (level > mostLevels) return undefined
    // Undefined while it is counted, so that an image which is made of itself has no number.
    if (known.has(id)) return known.get(id)
    known.set(id, undefined)
    const item = items.get(id)
    const area = item && areaOf(file, bytes, item)
    if (!item || area === undefined) return undefined
    const parts = partsOf.get(id)?.flatMap(({ to }) => to) ?? []
    const total = { colour: 0, alpha: 0 }
    for (const part of parts) {
      const found = count(part, level + 1)
      if (!found) return undefined
      total.colour += found.colour
      total.alpha += found.alpha
    }
    const own = ownPixels(area, item.type, parts.length, total.colour)
    if (own === undefined) return undefined
    total.colour = own
    for (const { from } of auxiliariesOf.get(id) ?? []) {
      if (!isAlpha(file, from)) continue
      const found = count(from, level + 1)
      if (!found) return undefined
      total.alpha += found.colour + found.alpha
    }
    known.set(id, total)
    return total
  }
  return count(file.primary, 1)
}

function groupBy(
  { references }: HeifFile,
  type: string,
  keysOf: (reference: HeifFile['references'][number]) => readonly number[],
): Map<number, HeifFile['references']> {
  const groups = new Map<number, HeifFile['references']>()
  for (const reference of references.filter(one => one.type === type)) {
    for (const key of new Set(keysOf(reference))) {
      const group = groups.get(key)
      if (group) group.push(reference)
      else groups.set(key, [reference])
    }
  }
  return groups
}

/** The larger of the sizes that a property and, in a grid or an overlay, the item itself declare. */
function areaOf(file: HeifFile, bytes: Buffer, { id, type, extents }: Item): number | undefined {
  const indexes = (file.associations.get(id) ?? []).map(({ index }) => index)
  const sizes = indexes.flatMap(index => file.properties[index - 1] ?? []).filter(one => one.type === 'ispe')
  // A full box: twelve bytes, then width and height.
  const areas = sizes.map(({ bytes }) => bytes.readUInt32BE(12) * bytes.readUInt32BE(16))
  if (type === 'grid' || type === 'iovl') {
    // Flags and sizes are in the first bytes. Each extent may claim the whole file.
    const data = Buffer.concat(
      extents.map(({ from, to }) => bytes.subarray(from, Math.min(to, from + longestSizes))),
    )
    const read = readerOf(data, type === 'grid' ? 4 : 10)
    const width = (data[1] as number) & 1 ? 4 : 2
    areas.push(read.number(width) * read.number(width))
  }
  return sizes.length > 0 ? Math.max(...areas) : undefined
}

/** The pixels of one image whose parts have `inParts` pixels together. */
function ownPixels(area: number, type: string, parts: number, inParts: number): number | undefined {
  if (type === 'av01') return parts === 0 ? area : undefined
  if (parts === 0) return undefined
  // The tiles of a grid cover it, or it is larger than they are.
  if (type === 'grid') return Math.max(area, inParts)
  if (type === 'iovl') return area + inParts
  return type === 'iden' ? inParts : undefined
}
