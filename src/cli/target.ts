import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { chmod, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { UsageError } from './usage-error.ts'

/** Writes lines to where they belong. */
export type Target = (lines: AsyncIterable<string>, signal: AbortSignal) => Promise<void>

/**
 * Where a file is to be: beside it under a name of its own, and in its place, with the rights it had, when it is whole and
 * on the disk. What is no file, a pipe or a device, is written into; `-` is standard output. Throws UsageError for a folder.
 */
export async function openTarget(path: string): Promise<Target> {
  if (path === '-')
    return (lines, signal) => pipeline(Readable.from(lines), process.stdout, { end: false, signal })
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) throw new UsageError(`${path} is a folder. Name a file.`)
  if (found && !found.isFile())
    return (lines, signal) => pipeline(Readable.from(lines), createWriteStream(path), { signal })
  const file = await whereItLeads(path)
  return async (lines, signal) => {
    const part = `${file}.${randomUUID()}.part`
    const mode = found ? found.mode & 0o777 : 0o666
    try {
      await pipeline(Readable.from(lines), createWriteStream(part, { flags: 'wx', flush: true, mode }), {
        signal,
      })
      if (found) await chmod(part, mode)
      await rename(part, file)
    } catch (error) {
      await rm(part, { force: true })
      throw error
    }
  }
}

/** The file behind a path, also where its links lead to none yet. Throws for links that lead to each other. */
async function whereItLeads(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const link = await readlink(path).catch(() => undefined)
  return link === undefined ? path : whereItLeads(resolve(await realpath(dirname(path)), link))
}
