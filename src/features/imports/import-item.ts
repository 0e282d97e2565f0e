import type { Writer } from '../../db/db.ts'
import { formatInstant } from '../../instant.ts'
import { findArticle, type WorkingCopy } from '../desk/desk.store.ts'
import { type ArticleInput, draftArticle, type Prepared, patchArticle, saveDraft } from '../desk/desk.ts'
import { publishArticle, publishDraft } from '../desk/publish.ts'
import { reviewArticle } from '../desk/review.ts'
import { unscheduleArticle } from '../desk/schedule.ts'
import { withdrawArticle } from '../desk/takedown.ts'
import type { ArticleTexts, ImportDefaults } from './import-fields.ts'
import { importMedia, type ReadyMedia } from './import-media.ts'
import { ensureSection, importTags, type KnownTags } from './import-tags.ts'
import { findImport, type ImportRow, saveImport } from './imports.store.ts'
import type { WireItem } from './ninjs.ts'
import { type Outcome, Passed } from './report.ts'
import { compareVersions } from './versions.ts'

/** An item as it comes into the transaction: `passed` says why it is not to be taken, `texts` are an article's own. */
export type ReadyItem = {
  wire: WireItem
  passed?: Passed
  media: ReadyMedia[]
  texts?: { fields: Prepared<ArticleTexts>; remarks: readonly string[] }
}

/** What became of an item, and how many media and tags were made for it. */
export type Result = { outcome: Outcome; rule?: string; media?: number; tags?: number }

/** Writes one item. Throws Passed for one that is not to be taken, and what the desk throws for one it refuses. */
export async function importItem(
  tx: Writer,
  ready: ReadyItem,
  defaults: ImportDefaults,
  knownTags: KnownTags,
): Promise<Result> {
  const { wire, texts } = ready
  const known = await findImport(tx, wire.uri)
  if (known) requireNewer(wire, known)
  const copy = known ? await findArticle(tx, known.subjectId) : undefined
  // Before its expiry: a takedown often says that the item expired in the past.
  if (wire.kind === 'text' && wire.status === 'canceled') return cancel(tx, wire, copy)
  if ((wire.expires ?? Number.POSITIVE_INFINITY) <= tx.at) throw new Passed('skipped', 'it has expired')
  if (wire.kind !== 'text') return importPicture(tx, ready, known)
  if (copy?.liveStatus === 'withdrawn')
    throw new Passed('skipped', 'it was withdrawn: a usable version does not revive it')
  if (texts === undefined) throw new Passed('refused', 'headline is missing')

  const mediaIds: string[] = []
  let newMedia = 0
  for (const media of ready.media) {
    const { id, isNew } = await importMedia(tx, media)
    if (isNew) newMedia++
    if (!mediaIds.includes(id)) mediaIds.push(id)
  }
  const language = wire.language ?? defaults.language
  const tagged = await importTags(tx, wire.tags, language, knownTags)
  const section = tagged.section ?? (await ensureSection(tx, defaults.section, knownTags))
  const [leadMedia, ...media] = mediaIds
  const fields = {
    ...texts.fields,
    ...{ language, section, tags: tagged.tags, media },
    ...(leadMedia === undefined ? {} : { leadMedia }),
  }
  const remarks = [...texts.remarks]
  if (tagged.left > 0) remarks.push(`${tagged.left} tags past the fiftieth were left out`)
  for (const { remark } of ready.media) if (remark !== undefined) remarks.push(remark)
  const saved = await takeFields(tx, copy, fields, remarks)
  await remember(tx, wire, 'article', saved.id)

  const made = { media: newMedia, tags: tagged.made }
  const reason = reasonToWait(wire, fields, copy)
  if (reason !== undefined) {
    if (!copy) await saveDraft(tx, saved)
    return { outcome: 'workingCopy', rule: reason, ...made }
  }
  if ((wire.versionCreated ?? 0) > tx.at) remarks.push('its versionCreated is ahead of now: now was taken')
  const first = (copy?.publishedAt ?? null) === null
  const publish = first ? firstPublish(wire, copy, tx.at) : laterPublish(wire, tx.at)
  // Nobody else can have got at one that this transaction made.
  if (copy) await publishArticle(tx, copy.id, publish, 'any')
  else await publishDraft(tx, saved, publish)
  if (publish.embargoedUntil !== null)
    remarks.push(`it is under embargo until ${formatInstant(publish.embargoedUntil)}`)
  return {
    outcome: !copy || copy.version === 0 ? 'imported' : 'updated',
    ...(remarks.length > 0 ? { rule: remarks.join('; ') } : {}),
    ...made,
  }
}

