import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { deflateSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'
import t from 'tap'
import { DomainError } from '../src/errors.ts'
import { openLocalFiles } from '../src/features/media/files.ts'
import { weaverOf } from '../src/features/media/metadata/formats.ts'
import { cleanProfile } from '../src/features/media/metadata/icc.ts'
import { sayFault } from '../src/features/media/picture-faults.ts'
import { makeRenditions, type Picture, readPicture } from '../src/features/media/pictures.ts'
import { parseRange } from '../src/features/media/range.ts'
import { makeTurns } from '../src/features/media/turns.ts'
import { avifOf, box, codedImage, gridData, ispe, overlayData, u16, u32 } from './support/avif.ts'
import { ownersProfile, plantSecrets, pngChunk, secrets } from './support/secrets.ts'

const width = 320
const height = 200
const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const
const pixels = await sharp({ create: { width, height, channels: 3, background: '#888', noise } })
  .raw()
  .toBuffer()
const image = () => sharp(pixels, { raw: { width, height, channels: 3 } })
const flat = (background: string, w: number, h: number, channels: 3 | 4 = 3) =>
  sharp({ create: { width: w, height: h, channels, background } })

/** Two frames: the first red, the second noise. */
async function moving(): Promise<Sharp> {
  const frames = Buffer.concat([await flat('#f00', width, height).raw().toBuffer(), pixels])
  return sharp(frames, { raw: { width, height: height * 2, channels: 3, pageHeight: height } })
}

const sound = {
  jpeg: await image().jpeg().toBuffer(),
  progressive: await image().jpeg({ progressive: true }).toBuffer(),
  png: await image().png().toBuffer(),
  interlaced: await image().png({ progressive: true }).toBuffer(),
  webp: await image().webp().toBuffer(),
  lossless: await image().webp({ lossless: true, effort: 0 }).toBuffer(),
  avif: await image().avif({ effort: 0 }).toBuffer(),
  gif: await image().gif({ effort: 1 }).toBuffer(),
  movingGif: await (await moving()).gif({ effort: 1, delay: [100, 100] }).toBuffer(),
  movingWebp: await (await moving()).webp({ effort: 0, delay: [100, 100] }).toBuffer(),
}

function pngOf(w: number, h: number): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0])
  header.writeUInt32BE(w, 0)
  header.writeUInt32BE(h, 4)
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  const data = pngChunk('IDAT', deflateSync(Buffer.alloc(1000)))
  return Buffer.concat([signature, pngChunk('IHDR', header), data, pngChunk('IEND', Buffer.alloc(0))])
}

function gifOf(side: number, frames: number): Buffer {
  const screen = Buffer.from([0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255])
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0x44, 1, 0])
  for (const [part, at] of [
    [screen, 0],
    [frame, 5],
  ] as const) {
    part.writeUInt16LE(side, at)
    part.writeUInt16LE(side, at + 2)
  }
  return Buffer.concat([Buffer.from('GIF89a'), screen, ...Array(frames).fill(frame), Buffer.from(';')])
}

function patched(bytes: Buffer, at: number, patch: readonly number[]): Buffer {
  const copy = Buffer.from(bytes)
  copy.set(patch, at)
  return copy
}

const inserted = (bytes: Buffer, at: number, piece: Buffer) =>
  Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])

async function all(paths: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = []
  for await (const path of paths) found.push(path)
  return found
}

async function refusal(work: Promise<unknown>): Promise<DomainError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof DomainError) return error
  throw new Error(`not refused, or not by a rule: ${error}`)
}

t.test('a picture is known by its content, and its bytes are kept', async t => {
  const expected = { jpeg: 'jpg', png: 'png', webp: 'webp', avif: 'avif', gif: 'gif' } as const
  for (const [format, extension] of Object.entries(expected)) {
    const bytes = sound[format as keyof typeof expected]
    const before = Buffer.from(bytes)
    const picture = await readPicture(bytes)
    t.match(picture, { format, extension, contentType: `image/${format}`, width, height })
    t.match(picture.contentHash, /^[0-9a-f]{32}$/)
    t.equal(picture.bytes, bytes)
    t.ok(bytes.equals(before), `${format} untouched`)
  }
  t.match(await readPicture(sound.movingGif), { format: 'gif', width, height })
  t.match(await readPicture(sound.movingWebp), { format: 'webp', width, height })
  const other = await readPicture(sound.interlaced)
  t.not(other.contentHash, (await readPicture(sound.png)).contentHash, 'the hash is of the bytes')
})

