import { type Box, boxesIn, readerOf } from './boxes.ts'

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

/** Reads `ftyp` and `meta`; undefined for a shape that is not known: sequences, protected or remote items. */
export function readHeif(bytes: Buffer): HeifFile | undefined {
  try {
    return readFile(bytes)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function readFile(bytes: Buffer): HeifFile | undefined {
  const top = headBoxes(bytes)
  const [fileType, meta] = [top.find(({ type }) => type === 'ftyp'), top.find(({ type }) => type === 'meta')]
  const children = meta && boxesIn(bytes, meta.start + 4, meta.end)
  if (!fileType || !children || top.some(({ type }) => type === 'moov')) return undefined
  const child = (name: string) => children.find(({ type }) => type === name)
  const [pitm, iinf, iloc, iprp] = [child('pitm'), child('iinf'), child('iloc'), child('iprp')]
  if (!pitm || !iinf || !iloc || !iprp || child('ipro')) return undefined
  const types = readTypes(bytes, iinf)
  const places = readPlaces(bytes, iloc, child('idat'))
  const properties = readProperties(bytes, iprp)
  if (!types || !places || !properties) return undefined
  const iref = child('iref')
  return {
    brands: brandsOf(bytes, fileType),
    primary: readerOf(bytes, pitm.start + 4).number(bytes[pitm.start] ? 4 : 2),
    items: types.map(item => ({ ...item, extents: places.get(item.id) ?? [] })),
    references: iref ? readReferences(bytes, iref) : [],
    ...properties,
    headLength: meta.end,
  }
}

/** The boxes of the file as far as its bytes are there: of a head, those that are whole. */
function headBoxes(bytes: Buffer): Box[] {
  const found: Box[] = []
  for (let at = 0; at + 8 <= bytes.length; ) {
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
  for (const entry of entries ?? []) {
    const version = bytes[entry.start] ?? 0
    if (entry.type !== 'infe' || version < 2) return undefined
    const read = readerOf(bytes, entry.start + 1)
    const flags = read.number(3)
    const id = read.number(version === 2 ? 2 : 4)
    // Protected: its bytes cannot be read as they are.
    if (read.number(2) !== 0) return undefined
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
  for (let i = 0; i < count; i++) {
    const id = read.number(version < 2 ? 2 : 4)
    const construction = version === 0 ? 0 : read.number(2) & 15
    const isElsewhere = read.number(2) !== 0
    const base = read.number(size(4))
    if (isElsewhere || construction > 1 || (construction === 1 && !idat)) return undefined
    const start = base + (construction === 1 ? (idat as Box).start : 0)
    const extents = Array.from({ length: read.number(2) }, () => {
      if (version > 0) read.number(size(0))
      const from = start + read.number(size(12))
      return { from, to: from + read.number(size(8)) }
    })
    places.set(id, extents)
  }
  return places
}

function readReferences(bytes: Buffer, { start, end }: Box): Reference[] {
  const size = bytes[start] ? 4 : 2
  return (boxesIn(bytes, start + 4, end) ?? []).map(entry => {
    const read = readerOf(bytes, entry.start)
    const from = read.number(size)
    return { type: entry.type, from, to: Array.from({ length: read.number(2) }, () => read.number(size)) }
  })
}

function readProperties(bytes: Buffer, iprp: Box): Pick<HeifFile, 'properties' | 'associations'> | undefined {
  const [ipco, ...others] = boxesIn(bytes, iprp.start, iprp.end) ?? []
  const all = ipco?.type === 'ipco' ? boxesIn(bytes, ipco.start, ipco.end) : undefined
  if (!all) return undefined
  const associations = new Map<number, Association[]>()
  for (const { start } of others.filter(({ type }) => type === 'ipma')) {
    const isWide = ((bytes[start + 3] as number) & 1) === 1
    const read = readerOf(bytes, start + 4)
    for (let count = read.number(4); count > 0; count--) {
      const id = read.number(bytes[start] ? 4 : 2)
      const some = Array.from({ length: read.number(1) }, () => {
        const value = read.number(isWide ? 2 : 1)
        const top = isWide ? 0x8000 : 0x80
        return { index: value & (top - 1), isEssential: value >= top }
      })
      associations.set(id, [...(associations.get(id) ?? []), ...some])
    }
  }
  const properties = all.map(({ type, from, end }) => ({ type, bytes: bytes.subarray(from, end) }))
  return { properties, associations }
}
