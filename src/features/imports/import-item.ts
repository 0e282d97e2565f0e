import type { Writer } from '../../db/db.ts'
import { formatInstant } from '../../instant.ts'
import { findArticle, type WorkingCopy } from '../desk/desk.store.ts'
import { type ArticleInput, draftArticle, type Prepared, patchArticle, saveDraft } from '../desk/desk.ts'
import { publishArticle, publishDraft } from '../desk/publish.ts'
import type { TagReference } from '../tags/tags.store.ts'
import { cancelItem } from './cancel-item.ts'
import { type ArticleTexts, cutText, type ImportDefaults } from './import-fields.ts'
import { importMedia, type ReadyMedia } from './import-media.ts'
import { ensureSection, importTags, type KnownTags } from './import-tags.ts'
import { findImported, type ImportRow } from './imports.store.ts'
import { isTakenBack, requireForeign, requireNewer, requireUntouched } from './may-take.ts'
import type { WireItem } from './ninjs.ts'
import type { WireMedia } from './ninjs-media.ts'
import { remember } from './remember.ts'
import { Passed, type Result } from './report.ts'

/** An item as it comes into the transaction: `passed` says why it is not to be taken, `texts` are an article's own. */
export type ReadyItem = {
  wire: WireItem
  passed?: Passed
  media: ReadyMedia[]
  texts?: { fields: Prepared<ArticleTexts>; remarks: readonly string[] }
}

/** Writes one item. Throws Passed for one that is not to be taken, and what the desk throws for one it refuses. */
export async function importItem(
  tx: Writer,
  ready: ReadyItem,
  defaults: ImportDefaults,
  knownTags: KnownTags,
): Promise<Result> {
  const { wire, texts } = ready
  const imported = await findImported(tx, wire.uri)
  const { known } = imported
  const isCanceled = wire.status === 'canceled'
  if (!known) await requireForeign(tx, wire)
  if (!isCanceled) requireNewer(wire, imported)
  // What is read of it stands until the commit, whoever else has it in hand.
  if (known) await tx.lock(`article ${known.subjectId}`)
  const copy = known ? await findArticle(tx, known.subjectId) : undefined
  // Before its expiry: a takedown often says that the item expired in the past.
  if (isCanceled) return cancelItem(tx, wire, copy, imported)
  if ((wire.expires ?? Number.POSITIVE_INFINITY) <= tx.at) throw new Passed('skipped', 'it has expired')
  if (wire.isPartial) throw new Passed('skipped', 'it is partial, and would look whole')
  // A takedown is of one thing.
  if (copy ? wire.kind !== 'text' : known?.subjectType === 'media' && wire.kind === 'text')
    throw new Passed('refused', `it became ${copy ? 'an article' : 'media'} here, and is of another kind now`)
  if (wire.kind !== 'text') return importPicture(tx, ready, known)
  if (copy?.liveStatus === 'withdrawn')
    throw new Passed('skipped', 'it was withdrawn: a usable version does not revive it')
  if (texts === undefined) throw new Passed('refused', 'headline is missing')
  if (copy) await requireUntouched(tx, copy, wire)

  const remarks = [...texts.remarks]
  const { ids: mediaIds, made: newMedia } = await importAllMedia(tx, ready, remarks)
  const language = wire.language ?? defaults.language
  const tagged = await importTags(tx, wire.tags, language, knownTags)
  const section = tagged.section ?? (await ensureSection(tx, defaults.section, knownTags))
  const [leadMedia, ...media] = mediaIds
  const fields = {
    ...texts.fields,
    ...{ language, section: section.slug, tags: tagged.tags.map(tag => tag.slug), media },
    ...(leadMedia === undefined ? {} : { leadMedia }),
  }
  if (tagged.left > 0) remarks.push(`${tagged.left} tags past the fiftieth were left out`)
  const saved = await takeFields(tx, copy, fields, [section, ...tagged.tags], remarks)
  await remember(tx, wire, 'article', saved.id)

  const made = { media: newMedia, tags: tagged.made }
  const reason = reasonToWait(wire, fields, copy)
  if (reason !== undefined) {
    if (!copy) await saveDraft(tx, saved)
    return { outcome: 'workingCopy', rule: reason, ...made }
  }
  if ((wire.versionCreated ?? 0) > tx.at) remarks.push('its versionCreated is ahead of now: now was taken')
  const first = (copy?.publishedAt ?? null) === null
  const publish = first ? firstPublish(wire, copy, tx.at) : laterPublish(wire, tx.at, remarks)
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
  const { made, selfId } = await importAllMedia(tx, ready, remarks)
  if (selfId === undefined) throw new Passed('skipped', 'it may not be shown')
  await remember(tx, wire, 'media', selfId)
  return {
    outcome: known ? 'updated' : 'imported',
    ...(remarks.length > 0 ? { rule: remarks.join('; ') } : {}),
    media: made,
  }
}

/** The ids of an item's media, each once, its own among them, and how many are new; what was taken back is left out. */
async function importAllMedia(
  tx: Writer,
  { wire, media }: ReadyItem,
  remarks: string[],
): Promise<{ ids: string[]; made: number; selfId: string | undefined }> {
  const ids = new Set<string>()
  let made = 0
  let selfId: string | undefined
  for (const one of media) {
    const isSelf = one.wire === wire.self
    // What has the item's own name stands or falls with it.
    const isOwn = one.wire.uri === wire.uri
    if (!isOwn && (await isCanceledMedia(tx, one.wire))) {
      remarks.push(`${one.wire.uri} was canceled, and is left out`)
      continue
    }
    const { id, isNew } = await importMedia(tx, one)
    ids.add(id)
    if (isNew) made++
    if (isSelf) selfId = id
    if (one.remark !== undefined) remarks.push(one.remark)
  }
  return { ids: [...ids], made, selfId }
}

/** Whether its sender took it back, and did not send it anew by itself: the version it has in an item may be the item's. */
async function isCanceledMedia(tx: Writer, { uri }: WireMedia): Promise<boolean> {
  const { known, takedown } = await findImported(tx, uri)
  return takedown !== undefined && (!known || isTakenBack(known, takedown))
}

/** Puts the fields into the working copy, or into a draft that is still to be saved; `tags` are those that they name. */
async function takeFields(
  tx: Writer,
  copy: WorkingCopy | undefined,
  fields: Prepared<ArticleInput>,
  tags: readonly TagReference[],
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
    ? await patchArticle(tx, copy.id, { ...removed, ...fields }, 'any', tags)
    : await draftArticle(tx, fields, undefined, tags)
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

function laterPublish(wire: WireItem, at: number, remarks: string[]) {
  const { correctionNote: note } = wire
  const common = { embargoedUntil: embargoOf(wire, at), ...updated(wire, at) }
  if (note === undefined) return { kind: 'update' as const, ...common }
  const { text, remark } = cutText(note, 'correctionNote')
  if (remark !== undefined) remarks.push(remark)
  return { kind: 'correction' as const, note: text, ...common }
}

const updated = (wire: WireItem, at: number) =>
  wire.versionCreated === undefined ? {} : { updatedAt: Math.min(wire.versionCreated, at) }
