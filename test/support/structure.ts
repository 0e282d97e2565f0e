/** A reader of the five formats that shares no code with the service: the parts a file has, by name, and what they hold. */
type Part = { name: string; data: Buffer }

/** The parts of a picture in their order: segments, chunks, extensions, or items. Throws for bytes behind the end. */
export function partsOf(extension: string, bytes: Buffer): Part[] {
  const read = readers[extension as keyof typeof readers]
  return read(bytes)
}

/** The XMP packets of a picture, as text. */
export function packetsOf(extension: string, bytes: Buffer): string[] {
  const isXmp: Record<string, (part: Part) => boolean> = {
    jpg: ({ name, data }) =>
      name === 'APP1' && data.subarray(0, 29).toString() === 'http://ns.adobe.com/xap/1.0/\0',
    png: ({ name, data }) => name === 'iTXt' && data.subarray(0, 18).toString() === 'XML:com.adobe.xmp\0',
    webp: ({ name }) => name === 'XMP ',
    gif: ({ name }) => name === 'XMP DataXMP',
    avif: ({ name }) => name === 'mime application/rdf+xml',
  }
  const skip: Record<string, number> = { jpg: 29, png: 22 }
  return partsOf(extension, bytes)
    .filter(part => isXmp[extension]?.(part))
    .map(({ data }) => data.toString('utf8', skip[extension] ?? 0))
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', '#xD': '\r' }

/** The texts of a packet by the path of their elements; an alternative's language stands behind its name. */
export function wordsOf(packet: string): Record<string, string> {
  const found: Record<string, string> = {}
  const path: string[] = []
  for (const [, close, name, attributes = '', text = ''] of packet.matchAll(
    /<(\/?)([\w:]+)((?:\s+[\w:]+="[^"]*")*)\s*>([^<]*)/g,
  )) {
    if (close) {
      path.pop()
      continue
    }
    const language = /xml:lang="([^"]*)"/.exec(attributes)?.[1]
    path.push(language ? `${name} ${language}` : (name as string))
    const plain = text.replace(/&(#?\w+);/g, (_, entity) => entities[entity] as string)
    if (plain !== '') found[path.filter(one => !/^(x:|rdf:(RDF|Desc|Alt|Seq))/.test(one)).join(' ')] = plain
  }
  return found
}

/** The datasets of IPTC-IIM in a JPEG, as `record:number`. */
export function datasetsOf(bytes: Buffer): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { data } of partsOf('jpg', bytes).filter(({ name }) => name === 'APP13')) {
    if (data.toString('latin1', 0, 24) !== 'Photoshop 3.0\x008BIM\x04\x04\0\0\0\0') throw new Error('not IIM')
    const end = 26 + data.readUInt16BE(24)
    for (let at = 26; at < end; ) {
      const length = data.readUInt16BE(at + 3)
      if (data[at] !== 0x1c || length > 0x7fff) throw new Error(`no dataset at ${at}`)
      found[`${data[at + 1]}:${data[at + 2]}`] = data.toString('utf8', at + 5, at + 5 + length)
      at += 5 + length
    }
  }
  return found
}

const readers = { jpg: readJpeg, png: readPng, webp: readWebp, gif: readGif, avif: readAvif }

function readJpeg(bytes: Buffer): Part[] {
  const parts: Part[] = []
  let at = 2
  for (;;) {
    if (bytes[at] !== 0xff) throw new Error(`no marker at ${at}`)
    const marker = bytes[at + 1] as number
    if (marker === 0xd9) break
    const end = at + 2 + bytes.readUInt16BE(at + 2)
    const name = marker >= 0xe0 && marker <= 0xef ? `APP${marker - 0xe0}` : marker.toString(16).toUpperCase()
    parts.push({ name, data: bytes.subarray(at + 4, end) })
    at = end
    // Entropy-coded data goes on to the next marker that is no restart.
    if (marker === 0xda)
      while (bytes[at] !== 0xff || bytes[at + 1] === 0 || ((bytes[at + 1] as number) & 0xf8) === 0xd0) at++
  }
  if (at + 2 !== bytes.length) throw new Error('bytes behind the end')
  return parts
}

