import { avif } from './avif.ts'
import { gif } from './gif.ts'
import { jpeg } from './jpeg.ts'
import { png } from './png.ts'
import { unlessOutside } from './unless-outside.ts'
import type { Weaver } from './weaver.ts'
import { webp } from './webp.ts'

/** A length past the end of the file throws RangeError; `strip` and `weave` then answer undefined. */
function guarded({ strip, weave, ...more }: Weaver): Weaver {
  return {
    ...more,
    strip: (bytes, orientation) => unlessOutside(() => strip(bytes, orientation)),
    weave: (head, size, block) => unlessOutside(() => weave(head, size, block)),
  }
}

const weavers: Record<string, Weaver> = {
  jpg: guarded(jpeg),
  png: guarded(png),
  webp: guarded(webp),
  avif: guarded(avif),
  gif: guarded(gif),
}

/** The weaver of the files of an extension. */
export function weaverOf(extension: string): Weaver {
  const weaver = weavers[extension]
  if (!weaver) throw new Error(`no format: ${extension}`)
  return weaver
}
