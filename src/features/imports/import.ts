import { keepMeasured } from '../desk/body.ts'
import { prepare } from '../desk/desk.ts'
import type { FileStore } from '../media/files.ts'
import { removeUnusedFiles } from '../media/picture-files.ts'
import { type MediaOfPart, prepareMedia } from './import-media.ts'
import { findImported, listImported } from './imports.store.ts'
import { requireNewer, requireWhole } from './may-take.ts'
import type { WireItem } from './ninjs.ts'
import type { WireMedia } from './ninjs-media.ts'
import { type Read, readAhead } from './read-ahead.ts'
import { type ItemRead, type ItemTexts, ruleOf } from './read-item.ts'
import type { ReadyItem } from './ready-item.ts'
import { type Entry, emptyReport, isTaken, Passed, type Report } from './report.ts'
import type { SourceError, SourceItem } from './sources.ts'
import { addsNothing } from './withholdings.ts'
import { type WriteDeps, writeSome } from './write-items.ts'

export type ImportDeps = WriteDeps & { files: FileStore; now: () => number }

type Ready = ReadyItem & { source: Read['source'] }

/**
 * Imports items as they come; one that fails leaves nothing of its own and spoils no other.
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
    const media: MediaOfPart = { ids: new Map(), read: new Map() }
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
        const place = { file, item, ...(read.uri === undefined ? {} : { uri: read.uri }) }
        tell({ ...place, outcome: 'refused', rule: read.rule ?? 'it cannot be read' }, bytesRead)
      }
    }
    let written = 0
    while (written < ready.length) {
      for (const entry of await writeSome(deps, ready.slice(written), report))
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
  ofPart: MediaOfPart,
): Promise<Ready> {
  const { db, now } = deps
  const { wire } = read
  try {
    if (wire.status === 'withheld') await refuseRepeated(deps, wire)
    else {
      const isLeft = usable(wire, now()).length > 0 || (read.texts !== undefined && !('body' in read.texts))
      // The transaction looks as well: this spares what is still to be cleaned or stored.
      if (isLeft || read.rule !== undefined) await refuseEarly(deps, wire)
    }
    if (read.rule !== undefined) throw new Passed('refused', read.rule)
    if (wire.status === 'withheld') requireWhole(wire, now())
    const texts = read.texts && (await finishTexts(read.texts))
    const media = await prepareMedia(db.desk, deps.files, usable(wire, now()), source.baseDir, ofPart)
    return { source, wire, media, ...(texts ? { texts } : {}) }
  } catch (error) {
    const passed = passedOf(error)
    // The faults of a withheld item are kept beside it: it is taken back all the same.
    return { source, wire, media: [], ...(wire.status === 'withheld' ? { fault: passed } : { passed }) }
  }
}

/** Why an item is passed over, from the error that says so; throws on an error that is no item's fault. */
function passedOf(error: unknown): Passed {
  if (error instanceof Passed) return error
  const rule = ruleOf(error)
  if (rule === undefined) throw error
  return new Passed('refused', rule)
}

async function finishTexts(texts: ItemTexts): Promise<NonNullable<ReadyItem['texts']>> {
  const { remarks } = texts
  if (!('body' in texts)) return { fields: await prepare(texts.fields), remarks }
  keepMeasured(texts.body)
  return { fields: { ...texts.fields, body: texts.body }, remarks }
}

/** Throws Passed where that can be told beforehand. */
async function refuseEarly({ db, now }: ImportDeps, wire: WireItem): Promise<void> {
  requireNewer(wire, await findImported(db.desk, wire.uri))
  if ((wire.expires ?? Number.POSITIVE_INFINITY) <= now()) throw new Passed('skipped', 'it has expired')
}

/** Throws Passed for a withheld item that was applied before: its fields are not needed. */
async function refuseRepeated({ db }: ImportDeps, wire: WireItem): Promise<void> {
  const { withholding } = await findImported(db.desk, wire.uri)
  if (addsNothing(wire, withholding)) throw new Passed('unchanged', '')
}

/** The media of an item that may be shown: not canceled, withheld, embargoed or expired. */
function usable(wire: WireItem, now: number): WireMedia[] {
  if (wire.status === 'canceled') return []
  return [...(wire.self ? [wire.self] : []), ...wire.media].filter(
    media =>
      media.status === 'usable' && (media.embargoedUntil ?? 0) <= now && (media.expires ?? Infinity) > now,
  )
}

/** Pictures of items that were not taken after all, and of those that others replaced. */
async function removeLeftFiles({ db, files }: ImportDeps, items: readonly Ready[]): Promise<void> {
  for (const { media } of items) {
    for (const { id, stored, replaced } of media) {
      for (const those of [stored, replaced]) if (those) await removeUnusedFiles(db.desk, files, id, those)
    }
  }
}
