import type { Db, Writer } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import { findArticle, type WorkingCopy } from '../desk/desk.store.ts'
import { type ArticleInput, createArticle, patchArticle } from '../desk/desk.ts'
import { publishArticle, withdrawArticle } from '../desk/publish.ts'
import type { FileStore } from '../media/files.ts'
import { articleFields, type ImportDefaults } from './import-fields.ts'
import { importMedia, prepareMedia, type ReadyMedia } from './import-media.ts'
import { ensureSection, importTags } from './import-tags.ts'
import { findImport, type ImportRow, saveImport } from './imports.store.ts'
import { readNinjs, type WireItem } from './ninjs.ts'
import { ItemError } from './ninjs-fields.ts'
import type { WireMedia } from './ninjs-media.ts'
import { type Entry, emptyReport, type Outcome, Passed, type Report } from './report.ts'
import type { SourceError, SourceItem } from './sources.ts'

export type ImportDeps = { db: Db; files: FileStore; now: () => number; defaults: ImportDefaults }

/** Items of one transaction. */
const batchSize = 50

type Ready = { source: SourceItem; wire: WireItem; media: ReadyMedia[] }

/**
 * Imports items as they come, 50 to a transaction; one that fails leaves nothing of its own and spoils no other.
 * `onEntry` hears what became of each, after its commit.
 */
export async function importItems(
  deps: ImportDeps,
  items: AsyncIterable<SourceItem | SourceError>,
  onEntry: (entry: Entry, bytesRead?: number) => void,
): Promise<Report> {
  const report = emptyReport()
  let batch: Ready[] = []
  const tell = (entry: Entry, bytesRead?: number) => {
    if (entry.rule !== undefined && isTaken(entry.outcome)) report.remarks++
    report[entry.outcome]++
    onEntry(entry, bytesRead)
  }
  const flush = async () => {
    const entries = await writeBatch(deps, batch, report)
    for (const [i, entry] of entries.entries()) tell(entry, batch[i]?.source.bytesRead)
    batch = []
  }
  for await (const source of items) {
    if ('error' in source) {
      const { error, ...place } = source
      tell({ ...place, outcome: 'unreadable', rule: error })
      continue
    }
    try {
      const wire = readNinjs(source.value)
      batch.push({
        source,
        wire,
        media: await prepareMedia(deps.db.desk, deps.files, usable(wire, deps.now()), source.baseDir),
      })
    } catch (error) {
      if (!(error instanceof ItemError)) throw error
      tell({ file: source.file, item: source.item, outcome: 'refused', rule: error.rule }, source.bytesRead)
    }
    if (batch.length >= batchSize) await flush()
  }
  await flush()
  return report
}

const isTaken = (outcome: Outcome) => outcome === 'imported' || outcome === 'updated'

/** The media of an item that may be shown: not canceled, withheld, embargoed or expired. */
function usable(wire: WireItem, now: number): WireMedia[] {
  return [...(wire.self ? [wire.self] : []), ...wire.media].filter(
    media =>
      media.status === 'usable' && (media.embargoedUntil ?? 0) <= now && (media.expires ?? Infinity) > now,
  )
}

async function writeBatch(
  { db, defaults }: ImportDeps,
  batch: readonly Ready[],
  report: Report,
): Promise<Entry[]> {
  if (batch.length === 0) return []
  return db.write(async tx => {
    const entries: Entry[] = []
    for (const ready of batch) {
      const place = { file: ready.source.file, item: ready.source.item, uri: ready.wire.uri }
      try {
        entries.push({ ...place, ...(await tx.savepoint(() => importItem(tx, ready, defaults, report))) })
      } catch (error) {
        if (error instanceof Passed)
          entries.push({
            ...place,
            outcome: error.outcome,
            ...(error.outcome === 'unchanged' ? {} : { rule: error.message }),
          })
        else if (error instanceof DomainError)
          entries.push({ ...place, outcome: 'refused', rule: error.message })
        else throw error
      }
    }
    return entries
  })
}

type Result = { outcome: Outcome; rule?: string }

async function importItem(
  tx: Writer,
  ready: Ready,
  defaults: ImportDefaults,
  report: Report,
): Promise<Result> {
  const { wire } = ready
  const known = await findImport(tx, wire.uri)
  if (known) requireNewer(wire, known)
  if ((wire.expires ?? Number.POSITIVE_INFINITY) <= tx.at) throw new Passed('skipped', 'it has expired')
  if (wire.kind !== 'text') return importPicture(tx, ready, known, report)

  const copy = known ? await findArticle(tx, known.subjectId) : undefined
  if (wire.status === 'canceled') return cancel(tx, wire, copy)
  if (copy?.liveStatus === 'withdrawn')
    throw new Passed('skipped', 'it was withdrawn: a usable version does not revive it')
  if (wire.headline === undefined) throw new Passed('refused', 'headline is missing')

  const mediaIds: string[] = []
  for (const media of ready.media) {
    const { id, isNew } = await importMedia(tx, media)
    if (isNew) report.media++
    if (!mediaIds.includes(id)) mediaIds.push(id)
  }
  const language = wire.language ?? defaults.language
  const tagged = await importTags(tx, wire.tags, language)
  report.tags += tagged.made
  const section = tagged.section ?? (await ensureSection(tx, defaults.section))
  const { fields, remarks } = articleFields(wire, { language, section, tags: tagged.tags, mediaIds })
  if (tagged.left > 0) remarks.push(`${tagged.left} tags past the fiftieth were left out`)
  for (const { remark } of ready.media) if (remark !== undefined) remarks.push(remark)
  const { id } = await saveCopy(tx, copy, fields, remarks)
  await remember(tx, wire, 'article', id)

  const hold = holdReason(wire, fields, tx.at)
  if (hold !== undefined) return { outcome: 'workingCopy', rule: hold }
  const first = !copy || copy.version === 0
  await publishArticle(tx, id, first ? firstPublish(wire, tx.at) : laterPublish(wire), 'any')
  return {
    outcome: first ? 'imported' : 'updated',
    ...(remarks.length > 0 ? { rule: remarks.join('; ') } : {}),
  }
}

