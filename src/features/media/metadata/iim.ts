import type { PrintedWords } from './xmp.ts'

/** The longest value whose length two bytes can tell (IPTC-IIM 4.2, 1.6); a longer one has an extended length. */
const longestPlain = 0x7fff

function dataset(record: number, number: number, value: Buffer): Buffer {
  const isPlain = value.length <= longestPlain
  const head = Buffer.alloc(isPlain ? 5 : 9)
  head.set([0x1c, record, number])
  if (isPlain) head.writeUInt16BE(value.length, 3)
  else {
    head.writeUInt16BE(0x8004, 3)
    head.writeUInt32BE(value.length, 5)
  }
  return Buffer.concat([head, value])
}

/**
 * The words as IPTC-IIM 4.2 in UTF-8. Words are longer here than IIM's own limits, for example 32 bytes of a credit:
 * cut ones would differ from XMP, and readers take whole ones.
 */
export function writeIim({ caption, credit, rights, photographer }: PrintedWords): Buffer {
  const words: [number, string | null][] = [
    [80, photographer],
    [110, credit],
    [116, rights],
    [120, caption],
  ]
  return Buffer.concat([
    dataset(1, 90, Buffer.from('\x1b%G')),
    dataset(2, 0, Buffer.from([0, 4])),
    ...words.flatMap(([number, text]) => (text ? [dataset(2, number, Buffer.from(text))] : [])),
  ])
}

/** An image resource block of Photoshop with the IIM in it, as JPEG's APP13 has it. */
export function resourceOf(iim: Buffer): Buffer {
  const head = Buffer.from('Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\0', 'latin1')
  head.writeUInt32BE(iim.length, head.length - 4)
  return Buffer.concat([head, iim, Buffer.alloc(iim.length % 2)])
}
