import { randomUUIDv7 } from 'node:crypto'
import type { Actor, Db, DeskReader, EmbargoReader, LiveReader, Writer } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import { type Match, requireRevision } from '../../revision.ts'
import type { MediaType } from '../../words.ts'
import { recordMutation } from '../audit/audit.ts'
import type { FileStore } from './files.ts'
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
import { noFiles, type PictureFiles, removeFiles, removeUnusedFiles, storePicture } from './picture-files.ts'

/** The words that go with media, verbatim. */
export type MediaWords = {
  caption?: string
  credit?: string
  alt?: string
  photographer?: string
  rights?: string
}
export type MediaPatch = { [K in keyof MediaWords]?: string | null }

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

/** The fields of media that the audit trail keeps. The content's hash stands for the files made of the upload. */
function factsOf(row: MediaRow): Record<string, unknown> {
  const { id: _id, renditions: _renditions, bareBytes: _bare, ...more } = row
  const { createdAt: _created, updatedAt: _updated, ...facts } = more
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