t.test('width and height are as seen after EXIF orientation', async t => {
  const bytes = await image().withMetadata({ orientation: 6 }).jpeg().toBuffer()
  const picture = await readPicture(bytes)
  t.match(picture, { width: height, height: width })
  t.match((await makeRenditions(picture))[0], { width: height, height: width })
})

t.test('a file that is not whole is refused', async t => {
  for (const [name, bytes] of Object.entries(sound)) {
    const cuts = [bytes.length >> 1, Math.floor(bytes.length * 0.9), bytes.length - 20, bytes.length - 2]
    for (const length of [...cuts, bytes.length - 1]) {
      const error = await refusal(readPicture(bytes.subarray(0, length)))
      t.equal(error.code, 'picture-invalid', `${name} cut to ${length} of ${bytes.length}`)
      t.match(error.parts.errors, [{ in: 'body', pointer: '/file', code: 'damaged', detail: /cut short/ }])
    }
  }
  const flipped = patched(sound.png, sound.png.length >> 1, [0, 1, 2, 3, 4, 5])
  t.equal(
    (await refusal(readPicture(flipped))).parts.errors?.[0]?.code,
    'damaged',
    'PNG with a wrong checksum',
  )
})

t.test('what is no picture of the five formats is refused, whatever its name', async t => {
  const hostile: Record<string, [string, Buffer]> = {
    'no bytes': ['empty', Buffer.alloc(0)],
    'HTML named .png': ['type-not-taken', Buffer.from('<!doctype html><script>alert(1)</script>')],
    SVG: ['type-not-taken', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    'SVG with a prolog': ['type-not-taken', Buffer.from('<?xml version="1.0"?><svg width="9" height="9"/>')],
    PDF: ['type-not-taken', Buffer.from('%PDF-1.7\n%%EOF')],
    TIFF: ['type-not-taken', await image().tiff().toBuffer()],
    HEIC: ['type-not-taken', patched(sound.avif, 8, [...Buffer.from('heic')])],
    'animated PNG': [
      'type-not-taken',
      inserted(sound.png, 33, pngChunk('acTL', Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]))),
    ],
    'a PNG header before HTML': [
      'damaged',
      Buffer.concat([sound.png.subarray(0, 33), Buffer.from('<html>')]),
    ],
    'a JPEG signature alone': ['damaged', Buffer.from([0xff, 0xd8, 0xff, 0xe0])],
  }
  for (const [name, [code, bytes]] of Object.entries(hostile)) {
    const error = await refusal(readPicture(bytes))
    t.equal(error.code, 'picture-invalid', name)
    t.match(error.parts.errors, [{ in: 'body', pointer: '/file', code }], name)
  }
})

t.test('a picture that costs too much is refused by its header, before decoding', async t => {
  const ispe = sound.avif.indexOf('ispe')
  const bomb = await flat('#369', 9000, 9000).avif({ effort: 0 }).toBuffer()
  t.ok(bomb.length < 4000, `${bomb.length} bytes`)
  const large = (format: 'jpeg' | 'png', options: object) =>
    flat('#369', 6400, 6400).toFormat(format, options).toBuffer()
  const declared: Record<string, [limit: RegExp, bytes: Buffer]> = {
    '50,000 x 50,000 PNG': [/a PNG may have 100 megapixels$/, pngOf(50_000, 50_000)],
    '50,000 x 50,000 AVIF': [
      /an AVIF may have 12.5 megapixels/,
      patched(sound.avif, ispe + 8, [0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50]),
    ],
    '9,000 x 9,000 AVIF of one colour': [
      /declares 9000 x 9000 pixels; an AVIF may have 12.5 megapixels/,
      bomb,
    ],
    'progressive JPEG': [/a progressive JPEG may have 38/, await large('jpeg', { progressive: true })],
    'interlaced PNG': [/an interlaced PNG may have 32/, await large('png', { progressive: true })],
    WebP: [/a WebP may have 50/, await flat('#369', 7100, 7100).webp({ effort: 0 }).toBuffer()],
    'two frames of 9,000 x 9,000': [/in 2 frames; a GIF may have 50 megapixels, all frames/, gifOf(9000, 2)],
  }
  for (const [name, [detail, bytes]] of Object.entries(declared)) {
    const error = await refusal(readPicture(bytes))
    t.match(
      error,
      { code: 'picture-invalid', parts: { errors: [{ code: 'too-many-pixels', detail }] } },
      name,
    )
  }
  const frames = await refusal(readPicture(gifOf(10, 501)))
  t.match(frames.parts.errors, [{ code: 'too-many-frames', detail: /has 501 frames; a GIF may have 500/ }])

  const damaged = [{ code: 'damaged' }]
  const within = await refusal(readPicture(pngOf(10_000, 10_000)))
  t.match(within.parts.errors, damaged, '100 megapixels are within the limit, so the pixels are read')
  t.match(await readPicture(gifOf(10, 500)), { width: 10 }, '500 frames are within it')
})

