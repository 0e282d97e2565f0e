import type { Static } from 'typebox'
import type { StoredRendition } from '../../words.ts'
import type { MediaSchema } from './media.schema.ts'
import type { MediaFacts } from './media.store.ts'
import { publicRenditions } from './public-files.ts'

type Rendered = Static<typeof MediaSchema>

/** Media as editors get it: `original` is the upload. `base` is the address of the tree its bytes are served from. */
export function renderDeskMedia(row: MediaFacts, base: string): Rendered {
  return render(row, row.renditions, `${base}/${row.id}/${row.contentHash}`, '')
}

/**
 * Media as readers get it: files without the upload's metadata and with the newsroom's words. `language` is the
 * newsroom's, `base` as above, and `query` stands behind each address.
 */
export function renderMedia(row: MediaFacts, language: string, base: string, query = ''): Rendered {
  const { hash, renditions } = publicRenditions(row, language)
  return render(row, renditions, `${base}/${row.id}/${hash}`, query)
}

function render(
  row: MediaFacts,
  renditions: readonly StoredRendition[],
  base: string,
  query: string,
): Rendered {
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
    renditions: renditions.map(({ name, extension, contentType, width, height, bytes }) => ({
      name,
      url: `${base}/${name}.${extension}${query}`,
      contentType,
      width,
      height,
      bytes,
    })),
  }
}
