import { present } from './ninjs-common.ts'
import { type Fields, fieldsOf, idOf, listOf, namedListOf, textOf, wholeOf } from './ninjs-fields.ts'

export type MediaKind = 'picture' | 'graphic' | 'video' | 'audio' | 'document'

/** One form of a picture, sound or film; `poi` is the point of interest in pixels of this rendition. */
export type WireRendition = {
  name: string
  href: string
  contentType?: string
  width?: number
  height?: number
  sizeInBytes?: number
  poi?: { x: number; y: number }
}

/** The kind that the renditions' content types tell; a film comes with pictures, so film and sound go first. */
export function kindOfRenditions(renditions: readonly WireRendition[]): MediaKind | undefined {
  const has = (type: string) => renditions.some(({ contentType }) => contentType?.startsWith(type))
  return has('video/') ? 'video' : has('audio/') ? 'audio' : has('image/') ? 'picture' : undefined
}

/** The renditions that have an address, as a list (2.x, 3.x) or keyed by name (1.x). */
export function readRenditions(fields: Fields): WireRendition[] {
  return namedListOf(fields, 'renditions').flatMap(({ key, fields: inner }, at) => {
    const href = textOf(inner, 'href')?.trim()
    if (!href) return []
    const size = (name: string) => wholeOf(inner, name, 0, Number.MAX_SAFE_INTEGER) || undefined
    const parts = present({
      contentType: idOf(inner, 'contenttype', 'mimetype')?.toLowerCase(),
      width: size('width'),
      height: size('height'),
      sizeInBytes: size('sizeinbytes'),
      poi: readPoint(inner),
    })
    return [{ name: idOf(inner, 'name') ?? key ?? String(at + 1), href, ...parts }]
  })
}

function readPoint(fields: Fields): { x: number; y: number } | undefined {
  const [entry] = listOf(fields, 'poi')
  const point = entry && fieldsOf(entry)
  const x = point && wholeOf(point, 'x', 0, Number.MAX_SAFE_INTEGER)
  const y = point && wholeOf(point, 'y', 0, Number.MAX_SAFE_INTEGER)
  return x === undefined || y === undefined ? undefined : { x, y }
}