/** One coded image of some megapixels, and images made of it. */
async function derived(side: number) {
  const { data, properties } = await codedImage(side, side)
  const own = properties.map((_, i) => i + 1)
  const small = properties.length + 1
  const auxC = box('auxC', u32(0), Buffer.from('urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0'))
  const all = [...properties, ispe(64, 64), auxC]
  const tile = { id: 1, type: 'av01', data, properties: own }
  const shown = (id: number, type: string, content: Buffer) => {
    return { id, type, data: content, properties: [small] }
  }
  const references = (from: number, to: number[]): [string, number, number[]] => ['dimg', from, to]
  const file = (items: Parameters<typeof avifOf>[0]['items'], more: object = {}) =>
    avifOf({ items: [tile, ...items], properties: all, primary: 9, ...more })
  return { data, tile, own, small, all, shown, references, file }
}

t.test('an AVIF costs what is decoded for it, however it is put together', async t => {
  const { tile, own, all, shown, references, file } = await derived(2000)
  const alpha = { ...tile, id: 5, properties: [...own, all.length] }
  const grid = (count: number) => shown(9, 'grid', gridData(1, count, 64, 64))
  const times = (count: number) => Array<number>(count).fill(1)
  const cost: Record<string, Buffer> = {
    'a tile that is named four times': file([grid(4)], { references: [references(9, times(4))] }),
    'a tile that is named 256 times': file([shown(9, 'grid', gridData(16, 16, 64, 64))], {
      references: [references(9, times(256))],
    }),
    'a grid of grids': file([grid(2), shown(4, 'grid', gridData(1, 2, 64, 64))], {
      references: [references(9, [4, 4]), references(4, times(2))],
    }),
    'an overlay': file([shown(9, 'iovl', overlayData(4, 64, 64))], { references: [references(9, times(4))] }),
    'an identity of a grid': file(
      [shown(9, 'iden', Buffer.alloc(1)), shown(4, 'grid', gridData(1, 4, 64, 64))],
      {
        references: [references(9, [4]), references(4, times(4))],
      },
    ),
    'a canvas that is larger than its tiles': file([shown(9, 'grid', gridData(1, 1, 9000, 9000))], {
      references: [references(9, [1])],
    }),
    'the transparency of each tile': file([grid(2), alpha, { ...alpha, id: 6 }], {
      references: [references(9, times(2)), ['auxl', 5, [1]], ['auxl', 6, [1]]],
    }),
  }
  for (const [name, bytes] of Object.entries(cost)) {
    const error = await refusal(readPicture(bytes))
    t.match(error.parts.errors, [{ code: 'too-many-pixels', detail: /larger images than it shows/ }], name)
  }
  const free: Record<string, Buffer> = {
    'a tile that is named three times': file([shown(9, 'grid', gridData(1, 3, 64, 64))], {
      references: [references(9, times(3))],
    }),
    'images that are not shown': file([shown(9, 'grid', gridData(1, 1, 64, 64)), { ...tile, id: 2 }], {
      references: [references(9, [1]), ['thmb', 2, [9]]],
    }),
  }
  for (const [name, bytes] of Object.entries(free)) t.match(await readPicture(bytes), { width: 64 }, name)
})