/** A picture, video or sound by itself becomes media alone. */
async function importPicture(
  tx: Writer,
  ready: Ready,
  known: ImportRow | undefined,
  report: Report,
): Promise<Result> {
  const { wire } = ready
  if (wire.status !== 'usable') throw new Passed('skipped', `its pubStatus is ${wire.status}`)
  if ((wire.embargoedUntil ?? 0) > tx.at) throw new Passed('skipped', 'its embargo is still ahead')
  const remarks: string[] = []
  let selfId: string | undefined
  for (const media of ready.media) {
    const { id, isNew } = await importMedia(tx, media)
    if (isNew) report.media++
    if (media.wire === wire.self) selfId = id
    if (media.remark !== undefined) remarks.push(media.remark)
  }
  if (selfId === undefined) throw new Passed('skipped', 'it may not be shown')
  await remember(tx, wire, 'media', selfId)
  return {
    outcome: known ? 'updated' : 'imported',
    ...(remarks.length > 0 ? { rule: remarks.join('; ') } : {}),
  }
}

function requireNewer(wire: WireItem, known: ImportRow): void {
  const [a, b] = [Number(wire.version), Number(known.version)]
  const numeric = Number.isFinite(a) && Number.isFinite(b)
  const order = numeric ? a - b : wire.version.localeCompare(known.version, 'en')
  const later = order || (wire.versionCreated ?? 0) - (known.versionCreated ?? 0)
  if (order === 0 && later <= 0) throw new Passed('unchanged', '')
  if (later < 0)
    throw new Passed('skipped', `version ${wire.version} is older than ${known.version}, which was imported`)
}

async function cancel(tx: Writer, wire: WireItem, copy: WorkingCopy | undefined): Promise<Result> {
  if (copy?.liveStatus !== 'live') {
    // Remembered, so that an older version that comes after it is not published.
    await remember(tx, wire, copy ? 'article' : 'none', copy?.id ?? '')
    return { outcome: 'skipped', rule: 'it is canceled and not published here' }
  }
  const notice = wire.correctionNote ?? 'The sender withdrew this story.'
  // An editorial note is between newsrooms; readers get no word of it.
  const note = wire.editorialNote === undefined ? '' : ` Its note to editors: ${wire.editorialNote}`
  const reason = `Canceled by its sender: ${wire.uri}.${note}`
  await withdrawArticle(tx, copy.id, { notice: notice.slice(0, 1000), reason: reason.slice(0, 2000) }, 'any')
  await remember(tx, wire, 'article', copy.id)
  return { outcome: 'withdrawn' }
}

async function saveCopy(
  tx: Writer,
  copy: WorkingCopy | undefined,
  fields: ArticleInput,
  remarks: string[],
): Promise<WorkingCopy> {
  // Fields that the new version no longer has are removed: an import is the whole item.
  const removed = copy
    ? {
        shortHeadline: null,
        summary: null,
        body: null,
        dateline: null,
        byline: null,
        signOff: null,
        leadMedia: null,
        source: null,
        usageTerms: null,
        editorialNote: null,
        kind: 'story' as const,
        urgency: 5,
      }
    : {}
  const saved = copy
    ? await patchArticle(tx, copy.id, { ...removed, ...fields }, 'any')
    : await createArticle(tx, fields)
  for (const { detail } of saved.warnings) remarks.push(detail)
  return saved.copy
}

function holdReason(wire: WireItem, fields: ArticleInput, at: number): string | undefined {
  if (wire.status === 'withheld') return 'its pubStatus is withheld'
  if ((wire.embargoedUntil ?? 0) > at) return 'its embargo is still ahead'
  return fields.body === undefined ? 'it has no body' : undefined
}

function firstPublish(wire: WireItem, at: number) {
  const publishedAt = wire.firstCreated ?? wire.versionCreated ?? at
  if (publishedAt > at) throw new Passed('refused', 'its firstCreated or versionCreated is ahead of now')
  return { publishedAt, ...updated(wire) }
}

function laterPublish(wire: WireItem) {
  const { correctionNote: note } = wire
  if (note === undefined) return { kind: 'update' as const, ...updated(wire) }
  return { kind: 'correction' as const, note: note.slice(0, 1000), ...updated(wire) }
}

const updated = (wire: WireItem) =>
  wire.versionCreated === undefined ? {} : { updatedAt: wire.versionCreated }

async function remember(
  tx: Writer,
  wire: WireItem,
  subjectType: ImportRow['subjectType'],
  subjectId: string,
): Promise<void> {
  const { uri, version } = wire
  await saveImport(tx, {
    uri,
    version,
    versionCreated: wire.versionCreated ?? null,
    subjectType,
    subjectId,
    importedAt: tx.at,
  })
}
