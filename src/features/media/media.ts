import { randomUUIDv7 } from 'node:crypto'
import type { Actor, Db, DeskReader, EmbargoReader, LiveReader, Writer } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import { type Match, requireRevision } from '../../revision.ts'
import type { MediaType, StoredRendition } from '../../words.ts'
import { recordMutation } from '../audit/audit.ts'
import type { FileStore, StoredFile } from './files.ts'
import {
  deleteMediaRow,
  findEmbargoedMedia,
  findLiveMedia,
  findMedia,
  insertMedia,
  listMediaUsers,
  type MediaFacts,
  type MediaRow,
  refreshLiveMedia,
  updateMedia,
} from './media.store.ts'
import { makeRenditions, readPicture } from './pictures.ts'

/** The words that go with media, verbatim. */
export type MediaWords = {
  caption?: string
  credit?: string
  alt?: string
  photographer?: string
  rights?: string
}
export type MediaPatch = { [K in keyof MediaWords]?: string | null }

/** The stored files of a picture: what its row says of them. */
export type PictureFiles = Pick<
  MediaRow,
  'contentHash' | 'contentType' | 'extension' | 'width' | 'height' | 'bytes' | 'bareBytes' | 'renditions'
>

const noFiles: PictureFiles = {
  contentHash: null,
  contentType: null,
  extension: null,
  width: null,
  height: null,
  bytes: null,
  bareBytes: null,
  renditions: [],
}

/**
 * Checks a picture, makes its renditions and stores all of it durably, before any row tells of it. Throws 400
 * `picture-invalid`, 503 `busy`.
 */
export async function storePicture(files: FileStore, id: string, bytes: Buffer): Promise<PictureFiles> {
  const picture = await readPicture(bytes)
  const made = await makeRenditions(picture)
  const { contentHash, contentType, extension, width, height } = picture
  const original = { name: 'original', extension, contentType, width, height, bytes: bytes.length }
  const renditions: StoredRendition[] = [original]
  const contents = [bytes]
  for (const rendition of made) {
    renditions.push({
      name: rendition.preset,
      extension: rendition.format,
      contentType: rendition.contentType,
      width: rendition.width,
      height: rendition.height,
      bytes: rendition.bytes.length,
    })
    contents.push(rendition.bytes)
  }
  const sizes = { width, height, bytes: bytes.length, bareBytes: null }
  const stored = { contentHash, contentType, extension, ...sizes, renditions }
  try {
    for (const [i, rendition] of renditions.entries())
      await files.put(pathOf(id, contentHash, rendition), contents[i] as Buffer)
  } catch (error) {
    await removeFiles(files, id, stored)
    throw error
  }
  return stored
}

/**
 * Uploads a picture. The row is written once every file is durable, by the work that `write` is given, if it needs it;
 * a refused, broken or repeated upload leaves no file.
 */
export async function createPicture<T>(
  db: Db,
  files: FileStore,
  bytes: Buffer,
  words: MediaWords,
  write: (work: (tx: Writer) => Promise<MediaRow>) => Promise<T>,
): Promise<T> {
  const id = randomUUIDv7()
  const stored = await storePicture(files, id, bytes)
  try {
    const answer = await write(tx => createMedia(tx, { id, type: 'picture', words, stored }))
    // A repeated upload has its picture already.
    await removeUnusedFiles(db.desk, files, id, stored)
    return answer
  } catch (error) {
    // A commit whose answer was lost may have been made: then the files stay, as they do where nobody can tell.
    await removeUnusedFiles(db.desk, files, id, stored).catch(() => undefined)
    throw error
  }
}

export type MediaInput = { id?: string; type: MediaType; words: MediaWords; stored?: PictureFiles }

/** Makes the row of media whose files, if it has any, are stored. */
export async function createMedia(tx: Writer, input: MediaInput): Promise<MediaRow> {
  const { words } = input
  const row: MediaRow = {
    id: input.id ?? randomUUIDv7(),
    type: input.type,
    caption: words.caption ?? null,
    credit: words.credit ?? null,
    alt: words.alt ?? null,
    photographer: words.photographer ?? null,
    rights: words.rights ?? null,
    ...(input.stored ?? noFiles),
    revision: 1,
    createdAt: tx.at,
    updatedAt: tx.at,
  }
  await insertMedia(tx, row)
  await recordMutation(tx, { subject: 'media', id: row.id, move: 'create', after: factsOf(row) })
  return row
}

