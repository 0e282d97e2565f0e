import type { DeskReader } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import type { StoredRendition } from '../../words.ts'
import { bareFile, bareRendition, pathOf } from './file-paths.ts'
import type { FileStore } from './files.ts'
import { findMedia, type MediaFacts, type MediaRow } from './media.store.ts'
import { weaverOf } from './metadata/formats.ts'
import { makeRenditions, readPicture } from './pictures.ts'
import type { OpenedFile } from './public-files.ts'

/** The columns of a media row that tell of its stored files. */
export type PictureFiles = Pick<
  MediaRow,
  'contentHash' | 'contentType' | 'extension' | 'width' | 'height' | 'bytes' | 'bareBytes' | 'renditions'
>

/** The `PictureFiles` of media that is known by its words alone. */
export const noFiles: PictureFiles = {
  contentHash: null,
  contentType: null,
  extension: null,
  width: null,
  height: null,
  bytes: null,
  bareBytes: null,
  renditions: [],
}

/** `bareBytes` of an upload whose metadata cannot be taken out without encoding it again: its original is never public. */
export const noBareFile = 0

/**
 * Checks a picture and stores its files durably, before any row names them: the upload, untouched; the same without
 * metadata; and its renditions. Throws 400 `picture-invalid`, 503 `busy`.
 */
export async function storePicture(files: FileStore, id: string, bytes: Buffer): Promise<PictureFiles> {
  const picture = await readPicture(bytes)
  const made = await makeRenditions(picture)
  const { contentHash, contentType, extension, width, height, orientation } = picture
  const bare = weaverOf(extension).strip(bytes, orientation)
  const original = { name: 'original', extension, contentType, width, height, bytes: bytes.length }
  const renditions: StoredRendition[] = [original]
  const contents: [{ name: string; extension: string }, Buffer][] = [[original, bytes]]
  if (bare) contents.push([bareFile(original), bare])
  for (const { preset, format, contentType, width, height, bytes } of made) {
    const ready = requireBare(format, bytes)
    const rendition = { name: preset, extension: format, contentType, width, height, bytes: ready.length }
    renditions.push(rendition)
    contents.push([rendition, ready])
  }
  const sizes = { width, height, bytes: bytes.length, bareBytes: bare?.length ?? noBareFile }
  const stored = { contentHash, contentType, extension, ...sizes, renditions }
  try {
    for (const [file, content] of contents) await files.put(pathOf(id, contentHash, file), content)
  } catch (error) {
    await removeFiles(files, id, stored)
    throw error
  }
  return stored
}

/** A rendition in the form that words are written into. Our own encoders made it, so it has that form. */
export function requireBare(extension: string, bytes: Buffer): Buffer {
  const bare = weaverOf(extension).strip(bytes, 1)
  if (!bare) throw new Error(`a rendition is no ${extension}`)
  return bare
}

/** Removes stored files of media whose row is not there, or has others. */
export async function removeUnusedFiles(
  reader: DeskReader,
  files: FileStore,
  id: string,
  stored: PictureFiles,
): Promise<void> {
  const row = await findMedia(reader, id)
  if (row?.contentHash !== stored.contentHash) await removeFiles(files, id, stored)
}

/** Removes the stored files of media; those not there are no error. */
export async function removeFiles(
  files: FileStore,
  id: string,
  { contentHash, extension, renditions }: PictureFiles,
): Promise<void> {
  if (contentHash === null || extension === null) return
  // Also those that were written for a row that was not committed.
  const all = [...renditions, ...renditions.map(bareRendition), bareFile({ name: 'original', extension })]
  await files.remove(all.map(file => pathOf(id, contentHash, file)))
}

/** A stored file as the desk gets it, `original` being the upload itself, by the last two parts of its address. Throws 404. */
export async function getFile(
  files: FileStore,
  media: MediaFacts,
  contentHash: string,
  fileName: string,
): Promise<OpenedFile> {
  const rendition = media.renditions.find(item => `${item.name}.${item.extension}` === fileName)
  const file =
    rendition && media.contentHash === contentHash
      ? await files.open(pathOf(media.id, contentHash, rendition))
      : undefined
  if (!rendition || !file) throw new DomainError('not-found', 'The media has no such file.')
  return {
    ...file,
    etag: `"${contentHash}-${rendition.file ?? rendition.name}-${rendition.extension}"`,
    contentType: rendition.contentType,
  }
}