t.test('an AVIF that is not understood is refused before it is decoded', async t => {
  const { data, tile, own, shown, all, references, file } = await derived(64)
  const one = (more: object = {}) =>
    avifOf({ items: [{ ...tile, id: 9 }], properties: all, primary: 9, ...more })
  const entry = Buffer.concat([u16(9), Buffer.from([255]), Buffer.alloc(255, 3)])
  const many = box('ipma', u32(0), u32(256), ...Array<Buffer>(256).fill(entry))
  const grid = shown(9, 'grid', gridData(1, 1, 64, 64))
  const table: Record<string, Buffer> = {
    'a sequence beside the image': one({ tail: [box('moov')] }),
    'ten long lists of properties': one({ moreProperties: Array(10).fill(many) }),
    'a second list of properties': one({ moreProperties: [box('ipma', u32(0), u32(0))] }),
    'an item twice': one({
      items: [
        { ...tile, id: 9 },
        { ...tile, id: 9 },
      ],
    }),
    'a grid of itself': file([grid], { references: [references(9, [9])] }),
    'two grids of each other': file([grid, shown(4, 'grid', gridData(1, 1, 64, 64))], {
      references: [references(9, [4]), references(4, [9])],
    }),
    'a tile that is not there': file([grid], { references: [references(9, [77])] }),
    'a tile without a size': file(
      [
        { ...grid, properties: own },
        { ...tile, id: 2, properties: [] },
      ],
      {
        references: [references(9, [2])],
      },
    ),
    'a list of parts that goes on behind its box': one({
      references: [['dimg', 9, []]],
      tail: [box('free', Buffer.alloc(0))],
      items: [{ ...tile, id: 9, data }],
    }),
  }
  // The count of the one reference, 65535 instead of none.
  const lying = table['a list of parts that goes on behind its box'] as Buffer
  lying.writeUInt16BE(0xffff, lying.indexOf('dimg') + 6)
  for (const [name, bytes] of Object.entries(table)) {
    const error = await refusal(readPicture(bytes))
    const codes = error.parts.errors?.map(({ code }) => code)
    t.ok(
      codes?.every(code => ['type-not-taken', 'damaged'].includes(code)),
      `${name}: ${codes}`,
    )
    // A size that is missing, or a circle, is no metadata: it is the upload that is refused.
    if (!/grid|size/.test(name)) t.equal(weaverOf('avif').strip(bytes, 1), undefined, `${name}: not readable`)
  }
  t.match(await readPicture(one()), { width: 64 }, 'the same file without a fault')
})

t.test('a limit of the decoder is a fault of the picture', async t => {
  const { tile, all, small } = await derived(64)
  const { data } = await codedImage(5000, 5000)
  const image = { ...tile, id: 9 }
  const nested = (depth: number): Buffer => (depth === 0 ? box('free') : box('dinf', nested(depth - 1)))
  const table: Record<string, Parameters<typeof avifOf>[0]> = {
    'an image larger than it says': {
      items: [{ ...image, data, properties: [small, 2, 3, 4] }],
      properties: all,
      primary: 9,
    },
    '300 items': {
      items: [image, ...Array.from({ length: 300 }, (_, i) => ({ ...image, id: 20 + i, type: 'Exif' }))],
      properties: all,
      primary: 9,
    },
    '200 boxes': {
      items: [image],
      properties: [...all, ...Array<Buffer>(200).fill(box('free'))],
      primary: 9,
    },
    '60 nested boxes': { items: [image], properties: [...all, nested(60)], primary: 9 },
  }
  for (const [name, parts] of Object.entries(table)) {
    const outcome = await readPicture(avifOf(parts)).catch((error: unknown) => error)
    if (!(outcome instanceof Error)) t.match(outcome, { width: 64 }, name)
    else t.match(outcome, { code: 'picture-invalid' }, name)
  }
})

t.test('the public AVIF lists its properties by ascending ids and has its images alone', async t => {
  const { tile, shown, references, all } = await derived(64)
  const [secret = ''] = secrets
  const text = (id: number, type: string, isInMeta: boolean) => {
    return { id, type, data: Buffer.from(secret), isInMeta }
  }
  const bytes = avifOf({
    items: [
      shown(9, 'grid', gridData(1, 1, 64, 64)),
      ...[text(12, 'Exif', true), text(11, 'mime', true), text(3, 'mime', false)],
      tile,
    ],
    properties: all,
    primary: 9,
    references: [references(9, [1]), ['cdsc', 12, [9]]],
  })
  t.ok(bytes.includes(secret))
  const bare = weaverOf('avif').strip(bytes, 1)
  if (!bare) throw new Error('not taken')
  t.notOk(bare.includes(secret))
  const ipma = bare.indexOf('ipma') + 4
  const first = bare.readUInt16BE(ipma + 8)
  const second = bare.readUInt16BE(ipma + 8 + 3 + 2 * bare.readUInt8(ipma + 10))
  t.same([bare.readUInt32BE(ipma + 4), first, second], [2, 1, 9])
  const pixelsOf = (file: Buffer) => sharp(file).raw().toBuffer()
  t.ok((await pixelsOf(bare)).equals(await pixelsOf(bytes)))
})

