import { setTimeout as delay } from 'node:timers/promises'
import type { Db } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import { keepMeasured } from '../desk/body.ts'
import { prepare } from '../desk/desk.ts'
import type { FileStore } from '../media/files.ts'
import { removeUnusedFiles } from '../media/media.ts'
import type { ImportDefaults } from './import-fields.ts'
import { importItem, type ReadyItem, requireNewer } from './import-item.ts'
import { prepareMedia } from './import-media.ts'
import type { KnownTags } from './import-tags.ts'
import { findImport } from './imports.store.ts'
import type { WireItem } from './ninjs.ts'
import type { WireMedia } from './ninjs-media.ts'
import { readAhead } from './read-ahead.ts'
import { type ItemRead, type ItemTexts, ruleOf } from './read-item.ts'
import { type Entry, emptyReport, isTaken, Passed, type Report } from './report.ts'
import type { SourceError, SourceItem } from './sources.ts'

export type ImportDeps = { db: Db; files: FileStore; now: () => number; defaults: ImportDefaults }

/** Items of one transaction: PostgreSQL keeps locks of each item in a table of its own size, SQLite keeps none. */
const batchSize = { sqlite: 500, postgres: 100 }

/** A batch is written early once its bodies have as many characters: others wait for its transaction. */
const longestBatch = 2_000_000

type Ready = ReadyItem & { source: SourceItem }

/**
 * Imports items as they come, hundreds to a transaction; one that fails leaves nothing of its own and spoils no other.
 * `onEntry` hears what became of each, after its commit.
 */
export async function importItems(
  deps: ImportDeps,
  items: AsyncIterable<SourceItem | SourceError>,
  onEntry: (entry: Entry, bytesRead?: number) => void,
): Promise<Report> {
  const report = emptyReport()
  let batch: Ready[] = []
  let length = 0
  /** Ids given to media of this batch, by what the media are known by: two items may share a picture. */
  let ids = new Map<string, string>()
  const tell = (entry: Entry, bytesRead?: number) => {
    if (entry.rule !== undefined && isTaken(entry.outcome)) report.remarks++
    report[entry.outcome]++
    onEntry(entry, bytesRead)
  }
  const flush = async () => {
    const entries = await writeBatch(deps, batch, report)
    await removeLeftFiles(deps, batch)
    for (const [i, entry] of entries.entries()) tell(entry, batch[i]?.source.bytesRead)
    batch = []
    length = 0
    ids = new Map()
  }
  for await (const one of readAhead(items)) {
    if ('error' in one) {
      const { error, ...place } = one
      tell({ ...place, outcome: 'unreadable', rule: error })
      continue
    }
    const { source, read } = one
    if (!read.wire) {
      const { file, item, bytesRead } = source
      tell({ file, item, outcome: 'refused', rule: read.rule ?? 'it cannot be read' }, bytesRead)
      continue
    }
    const ready = await makeReady(deps, source, { ...read, wire: read.wire }, ids)
    batch.push(ready)
    length += ready.texts?.fields.body?.html.length ?? 0
    if (batch.length >= batchSize[deps.db.engine] || length >= longestBatch) await flush()
  }
  await flush()
  return report
}

/** All that an item needs before the transaction: its body cleaned, its pictures stored. */
async function makeReady(
  deps: ImportDeps,
  source: SourceItem,
  read: ItemRead & { wire: WireItem },
  ids: Map<string, string>,
): Promise<Ready> {
  const { db, files, now } = deps
  const { wire } = read
  try {
    const shown = usable(wire, now())
    const isLeft = shown.length > 0 || (read.texts !== undefined && !read.texts.body)
    // The transaction looks as well: this spares what is still to be read or stored.
    if (isLeft || read.rule !== undefined) await refuseEarly(deps, wire)
    if (read.rule !== undefined) throw new Passed('refused', read.rule)
    const texts = read.texts && (await finishTexts(read.texts))
    const media = await prepareMedia(db.desk, files, shown, source.baseDir, ids)
    return { source, wire, media, ...(texts ? { texts } : {}) }
  } catch (error) {
    const rule = ruleOf(error)
    if (rule === undefined && !(error instanceof Passed)) throw error
    const passed = error instanceof Passed ? error : new Passed('refused', rule as string)
    return { source, wire, media: [], passed }
  }
}

async function finishTexts({ fields, body, remarks }: ItemTexts): Promise<NonNullable<ReadyItem['texts']>> {
  if (!body) return { fields: await prepare(fields), remarks }
  keepMeasured(body)
  const { body: _body, bodyFormat: _format, ...rest } = fields
  return { fields: { ...rest, body }, remarks }
}

/** Throws Passed where that can be told beforehand: nothing of the item is read or stored then. */
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

async function writeBatch(deps: ImportDeps, batch: readonly Ready[], report: Report): Promise<Entry[]> {
  if (batch.length === 0) return []
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
    for (const ready of batch) {
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
