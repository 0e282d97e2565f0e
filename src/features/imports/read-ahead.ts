import { DomainError } from '../../errors.ts'
import { openThread } from '../../thread.ts'
import { type ItemRead, readItem } from './read-item.ts'
import type { SourceError, SourceItem } from './sources.ts'

/** What is read while what was read before it is written: so many items or bytes. Fewer items are not worth a thread. */
const mostItems = 500
const mostBytes = 4_000_000
const leastItems = 50
/** Far more than reading takes: a body that takes long is not read here. */
const mostMilliseconds = 600_000

const thread = openThread<unknown[], ItemRead[]>({
  module: new URL('./item-thread.ts', import.meta.url),
  timeout: mostMilliseconds,
  tooLong: () => new Error('reading the items took too long'),
  tooMany: () => new DomainError('busy', 'Too many items are being read.'),
})

type Read = { source: SourceItem; read: ItemRead }

/** Items as they come, in their order, each with what was read of it: on a thread, one part ahead of what is asked for. */
export async function* readAhead(
  items: AsyncIterable<SourceItem | SourceError>,
): AsyncGenerator<Read | SourceError> {
  let ahead: Promise<(Read | SourceError)[]> | undefined
  for await (const part of inParts(items)) {
    const before = ahead
    ahead = readPart(part)
    // Whoever waits for the one before it hears of its failure first.
    ahead.catch(() => undefined)
    if (before) yield* await before
  }
  if (ahead) yield* await ahead
}

async function readPart(part: readonly (SourceItem | SourceError)[]): Promise<(Read | SourceError)[]> {
  const values = part.flatMap(one => ('error' in one ? [] : [one.value]))
  const readHere = () => values.map(readItem)
  // What nests very deep cannot be handed to a thread; what is a bug is found again here, where it happened.
  const reads = values.length < leastItems ? readHere() : await thread.run(values).catch(readHere)
  const each = reads.values()
  return part.map(one => ('error' in one ? one : { source: one, read: each.next().value as ItemRead }))
}

async function* inParts(items: AsyncIterable<SourceItem | SourceError>) {
  let part: (SourceItem | SourceError)[] = []
  let start = 0
  for await (const one of items) {
    part.push(one)
    const end = 'error' in one ? start : one.bytesRead
    if (part.length < mostItems && end - start < mostBytes) continue
    yield part
    part = []
    start = end
  }
  if (part.length > 0) yield part
}