t.test('a profile keeps its colours and nothing else', async t => {
  const tag = (name: string, from: number, length: number) =>
    Buffer.concat([Buffer.from(name), u32(from), u32(length)])
  const gray = Buffer.concat([
    ...[
      u32(194),
      u32(0),
      u32(0x02000000),
      Buffer.from('mntrGRAYXYZ '),
      Buffer.alloc(12),
      Buffer.from('acsp'),
    ],
    ...[Buffer.alloc(88), u32(2), tag('wtpt', 156, 20), tag('kTRC', 176, 14)],
    ...[Buffer.from('XYZ \0\0\0\0'), Buffer.from('0000f6d6000100000000d32d', 'hex')],
    ...[Buffer.from('curv\0\0\0\0'), u32(1), u16(0x0266), Buffer.alloc(4)],
  ])
  const builtIn = async (name: string, space: string) => {
    const made = image().toColourspace(space).withIccProfile(name).jpeg()
    return (await sharp(await made.toBuffer()).metadata()).icc as Buffer
  }
  const segmentsOf = (profile: Buffer) => {
    const parts = Array.from({ length: Math.ceil(profile.length / 60_000) }, (_, i) =>
      profile.subarray(i * 60_000, (i + 1) * 60_000),
    )
    return parts.map((part, i) => {
      const head = Buffer.concat([
        Buffer.from([0xff, 0xe2]),
        u16(part.length + 16),
        Buffer.from('ICC_PROFILE\0'),
      ])
      return Buffer.concat([head, Buffer.from([i + 1, parts.length]), part])
    })
  }
  const inSrgb = (file: Buffer) => sharp(file).toColourspace('srgb').raw().toBuffer()
  for (const [name, profile, space] of [
    ['p3', await builtIn('p3', 'srgb'), 'srgb'],
    ['srgb', await builtIn('srgb', 'srgb'), 'srgb'],
    ['cmyk', await builtIn('cmyk', 'cmyk'), 'cmyk'],
    ['gray', gray, 'b-w'],
  ] as const) {
    const plain = await image().toColourspace(space).jpeg().toBuffer()
    for (const [kind, sent] of [
      ['as it is', profile],
      ['of an owner', ownersProfile(profile)],
      ['with bytes behind it', Buffer.concat([profile, Buffer.from(secrets[0] as string)])],
    ] as const) {
      const file = inserted(plain, 2, Buffer.concat(segmentsOf(sent)))
      const clean = cleanProfile(sent)
      const bare = weaverOf('jpg').strip(file, 1)
      if (!clean || !bare) throw new Error(`${name} ${kind} is not taken`)
      for (const secret of secrets) t.notOk(bare.includes(secret), `${name} ${kind} without ${secret}`)
      t.ok(clean.equals(cleanProfile(clean) as Buffer), 'once is enough')
      t.ok((await sharp(bare).metadata()).icc?.equals(clean), `${name} ${kind}: the profile is whole`)
      t.ok((await inSrgb(bare)).equals(await inSrgb(file)), `${name} ${kind}: the same colours`)
    }
    // A decoder takes a like profile for CMYK without any.
    if (name === 'p3' || name === 'gray')
      t.notOk(
        (await inSrgb(plain)).equals(await inSrgb(inserted(plain, 2, Buffer.concat(segmentsOf(profile))))),
        name,
      )
  }
  const p3 = await builtIn('p3', 'srgb')
  for (const [name, broken] of Object.entries({
    empty: Buffer.alloc(0),
    'a text': Buffer.from('NOT-A-PROFILE'.repeat(20)),
    'longer than it is': patched(p3, 0, [0xff, 0xff]),
    'without its signature': patched(p3, 36, [0, 0, 0, 0]),
    'tags without end': patched(p3, 128, [0xff, 0xff, 0xff, 0xff]),
    'a tag outside': patched(p3, 132 + 12 * 2 + 4, [0xff, 0xff]),
    'a text in the place of a colour': patched(p3, p3.readUInt32BE(132 + 12 * 2 + 4), [
      ...Buffer.from('text'),
    ]),
    'a device link': patched(p3, 12, [...Buffer.from('link')]),
    'cut short': p3.subarray(0, 200),
  }))
    t.equal(cleanProfile(broken), undefined, name)
})