/** A picture, video or sound by itself becomes media alone. */
async function importPicture(tx: Writer, ready: ReadyItem, known: ImportRow | undefined): Promise<Result> {
  const { wire } = ready
  if (wire.status !== 'usable') throw new Passed('skipped', `its pubStatus is ${wire.status}`)
  if ((wire.embargoedUntil ?? 0) > tx.at) throw new Passed('skipped', 'its embargo is still ahead')
  const remarks: string[] = []
  let newMedia = 0
  let selfId: string | undefined
  for (const media of ready.media) {
    const { id, isNew } = await importMedia(tx, media)
    if (isNew) newMedia++
    if (media.wire === wire.self) selfId = id
    if (media.remark !== undefined) remarks.push(media.remark)
  }
  if (selfId === undefined) throw new Passed('skipped', 'it may not be shown')
  await remember(tx, wire, 'media', selfId)
  return {
    outcome: known ? 'updated' : 'imported',
    ...(remarks.length > 0 ? { rule: remarks.join('; ') } : {}),
    media: newMedia,
  }
}

/** Throws Passed for an item whose version was taken before, or a later one was. */
export function requireNewer(wire: WireItem, known: ImportRow): void {
  const order = compareVersions(wire.version, known.version)
  const later = order || (wire.versionCreated ?? 0) - (known.versionCreated ?? 0)
  if (order === 0 && later <= 0) throw new Passed('unchanged', '')
  if (later < 0)
    throw new Passed('skipped', `version ${wire.version} is older than ${known.version}, which was imported`)
}

async function cancel(tx: Writer, wire: WireItem, copy: WorkingCopy | undefined): Promise<Result> {
  if (copy === undefined || copy.liveStatus === 'never' || copy.liveStatus === 'withdrawn') {
    const took = copy && (await takeBack(tx, copy, wire))
    // Remembered, so that an older version that comes after it is not published.
    await remember(tx, wire, copy ? 'article' : 'none', copy?.id ?? '')
    return {
      outcome: 'skipped',
      rule: `it is canceled and not published here${took ? ': its copy is a draft again' : ''}`,
    }
  }
  const notice = wire.correctionNote ?? 'The sender withdrew this story.'
  // An editorial note is between newsrooms; readers get no word of it.
  const note = wire.editorialNote === undefined ? '' : ` Its note to editors: ${wire.editorialNote}`
  const reason = `Canceled by its sender: ${wire.uri}.${note}`
  await withdrawArticle(tx, copy.id, { notice: notice.slice(0, 1000), reason: reason.slice(0, 2000) }, 'any')
  await remember(tx, wire, 'article', copy.id)
  return { outcome: 'withdrawn' }
}

/** Takes a working copy that its sender canceled off its way to readers; whether it was on it. */
async function takeBack(tx: Writer, copy: WorkingCopy, { uri }: WireItem): Promise<boolean> {
  const reason = { reason: `Canceled by its sender: ${uri}.`.slice(0, 2000) }
  if (copy.deskStatus === 'scheduled') await unscheduleArticle(tx, copy.id, reason, 'any')
  else if (copy.deskStatus === 'draft') return false
  await reviewArticle(tx, copy.id, 'return', reason, 'any')
  return true
}

/** Puts the fields into the working copy, or into a draft that is still to be saved. */
async function takeFields(
  tx: Writer,
  copy: WorkingCopy | undefined,
  fields: Prepared<ArticleInput>,
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
    : await draftArticle(tx, fields)
  for (const { detail } of saved.warnings) remarks.push(detail)
  return saved.copy
}

function reasonToWait(
  wire: WireItem,
  fields: Prepared<ArticleInput>,
  copy: WorkingCopy | undefined,
): string | undefined {
  if (wire.status === 'withheld') return 'its pubStatus is withheld'
  if (copy?.liveStatus === 'held') return 'it is held here: publishing it is for an editor'
  return fields.body?.html ? undefined : 'it has no body'
}

/** What the sender's embargo says now: null for none, which lifts the one there may be. */
const embargoOf = ({ embargoedUntil }: WireItem, at: number) =>
  embargoedUntil !== undefined && embargoedUntil > at ? embargoedUntil : null

function firstPublish(wire: WireItem, copy: WorkingCopy | undefined, at: number) {
  const embargoedUntil = embargoOf(wire, at)
  // What was under embargo was first published when that ended.
  if (embargoedUntil !== null || (copy && copy.embargoedUntil !== null))
    return { embargoedUntil, ...updated(wire, at) }
  const publishedAt = wire.firstCreated ?? wire.versionCreated ?? at
  if (publishedAt > at) throw new Passed('refused', 'its firstCreated or versionCreated is ahead of now')
  return { publishedAt, embargoedUntil, ...updated(wire, at) }
}

function laterPublish(wire: WireItem, at: number) {
  const { correctionNote: note } = wire
  const common = { embargoedUntil: embargoOf(wire, at), ...updated(wire, at) }
  if (note === undefined) return { kind: 'update' as const, ...common }
  return { kind: 'correction' as const, note: note.slice(0, 1000), ...common }
}

const updated = (wire: WireItem, at: number) =>
  wire.versionCreated === undefined ? {} : { updatedAt: Math.min(wire.versionCreated, at) }

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
