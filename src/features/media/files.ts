import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, rmdir, stat, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { type Room, roomOf } from '../../disk.ts'
import { storageFull } from '../../errors.ts'

/** A stored file: size in bytes, time in milliseconds; `stream` gives all of it, or `start` to `end` inclusive. */
export type StoredFile = {
  size: number
  modifiedAt: number
  stream(range?: { start: number; end: number }): Readable
}

/**
 * Where the bytes of media are. Paths are ours: segments of letters, digits, `-`, `_` and `.` joined by `/`; any
 * other throws, as a mistake of the caller.
 */
export type FileStore = {
  /** Stores bytes, replacing what is there; survives a power failure once it resolves. Throws 503 `storage-full`. */
  put(path: string, bytes: Buffer): Promise<void>
  open(path: string): Promise<StoredFile | undefined>
  /** Removes files; those not there are no error. A power failure may bring them back, for a sweep by `list`. */
  remove(paths: readonly string[]): Promise<void>
  /** Every stored path, in no order. One put a moment ago may not be in the database yet: see `modifiedAt`. */
  list(): AsyncIterable<string>
  /** The room on the disk. */
  room(): Promise<Room>
}

/** Under the root, so that finding left-overs is one listing and not a walk over all media. */
const incoming = '.incoming'

/**
 * Age alone tells a dead upload from a live one: in containers every process is pid 1, and two may share a volume.
 * A live one takes milliseconds.
 */
const leftOverAfterMs = 10 * 60_000

const segment = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/

const noRoom: readonly string[] = ['ENOSPC', 'EDQUOT', 'EFBIG']

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** For a catch: swallows the named system errors, throws the rest. */
function unless(...codes: string[]): (error: unknown) => undefined {
  return error => {
    if (!codes.includes(errorCode(error))) throw error
  }
}

/**
 * Makes the names in a directory durable: a rename or mkdir is only so after its parent's fsync. A directory that
 * is gone was emptied by a removal beside us.
 */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(unless('ENOENT'))
  try {
    await directory?.sync()
  } finally {
    await directory?.close()
  }
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Directories from the one that holds `path` up to `root`, both included. */
function directoriesOf(root: string, path: string): string[] {
  const found: string[] = []
  for (let at = dirname(path); at.length > root.length; at = dirname(at)) found.push(at)
  return [...found, root]
}

async function* walk(root: string, under: string): AsyncGenerator<string> {
  const entries = await readdir(join(root, under), { withFileTypes: true }).catch(unless('ENOENT'))
  for (const entry of entries ?? []) {
    const path = under === '' ? entry.name : `${under}/${entry.name}`
    if (!segment.test(entry.name)) continue
    if (entry.isDirectory()) yield* walk(root, path)
    else if (entry.isFile()) yield path
  }
}

async function sweepIncoming(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const found = await stat(path).catch(unless('ENOENT'))
    if (found && now - found.mtimeMs > leftOverAfterMs) await rm(path, { force: true })
  }
}

/** Creates the root if need be, durably, and removes what uploads of a killed process left over ten minutes ago. */
export async function openLocalFiles(root: string, now: () => number): Promise<FileStore> {
  const base = resolve(root)
  const made = await mkdir(join(base, incoming), { recursive: true })
  await sweepIncoming(join(base, incoming), now())
  if (made !== undefined) {
    for (const directory of directoriesOf(dirname(made), join(base, incoming))) await syncDirectory(directory)
  }

  const locate = (path: string): string => {
    if (!path.split('/').every(part => segment.test(part))) {
      throw new Error(`not a path of this store: ${JSON.stringify(path)}`)
    }
    return join(base, path)
  }

  return {
    async put(path, bytes) {
      const target = locate(path)
      const arriving = join(base, incoming, randomUUID())
      try {
        await writeDurably(arriving, bytes)
        for (let attempt = 1; ; attempt++) {
          try {
            await mkdir(dirname(target), { recursive: true })
            await rename(arriving, target)
            break
          } catch (error) {
            // A removal beside us may take the still empty directory away again.
            if (errorCode(error) !== 'ENOENT' || attempt === 5) throw error
          }
        }
      } catch (error) {
        await rm(arriving, { force: true })
        throw noRoom.includes(errorCode(error)) ? storageFull('The disk of the pictures is full.') : error
      }
      // All of them, also those that were there: another upload may have made them and not synced them yet.
      for (const directory of directoriesOf(base, target)) await syncDirectory(directory)
    },

    async open(path) {
      const target = locate(path)
      const found = await stat(target).catch(unless('ENOENT', 'ENOTDIR'))
      if (!found?.isFile()) return undefined
      const { size, mtimeMs: modifiedAt } = found
      // Opened by the stream itself: a 304 or a HEAD, which never streams, leaves no descriptor behind.
      return { size, modifiedAt, stream: range => createReadStream(target, range ?? {}) }
    },

    async remove(paths) {
      for (const target of paths.map(locate)) {
        await unlink(target).catch(unless('ENOENT', 'ENOTDIR'))
        for (const directory of directoriesOf(base, target).slice(0, -1)) {
          const gone = await rmdir(directory).then(
            () => true,
            unless('ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'),
          )
          if (!gone) break
        }
      }
    },

    list: () => walk(base, ''),
    room: () => roomOf(base),
  }
}
