import sharp from 'sharp'

/** An item of an AVIF: its bytes, and its properties as numbers from 1; `isInMeta` puts the bytes into `idat`. */
type Item = { id: number; type: string; data: Buffer; properties?: number[]; isInMeta?: boolean }
type Parts = {
  items: Item[]
  properties: Buffer[]
  primary: number
  references?: [type: string, from: number, to: number[]][]
  /** More boxes in `iprp`, and behind the file. */
  moreProperties?: Buffer[]
  tail?: Buffer[]
}

export const u16 = (...values: number[]) => Buffer.from(values.flatMap(value => [value >> 8, value & 255]))
export const u32 = (value: number) => u16(value >>> 16, value & 0xffff)
export const box = (type: string, ...parts: Buffer[]) => {
  const content = Buffer.concat(parts)
  return Buffer.concat([u32(content.length + 8), Buffer.from(type, 'latin1'), content])
}
export const ispe = (width: number, height: number) => box('ispe', u32(0), u32(width), u32(height))
/** The data of a grid, and of an overlay of its parts at the top left. */
export const gridData = (rows: number, columns: number, width: number, height: number) =>
  Buffer.concat([Buffer.from([0, 0, rows - 1, columns - 1]), u16(width, height)])
export const overlayData = (parts: number, width: number, height: number) =>
  Buffer.concat([u16(0, 0, 0, 0, 0xffff, width, height), Buffer.alloc(4 * parts)])

/** The coded image and the properties that the encoder gives to a picture of one colour, without the file around it. */
export async function codedImage(
  width: number,
  height: number,
): Promise<{ data: Buffer; properties: Buffer[] }> {
  const file = await sharp({ create: { width, height, channels: 3, background: '#369' } })
    .avif({ effort: 0 })
    .toBuffer()
  const at = (name: string, from = 0) => file.indexOf(name, from, 'latin1') - 4
  const whole = (from: number) => file.subarray(from, from + file.readUInt32BE(from))
  const properties = ['ispe', 'pixi', 'av1C', 'colr']
    .filter(name => at(name) > 0)
    .map(name => whole(at(name)))
  return { data: whole(at('mdat')).subarray(8), properties }
}

/** Puts an AVIF together, in the order of `items`. Every item but the primary one is hidden. */
export function avifOf({
  items,
  properties,
  primary,
  references = [],
  moreProperties = [],
  tail = [],
}: Parts): Buffer {
  const ftyp = box('ftyp', Buffer.from('avif'), u32(0), Buffer.from('avifmif1miaf'))
  const inMeta = items.filter(({ isInMeta }) => isInMeta)
  const outside = items.filter(({ isInMeta }) => !isInMeta)
  const places = (list: Item[], start: number) => {
    let from = start
    return list.map(({ data }) => {
      from += data.length
      return from - data.length
    })
  }
  const meta = (start: number) => {
    const [near, far] = [places(inMeta, 0), places(outside, start)]
    return box(
      'meta',
      u32(0),
      box('hdlr', u32(0), u32(0), Buffer.from('pict'), Buffer.alloc(13)),
      box('pitm', u32(0), u16(primary)),
      box(
        'iloc',
        u32(0x01000000),
        u16(0x4400, items.length),
        ...items.map(item => {
          const from = item.isInMeta ? near[inMeta.indexOf(item)] : far[outside.indexOf(item)]
          const head = u16(item.id, item.isInMeta ? 1 : 0, 0, 1)
          return Buffer.concat([head, u32(from as number), u32(item.data.length)])
        }),
      ),
      box(
        'iinf',
        u32(0),
        u16(items.length),
        ...items.map(({ id, type }) =>
          box(
            'infe',
            u32(id === primary ? 0x02000000 : 0x02000001),
            u16(id, 0),
            Buffer.from(`${type}\0${type === 'mime' ? 'text/plain\0' : ''}`),
          ),
        ),
      ),
      box('iref', u32(0), ...references.map(([type, from, to]) => box(type, u16(from, to.length, ...to)))),
      box(
        'iprp',
        box('ipco', ...properties),
        box(
          'ipma',
          u32(0),
          u32(items.length),
          ...items.map(({ id, properties = [] }) =>
            Buffer.concat([u16(id), Buffer.from([properties.length, ...properties])]),
          ),
        ),
        ...moreProperties,
      ),
      box('idat', ...inMeta.map(({ data }) => data)),
    )
  }
  const start = ftyp.length + meta(0).length + 8
  return Buffer.concat([ftyp, meta(start), box('mdat', ...outside.map(({ data }) => data)), ...tail])
}
