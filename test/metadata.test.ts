import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'
import t from 'tap'
import type { Newsroom } from './support/newsroom.ts'
import { makeForm, makeTag, openNewsroom, publishNew } from './support/newsroom.ts'
import { ownersProfile, plantSecrets, secrets, withSecrets } from './support/secrets.ts'
import { datasetsOf, packetsOf, partsOf, wordsOf } from './support/structure.ts'

type Rendition = { name: string; url: string; bytes: number; width: number; height: number }

const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const
const image = () => sharp({ create: { width: 90, height: 60, channels: 3, background: '#888', noise } })

const clear = () => sharp({ create: { width: 90, height: 60, channels: 4, background: '#36c8' } })

async function moving(): Promise<Sharp> {
  const frames = await sharp({ create: { width: 90, height: 120, channels: 3, background: '#888', noise } })
    .raw()
    .toBuffer()
  return sharp(frames, { raw: { width: 90, height: 120, channels: 3, pageHeight: 60 } })
}

/** A file of the profile that an encoder takes, with secrets in it. */
async function secretProfile(name: 'p3' | 'cmyk'): Promise<string> {
  const wide = image().toColourspace(name === 'cmyk' ? 'cmyk' : 'srgb')
  const { icc } = await sharp(await wide.withIccProfile(name).jpeg().toBuffer()).metadata()
  const path = join(t.testdirName, `${name}.icc`)
  await writeFile(path, ownersProfile(icc as Buffer))
  return path
}

t.testdir()
const [owners, printers] = await Promise.all([secretProfile('p3'), secretProfile('cmyk')])
const profiled = (path = owners) => withSecrets(image().withIccProfile(path))

/** Files as cameras and editors make them: each form of each format, with all secrets in it. */
const uploads: Record<string, [extension: string, made: () => Promise<Buffer>]> = {
  JPEG: ['jpg', () => withSecrets(image()).jpeg().toBuffer()],
  'progressive JPEG': ['jpg', () => withSecrets(image()).jpeg({ progressive: true }).toBuffer()],
  'JPEG on its side': [
    'jpg',
    () =>
      withSecrets(image().withMetadata({ orientation: 6 }))
        .jpeg()
        .toBuffer(),
  ],
  'CMYK JPEG with a profile': [
    'jpg',
    () => withSecrets(image().toColourspace('cmyk').withIccProfile('cmyk')).jpeg().toBuffer(),
  ],
  PNG: ['png', () => withSecrets(image()).png().toBuffer()],
  'PNG with a palette': ['png', () => withSecrets(image()).png({ palette: true }).toBuffer()],
  'PNG on its side': [
    'png',
    () =>
      withSecrets(image().withMetadata({ orientation: 8 }))
        .png()
        .toBuffer(),
  ],
  'PNG with a profile': ['png', () => withSecrets(image().withIccProfile('p3')).png().toBuffer()],
  'transparent WebP': ['webp', () => withSecrets(clear()).webp().toBuffer()],
  'lossless WebP': ['webp', () => withSecrets(clear()).webp({ lossless: true }).toBuffer()],
  'WebP on its side': [
    'webp',
    () =>
      withSecrets(image().withMetadata({ orientation: 3 }))
        .webp()
        .toBuffer(),
  ],
  'animated WebP': [
    'webp',
    async () =>
      withSecrets(await moving())
        .webp({ delay: [90, 90] })
        .toBuffer(),
  ],
  AVIF: ['avif', () => withSecrets(image()).avif({ effort: 0 }).toBuffer()],
  'transparent AVIF': ['avif', () => withSecrets(clear()).avif({ effort: 0 }).toBuffer()],
  'JPEG with an owner in its profile': ['jpg', () => profiled().jpeg().toBuffer()],
  'CMYK JPEG with an owner in its profile': [
    'jpg',
    () => withSecrets(image().toColourspace('cmyk').withIccProfile(printers)).jpeg().toBuffer(),
  ],
  'PNG with an owner in its profile': ['png', () => profiled().png().toBuffer()],
  'WebP with an owner in its profile': ['webp', () => profiled().webp().toBuffer()],
  'AVIF with an owner in its profile': ['avif', () => profiled().avif({ effort: 0 }).toBuffer()],
  GIF: ['gif', () => image().gif({ effort: 1 }).toBuffer()],
  'animated GIF': ['gif', async () => (await moving()).gif({ delay: [90, 90], loop: 3 }).toBuffer()],
}

