import { randomUUIDv7 } from 'node:crypto'
import { readFile, realpath, stat } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DeskReader, Writer } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import type { WorkingCopy } from '../desk/desk.store.ts'
import type { FileStore } from '../media/files.ts'
import { findMedia, listMediaUsers } from '../media/media.store.ts'
import { createMedia, type MediaWords, patchMedia } from '../media/media.ts'
import { type PictureFiles, storePicture } from '../media/picture-files.ts'
import { findImport, saveImport } from './imports.store.ts'
import type { WireItem } from './ninjs.ts'
import type { WireMedia } from './ninjs-media.ts'
import { Passed } from './report.ts'
import { compareVersions } from './versions.ts'

/** Media of an item made ready before the transaction: its files stored, when it has any here. */
export type ReadyMedia = {
  wire: WireMedia
  id: string
  stored?: PictureFiles
  /** The files that `stored` takes the place of. */
  replaced?: PictureFiles
  remark?: string
}

/** What items that are made ready together share of their media: the ids those were given, and what was read of each file. */
export type MediaOfPart = { ids: Map<string, string>; read: Map<string, PictureRead> }
type PictureRead = { stored?: PictureFiles; remark?: string }

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
  { ids, read }: MediaOfPart,
): Promise<ReadyMedia[]> {
  const ready: ReadyMedia[] = []
  for (const wire of media) {
    const known = await findImport(reader, mediaKey(wire))
    const id = known?.subjectId ?? ids.get(mediaKey(wire)) ?? randomUUIDv7()
    ids.set(mediaKey(wire), id)
    const row = known ? await findMedia(reader, id) : undefined
    // Bytes that are here are not read again for a version that was taken, nor for an older one.
    if (
      baseDir === undefined ||
      (wire.kind !== 'picture' && wire.kind !== 'graphic') ||
      (row?.contentHash && known && compareVersions(wire.version, known.version) <= 0)
    ) {
      ready.push({ wire, id })
      continue
    }
    const href = findLocalPicture(wire)
    if (href === undefined) {
      ready.push({ wire, id })
      continue
    }
    const key = JSON.stringify([id, baseDir, href])
    const picture = read.get(key) ?? (await readLocalPicture(files, href, id, baseDir))
    read.set(key, picture)
    ready.push({ wire, id, ...picture, ...(picture.stored && row ? { replaced: row } : {}) })
  }
  return ready
}

/** The best of the renditions that are files here. */
function findLocalPicture(wire: WireMedia): string | undefined {
  return [...wire.renditions]
    .filter(
      ({ href, contentType }) =>
        isLocal(href) && (contentType?.startsWith('image/') ?? /\.(jpe?g|png|webp|avif|gif)$/i.test(href)),
    )
    .sort((a, b) => (b.width ?? 0) - (a.width ?? 0) || (b.sizeInBytes ?? 0) - (a.sizeInBytes ?? 0))[0]?.href
}

async function readLocalPicture(
  files: FileStore,
  href: string,
  id: string,
  baseDir: string,
): Promise<PictureRead> {
  try {
    const root = await realpath(baseDir)
    const path = await realpath(
      href.startsWith('file:') ? fileURLToPath(href) : resolve(root, decodeURIComponent(href)),
    )
    if (!path.startsWith(root + sep)) return { remark: `${href} lies outside the folder of the file` }
    if ((await stat(path)).size > longestPicture) return { remark: `${href} is larger than 200 MB` }
    return { stored: await storePicture(files, id, await readFile(path)) }
  } catch (error) {
    if (error instanceof DomainError && error.code === 'picture-invalid')
      return { remark: `${href} ${error.parts.errors?.[0]?.detail ?? error.message}` }
    const { code } = error as NodeJS.ErrnoException
    // The store is at fault, or full, or busy: the import stops, and can be run again.
    if (error instanceof DomainError || (code === undefined && !(error instanceof URIError))) throw error
    return { remark: `${href} cannot be read (${code ?? 'broken encoding'})` }
  }
}

