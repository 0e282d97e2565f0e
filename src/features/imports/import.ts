import { setTimeout as delay } from 'node:timers/promises'
import type { Db } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import { keepMeasured } from '../desk/body.ts'
import { prepare } from '../desk/desk.ts'
import type { FileStore } from '../media/files.ts'
import { removeUnusedFiles } from '../media/media.ts'
import type { ImportDefaults } from './import-fields.ts'
import { importItem, type ReadyItem, requireNewer } from './import-item.ts'
import { type MediaOfBatch, prepareMedia } from './import-media.ts'
import type { KnownTags } from './import-tags.ts'
import { findImport, listImported } from './imports.store.ts'
import type { WireItem } from './ninjs.ts'
import type { WireMedia } from './ninjs-media.ts'
import { type Read, readAhead } from './read-ahead.ts'
import { type ItemRead, type ItemTexts, ruleOf } from './read-item.ts'
import { type Entry, emptyReport, isTaken, Passed, type Report } from './report.ts'
import type { SourceError, SourceItem } from './sources.ts'

export type ImportDeps = { db: Db; files: FileStore; now: () => number; defaults: ImportDefaults }

/** Items of one transaction: PostgreSQL keeps locks of each item in a table of its own size, SQLite keeps none. */
const batchSize = { sqlite: 500, postgres: 100 }
/** A transaction takes in no more items after so long: others wait for it. */
const longestMs = 300

type Ready = ReadyItem & { source: Read['source'] }

/**
 * Imports items as they come, hundreds to a transaction; one that fails leaves nothing of its own and spoils no other.
 * `onEntry` hears what became of each, after its commit. What a source gave before it failed is imported.
 */
export async function importItems(
  deps: ImportDeps,
  items: AsyncIterable<SourceItem | SourceError>,
  onEntry: (entry: Entry, bytesRead?: number) => void,
): Promise<Report> {
  const report = emptyReport()
  const tell = (entry: Entry, bytesRead?: number) => {
    if (entry.rule !== undefined && isTaken(entry.outcome)) report.remarks++
    report[entry.outcome]++
    onEntry(entry, bytesRead)
  }
  let failure: { error: unknown } | undefined
  const given = untilFailure(items, error => {
    failure = { error }
  })
  for await (const part of readAhead(given, uris => listImported(deps.db.desk, uris))) {
    const media: MediaOfBatch = { ids: new Map(), read: new Map() }
    const ready: Ready[] = []
    for (const one of part) {
      if ('error' in one) {
        const { error, ...place } = one
        tell({ ...place, outcome: 'unreadable', rule: error })
        continue
      }
      const { source, read } = one
      if (read.wire) ready.push(await makeReady(deps, source, { ...read, wire: read.wire }, media))
      else {
        const { file, item, bytesRead } = source
        tell({ file, item, outcome: 'refused', rule: read.rule ?? 'it cannot be read' }, bytesRead)
      }
    }
    let written = 0
    while (written < ready.length) {
      const batch = ready.slice(written, written + batchSize[deps.db.engine])
      for (const entry of await writeBatch(deps, batch, report))
        tell(entry, ready[written++]?.source.bytesRead)
    }
    await removeLeftFiles(deps, ready)
  }
  if (failure) throw failure.error
  return report
}

async function* untilFailure<T>(items: AsyncIterable<T>, onFailure: (error: unknown) => void) {
  try {
    yield* items
  } catch (error) {
    onFailure(error)
  }
}

/** All that an item needs before the transaction: a body that is not clean yet cleaned, its pictures stored. */
async function makeReady(
  deps: ImportDeps,
  source: Read['source'],
  read: ItemRead & { wire: WireItem },
  ofBatch: MediaOfBatch,
): Promise<Ready> {
  const { db, files, now } = deps
  const { wire } = read
  try {
    const shown = usable(wire, now())
    const isLeft = shown.length > 0 || (read.texts !== undefined && !('body' in read.texts))
    // The transaction looks as well: this spares what is still to be cleaned or stored.
    if (isLeft || read.rule !== undefined) await refuseEarly(deps, wire)
    if (read.rule !== undefined) throw new Passed('refused', read.rule)
    const texts = read.texts && (await finishTexts(read.texts))
    const media = await prepareMedia(db.desk, files, shown, source.baseDir, ofBatch)
    return { source, wire, media, ...(texts ? { texts } : {}) }
  } catch (error) {
    const rule = ruleOf(error)
    if (rule === undefined && !(error instanceof Passed)) throw error
    const passed = error instanceof Passed ? error : new Passed('refused', rule as string)
    return { source, wire, media: [], passed }
  }
}

