import { crc32, deflateSync } from 'node:zlib'
import type { Sharp } from 'sharp'

/** Words that no public byte may have. */
export const secrets = [
  ...['SN-4711', 'Owner-Secret', 'OTHER-AGENCY', 'THUMB-SECRET', 'TAIL-SECRET', 'LATE-SECRET'],
] as const
const [serial, owner, agency, thumb, tail, late] = secrets as readonly [
  ...[string, string, string, string, string, string],
]

/**
 * A colour profile as calibration tools write them: with the owner's name, the serial number of a monitor, marks of its
 * maker in the header, and a text that is longer than a segment of JPEG.
 */
export function ownersProfile(profile: Buffer): Buffer {
  const text = (value: string) => Buffer.from(`text\0\0\0\0${value}\0`)
  const tags: [string, Buffer][] = [
    ...[
      ['desc', text(`${owner} calibrated this`)],
      ['cprt', text(agency)],
      ['dmdd', text(`EDID_serial ${serial}`)],
      ['targ', text(thumb.repeat(6000))],
    ].map(([name, data]): [string, Buffer] => [String(name), data as Buffer]),
  ]
  for (let i = 0; i < profile.readUInt32BE(128); i++) {
    const at = 132 + 12 * i
    const name = profile.toString('latin1', at, at + 4)
    const from = profile.readUInt32BE(at + 4)
    if (!tags.some(([known]) => known === name))
      tags.push([name, profile.subarray(from, from + profile.readUInt32BE(at + 8))])
  }
  const head = Buffer.alloc(132 + 12 * tags.length)
  profile.copy(head, 0, 0, 128)
  for (const at of [4, 48, 52, 80]) head.write(serial, at, 4, 'latin1')
  head.write(owner, 84, 16, 'latin1')
  head.writeUInt32BE(tags.length, 128)
  const contents: Buffer[] = []
  let at = head.length
  for (const [i, [name, data]] of tags.entries()) {
    head.write(name, 132 + 12 * i, 'latin1')
    head.writeUInt32BE(at, 136 + 12 * i)
    head.writeUInt32BE(data.length, 140 + 12 * i)
    contents.push(data, Buffer.alloc(-data.length & 3))
    at += data.length + (-data.length & 3)
  }
  head.writeUInt32BE(at, 0)
  return Buffer.concat([head, ...contents])
}

/** A position, a serial number and an owner as EXIF, and another agency's credit as XMP, as an encoder writes them. */
export function withSecrets(image: Sharp): Sharp {
  return image
    .withExif({
      IFD0: { Artist: owner, Copyright: agency },
      IFD2: { BodySerialNumber: serial, CameraOwnerName: owner, LensSerialNumber: serial },
      IFD3: {
        GPSLatitude: '42/1 41/1 2711/100',
        GPSLatitudeRef: 'N',
        GPSLongitude: '23/1 19/1 1911/100',
        GPSLongitudeRef: 'E',
      },
    })
    .withXmp(
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Credit="${agency}"/></rdf:RDF></x:xmpmeta>`,
    )
}

const insert = (bytes: Buffer, at: number, ...pieces: Buffer[]) =>
  Buffer.concat([bytes.subarray(0, at), ...pieces, bytes.subarray(at)])

function segment(marker: number, text: string): Buffer {
  const payload = Buffer.from(text, 'latin1')
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(payload.length + 2, 2)
  return Buffer.concat([head, payload])
}

/** A chunk of a PNG with its checksum. */
export function pngChunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type), data])
  const whole = Buffer.concat([Buffer.alloc(4), named, Buffer.alloc(4)])
  whole.writeUInt32BE(data.length, 0)
  whole.writeUInt32BE(crc32(named), whole.length - 4)
  return whole
}

function riffChunk(id: string, text: string): Buffer {
  const head = Buffer.from(`${id}\0\0\0\0`)
  head.writeUInt32LE(text.length, 4)
  return Buffer.concat([head, Buffer.from(text), Buffer.alloc(text.length % 2)])
}

/** Adds what cameras and editors put into a file that encoders here cannot: thumbnails, comments, bytes behind the end. */
export function plantSecrets(extension: string, bytes: Buffer): Buffer {
  const after = Buffer.from(tail)
  switch (extension) {
    case 'jpg': {
      const behindFirst = 4 + bytes.readUInt16BE(4)
      const planted = [
        segment(0xe0, `JFXX\0\x10${thumb}`),
        segment(0xed, `Photoshop 3.0\x008BIM\x04\x0c\0\0\0\0\0\x0c${thumb}`),
        segment(0xe2, `MPF\0${thumb}`),
        segment(0xef, serial),
        segment(0xfe, owner),
      ]
      // A profile that is none, where the file has no other, and a marker that decoders skip.
      if (!bytes.includes('ICC_PROFILE')) planted.push(segment(0xe2, `ICC_PROFILE\0\x01\x01${late}`))
      const whole = insert(bytes, behindFirst, ...planted)
      return Buffer.concat([insert(whole, whole.length - 2, segment(0xdc, late), segment(0xfe, late)), after])
    }
    case 'png': {
      const text = [
        pngChunk('tEXt', Buffer.from(`Author\0${owner}`)),
        pngChunk(
          'zTXt',
          Buffer.concat([Buffer.from('Raw profile type exif\0\0'), deflateSync(Buffer.from(serial))]),
        ),
        pngChunk('iTXt', Buffer.from(`Comment\0\0\0\0\0${agency}`)),
        pngChunk('tIME', Buffer.from([7, 0xe8, 7, 12, 2, 21, 0])),
        pngChunk('prVt', Buffer.from(thumb)),
        ...['mDCV', 'cLLI', 'hIST'].map(type => pngChunk(type, Buffer.from(late))),
      ]
      const behindPixels = ['pHYs', 'cICP', 'IDAT'].map(type => pngChunk(type, Buffer.from(late)))
      const whole = insert(bytes, 33, ...text)
      return Buffer.concat([insert(whole, whole.length - 12, ...behindPixels), after])
    }
    case 'webp': {
      const planted = Buffer.concat([bytes, riffChunk('PRVT', thumb), riffChunk('XMP ', agency)])
      planted.writeUInt32LE(planted.length - 8, 4)
      return Buffer.concat([planted, after])
    }
    case 'gif': {
      const block = (text: string) => Buffer.from(`${String.fromCharCode(text.length)}${text}\0`, 'latin1')
      const comment = Buffer.concat([Buffer.from([0x21, 0xfe]), block(owner)])
      const application = Buffer.concat([Buffer.from('!\xff\x0bPRIVATE1234', 'latin1'), block(thumb)])
      const plain = Buffer.concat([Buffer.from([0x21, 0x01, 12, ...Array(12).fill(1)]), block(agency)])
      return Buffer.concat([insert(bytes, bytes.length - 1, comment, application, plain), after])
    }
    default: {
      const free = Buffer.from(`\0\0\0\0free${thumb}`)
      free.writeUInt32BE(free.length)
      const own = Buffer.from(`\0\0\0\0uuid0123456789abcdef${serial}`)
      own.writeUInt32BE(own.length)
      return Buffer.concat([bytes, free, own])
    }
  }
}