/** The parts that a public file may have. */
const allowed: Record<string, RegExp> = {
  jpg: /^(APP0|APP1|APP2|APP13|APP14|C[0-9A-F]|D[A-F])$/,
  png: /^(IHDR|PLTE|IDAT|IEND|tRNS|gAMA|cHRM|sRGB|iCCP|sBIT|bKGD|pHYs|eXIf|iTXt)$/,
  webp: /^(VP8X|ICCP|ANIM|ANMF|(ANMF )?(ALPH|VP8 |VP8L)|EXIF|XMP )$/,
  gif: /^(image|f9|NETSCAPE2.0|XMP DataXMP)$/,
  avif: /^(av01|grid|mime application\/rdf\+xml)$/,
}
/** The least EXIF: a head, one entry of 12 bytes that is the orientation, and the end. */
const leastExif = /^(457869660000)?4d4d002a0000000800010112000300000001000[2-8]000000000000$/

const words = {
  caption: 'Мостът „Х“ при "Русе" & <Гюргево> ]]> 🙂',
  credit: 'БТА/Вера "Ви" Колева',
  rights: 'Всички права <запазени> &amp; ]]>',
  photographer: 'Вера Колева 🙂',
}
const printed = {
  'dc:description rdf:li x-default': words.caption,
  'dc:description rdf:li bg': words.caption,
  'photoshop:Credit': words.credit,
  'dc:rights rdf:li x-default': words.rights,
  'dc:creator rdf:li': words.photographer,
  'xmpRights:Marked': 'True',
}

async function open(t: Parameters<typeof openNewsroom>[0], settings = {}): Promise<Newsroom> {
  const newsroom = await openNewsroom(t, { settings: { LANGUAGE: 'bg', ...settings } })
  await makeTag(newsroom, 'world')
  return newsroom
}

async function upload(
  { request, key }: Newsroom,
  bytes: Buffer,
  more: Record<string, string>,
): Promise<string> {
  const { status, text, body } = await request('POST', '/v1/editorial/media', {
    key,
    ...makeForm(bytes, more),
  })
  if (status !== 201) throw new Error(`${bytes.toString('latin1', 0, 12)}: ${text}`)
  return body.id
}

const renditionsOf = async ({ get }: Newsroom, id: string): Promise<Rendition[]> =>
  (await get(`/v1/media/${id}`)).body.renditions
const pathOf = (url: string) => new URL(url).pathname
const extensionOf = (url: string) => url.slice(url.lastIndexOf('.') + 1)
const pixelsOf = (bytes: Buffer) =>
  sharp(bytes, { animated: true, failOn: 'error' }).autoOrient().raw().toBuffer()

