import { randomUUIDv7 } from 'node:crypto'
import { readFile, realpath, stat } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DeskReader, Writer } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import type { FileStore } from '../media/files.ts'
import { findMedia } from '../media/media.store.ts'
import { createMedia, type MediaWords, type PictureFiles, patchMedia, storePicture } from '../media/media.ts'
import { findImport, saveImport } from './imports.store.ts'
import type { WireMedia } from './ninjs-media.ts'

/** Media of an item made ready before the transaction: its files stored, when it has any here. */
export type ReadyMedia = { wire: WireMedia; id: string; stored?: PictureFiles; remark?: string }

const longestPicture = 200 * 1024 * 1024

/**
 * Stores the picture of each media item that has one as a file in `baseDir`. What cannot be used is told in `remark`,
 * and the media stays known by its metadata.
 */
export async function prepareMedia(
  reader: DeskReader,
  files: FileStore,
  media: readonly WireMedia[],
  baseDir: string | undefined,
): Promise<ReadyMedia[]> {
  const ready: ReadyMedia[] = []
  for (const wire of media) {
    const known = await findImport(reader, mediaKey(wire))
    const id = known?.subjectId ?? randomUUIDv7()
    const row = known ? await findMedia(reader, id) : undefined
    // Bytes that are here are not read again for a version that was taken.
    if (
      baseDir === undefined ||
      wire.kind !== 'picture' ||
      (row?.contentHash && known?.version === wire.version)
    ) {
      ready.push({ wire, id })
      continue
    }
    ready.push({ wire, id, ...(await readLocalPicture(files, wire, id, baseDir)) })
  }
  return ready
}

async function readLocalPicture(
  files: FileStore,
  wire: WireMedia,
  id: string,
  baseDir: string,
): Promise<{ stored?: PictureFiles; remark?: string }> {
  const best = [...wire.renditions]
    .filter(
      ({ href, contentType }) =>
        isLocal(href) && (contentType?.startsWith('image/') ?? /\.(jpe?g|png|webp|avif|gif)$/i.test(href)),
    )
    .sort((a, b) => (b.width ?? 0) - (a.width ?? 0) || (b.sizeInBytes ?? 0) - (a.sizeInBytes ?? 0))[0]
  if (!best) return {}
  try {
    const root = await realpath(baseDir)
    const path = await realpath(
      best.href.startsWith('file:') ? fileURLToPath(best.href) : resolve(root, decodeURIComponent(best.href)),
    )
    if (!path.startsWith(root + sep)) return { remark: `${best.href} lies outside the folder of the file` }
    if ((await stat(path)).size > longestPicture) return { remark: `${best.href} is larger than 200 MB` }
    return { stored: await storePicture(files, id, await readFile(path)) }
  } catch (error) {
    if (error instanceof DomainError)
      return { remark: `${best.href} ${error.parts.errors?.[0]?.detail ?? error.message}` }
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined && !(error instanceof URIError)) throw error
    return { remark: `${best.href} cannot be read (${code ?? 'broken encoding'})` }
  }
}

function isLocal(href: string): boolean {
  return href.startsWith('file:') || !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(href)
}

/** Writes the row of one media item, or its new words; the id it has. Same version, same words: nothing changes. */
export async function importMedia(
  tx: Writer,
  { wire, id, stored }: ReadyMedia,
): Promise<{ id: string; isNew: boolean }> {
  const words = wordsOf(wire)
  const known = await findImport(tx, mediaKey(wire))
  const row = known ? await findMedia(tx, known.subjectId) : undefined
  if (known && row) {
    const patch = {
      caption: words.caption ?? null,
      credit: words.credit ?? null,
      alt: words.alt ?? null,
      photographer: words.photographer ?? null,
      rights: words.rights ?? null,
    }
    const newer = known.version !== wire.version && Number(wire.version) > Number(known.version)
    if (newer || stored) {
      await patchMedia(tx, row.id, { ...(newer ? patch : {}), ...(stored ? { stored } : {}) }, 'any')
      await remember(tx, wire, row.id)
    }
    return { id: row.id, isNew: false }
  }
  await createMedia(tx, { id, type: wire.kind, words, ...(stored ? { stored } : {}) })
  await remember(tx, wire, id)
  return { id, isNew: true }
}

async function remember(tx: Writer, wire: WireMedia, id: string): Promise<void> {
  await saveImport(tx, {
    uri: mediaKey(wire),
    version: wire.version,
    versionCreated: wire.versionCreated ?? null,
    subjectType: 'media',
    subjectId: id,
    importedAt: tx.at,
  })
}

/** An item and the picture in it may share a uri: media is known apart. */
function mediaKey(wire: WireMedia): string {
  return `media ${wire.uri}`
}

function wordsOf(wire: WireMedia): MediaWords {
  const rights = [wire.usageTerms, wire.copyrightNotice].filter(text => text !== undefined).join('\n')
  return {
    ...(wire.caption === undefined ? {} : { caption: wire.caption }),
    ...(wire.credit === undefined ? {} : { credit: wire.credit }),
    ...(wire.alt === undefined ? {} : { alt: wire.alt }),
    ...(wire.photographer === undefined ? {} : { photographer: wire.photographer }),
    ...(rights === '' ? {} : { rights }),
  }
}
