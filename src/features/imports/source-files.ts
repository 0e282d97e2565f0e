import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'

/** A file to read, how its name says it is laid out, and its size (0 where none is known, as of a pipe). */
export type FoundFile = { file: string; form: 'lines' | 'document' | 'content'; bytes: number }
export type LostFile = { file: string; error: string }

const forms = new Map<string, FoundFile['form']>([
  ['.json', 'document'],
  ['.ndjson', 'lines'],
  ['.jsonl', 'lines'],
])

/** The files behind these paths in name order; a folder's other files are passed over, `-` stands for itself. */
export async function* listFiles(paths: readonly string[]): AsyncGenerator<FoundFile | LostFile> {
  const seen = new Set<string>()
  for (const path of paths) {
    if (path === '-') yield { file: '-', form: 'content', bytes: 0 }
    else yield* walk(path, true, seen)
  }
}

async function* walk(path: string, named: boolean, seen: Set<string>): AsyncGenerator<FoundFile | LostFile> {
  try {
    const { dev, ino, size, ...found } = await statOf(path)
    if (!found.isFolder) {
      const form = forms.get(extname(path).toLowerCase())
      // Named outright, a pipe such as /dev/fd/63 is read too; in a folder it would wait for ever.
      if (named || (form && found.isFile)) yield { file: path, form: form ?? 'content', bytes: size }
      return
    }
    // Each folder once a run, by inode: links in a circle end, and links across cannot multiply.
    const identity = `${dev}:${ino}`
    if (seen.has(identity)) return
    seen.add(identity)
    for (const name of (await readdir(path)).sort()) yield* walk(join(path, name), false, seen)
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException
    if (syscall === undefined) throw error
    // A dangling link to something that was never an item is passed over like any other file.
    if (!named && code === 'ENOENT' && !forms.has(extname(path).toLowerCase())) return
    yield {
      file: path,
      error: code === 'ENOENT' ? 'there is no such file or folder' : `cannot be read: ${message}`,
    }
  }
}

async function statOf(path: string) {
  const found = await stat(path, { bigint: true })
  const isFile = found.isFile()
  return {
    dev: found.dev,
    ino: found.ino,
    size: isFile ? Number(found.size) : 0,
    isFile,
    isFolder: found.isDirectory(),
  }
}
