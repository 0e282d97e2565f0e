import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { Db, Writer } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import { bareFile, bareRendition, pathOf } from './file-paths.ts'
import type { FileStore } from './files.ts'
import { findMedia, listMediaNotBare, type MediaRow, refreshLiveMedia, updateMedia } from './media.store.ts'
import { weaverOf } from './metadata/formats.ts'
import { sayDamaged } from './picture-faults.ts'
import { noBareFile, type PictureFiles, removeUnusedFiles } from './picture-files.ts'
import { orientationOf } from './pictures.ts'

/** The columns that making the bare files changes. */
type Made = Pick<PictureFiles, 'bareBytes' | 'renditions'>

export type BareDeps = {
  db: Db
  files: FileStore
  /** Called with the pictures of each commit. */
  onMade(ids: readonly string[]): void
  /** Called for a picture whose files cannot be read, and with no id when the store does not answer. */
  onError(error: unknown, id?: string): void
  /** Milliseconds between looks for such pictures; an older build beside this one may add some. */
  lookMs?: number
}

/** Pictures per commit. */
const batch = 20
/** Codes of errors that come again at each look: a file is missing, or is damaged. */
const lasting: readonly string[] = ['not-found', 'picture-invalid']

/**
 * Makes the public originals of pictures that an earlier version stored, and notes a change of each. Until then no
 * address answers their original. Files are written before the rows that name them; a second run writes the same bytes.
 * It may be stopped, or killed, at any point. Answers the function that stops it.
 */
export function startMakingBare({
  db,
  files,
  onMade,
  onError,
  lookMs = 60_000,
}: BareDeps): () => Promise<void> {
  const stopping = new AbortController()
  /** Pictures whose files are missing or damaged. Other errors may pass, so the next look tries again. */
  const failed = new Set<string>()

  async function makeSome(rows: readonly MediaRow[]): Promise<void> {
    const made: [MediaRow, Made][] = []
    for (const row of rows) {
      if (stopping.signal.aborted) break
      if (failed.has(row.id)) continue
      try {
        made.push([row, await makeFiles(files, row)])
      } catch (error) {
        if (error instanceof DomainError && lasting.includes(error.code)) failed.add(row.id)
        onError(error, row.id)
      }
    }
    if (made.length === 0) return
    const ids = await db.write({ by: 'command' }, tx => saveMade(tx, made))
    if (ids.length > 0) onMade(ids)
    for (const [row, { renditions }] of made) {
      // Its media was deleted or got another picture meanwhile: remove the files.
      if (!ids.includes(row.id)) await removeUnusedFiles(db.desk, files, row.id, row)
      else await files.remove(replacedPaths(row, renditions))
    }
  }

  async function look(): Promise<void> {
    let after = ''
    while (!stopping.signal.aborted) {
      const rows = await listMediaNotBare(db.desk, batch, after)
      const last = rows.at(-1)
      if (!last) return
      after = last.id
      await makeSome(rows)
    }
  }

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      await look().catch(error => onError(error))
      await delay(lookMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
    }
  }

  const following = follow()
  return async () => {
    stopping.abort()
    await following
  }
}

/** The files of renditions that the new row does not name. */
function replacedPaths({ id, contentHash, renditions }: MediaRow, ready: MediaRow['renditions']): string[] {
  const path = (file: MediaRow['renditions'][number]) => pathOf(id, contentHash as string, file)
  const named = ready.map(path)
  return renditions.map(path).filter(one => !named.includes(one))
}

/** Writes the bare files of a picture. Everything is read and made before the first file is written. */
async function makeFiles(files: FileStore, row: MediaRow): Promise<Made> {
  const { id, extension, renditions } = row
  const pathIn = (file: Parameters<typeof pathOf>[2]) => pathOf(id, row.contentHash as string, file)
  const read = async (file: Parameters<typeof pathOf>[2]) => {
    const stored = await files.open(pathIn(file))
    if (!stored) throw new DomainError('not-found', `The file ${file.name}.${file.extension} is not there.`)
    return buffer(stored.stream())
  }
  const original = { name: 'original', extension: extension as string }
  const upload = await read(original)
  const bare = weaverOf(original.extension).strip(upload, await orientationOf(upload))
  const made: [path: string, bytes: Buffer][] = bare ? [[pathIn(bareFile(original)), bare]] : []
  const ready: MediaRow['renditions'] = []
  for (const rendition of renditions) {
    if (rendition.name === original.name) {
      ready.push(rendition)
      continue
    }
    const before = await read(rendition)
    const bytes = weaverOf(rendition.extension).strip(before, 1) ?? sayDamaged()
    if (bytes.equals(before)) ready.push({ ...rendition, bytes: bytes.length })
    else {
      const renamed = bareRendition({ ...rendition, bytes: bytes.length })
      ready.push(renamed)
      made.push([pathIn(renamed), bytes])
    }
  }
  for (const [path, bytes] of made) await files.put(path, bytes)
  return { bareBytes: bare?.length ?? noBareFile, renditions: ready }
}

/** Writes the rows that still are as they were read; the ids of those. */
async function saveMade(tx: Writer, made: readonly [MediaRow, Made][]): Promise<string[]> {
  const ids: string[] = []
  for (const [{ id, contentHash }, columns] of made) {
    await tx.lock(`media ${id}`)
    const row = await findMedia(tx, id)
    if (row?.contentHash !== contentHash || row?.bareBytes !== null) continue
    const ready = { ...row, ...columns }
    await updateMedia(tx, ready)
    await refreshLiveMedia(tx, ready)
    tx.changeEmbargo()
    ids.push(id)
  }
  return ids
}