t.test(
  'no public byte has what came with the upload, and every one has the words of the newsroom',
  async t => {
    const newsroom = await open(t)
    for (const [name, [extension, make]] of Object.entries(uploads)) {
      const sent = plantSecrets(extension, await make())
      t.ok(secrets.filter(secret => sent.includes(secret)).length >= 3, `${name} has secrets`)
      const id = await upload(newsroom, sent, words)
      await publishNew(newsroom, { leadMedia: id })
      const renditions = await renditionsOf(newsroom, id)
      t.equal(renditions.length, 7, name)
      for (const { name: rendition, url, bytes } of renditions) {
        const { bytes: file, status } = await newsroom.get(pathOf(url))
        t.match([status, file.length], [200, bytes], `${name} ${rendition}`)
        const own = extensionOf(url)
        for (const secret of [...secrets, 'JFXX', 'MPF'])
          t.notOk(file.includes(secret), `${name} ${rendition} without ${secret}`)
        for (const part of partsOf(own, file)) {
          t.match(part.name, allowed[own] as RegExp, `${name} ${rendition}`)
          if (/exif/i.test(part.name) || (part.name === 'APP1' && part.data.includes('Exif')))
            t.match(part.data.toString('hex'), leastExif)
          if (part.name !== 'iCCP') continue
          t.equal(part.data.toString('latin1', 0, 5), 'icc\0\0', 'a profile has no name of its own')
          const profile = inflateSync(part.data.subarray(5))
          for (const secret of secrets) t.notOk(profile.includes(secret), `${name} profile without ${secret}`)
        }
        const packets = packetsOf(own, file)
        t.same(packets.map(wordsOf), [printed], `${name} ${rendition}`)
        if (own === 'jpg') {
          const { caption, credit, rights, photographer } = words
          t.match(datasetsOf(file), {
            ...{ '1:90': '\x1b%G', '2:120': caption, '2:110': credit, '2:116': rights, '2:80': photographer },
          })
        }
        if (own !== 'gif')
          t.same(String((await sharp(file).metadata()).xmp), packets[0], 'libvips finds it too')
      }
      const original = (await newsroom.get(pathOf((renditions[0] as Rendition).url))).bytes
      t.ok((await pixelsOf(original)).equals(await pixelsOf(sent)), `${name}: the same pixels`)
      const facts = async (bytes: Buffer) => {
        const {
          width,
          height,
          pages,
          delay,
          loop,
          icc,
          orientation = 1,
          hasAlpha,
        } = await sharp(bytes, { failOn: 'error' }).metadata()
        return {
          width,
          height,
          pages,
          delay,
          loop,
          hasProfile: icc?.toString('latin1', 36, 40) === 'acsp',
          orientation,
          hasAlpha,
        }
      }
      t.same(await facts(original), await facts(sent), `${name}: profile, orientation and animation are kept`)

      const { body } = await newsroom.get(`/v1/editorial/media/${id}`, { key: newsroom.key })
      const untouched = await newsroom.get(pathOf(body.renditions[0].url), { key: newsroom.key })
      t.ok(untouched.bytes.equals(sent), `${name}: the desk has the upload`)
      t.equal((await newsroom.get(pathOf(body.renditions[0].url))).status, 401)
      const guess = pathOf(body.renditions[0].url).replace('/editorial', '')
      t.equal((await newsroom.get(guess)).status, 404, 'the hash of the upload is no public address')
    }
  },
)

t.test('words are written verbatim, whatever is in them, and nothing where there are none', async t => {
  const newsroom = await open(t)
  const long = {
    caption: '🙂'.repeat(2000),
    rights: '&'.repeat(2000),
    credit: '<'.repeat(300),
    photographer: 'Ж'.repeat(200),
  }
  const table: [name: string, sent: Record<string, string>, found: Record<string, string>][] = [
    ['at their longest', long, long],
    ['line ends and tabs', { caption: 'a\r\nb\tc\rd\n' }, { caption: 'a\r\nb\tc\rd\n' }],
    ['spaces at both ends', { credit: '  A "B"  ' }, { credit: '  A "B"  ' }],
    ['characters that XML has not', { caption: 'a\u0001b\u0008c\uFFFEd\u000Be' }, { caption: 'abcde' }],
    ['an entity', { rights: '&lt;b&gt; &#x41; &nbsp;' }, { rights: '&lt;b&gt; &#x41; &nbsp;' }],
    [
      'the end of a packet',
      { caption: '<?xpacket end="r"?></x:xmpmeta>' },
      { caption: '<?xpacket end="r"?></x:xmpmeta>' },
    ],
  ]
  for (const [name, sent, wanted] of table) {
    const id = await upload(newsroom, await image().jpeg().toBuffer(), sent)
    await publishNew(newsroom, { leadMedia: id })
    for (const { url, bytes } of await renditionsOf(newsroom, id)) {
      const { bytes: file } = await newsroom.get(pathOf(url))
      t.equal(file.length, bytes)
      const own = extensionOf(url)
      const found = wordsOf(packetsOf(own, file)[0] ?? '')
      const shown = {
        ...(wanted.caption ? { caption: found['dc:description rdf:li x-default'] } : {}),
        ...(wanted.credit ? { credit: found['photoshop:Credit'] } : {}),
        ...(wanted.rights ? { rights: found['dc:rights rdf:li x-default'] } : {}),
        ...(wanted.photographer ? { photographer: found['dc:creator rdf:li'] } : {}),
      }
      t.same(shown, wanted, name)
      t.equal('xmpRights:Marked' in found, 'rights' in wanted)
      if (own === 'jpg') t.equal(datasetsOf(file)['2:120'], wanted.caption)
    }
  }
  for (const sent of [{}, { alt: 'A bridge' }] as Record<string, string>[]) {
    const id = await upload(newsroom, plantSecrets('jpg', await withSecrets(image()).jpeg().toBuffer()), sent)
    await publishNew(newsroom, { leadMedia: id })
    for (const { url, bytes } of await renditionsOf(newsroom, id)) {
      const { bytes: file } = await newsroom.get(pathOf(url))
      t.equal(file.length, bytes)
      t.same(packetsOf(extensionOf(url), file), [])
      for (const secret of secrets) t.notOk(file.includes(secret))
      if (extensionOf(url) === 'jpg') t.same(datasetsOf(file), {})
    }
  }
})

