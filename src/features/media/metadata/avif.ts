import { box, u32 } from './boxes.ts'
import { type HeifFile, readHeif } from './heif-read.ts'
import { type Placed, writeHead, xmpExtra } from './heif-write.ts'
import type { Weaver } from './weaver.ts'

const brands = new Set(['avif', 'mif1', 'mif2', 'miaf', 'MA1A', 'MA1B'])
const imageTypes = new Set(['av01', 'grid', 'iden', 'iovl'])
/** Properties that say how pixels are decoded, shaped and coloured. Others may carry text, as `udes` does. */
const kept = new Set(
  'ispe pixi pasp colr av1C irot imir clap auxC clli mdcv cclv amve a1op a1lx lsel'.split(' '),
)
/** Other auxiliary images, such as depth maps, are for no reader. */
const alphaNames = ['urn:mpeg:mpegB:cicp:systems:auxiliary:alpha', 'urn:mpeg:hevc:2015:auxid:1']
const headLength = 65_536
/** Ids and counts are written in two bytes. */
const mostItems = 0xfffe

function isAlpha({ associations, properties }: HeifFile, id: number): boolean {
  return (associations.get(id) ?? []).some(({ index }) => {
    const property = properties[index - 1]
    // A full box: twelve bytes, then the name.
    const name = property?.type === 'auxC' && property.bytes.toString('latin1', 12).split('\0')[0]
    return name !== undefined && name !== false && alphaNames.includes(name)
  })
}

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

/** The file as it is without its metadata; undefined where a reader would have to know what is left out. */
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
  const used = new Set<number>()
  const associations: HeifFile['associations'] = new Map()
  for (const id of ids) {
    const all = file.associations.get(id) ?? []
    const some = all.filter(({ index }) => kept.has(file.properties[index - 1]?.type ?? ''))
    if (all.some(one => one.isEssential && !some.includes(one))) return undefined
    for (const { index } of some) used.add(index)
    associations.set(id, some)
  }
  // A property is named by its place, so that of another stays, empty (ISO/IEC 23008-12 9.3.1).
  const properties = file.properties.map((property, i) =>
    used.has(i + 1) ? property : { type: 'free', bytes: box('free') },
  )
  return {
    ...file,
    brands: file.brands.filter(brand => brands.has(brand)),
    items,
    references,
    associations,
    properties,
  }
}

function strip(bytes: Buffer): Buffer | undefined {
  const file = readHeif(bytes)
  const bare = file && reduce(file)
  if (!bare) return undefined
  const contents = bare.items.map(({ extents }) => {
    return Buffer.concat(extents.map(({ from, to }) => bytes.subarray(from, to === from ? undefined : to)))
  })
  if (bare.items.some(({ extents }) => extents.some(({ to }) => to > bytes.length))) return undefined
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

/** AVIF (ISO/IEC 23008-12): the file is made anew of its images, and XMP is an item of its own in a box at the end. */
export const avif: Weaver = {
  strip,
  extra: ({ xmp }) => xmpExtra + 8 + xmp.length,
  headLength,
  weave(head, size, { xmp }) {
    const file = readHeif(head)
    if (!file) throw new Error('an AVIF that was not stripped')
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