t.test('metadata is taken out, or the file is given up, whatever the file is', async t => {
  const extensions = { jpeg: 'jpg', png: 'png', webp: 'webp', avif: 'avif', gif: 'gif' } as const
  for (const [name, bytes] of Object.entries(sound)) {
    const format = Object.keys(extensions).find(one => name.toLowerCase().includes(one))
    const extension = format ? extensions[format as keyof typeof extensions] : undefined
    const { strip } = weaverOf(
      extension ?? (name === 'progressive' ? 'jpg' : name === 'lossless' ? 'webp' : 'png'),
    )
    const bare = strip(bytes, 1)
    t.ok(bare && strip(bare, 1)?.equals(bare), `${name}: once is enough`)
    const own = extension ?? (name === 'progressive' ? 'jpg' : name === 'lossless' ? 'webp' : 'png')
    const planted = plantSecrets(own, bytes)
    const known = new Set<string>()
    let looked = 0
    for (let at = 0; at < 400; at += 3) {
      const changed = [0, 0x7f, 0xff].map(value => patched(planted, at, [value]))
      for (const file of [...changed, planted.subarray(0, at)]) {
        const taken = strip(file, 1)
        if (!taken || known.has(taken.toString('latin1'))) continue
        known.add(taken.toString('latin1'))
        // What decoders do not take is refused at the upload.
        const opens = (one: Buffer) =>
          sharp(one, { failOn: 'error', animated: true })
            .raw()
            .toBuffer()
            .then(
              () => true,
              () => false,
            )
        if (!(await opens(file))) continue
        looked++
        const left = secrets.filter(secret => taken.includes(secret))
        if (left.length > 0 || !(await opens(taken))) t.fail(`${name} changed at ${at}: ${left}`)
      }
    }
    t.ok(looked > 3, `${name}: ${looked} were looked at`)
  }
})

t.test(
  'a picture that passes the header is refused for what its pixels do, and never an error of ours',
  async t => {
    for (const [name, bytes] of Object.entries(sound)) {
      // Damage past the header, at several places: whatever sharp says of it is the picture's fault.
      for (const part of [0.3, 0.5, 0.7, 0.9]) {
        const at = Math.floor(bytes.length * part)
        const broken = patched(bytes, at, Array(24).fill(0xa5))
        const outcome = await readPicture(broken)
          .then(makeRenditions)
          .then(
            files => files.length,
            (error: unknown) => error,
          )
        if (outcome !== 6) t.match(outcome, { code: 'picture-invalid' }, `${name} at ${part}`)
      }
    }
    const whole = await readPicture(sound.jpeg)
    const gone = { ...whole, bytes: sound.jpeg.subarray(0, 400) }
    t.match(await refusal(makeRenditions(gone)), { code: 'picture-invalid' }, 'also when renditions are made')
    for (const message of [
      'vips_image_write_to_memory: out of memory -- size == 5149MB',
      'VipsJpeg: Insufficient memory (case 4)',
      'wbuffer_write: write failed\nsystem error: No space left on device',
    ])
      t.throws(() => sayFault(new Error(message)), new Error(message), 'but not for this machine')
    const missing = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })
    t.throws(() => sayFault(missing), missing)
    for (const message of [
      'heif: Memory allocation error: Security limit exceeded: Number of extents in iloc box (40)',
      'source: bad seek to 768\nheif: Memory allocation error: Unspecified',
      'pngload_buffer: out of memory',
    ])
      t.throws(() => sayFault(new Error(message)), { code: 'picture-invalid' }, message)
    t.throws(() => sayFault(new TypeError('x')), TypeError, 'nor for a mistake of ours')
    t.throws(() => sayFault(new Error('timeout: 12% complete')), /takes longer than 30 seconds/)
  },
)

t.test('a sound picture is not refused for stray bytes', async t => {
  const script = Buffer.from('*/=1;alert(1)//')
  for (const [name, bytes] of Object.entries({
    'between JPEG markers': inserted(sound.jpeg, 4 + sound.jpeg.readUInt16BE(4), Buffer.from([0, 0, 0])),
    'after a JPEG': Buffer.concat([sound.jpeg, script]),
    'after a GIF': Buffer.concat([sound.gif, script]),
    'after a PNG': Buffer.concat([sound.png, script]),
  })) {
    t.match(await readPicture(bytes), { width, height }, name)
  }
})

t.test('every picture has six renditions, none wider than itself', async t => {
  for (const [w, h, widths] of [
    [1600, 1000, [1280, 640, 320]],
    [500, 300, [500, 500, 320]],
    [10, 4, [10, 10, 10]],
    [5000, 1, [1280, 640, 320]],
  ] as const) {
    const picture = await readPicture(await flat('#369', w, h).png().toBuffer())
    const started = performance.now()
    const files = await makeRenditions(picture)
    t.comment(`${w} x ${h}: six renditions in ${Math.round(performance.now() - started)} ms`)
    const names = ['w1280', 'w640', 'w320'].flatMap(preset => [`${preset}.webp`, `${preset}.jpg`])
    t.same(
      files.map(file => `${file.preset}.${file.format}`),
      names,
    )
    t.same(
      files.map(file => file.width),
      widths.flatMap(one => [one, one]),
    )
    for (const file of files) {
      const header = await sharp(file.bytes).metadata()
      t.equal(file.contentType, `image/${header.format}`)
      t.same([header.width, header.height], [file.width, file.height])
      t.equal(file.height, Math.max(1, Math.round((h * file.width) / w)), 'same shape')
    }
  }
})

