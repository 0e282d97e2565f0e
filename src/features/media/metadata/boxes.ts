/** A box of ISO-BMFF (ISO/IEC 14496-12 4.2): its type and its place, with the header and without. */
export type Box = { type: string; from: number; start: number; end: number }

/** Most boxes in one box. A picture has far fewer; each takes memory and time to read. */
export const mostBoxes = 1000

/** The boxes between two places; undefined where one goes beyond the end, and where there are more than `mostBoxes`. */
export function boxesIn(bytes: Buffer, from: number, to: number): Box[] | undefined {
  const found: Box[] = []
  for (let at = from; at < to; ) {
    if (at + 8 > to || found.length === mostBoxes) return undefined
    const type = bytes.toString('latin1', at + 4, at + 8)
    let size = bytes.readUInt32BE(at)
    let start = at + 8
    if (size === 1) {
      if (at + 16 > to) return undefined
      size = Number(bytes.readBigUInt64BE(at + 8))
      start += 8
    } else if (size === 0) size = to - at
    if (size < start - at || at + size > to) return undefined
    found.push({ type, from: at, start, end: at + size })
    at += size
  }
  return found
}

/** A box of that type with those parts. `versionOf` as the first part makes it a full box. */
export function box(type: string, ...parts: Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 8)
  return Buffer.concat([u32(length), Buffer.from(type, 'latin1'), ...parts])
}

/** The first four bytes of a full box: its version and its flags. */
export const versionOf = (version: number, flags = 0) => u32(version * 0x1000000 + flags)

/** A number in two bytes. */
export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

/** A number in four bytes. */
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** Reads numbers one after the other. Throws RangeError past the end. */
export function readerOf(bytes: Buffer, from: number): { number(size: number): number; at(): number } {
  let place = from
  return {
    number(size) {
      let value = 0
      for (let i = 0; i < size; i++) value = value * 256 + bytes.readUInt8(place++)
      return value
    },
    at: () => place,
  }
}
