import { createReadStream } from 'node:fs'
import { dirname } from 'node:path'
import { isBalanced, isBlank, type Splitter, splitArray, splitLines, splitWhole } from './json-elements.ts'
import { listFiles } from './source-files.ts'

/** One parsed item: `item` is its place in a list or its line, `bytesRead` the bytes of all sources so far. */
export type SourceItem = { file: string; item: number; value: unknown; baseDir?: string; bytesRead: number }

/** What could not be read; the rest goes on. */
export type SourceError = { file: string; item?: number; error: string }

/** `stdin` is what `-` reads; `maxItemBytes` is the longest line or item taken, 8 MB. */
export type SourceOptions = { stdin?: AsyncIterable<Buffer>; maxItemBytes?: number }

const megabytes = 1024 * 1024
const bom = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * Every item of files, folders and `-` (standard input), in order. `.ndjson` and `.jsonl` hold one item a line,
 * `.json` one item or a list; a folder gives its files of those names, anything else is told by its content.
 */
export async function* readItems(
  paths: readonly string[],
  options: SourceOptions = {},
): AsyncGenerator<SourceItem | SourceError> {
  const max = options.maxItemBytes ?? 8 * megabytes
  let before = 0
  for await (const found of listFiles(paths)) {
    if ('error' in found) {
      yield found
      continue
    }
    const { file, form } = found
    const stream = file === '-' ? (options.stdin ?? process.stdin) : createReadStream(file)
    let read = 0
    try {
      for await (const piece of split(stream, form, max)) {
        read = piece.end
        const place = { file, ...(piece.item !== undefined && { item: piece.item }) }
        if ('fault' in piece) {
          yield { ...place, error: piece.fault }
          continue
        }
        const parsed = parseItem(piece.bytes)
        if ('error' in parsed) yield { ...place, error: parsed.error }
        else {
          const base = file === '-' ? {} : { baseDir: dirname(file) }
          yield { file, item: piece.item, value: parsed.value, ...base, bytesRead: before + read }
        }
      }
    } catch (error) {
      if (!isSystemError(error)) throw error
      yield { file, error: `cannot be read: ${error.message}` }
    }
    before += Math.max(read, found.bytes)
  }
}

/** The number of files and bytes that readItems would read; standard input counts as a file of no known size. */
export async function measure(paths: readonly string[]): Promise<{ files: number; bytes: number }> {
  const total = { files: 0, bytes: 0 }
  for await (const found of listFiles(paths)) {
    if ('error' in found) continue
    total.files += 1
    total.bytes += found.bytes
  }
  return total
}

/** Only what the file system says; a consumer's own throw must not read as a fault of the file. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function parseItem(bytes: Buffer): { value: unknown } | { error: string } {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return { error: 'is not UTF-8' }
  }
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return { error: `is not JSON: ${(error as Error).message.replace(/\s+/g, ' ')}` }
  }
}

/** The splitter that fits the form a file's name tells and the bytes it begins with. */
function chooseSplitter(head: Buffer, form: 'lines' | 'document' | 'content', max: number): Splitter {
  if (form === 'lines') return splitLines(max)
  const start = head.subarray(0, 3).equals(bom) ? 3 : 0
  const first = head.subarray(start).findIndex(byte => byte > 0x20) + start
  if (head[first] === 0x5b) return splitArray(max)
  if (form === 'document') return splitWhole(max)
  const lineEnd = head.indexOf(0x0a, first)
  return lineEnd !== -1 && isBalanced(head.subarray(first, lineEnd)) ? splitLines(max) : splitWhole(max)
}

/** How much of a file's beginning must be at hand to choose: to its first sign, and by content to that line's end. */
function tellsEnough(head: Buffer, form: 'lines' | 'document' | 'content', max: number): boolean {
  if (form === 'lines' || head.length > max) return true
  const first = head.findIndex(byte => byte > 0x20 && !bom.includes(byte))
  return first !== -1 && (form === 'document' || head[first] === 0x5b || head.indexOf(0x0a, first) !== -1)
}

async function* split(stream: AsyncIterable<Buffer>, form: 'lines' | 'document' | 'content', max: number) {
  let splitter: Splitter | undefined
  let head: Buffer[] = []
  for await (const chunk of stream) {
    if (splitter) {
      yield* splitter.push(chunk)
      continue
    }
    head.push(chunk)
    const joined = Buffer.concat(head)
    if (!tellsEnough(joined, form, max)) continue
    splitter = chooseSplitter(joined, form, max)
    head = []
    yield* splitter.push(joined)
  }
  const rest = Buffer.concat(head)
  // A file of no items at all is no fault of a line-wise feed: an hour without news is an empty file.
  if (!splitter && form !== 'document' && isBlank(rest)) return
  splitter ??= chooseSplitter(rest, form, max)
  if (rest.length) yield* splitter.push(rest)
  yield* splitter.finish()
}
