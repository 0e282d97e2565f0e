import type { Weaver } from './weaver.ts'

const [extension, image, trailer] = [0x21, 0x2c, 0x3b]
const [graphicControl, plainText, application] = [0xf9, 0x01, 0xff]
/** The two names of the extension that says how often an animation is shown. */
const loops = ['NETSCAPE2.0', 'ANIMEXTS1.0']

/** Index after a GIF's sub-blocks (GIF89a 15), each led by its length, the last one empty. */
export function afterSubBlocks(bytes: Buffer, from: number): number {
  let at = from
  for (let size = bytes[at]; size; size = bytes[at]) at += size + 1
  return at + 1
}

/** Size in bytes of a GIF colour table that the packed field announces. */
const colourTable = (packed = 0) => (packed & 0x80 ? 3 << ((packed & 7) + 1) : 0)

/** Index of the first block, behind the screen and its colours. */
export const firstBlock = (bytes: Buffer) => 13 + colourTable(bytes[10])

/** Index after the block at `at`, an extension or an image. */
export function afterBlock(bytes: Buffer, at: number): number {
  return afterSubBlocks(bytes, bytes[at] === extension ? at + 2 : at + 11 + colourTable(bytes[at + 9]))
}

/** The loop count alone, of a block that may carry more (sub-block 2 is a buffer size). */
function loopOf(block: Buffer): Buffer | undefined {
  if (!loops.includes(block.toString('latin1', 3, 14))) return undefined
  for (let at = 14; block[at]; at += (block[at] as number) + 1) {
    if (block[at] === 3 && block[at + 1] === 1)
      return Buffer.concat([block.subarray(0, 14), block.subarray(at, at + 4), Buffer.from([0])])
  }
  return undefined
}

function strip(bytes: Buffer): Buffer | undefined {
  let at = firstBlock(bytes)
  const parts = [Buffer.from('GIF89a'), bytes.subarray(6, at)]
  // A graphics control is of the picture or text that follows it, so it goes with the text.
  let control: Buffer[] = []
  while (at < bytes.length) {
    if (bytes[at] === trailer) return Buffer.concat([...parts, Buffer.from([trailer])])
    if (bytes[at] !== extension && bytes[at] !== image) return undefined
    const end = afterBlock(bytes, at)
    const block = bytes.subarray(at, end)
    if (block[0] === image) {
      parts.push(...control, block)
      control = []
    } else if (block[1] === graphicControl && block[2] === 4)
      control = [block.subarray(0, 7), Buffer.from([0])]
    else if (block[1] === plainText) control = []
    else if (block[1] === application) {
      const loop = loopOf(block)
      if (loop) parts.push(loop)
    }
    at = end
  }
  return undefined
}

const xmpHead = Buffer.from('!\xff\x0bXMP DataXMP', 'latin1')
/** XMP is not split into sub-blocks; this trailer leads any sub-block reader to the end (XMP part 3, 1.1.2). */
const magicTrailer = Buffer.from([1, ...Array.from({ length: 256 }, (_, i) => 255 - i), 0])

/** GIF89a: XMP in an application extension in front of the trailer. */
export const gif: Weaver = {
  strip,
  extra: ({ xmp }) => xmpHead.length + xmp.length + magicTrailer.length,
  headLength: 0,
  weave: (_head, size, { xmp }) => [
    { from: 0, to: size - 1 },
    Buffer.concat([xmpHead, xmp, magicTrailer, Buffer.from([trailer])]),
  ],
}
