import { box, u16, u32, versionOf } from './boxes.ts'
import type { HeifFile } from './heif-read.ts'

/** The content type of an XMP item (ISO/IEC 23008-12 A.3). */
const xmpType = Buffer.from('\0application/rdf+xml\0')

/** Where the one extent of an item is, from the start of the file. */
export type Placed = { id: number; type: string; flags: number; from: number; length: number }

type Head = Pick<HeifFile, 'brands' | 'primary' | 'references' | 'properties' | 'associations'>

/**
 * The boxes `ftyp` and `meta` of a file with those items. Its length depends on how many items and references there are,
 * not on places: with XMP, which is an item of type `mime`, it is `xmpExtra` bytes longer.
 */
export function writeHead(file: Head, items: readonly Placed[]): Buffer {
  const [major = '', ...brands] = file.brands
  const latin = (text: string) => Buffer.from(text, 'latin1')
  const entries = items.map(({ id, type, flags }) =>
    box(
      'infe',
      versionOf(2, flags),
      u16(id),
      u16(0),
      latin(type),
      type === 'mime' ? xmpType : Buffer.alloc(1),
    ),
  )
  const places = items.map(({ id, from, length }) =>
    Buffer.concat([u16(id), u16(0), u16(1), u32(from), u32(length)]),
  )
  return Buffer.concat([
    box('ftyp', latin(major), u32(0), ...brands.map(latin)),
    box(
      'meta',
      versionOf(0),
      box('hdlr', versionOf(0), u32(0), latin('pict'), Buffer.alloc(13)),
      box('pitm', versionOf(0), u16(file.primary)),
      box('iinf', versionOf(0), u16(items.length), ...entries),
      writeReferences(file.references),
      box(
        'iprp',
        box('ipco', ...file.properties.map(({ bytes }) => bytes)),
        writeAssociations(file.associations),
      ),
      // Four bytes for an offset, four for a length, none for a base.
      box('iloc', versionOf(0), u16(0x4400), u16(items.length), ...places),
    ),
  ])
}

/** As long without references as an empty box of them, so that one reference always adds as much. */
function writeReferences(references: Head['references']): Buffer {
  if (references.length === 0) return box('free', u32(0))
  const each = references.map(({ type, from, to }) => box(type, u16(from), u16(to.length), ...to.map(u16)))
  return box('iref', versionOf(0), ...each)
}

function writeAssociations(associations: Head['associations']): Buffer {
  const each = [...associations].map(([id, some]) =>
    Buffer.concat([
      u16(id),
      Buffer.from([some.length]),
      ...some.map(({ index, isEssential }) => u16(index + (isEssential ? 0x8000 : 0))),
    ]),
  )
  return box('ipma', versionOf(0, 1), u32(associations.size), ...each)
}

/** How much longer the head is with an XMP item, which refers to one other: in `iinf`, in `iref` and in `iloc`. */
export const xmpExtra = 20 + xmpType.length + 14 + 14
