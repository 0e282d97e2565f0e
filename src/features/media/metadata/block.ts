import { resourceOf, writeIim } from './iim.ts'
import { type PrintedWords, withoutControls, writeXmp } from './xmp.ts'

/** The words in the forms that files carry: an XMP packet for every format, IPTC-IIM for JPEG. */
export type MetadataBlock = { xmp: Buffer; iim: Buffer }

/** The lengths of a block, which are all that the length of a file needs. */
export type BlockLengths = { [K in keyof MetadataBlock]: { length: number } }

/** Raise it when other bytes are written for the same words: the addresses of all public bytes change with it. */
export const writerVersion = 1

/** The block of the words, `language` being the caption's; undefined where there are no words. */
export function blockOf(words: PrintedWords, language: string): MetadataBlock | undefined {
  const clean = (text: string | null) => (text === null ? null : withoutControls(text))
  const { caption, credit, rights, photographer } = words
  const printed = {
    caption: clean(caption),
    credit: clean(credit),
    rights: clean(rights),
    photographer: clean(photographer),
  }
  if (!Object.values(printed).some(Boolean)) return undefined
  return { xmp: writeXmp(printed, language), iim: resourceOf(writeIim(printed)) }
}