t.test('a strip too tall for WebP gets narrower, not refused', async t => {
  const files = await makeRenditions(await readPicture(await flat('#369', 100, 20_000).png().toBuffer()))
  t.equal(files.length, 6)
  t.match(files[0], { preset: 'w1280', width: 82, height: 16_383 })
})

t.test('renditions are sRGB, show the first frame, and carry no metadata', async t => {
  const first = async (bytes: Buffer) => makeRenditions(await readPicture(bytes))
  const colour = async (bytes: Buffer) => [...(await sharp(bytes).raw().toBuffer()).subarray(0, 3)]
  const near = (found: number[], wanted: number[], name: string) =>
    t.ok(
      wanted.every((value, at) => Math.abs(value - (found[at] ?? -99)) < 6),
      `${name}: ${found}`,
    )

  const secret = { IFD0: { Artist: 'Someone' }, IFD3: { GPSLatitude: '42/1 41/1 0/1', GPSLatitudeRef: 'N' } }
  const located = await flat('#f00', 700, 500).jpeg().withExif(secret).withXmp('<x/>').toBuffer()
  t.ok((await sharp(located).metadata()).exif, 'the original has EXIF')
  for (const file of await first(located)) {
    const { exif, icc, xmp, iptc, space } = await sharp(file.bytes).metadata()
    t.same(
      { exif, icc, xmp, iptc, space },
      { exif: undefined, icc: undefined, xmp: undefined, iptc: undefined, space: 'srgb' },
    )
  }

  const wide = await flat('#f00', 400, 300).withIccProfile('p3').png().toBuffer()
  const cmyk = await flat('#f00', 400, 300).toColourspace('cmyk').withIccProfile('cmyk').jpeg().toBuffer()
  const grey = await flat('#808080', 400, 300).toColourspace('grey16').png().toBuffer()
  const clear = await flat('#0000', 400, 300, 4).png().toBuffer()
  for (const file of await first(wide)) near(await colour(file.bytes), [255, 0, 0], 'Display P3')
  for (const file of await first(cmyk)) t.ok(((await colour(file.bytes))[0] ?? 0) > 200, 'CMYK red is red')
  for (const file of await first(grey)) near(await colour(file.bytes), [128, 128, 128], '16-bit grey')
  for (const bytes of [sound.movingGif, sound.movingWebp]) {
    for (const file of await first(bytes)) {
      near(await colour(file.bytes), [255, 0, 0], 'first frame')
      t.equal((await sharp(file.bytes).metadata()).pages ?? 1, 1, 'a still')
    }
  }
  for (const file of await first(clear)) {
    if (file.format === 'jpg') near(await colour(file.bytes), [255, 255, 255], 'white under transparency')
    else t.ok((await sharp(file.bytes).metadata()).hasAlpha, 'webp keeps transparency')
  }
})

t.test('too many pictures at once are refused as busy, and those let in are finished', async t => {
  const picture: Picture = await readPicture(sound.jpeg)
  const reads = Array.from({ length: 20 }, () => readPicture(sound.jpeg))
  const settled = Promise.allSettled(reads)
  await Promise.any(reads)
  t.equal((await makeRenditions(picture)).length, 6, 'one let in before is not refused')
  const results = await settled
  const refused = results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []))
  // 2 in work and 8 waiting are taken; one that ends before the last has come makes room for it.
  t.ok(refused.length > 0 && refused.length <= 10, `${refused.length} refused`)
  for (const error of refused) t.match(error, { code: 'busy', parts: { headers: { 'retry-after': '5' } } })
  t.match(await readPicture(sound.jpeg), { width }, 'and then it takes pictures again')
})

t.test('who waits longer than the deadline is refused as busy, and others take the place', async t => {
  const takeTurn = makeTurns({ atOnce: 2, mostWaiting: 3, waitMs: 300 })
  const slow = Promise.withResolvers<string>()
  const first = takeTurn('read', 1, () => slow.promise)
  const large = takeTurn('read', 2, async () => 'large')
  // Its deadline is half of one later, so that it is still waiting when the large one is refused.
  await delay(150)
  const small = takeTurn('read', 1, async () => 'small')
  const late = await refusal(large)
  t.match(late, { code: 'busy', parts: { headers: { 'retry-after': '5' } } })
  t.equal(await small, 'small', 'smaller work behind it fits now')
  t.equal(await takeTurn('render', 1, async () => 'next'), 'next', 'one fits beside the slow one')
  t.equal((await refusal(takeTurn('read', 2, async () => 'large'))).code, 'busy')
  slow.resolve('done')
  t.equal(await first, 'done', 'what is in work is finished')
  t.equal(await takeTurn('read', 2, async () => 'large'), 'large', 'and then there is room')
  await t.rejects(
    takeTurn('read', 1, () => Promise.reject(new Error('x'))),
    /x/,
  )
  t.equal(await takeTurn('read', 2, async () => 'again'), 'again', 'a failure gives its room back')
})