function readPng(bytes: Buffer): Part[] {
  const parts: Part[] = []
  for (let at = 8; at < bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at)
    parts.push({ name: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + 8, end) })
    at = end + 4
  }
  if (parts.at(-1)?.name !== 'IEND') throw new Error('bytes behind the end')
  return parts
}

function readWebp(bytes: Buffer): Part[] {
  if (bytes.readUInt32LE(4) !== bytes.length - 8) throw new Error('bytes behind the end')
  return riffChunks(bytes.subarray(12))
}

function riffChunks(bytes: Buffer): Part[] {
  const parts: Part[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4)
    const part = { name: bytes.toString('latin1', at, at + 4), data: bytes.subarray(at + 8, at + 8 + length) }
    parts.push(part)
    if (part.name === 'ANMF')
      parts.push(...riffChunks(part.data.subarray(16)).map(one => ({ ...one, name: `ANMF ${one.name}` })))
    at += 8 + length + (length % 2)
  }
  return parts
}

function readGif(bytes: Buffer): Part[] {
  const parts: Part[] = []
  const table = (packed: number) => (packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0)
  let at = 13 + table(bytes[10] as number)
  while (bytes[at] !== 0x3b) {
    const isImage = bytes[at] === 0x2c
    let end = isImage ? at + 11 + table(bytes[at + 9] as number) : at + 2
    while (bytes[end]) end += (bytes[end] as number) + 1
    const label = (bytes[at + 1] as number).toString(16)
    const name = isImage ? 'image' : label === 'ff' ? bytes.toString('latin1', at + 3, at + 14) : label
    parts.push({ name, data: bytes.subarray(at + 14, name === 'XMP DataXMP' ? end - 257 : end) })
    at = end + 1
  }
  if (at + 1 !== bytes.length) throw new Error('bytes behind the end')
  return parts
}

/** Boxes of the top by their type, then the items of `meta` with their bytes; each byte of `mdat` is of an item. */
function readAvif(bytes: Buffer): Part[] {
  const boxes = (from: number, to: number) => {
    const found: { name: string; from: number; to: number }[] = []
    for (let at = from; at < to; at += bytes.readUInt32BE(at))
      found.push({
        name: bytes.toString('latin1', at + 4, at + 8),
        from: at + 8,
        to: at + bytes.readUInt32BE(at),
      })
    return found
  }
  const top = boxes(0, bytes.length)
  const meta = top.find(({ name }) => name === 'meta')
  const children = meta ? boxes(meta.from + 4, meta.to) : []
  const place = (name: string) => children.find(child => child.name === name)?.from ?? Number.NaN
  const count = bytes.readUInt16BE(place('iinf') + 4)
  const names = new Map<number, string>()
  for (const { from, to } of boxes(
    place('iinf') + 6,
    children.find(({ name }) => name === 'iinf')?.to ?? 0,
  )) {
    const [type = '', name = '', content = ''] =
      bytes.toString('latin1', from + 8, to).match(/^.{4}|[^\0]*\0/gs) ?? []
    names.set(bytes.readUInt16BE(from + 4), `${type}${name.slice(0, -1)} ${content.slice(0, -1)}`.trim())
  }
  const parts: Part[] = []
  let covered = 0
  for (let i = 0; i < count; i++) {
    const at = place('iloc') + 8 + i * 14
    const [from, length] = [bytes.readUInt32BE(at + 6), bytes.readUInt32BE(at + 10)]
    parts.push({ name: names.get(bytes.readUInt16BE(at)) ?? '?', data: bytes.subarray(from, from + length) })
    covered += length
  }
  const media = top.filter(({ name }) => name === 'mdat').reduce((sum, { from, to }) => sum + to - from, 0)
  if (media !== covered) throw new Error(`${media - covered} bytes of no item`)
  const rest = top.map(({ name }) => name).filter(name => !['ftyp', 'meta', 'mdat'].includes(name))
  return [...rest.map(name => ({ name, data: Buffer.alloc(0) })), ...parts]
}
