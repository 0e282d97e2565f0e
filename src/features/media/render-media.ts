import type { Static } from 'typebox'
import type { MediaSchema } from './media.schema.ts'
import type { MediaFacts } from './media.store.ts'

/**
 * Media as readers and editors get it; `base` is the address of the tree its bytes are served from, `query` what they
 * are asked for with.
 */
export function renderMedia(row: MediaFacts, base: string, query = ''): Static<typeof MediaSchema> {
  return {
    id: row.id,
    type: row.type,
    ...(row.caption === null ? {} : { caption: row.caption }),
    ...(row.credit === null ? {} : { credit: row.credit }),
    ...(row.alt === null ? {} : { alt: row.alt }),
    ...(row.photographer === null ? {} : { photographer: row.photographer }),
    ...(row.rights === null ? {} : { rights: row.rights }),
    ...(row.width === null ? {} : { width: row.width }),
    ...(row.height === null ? {} : { height: row.height }),
    renditions: row.renditions.map(({ name, extension, contentType, width, height, bytes }) => ({
      name,
      url: `${base}/${row.id}/${row.contentHash}/${name}.${extension}${query}`,
      contentType,
      width,
      height,
      bytes,
    })),
  }
}
