import { DomainError } from '../../errors.ts'
import { openThread, Unsendable } from '../../thread.ts'
import { uriOf } from './ninjs.ts'
import { type ItemRead, type Reading, readItem } from './read-item.ts'
import type { SourceError, SourceItem } from './sources.ts'

/** What is read together: so many items or bytes, or what has come in so long. */
const mostItems = 500
const mostBytes = 4_000_000
const patienceMs = 200
/** Fewer items are not worth a thread. */
const leastItems = 50
/** Far more than the longest part takes. */
const mostMilliseconds = 600_000

const thread = openThread<Reading[], ItemRead[]>({
  module: new URL('./item-thread.ts', import.meta.url),
  timeout: mostMilliseconds,
  longestWait: mostMilliseconds,
  tooLong: () => new Error('reading the items took too long'),
  tooMany: () => new DomainError('busy', 'Too many items are being read.'),
})

/** An item as it was read, and where it stood. */
export type Read = { source: Omit<SourceItem, 'value'>; read: ItemRead }
type Part = (SourceItem | SourceError)[]

/**
 * Items as they come, in parts and in their order, each with what was read of it: on a thread, while whoever asks is
 * busy with the part before. `listKnown` gives those of some uris that were imported before: their bodies are left as
 * they are, since most are found unchanged.
 */
export async function* readAhead(
  items: AsyncIterable<SourceItem | SourceError>,
  listKnown: (uris: readonly string[]) => Promise<ReadonlySet<string>>,
): AsyncGenerator<(Read | SourceError)[]> {
  let ahead: Promise<(Read | SourceError)[]> | undefined
  for await (const part of inParts(items)) {
    const before = ahead
    ahead = part.length > 0 ? readPart(part, listKnown) : undefined
    // Whoever waits for the one before it hears of its failure first.
    ahead?.catch(() => undefined)
    if (before) yield await before
  }
  if (ahead) yield await ahead
}

async function readPart(
  part: Part,
  listKnown: (uris: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<(Read | SourceError)[]> {
  const values = part.flatMap(one => ('error' in one ? [] : [one.value]))
  const known = await listKnown(values.flatMap(value => uriOf(value) ?? []))
  const readings = values.map(value => ({ value, isKnown: known.has(uriOf(value) ?? '') }))
  const readHere = () => readings.map(readItem)
  const reads =
    readings.length < leastItems
      ? readHere()
      : await thread.run(readings).catch((error: unknown) => {
          if (error instanceof Unsendable) return readHere()
          throw error
        })
  const each = reads.values()
  return part.map(one => {
    if ('error' in one) return one
    const { value: _value, ...source } = one
    return { source, read: each.next().value as ItemRead }
  })
}

/**
 * A part ends when it is full, or its time is over: an empty one says, once, that nothing came, so that a feed which pauses
 * holds up nothing that came before.
 */
async function* inParts(items: AsyncIterable<SourceItem | SourceError>): AsyncGenerator<Part> {
  const iterator = items[Symbol.asyncIterator]()
  const ask = () => {
    const answer = iterator.next()
    // It is heard of when it is awaited.
    answer.catch(() => undefined)
    return answer
  }
  let coming = ask()
  let [start, end] = [0, 0]
  let clock = startClock()
  try {
    for (;;) {
      const part: Part = []
      while (part.length < mostItems && end - start < mostBytes) {
        const result = await Promise.race([coming, clock.over])
        if (result === 'over') break
        if (result.done) {
          if (part.length > 0) yield part
          return
        }
        part.push(result.value)
        if ('bytesRead' in result.value) end = result.value.bytesRead
        coming = ask()
      }
      clock.stop()
      start = end
      yield part
      if (part.length === 0) await coming
      clock = startClock()
    }
  } finally {
    clock.stop()
    void iterator.return?.(undefined).catch(() => undefined)
  }
}

function startClock() {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<'over'>(resolve => {
    timer = setTimeout(resolve, patienceMs, 'over')
  })
  return { over, stop: () => clearTimeout(timer) }
}