t.test('the file store gives back what was put, whole or by range', async t => {
  const files = await openLocalFiles(join(t.testdir(), 'deep', 'media'), Date.now)
  const path = 'ab/019b/abcd/original.jpg'
  t.equal(await files.open(path), undefined)
  await files.put(path, Buffer.from('0123456789'))
  await files.put(path, Buffer.from('0123456789'))
  const file = await files.open(path)
  t.match(file, { size: 10, modifiedAt: Number })
  t.equal(file && (await text(file.stream())), '0123456789')
  t.equal(file && (await text(file.stream({ start: 2, end: 4 }))), '234')
  t.equal(await files.open('ab/019b'), undefined, 'a folder is no file')
  t.equal(await files.open(`${path}/x.jpg`), undefined, 'nor is something under a file')

  await files.put('cd/1/2/w320.webp', Buffer.from('x'))
  t.same((await all(files.list())).sort(), [path, 'cd/1/2/w320.webp'])
  await files.remove([path, 'ef/none.jpg'])
  t.same(await all(files.list()), ['cd/1/2/w320.webp'])
  t.equal(await files.open('ab'), undefined)
})

t.test('the file store refuses paths that are not its own', async t => {
  const files = await openLocalFiles(t.testdir(), Date.now)
  for (const path of [
    '../x',
    'a/../../x',
    '/etc/passwd',
    'a\0b',
    '',
    'a//b',
    './a',
    'a\\b',
    '.incoming/x',
    'a/',
  ]) {
    await t.rejects(files.put(path, Buffer.from('x')), /not a path/, JSON.stringify(path))
    await t.rejects(files.open(path), /not a path/)
    await t.rejects(files.remove([path]), /not a path/)
  }
})

t.test('what a killed upload left over is removed, a live upload is not', async t => {
  const root = t.testdir()
  await mkdir(join(root, '.incoming'))
  for (const name of ['dead', 'live']) await writeFile(join(root, '.incoming', name), 'half')
  const past = new Date(Date.now() - 11 * 60_000)
  await utimes(join(root, '.incoming', 'dead'), past, past)
  const files = await openLocalFiles(root, Date.now)
  t.same(await readdir(join(root, '.incoming')), ['live'])
  t.same(await all(files.list()), [], 'neither is a stored file')
})

t.test(
  'uploads and removals side by side leave whole files, and folders only where there are files',
  async t => {
    const root = t.testdir()
    const files = await openLocalFiles(root, Date.now)
    const path = (n: number) => `aa/m${n % 3}/hash/w320.webp`
    await Promise.all(
      Array.from({ length: 90 }, (_, n) => (n % 2 ? files.remove([path(n)]) : files.put(path(n), pixels))),
    )
    for await (const one of files.list()) t.equal((await files.open(one))?.size, pixels.length)
    await files.remove([0, 1, 2].map(path))
    t.same(await readdir(root), ['.incoming'])
    t.same(await readdir(join(root, '.incoming')), [])
  },
)

t.test('a Range header is read as RFC 9110 14 says', async t => {
  for (const [header, size, wanted] of [
    [undefined, 10, 'whole'],
    ['bytes=0-', 10, { start: 0, end: 9 }],
    ['bytes=0-0', 10, { start: 0, end: 0 }],
    ['Bytes=2-4', 10, { start: 2, end: 4 }],
    ['bytes=5-99', 10, { start: 5, end: 9 }],
    ['bytes=-3', 10, { start: 7, end: 9 }],
    ['bytes=-99', 10, { start: 0, end: 9 }],
    [`bytes=3-${'9'.repeat(400)}`, 10, { start: 3, end: 9 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    [`bytes=${'9'.repeat(400)}-`, 10, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=-5', 0, 'whole'],
    ['bytes=4-2', 10, 'whole'],
    ['bytes=0-1,3-4', 10, 'whole'],
    ['bytes=-', 10, 'whole'],
    ['bytes= 0-1', 10, 'whole'],
    ['bytes=a-b', 10, 'whole'],
    ['items=0-1', 10, 'whole'],
    ['', 10, 'whole'],
  ] as const) {
    t.same(parseRange(header, size), wanted, `${header} of ${size}`)
  }
})
