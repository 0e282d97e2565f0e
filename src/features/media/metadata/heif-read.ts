import { type Box, boxesIn, mostBoxes, readerOf } from './boxes.ts'
import { unlessOutside } from './unless-outside.ts'

/** An item of an image file: where its bytes are, from the start of the file. */
export type Item = { id: number; type: string; flags: number; extents: { from: number; to: number }[] }
export type Reference = { type: string; from: number; to: number[] }
/** Which of the properties, from 1, an item has, and whether a reader has to know it. */
export type Association = { index: number; isEssential: boolean }
/** A property is a whole box. */
export type Property = { type: string; bytes: Buffer }

/** An image file (ISO/IEC 23008-12): one primary image, and what it is made of. */
export type HeifFile = {
  brands: string[]
  primary: number
  items: Item[]
  references: Reference[]
  properties: Property[]
  associations: Map<number, Association[]>
  /** Where the boxes `ftyp` and `meta` end, if they come first. */
  headLength: number
}

/** Most extents of an item, as in libheif. A file may claim billions of empty ones. */
const mostExtents = 32
/** Most items that references may name together; a grid of 4,096 tiles is the largest that libheif decodes. */
const mostReferences = 8192

/**
 * Reads `ftyp` and `meta`. Undefined for a shape that is not known (sequences, protected or remote items, ids that are
 * named twice) and for more boxes than a picture has. The time it takes grows with the length of the file alone.
 */
export function readHeif(bytes: Buffer): HeifFile | undefined {
  return unlessOutside(() => readFile(bytes))
}

function readFile(bytes: Buffer): HeifFile | undefined {
  const top = headBoxes(bytes)
  if (!top) return undefined
  const [fileType, meta] = [top.find(({ type }) => type === 'ftyp'), top.find(({ type }) => type === 'meta')]
  const children = meta && boxesIn(bytes, meta.start + 4, meta.end)
  if (!fileType || !children || top.some(({ type }) => type === 'moov')) return undefined
  const child = (name: string) => children.find(({ type }) => type === name)
  const [pitm, iinf, iloc, iprp] = [child('pitm'), child('iinf'), child('iloc'), child('iprp')]
  if (!pitm || !iinf || !iloc || !iprp || child('ipro')) return undefined
  const types = readTypes(bytes, iinf)
  const places = readPlaces(bytes, iloc, child('idat'))
  const properties = readProperties(bytes, iprp)
  const iref = child('iref')
  const references = iref ? readReferences(bytes, iref) : []
  if (!types || !places || !properties || !references) return undefined
  return {
    brands: brandsOf(bytes, fileType),
    primary: readerOf(bytes, pitm.start + 4).number(bytes[pitm.start] ? 4 : 2),
    items: types.map(item => ({ ...item, extents: places.get(item.id) ?? [] })),
    references,
    ...properties,
    headLength: meta.end,
  }
}

/** The boxes of the file as far as its bytes are there: of a head, those that are whole. Undefined where there are too many. */
function headBoxes(bytes: Buffer): Box[] | undefined {
  const found: Box[] = []
  for (let at = 0; at + 8 <= bytes.length; ) {
    if (found.length === mostBoxes) return undefined
    const size = bytes.readUInt32BE(at)
    const box = boxesIn(bytes, at, size > 1 ? Math.min(at + size, bytes.length) : bytes.length)?.[0]
    if (!box) break
    found.push(box)
    at = box.end
  }
  return found
}

/** The major brand first. */
function brandsOf(bytes: Buffer, { start, end }: Box): string[] {
  const places = [start]
  for (let at = start + 8; at + 4 <= end; at += 4) places.push(at)
  return places.map(at => bytes.toString('latin1', at, at + 4))
}

