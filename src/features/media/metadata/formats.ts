import { avif } from './avif.ts'
import { gif } from './gif.ts'
import { jpeg } from './jpeg.ts'
import { png } from './png.ts'
import type { Weaver } from './weaver.ts'
import { webp } from './webp.ts'

/** A length that leads out of the file, which a tolerant decoder may take, is a RangeError of Buffer: the file is given up. */
function guarded(weaver: Weaver): Weaver {
  return {
    ...weaver,
    strip(bytes, orientation) {
      try {
        return weaver.strip(bytes, orientation)
      } catch (error) {
        if (error instanceof RangeError) return undefined
        throw error
      }
    },
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