t.test('an address changes with the words in its bytes, and with nothing else', async t => {
  const newsroom = await open(t)
  const { key } = newsroom
  const id = await upload(newsroom, await image().png().toBuffer(), words)
  await publishNew(newsroom, { leadMedia: id })
  const addresses = async () => (await renditionsOf(newsroom, id)).map(({ url }) => pathOf(url))
  const patch = (body: object) =>
    newsroom.request('PATCH', `/v1/editorial/media/${id}`, { key, match: '*', body })
  let before = await addresses()
  await patch({ alt: 'Other' })
  t.same(await addresses(), before, 'alt is in no file')
  for (const name of ['caption', 'credit', 'rights', 'photographer']) {
    for (const value of ['Друг', null]) {
      const etags = await Promise.all(before.map(async path => (await newsroom.get(path)).headers.etag))
      await patch({ [name]: value })
      const after = await addresses()
      for (const [i, path] of after.entries()) {
        t.not(path, before[i], `${name} is in ${path}`)
        const { status, headers } = await newsroom.get(path)
        t.equal(status, 200)
        t.not(headers.etag, etags[i])
        t.equal((await newsroom.get(before[i] as string)).status, 404, 'the old address is gone')
      }
      before = after
    }
  }
  const article = (await newsroom.get('/v1/articles?include=media')).body.data[0]
  t.same(article.leadMedia.renditions, (await newsroom.get(`/v1/media/${id}`)).body.renditions)
})

t.test('ranges, HEAD and conditions are of the whole file, words included', async t => {
  const newsroom = await open(t)
  for (const [extension, made] of [
    ['jpg', image().jpeg()],
    ['png', image().png()],
    ['webp', image().webp()],
    ['gif', image().gif()],
    ['avif', image().avif({ effort: 0 })],
  ] as const) {
    const id = await upload(newsroom, await made.toBuffer(), words)
    await publishNew(newsroom, { leadMedia: id })
    const [original] = await renditionsOf(newsroom, id)
    const path = pathOf(original?.url as string)
    const { bytes: whole, headers } = await newsroom.get(path)
    const part = async (range: string, more = {}) => newsroom.get(path, { headers: { range, ...more } })
    const packet = whole.indexOf('<?xpacket')
    const borders = [0, 2, 12, 20, 30, 33, packet, packet + 1, whole.indexOf('end="r"?>'), whole.length - 1]
    for (const from of borders) {
      for (const length of [1, 2, 40, 3000, whole.length]) {
        const found = await part(`bytes=${from}-${from + length - 1}`)
        const end = Math.min(from + length, whole.length)
        t.equal(found.status, 206)
        t.equal(found.headers['content-range'], `bytes ${from}-${end - 1}/${whole.length}`)
        t.ok(found.bytes.equals(whole.subarray(from, end)), `${extension} ${from}+${length}`)
      }
    }
    t.ok((await part('bytes=-9')).bytes.equals(whole.subarray(-9)))
    t.equal((await part(`bytes=${whole.length}-`)).status, 416)
    const head = await newsroom.request('HEAD', path)
    t.match([head.status, Number(head.headers['content-length'])], [200, whole.length])
    t.equal(head.bytes.length, 0)
    const etag = String(headers.etag)
    t.equal((await newsroom.get(path, { headers: { 'if-none-match': etag } })).status, 304)
    t.equal((await part('bytes=0-1', { 'if-range': etag })).status, 206)
    t.equal((await part('bytes=0-1', { 'if-range': '"other"' })).status, 200)
  }
})