function isLocal(href: string): boolean {
  return href.startsWith('file:') || !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(href)
}

/** An item that readers may not see yet, and the article that it became. */
export type HiddenItem = { wire: WireItem; copy: WorkingCopy | undefined }

/**
 * Writes the row of one media item, or its new words; the id it has. Same version, same words: nothing changes. Nothing
 * changes either (`isLeft`) if the item is hidden and readers may see the media before the item.
 */
export async function importMedia(
  tx: Writer,
  { wire, id, stored }: ReadyMedia,
  hidden?: HiddenItem,
): Promise<{ id: string; isNew: boolean; isLeft: boolean }> {
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
    const order = compareVersions(wire.version, known.version)
    // What is not whole has not all the words.
    const newer = order > 0 && !wire.isPartial
    // The bytes may be those that it has: another item brought them, or only the words are new.
    const isNew = stored !== undefined && stored.contentHash !== row.contentHash
    // Its files lie under the id that it was to have.
    if (isNew && row.id !== id)
      throw new Passed('refused', `another import took ${wire.uri} at the same moment: import it again`)
    if (newer || (isNew && (order === 0 || row.contentHash === null))) {
      if (hidden && (await isShownBefore(tx, hidden, row.id)))
        return { id: row.id, isNew: false, isLeft: true }
      await patchMedia(tx, row.id, { ...(newer ? patch : {}), ...(isNew ? { stored } : {}) }, 'any')
      if (order >= 0 && !wire.isPartial) await remember(tx, wire, row.id, hidden)
    }
    return { id: row.id, isNew: false, isLeft: false }
  }
  await createMedia(tx, { id, type: wire.kind, words, ...(stored ? { stored } : {}) })
  await remember(tx, wire, id, hidden)
  return { id, isNew: true, isLeft: false }
}

/**
 * Whether readers may see the media before the hidden item: another article uses it, or the item's own article does, in a
 * version that was public or that a release shows.
 */
async function isShownBefore(tx: Writer, { wire, copy }: HiddenItem, id: string): Promise<boolean> {
  const users = await listMediaUsers(tx, id)
  if (users.some(user => user !== copy?.id)) return true
  const isOwnHidden =
    copy?.liveStatus === 'never' || (copy?.liveStatus === 'embargoed' && wire.status === 'usable')
  return users.length > 0 && !isOwnHidden
}

async function remember(
  tx: Writer,
  wire: WireMedia,
  id: string,
  hidden: HiddenItem | undefined,
): Promise<void> {
  await saveImport(tx, {
    uri: mediaKey(wire),
    // Any version is later than '': a partial item lacks words, and the words of a hidden item are not for other articles.
    version: wire.isPartial || hidden ? '' : wire.version,
    versionCreated: wire.versionCreated ?? null,
    subjectType: 'media',
    subjectId: id,
    importedAt: tx.at,
  })
}

/** An item and the picture in it may share a uri: media is known apart. */
export function mediaKey({ uri }: { uri: string }): string {
  return `media ${uri}`
}

/** The longest each word may be, as the editorial schema has it. */
const longest = { caption: 2000, credit: 300, alt: 1000, photographer: 200, rights: 2000 } as const

/** The words of media, verbatim. Throws Passed for one too long: nothing is cut in silence. */
function wordsOf(wire: WireMedia): MediaWords {
  const { caption, credit, alt, photographer } = wire
  const rights = [wire.usageTerms, wire.copyrightNotice].filter(text => text !== undefined).join('\n')
  const words: MediaWords = {}
  for (const [name, text] of Object.entries({ caption, credit, alt, photographer, rights })) {
    if (text === undefined || text === '') continue
    const limit = longest[name as keyof MediaWords]
    if ([...text].length > limit)
      throw new Passed('refused', `the ${name} of ${wire.uri} is longer than ${limit} characters`)
    words[name as keyof MediaWords] = text
  }
  return words
}