/** What the audit trail keeps of media; the renditions are told by the content's hash. */
function factsOf(row: MediaRow): Record<string, unknown> {
  const { id: _id, renditions: _renditions, createdAt: _created, updatedAt: _updated, ...facts } = row
  return facts
}

/** Changes the words, or an import's files; where the media is live, readers see it at once. Throws 404, 412. */
export async function patchMedia(
  tx: Writer,
  id: string,
  patch: MediaPatch & { stored?: PictureFiles },
  match: Match,
): Promise<MediaRow> {
  await tx.lock(`media ${id}`)
  const before = await getMedia(tx, id)
  requireRevision(match, before.revision)
  const { stored, ...words } = patch
  const row: MediaRow = { ...before, ...words, ...stored, revision: before.revision + 1, updatedAt: tx.at }
  await updateMedia(tx, row)
  await refreshLiveMedia(tx, row)
  tx.changeEmbargo()
  await recordMutation(tx, {
    subject: 'media',
    id,
    move: 'edit',
    before: factsOf(before),
    after: factsOf(row),
  })
  return row
}

/** Deletes media that no article uses, then its files. Throws 404, 412, and 409 `in-use` with the users. */
export async function deleteMedia(
  db: Db,
  files: FileStore,
  actor: Actor,
  id: string,
  match: Match,
): Promise<void> {
  const row = await db.write(actor, async tx => {
    await tx.lock(`media ${id}`)
    const found = await getMedia(tx, id)
    requireRevision(match, found.revision)
    const articles = await listMediaUsers(tx, id)
    if (articles.length > 0)
      throw new DomainError('in-use', 'Articles use it.', { extra: { users: { articles } } })
    await deleteMediaRow(tx, id)
    await recordMutation(tx, { subject: 'media', id, move: 'delete', before: factsOf(found) })
    return found
  })
  await removeFiles(files, id, row)
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

async function removeFiles(
  files: FileStore,
  id: string,
  { contentHash, renditions }: PictureFiles,
): Promise<void> {
  if (contentHash !== null)
    await files.remove(renditions.map(rendition => pathOf(id, contentHash, rendition)))
}

/** The media as the desk has it. Throws 404. */
export async function getMedia(reader: DeskReader, id: string): Promise<MediaRow> {
  const row = await findMedia(reader, id)
  if (!row) throw new DomainError('not-found', 'There is no such media.')
  return row
}

/** Media that something live uses, or something under embargo for those who may see that. Throws 404. */
export async function getLiveMedia(
  live: LiveReader,
  id: string,
  embargo?: EmbargoReader,
): Promise<MediaFacts> {
  const row = (await findLiveMedia(live, id)) ?? (embargo && (await findEmbargoedMedia(embargo, id)))
  if (!row) throw new DomainError('not-found', 'There is no such media.')
  return row
}

/** The stored file of a rendition, by the last two parts of its address. Throws 404. */
export async function getFile(
  files: FileStore,
  media: MediaFacts,
  contentHash: string,
  fileName: string,
): Promise<StoredFile & { etag: string; contentType: string }> {
  const rendition = media.renditions.find(item => `${item.name}.${item.extension}` === fileName)
  const file =
    rendition && media.contentHash === contentHash
      ? await files.open(pathOf(media.id, contentHash, rendition))
      : undefined
  if (!rendition || !file) throw new DomainError('not-found', 'The media has no such file.')
  return {
    ...file,
    etag: `"${contentHash}-${rendition.name}-${rendition.extension}"`,
    contentType: rendition.contentType,
  }
}

/** Where a file lies in the store; the folders spread by the random end of the id. */
function pathOf(id: string, contentHash: string, file: { name: string; extension: string }): string {
  return `${id.slice(-2)}/${id}/${contentHash}/${file.name}.${file.extension}`
}