function readTypes(bytes: Buffer, { start, end }: Box): Omit<Item, 'extents'>[] | undefined {
  const entries = boxesIn(bytes, start + (bytes[start] ? 8 : 6), end)
  const items: Omit<Item, 'extents'>[] = []
  const ids = new Set<number>()
  for (const entry of entries ?? []) {
    const version = bytes[entry.start] ?? 0
    if (entry.type !== 'infe' || version < 2) return undefined
    const read = readerOf(bytes, entry.start + 1)
    const flags = read.number(3)
    const id = read.number(version === 2 ? 2 : 4)
    // Protected: its bytes cannot be read as they are.
    if (read.number(2) !== 0 || ids.has(id)) return undefined
    ids.add(id)
    items.push({ id, flags, type: bytes.toString('latin1', read.at(), read.at() + 4) })
  }
  return entries && items
}

function readPlaces(
  bytes: Buffer,
  iloc: Box,
  idat: Box | undefined,
): Map<number, Item['extents']> | undefined {
  const version = bytes[iloc.start] ?? 0
  const read = readerOf(bytes, iloc.start + 4)
  const sizes = read.number(2)
  const size = (shift: number) => (sizes >> shift) & 15
  const count = read.number(version < 2 ? 2 : 4)
  const places = new Map<number, Item['extents']>()
  if (count > mostBoxes) return undefined
  for (let i = 0; i < count; i++) {
    const id = read.number(version < 2 ? 2 : 4)
    const construction = version === 0 ? 0 : read.number(2) & 15
    const isElsewhere = read.number(2) !== 0
    const base = read.number(size(4))
    if (isElsewhere || construction > 1 || (construction === 1 && !idat)) return undefined
    const start = base + (construction === 1 ? (idat as Box).start : 0)
    const length = read.number(2)
    if (length > mostExtents || places.has(id)) return undefined
    const extents = Array.from({ length }, () => {
      if (version > 0) read.number(size(0))
      const from = start + read.number(size(12))
      return { from, to: from + read.number(size(8)) }
    })
    places.set(id, extents)
  }
  return places
}

function readReferences(bytes: Buffer, { start, end }: Box): Reference[] | undefined {
  const size = bytes[start] ? 4 : 2
  const references: Reference[] = []
  let left = mostReferences
  for (const entry of boxesIn(bytes, start + 4, end) ?? []) {
    const read = readerOf(bytes, entry.start)
    const from = read.number(size)
    const length = read.number(2)
    left -= length
    if (left < 0 || read.at() + length * size > entry.end) return undefined
    references.push({ type: entry.type, from, to: Array.from({ length }, () => read.number(size)) })
  }
  return references
}

function readProperties(bytes: Buffer, iprp: Box): Pick<HeifFile, 'properties' | 'associations'> | undefined {
  const [ipco, ipma, ...others] = boxesIn(bytes, iprp.start, iprp.end) ?? []
  const all = ipco?.type === 'ipco' ? boxesIn(bytes, ipco.start, ipco.end) : undefined
  if (!all || ipma?.type !== 'ipma' || others.some(({ type }) => type === 'ipma')) return undefined
  const associations = readAssociations(bytes, ipma)
  const properties = all.map(({ type, from, end }) => ({ type, bytes: bytes.subarray(from, end) }))
  return associations && { properties, associations }
}

function readAssociations(bytes: Buffer, { start }: Box): HeifFile['associations'] | undefined {
  const isWide = ((bytes[start + 3] as number) & 1) === 1
  const top = isWide ? 0x8000 : 0x80
  const read = readerOf(bytes, start + 4)
  const count = read.number(4)
  if (count > mostBoxes) return undefined
  const associations: HeifFile['associations'] = new Map()
  for (let i = 0; i < count; i++) {
    const id = read.number(bytes[start] ? 4 : 2)
    if (associations.has(id)) return undefined
    const some = Array.from({ length: read.number(1) }, () => {
      const value = read.number(isWide ? 2 : 1)
      return { index: value & (top - 1), isEssential: value >= top }
    })
    associations.set(id, some)
  }
  return associations
}