async function finishTexts(texts: ItemTexts): Promise<NonNullable<ReadyItem['texts']>> {
  const { remarks } = texts
  if (!('body' in texts)) return { fields: await prepare(texts.fields), remarks }
  keepMeasured(texts.body)
  return { fields: { ...texts.fields, body: texts.body }, remarks }
}

/** Throws Passed where that can be told beforehand. */
async function refuseEarly({ db, now }: ImportDeps, wire: WireItem): Promise<void> {
  const known = await findImport(db.desk, wire.uri)
  if (known) requireNewer(wire, known)
  if (wire.status !== 'canceled' && (wire.expires ?? Number.POSITIVE_INFINITY) <= now())
    throw new Passed('skipped', 'it has expired')
}

/** The media of an item that may be shown: not canceled, withheld, embargoed or expired. */
function usable(wire: WireItem, now: number): WireMedia[] {
  if (wire.status === 'canceled') return []
  return [...(wire.self ? [wire.self] : []), ...wire.media].filter(
    media =>
      media.status === 'usable' && (media.embargoedUntil ?? 0) <= now && (media.expires ?? Infinity) > now,
  )
}

/** Another process may hold the store for longer than a request would wait; an import has time. */
const mostAttempts = 20

/** Writes the items, or as many as there is time for: what became of those, in their order. */
async function writeBatch(deps: ImportDeps, batch: readonly Ready[], report: Report): Promise<Entry[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryBatch(deps, batch, report)
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'busy' || attempt === mostAttempts) throw error
      await delay(500)
    }
  }
}

async function tryBatch(
  { db, defaults }: ImportDeps,
  batch: readonly Ready[],
  report: Report,
): Promise<Entry[]> {
  const { entries, made } = await db.write({ by: 'import' }, async tx => {
    const made = { media: 0, tags: 0 }
    // Two imports of one item would each find it missing.
    await tx.lock('imports')
    const told: Entry[] = []
    const knownTags: KnownTags = new Map()
    const importOne = async (ready: Ready) => {
      const takesOnTrust = knownTags.size > 0
      try {
        return await tx.savepoint(() => importItem(tx, ready, defaults, knownTags))
      } catch (error) {
        // What it made is undone; and what others found before may have been merged or deleted meanwhile.
        knownTags.clear()
        if (!takesOnTrust || ruleOf(error) === undefined) throw error
        return tx.savepoint(() => importItem(tx, ready, defaults, knownTags))
      }
    }
    const started = performance.now()
    for (const ready of batch) {
      if (performance.now() - started > longestMs) break
      const place = { file: ready.source.file, item: ready.source.item, uri: ready.wire.uri }
      try {
        const { media = 0, tags = 0, ...result } = await importOne(ready)
        made.media += media
        made.tags += tags
        told.push({ ...place, ...result })
      } catch (error) {
        if (error instanceof Passed) {
          const rule = error.outcome === 'unchanged' ? {} : { rule: error.message }
          told.push({ ...place, outcome: error.outcome, ...rule })
        } else {
          const rule = ruleOf(error)
          if (rule === undefined) throw error
          told.push({ ...place, outcome: 'refused', rule })
        }
      }
    }
    return { entries: told, made }
  })
  report.media += made.media
  report.tags += made.tags
  return entries
}

/** Pictures of items that were not taken after all, and of those that others replaced. */
async function removeLeftFiles({ db, files }: ImportDeps, batch: readonly Ready[]): Promise<void> {
  for (const { media } of batch) {
    for (const { id, stored, replaced } of media) {
      for (const those of [stored, replaced]) if (those) await removeUnusedFiles(db.desk, files, id, those)
    }
  }
}
