import { box, u32 } from './boxes.ts'
import { isAlpha } from './heif-pixels.ts'
import { type HeifFile, type Property, readHeif } from './heif-read.ts'
import { type Placed, writeHead, xmpExtra } from './heif-write.ts'
import { cleanProfile } from './icc.ts'
import type { Weaver } from './weaver.ts'

const brands = new Set(['avif', 'mif1', 'mif2', 'miaf', 'MA1A', 'MA1B'])
const imageTypes = new Set(['av01', 'grid', 'iden', 'iovl'])
/** Properties that say how pixels are decoded, shaped and coloured. Others may carry text, as `udes` does. */
const kept = new Set(
  'ispe pixi pasp colr av1C irot imir clap auxC clli mdcv cclv amve a1op a1lx lsel'.split(' '),
)
const headLength = 65_536
/** Ids and counts are written in two bytes. */
const mostItems = 0xfffe

/** The primary image, what it is made of, and its transparency. */
function itemsToKeep(file: HeifFile): Set<number> {
  const ids = new Set([file.primary])
  for (const id of ids) {
    for (const { type, from, to } of file.references) {
      if (type === 'dimg' && from === id) for (const part of to) ids.add(part)
      if (type === 'auxl' && to.includes(id) && isAlpha(file, from)) ids.add(from)
    }
  }
  return ids
}

/** A property as it is kept: its own fields, without bytes behind them. Undefined where nothing of it is kept. */
function keptProperty({ type, bytes }: Property): Property | undefined {
  const whole = (length: number) => ({ type, bytes: box(type, bytes.subarray(8, length)) })
  if (!kept.has(type)) return undefined
  if (type === 'ispe') return whole(20)
  // The four bytes of the configuration. The sequence header behind them is in the image too.
  if (type === 'av1C') return whole(12)
  // A full box: twelve bytes, then the name, which ends with a zero.
  if (type === 'auxC') return whole(bytes.indexOf(0, 12) + 1)
  if (type !== 'colr') return { type, bytes }
  const kind = bytes.toString('latin1', 8, 12)
  if (kind === 'nclx') return whole(19)
  const profile = kind === 'prof' || kind === 'rICC' ? cleanProfile(bytes.subarray(12)) : undefined
  return profile && { type, bytes: box(type, bytes.subarray(8, 12), profile) }
}

/** The file without its metadata; undefined if an essential property or reference would be removed. */
function reduce(file: HeifFile): HeifFile | undefined {
  const ids = itemsToKeep(file)
  const items = file.items.filter(({ id }) => ids.has(id))
  const isKnown = items.every(({ type, extents }) => imageTypes.has(type) && extents.length > 0)
  if (!isKnown || items.length !== ids.size || Math.max(...ids) > mostItems) return undefined
  if (!brands.has(file.brands[0] ?? '')) return undefined
  const references: HeifFile['references'] = []
  for (const reference of file.references.filter(({ from }) => ids.has(from))) {
    if (!['dimg', 'auxl', 'prem'].includes(reference.type)) return undefined
    const to = reference.to.filter(id => ids.has(id))
    if (to.length > 0) references.push({ ...reference, to })
  }
  const all = file.properties.map(keptProperty)
  const used = new Set<number>()
  const associations: HeifFile['associations'] = new Map()
  // Ids must ascend (ISO/IEC 23008-12 9.3.1): libavif refuses the file otherwise.
  for (const id of [...ids].toSorted((a, b) => a - b)) {
    const some = []
    for (const one of file.associations.get(id) ?? []) {
      if (all[one.index - 1]) some.push(one)
      else if (one.isEssential) return undefined
    }
    for (const { index } of some) used.add(index)
    associations.set(id, some)
  }
  // Items refer to properties by index: replace an unused property by an empty `free` box.
  const properties = all.map((property, i) =>
    property && used.has(i + 1) ? property : { type: 'free', bytes: box('free') },
  )
  const known = file.brands.filter(brand => brands.has(brand))
  return { ...file, brands: known, items, references, associations, properties }
}

/** The end of an extent; one without a length goes on to the end of the file (ISO/IEC 14496-12 8.11.3). */
const endOf = ({ from, to }: { from: number; to: number }, bytes: Buffer) => (to === from ? bytes.length : to)

function strip(bytes: Buffer): Buffer | undefined {
  const file = readHeif(bytes)
  const bare = file && reduce(file)
  if (!bare) return undefined
  const extents = bare.items.flatMap(item => item.extents.map(one => ({ ...one, to: endOf(one, bytes) })))
  const taken = extents.reduce((sum, { from, to }) => sum + to - from, 0)
  if (extents.some(({ from, to }) => to > bytes.length || from > to)) return undefined
  // Items may share bytes, as equal tiles do. Written apart they must not outgrow the upload.
  if (taken > 2 * bytes.length) return undefined
  const contents = bare.items.map(item =>
    Buffer.concat(item.extents.map(one => bytes.subarray(one.from, endOf(one, bytes)))),
  )
  const place = (start: number): Placed[] => {
    let from = start
    return bare.items.map(({ id, type, flags }, i) => {
      const { length } = contents[i] as Buffer
      from += length
      return { id, type, flags, from: from - length, length }
    })
  }
  const { length } = writeHead(bare, place(0))
  if (length > headLength) return undefined
  return Buffer.concat([writeHead(bare, place(length + 8)), box('mdat', ...contents)])
}

/** AVIF (ISO/IEC 23008-12): the file is rebuilt from its image items only. XMP is an item in a box at the end. */
export const avif: Weaver = {
  strip,
  extra: ({ xmp }) => xmpExtra + 8 + xmp.length,
  headLength,
  weave(head, size, { xmp }) {
    const file = readHeif(head)
    if (!file) return undefined
    const placed = file.items.map(({ id, type, flags, extents: [place = { from: 0, to: 0 }] }) => {
      return { id, type, flags, from: place.from + xmpExtra, length: place.to - place.from }
    })
    const id = Math.max(...placed.map(item => item.id)) + 1
    const from = size + xmpExtra + 8
    const references = [...file.references, { type: 'cdsc', from: id, to: [file.primary] }]
    const items = [...placed, { id, type: 'mime', flags: 0, from, length: xmp.length }]
    return [
      writeHead({ ...file, references }, items),
      { from: file.headLength, to: size },
      Buffer.concat([u32(8 + xmp.length), Buffer.from('mdat'), xmp]),
    ]
  },
}
