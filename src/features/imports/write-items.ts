import { setTimeout as delay } from 'node:timers/promises'
import type { Db, Writer } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import type { ImportDefaults } from './import-fields.ts'
import { importItem } from './import-item.ts'
import type { KnownTags } from './import-tags.ts'
import { ruleOf } from './read-item.ts'
import type { ReadyItem } from './ready-item.ts'
import { type Entry, Passed, type Report, type Result } from './report.ts'
import type { SourceItem } from './sources.ts'

export type WriteDeps = {
  db: Db
  defaults: ImportDefaults
  /** After so many milliseconds a transaction takes in no more items, since others wait for it; 300 unless said. */
  longestMs?: number
}

/** Items of one transaction: PostgreSQL keeps locks of each item in a table of its own size, SQLite keeps none. */
const mostItems = { sqlite: 500, postgres: 100 }

type Ready = ReadyItem & { source: Pick<SourceItem, 'file' | 'item'> }

/** Another process may hold the store for longer than a request would wait; an import has time. */
const mostAttempts = 20

/**
 * Writes the first of the items, as many as a transaction takes and one at the least: what became of each, in their
 * order.
 */
export async function writeSome(deps: WriteDeps, items: readonly Ready[], report: Report): Promise<Entry[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryToWrite(deps, items, report)
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'busy' || attempt === mostAttempts) throw error
      await delay(500)
    }
  }
}

async function tryToWrite(
  { db, defaults, longestMs = 300 }: WriteDeps,
  items: readonly Ready[],
  report: Report,
): Promise<Entry[]> {
  const { entries, made } = await db.write({ by: 'import' }, async tx => {
    const made = { media: 0, tags: 0 }
    // Two imports of one item would each find it missing.
    await tx.lock('imports')
    const told: Entry[] = []
    const knownTags: KnownTags = new Map()
    const started = performance.now()
    for (const ready of items.slice(0, mostItems[db.engine])) {
      const place = { file: ready.source.file, item: ready.source.item, uri: ready.wire.uri }
      const { media = 0, tags = 0, ...result } = await importOne(tx, ready, defaults, knownTags)
      made.media += media
      made.tags += tags
      told.push({ ...place, ...result })
      if (performance.now() - started > longestMs) break
    }
    return { entries: told, made }
  })
  report.media += made.media
  report.tags += made.tags
  return entries
}

/** Writes one item, or tells why it was not taken. */
async function importOne(
  tx: Writer,
  ready: ReadyItem,
  defaults: ImportDefaults,
  knownTags: KnownTags,
): Promise<Result> {
  if (ready.passed) return resultOf(ready.passed)
  try {
    return await tx.savepoint(() => importItem(tx, ready, defaults, knownTags))
  } catch (error) {
    // What it made is undone, tags too; one that is unchanged had made none.
    if (!(error instanceof Passed && error.outcome === 'unchanged')) knownTags.clear()
    return resultOf(error)
  }
}

/** What became of an item that threw; throws on what is no item's fault. */
function resultOf(error: unknown): Result {
  if (error instanceof Passed) {
    const { outcome, message: rule } = error
    return outcome === 'unchanged' ? { outcome } : { outcome, rule }
  }
  const rule = ruleOf(error)
  if (rule === undefined) throw error
  return { outcome: 'refused', rule }
}
