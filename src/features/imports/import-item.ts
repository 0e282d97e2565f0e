import type { Writer } from '../../db/db.ts'
import { formatInstant } from '../../instant.ts'
import { findArticle, type WorkingCopy } from '../desk/desk.store.ts'
import { saveDraft } from '../desk/desk.ts'
import { publishArticle, publishDraft } from '../desk/publish.ts'
import { cancelItem } from './cancel-item.ts'
import { cutText, type ImportDefaults } from './import-fields.ts'
import type { KnownTags } from './import-tags.ts'
import { findImported, type ImportRow } from './imports.store.ts'
import { importAllMedia } from './item-media.ts'
import { requireForeign, requireNewer, requireUntouched, requireWhole } from './may-take.ts'
import type { WireItem } from './ninjs.ts'
import type { ReadyItem } from './ready-item.ts'
import { remember } from './remember.ts'
import { Passed, type Result } from './report.ts'
import { type Taken, takeArticle } from './take-article.ts'
import { withholdItem } from './withhold-item.ts'

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
  if (!known) await requireForeign(tx, wire)
  if (wire.status === 'usable') requireNewer(wire, imported)
  // What is read of it stands until the commit, whoever else has it in hand.
  if (known) await tx.lock(`article ${known.subjectId}`)
  const copy = known ? await findArticle(tx, known.subjectId) : undefined
  // Before its expiry: a takedown often says that the item expired in the past.
  if (wire.status === 'canceled') return cancelItem(tx, wire, copy, imported)
  if (wire.status === 'withheld') return withholdItem(tx, ready, copy, imported, defaults, knownTags)
  requireWhole(wire, tx.at)
  // A takedown is of one thing.
  if (copy ? wire.kind !== 'text' : known?.subjectType === 'media' && wire.kind === 'text')
    throw new Passed('refused', `it became ${copy ? 'an article' : 'media'} here, and is of another kind now`)
  if (wire.kind !== 'text') return importPicture(tx, ready, known)
  if (copy?.liveStatus === 'withdrawn')
    throw new Passed('skipped', 'it was withdrawn: a usable version does not revive it')
  if (texts === undefined) throw new Passed('refused', 'headline is missing')
  if (copy) await requireUntouched(tx, copy, wire)

  const taken = await takeArticle(tx, { ...ready, texts }, copy, defaults, knownTags)
  const { copy: saved, remarks, made } = taken
  await remember(tx, wire, 'article', saved.id)

  const reason = reasonToWait(taken, copy)
  if (reason !== undefined) {
    if (!copy) await saveDraft(tx, saved)
    return { outcome: 'workingCopy', rule: reason, ...made }
  }
  if ((wire.versionCreated ?? 0) > tx.at) remarks.push('its versionCreated is ahead of now: now was taken')
  const first = (copy?.publishedAt ?? null) === null
  const publish = first ? firstPublish(wire, copy, tx.at) : laterPublish(wire, tx.at, remarks)
  // Nobody else can have changed a copy that this transaction made.
  const published = copy
    ? await publishArticle(tx, copy.id, publish, 'any')
    : await publishDraft(tx, saved, publish)
  if (published.liveStatus === 'held') remarks.push('an editor holds it: readers see it after a release')
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
  if ((wire.embargoedUntil ?? 0) > tx.at) throw new Passed('skipped', 'its embargo is still ahead')
  const remarks: string[] = []
  const { made, selfId } = await importAllMedia(tx, ready, undefined, remarks)
  if (selfId === undefined) throw new Passed('skipped', 'it may not be shown')
  await remember(tx, wire, 'media', selfId)
  return {
    outcome: known?.subjectType === 'media' ? 'updated' : 'imported',
    ...(remarks.length > 0 ? { rule: remarks.join('; ') } : {}),
    media: made,
  }
}

function reasonToWait({ hasBody }: Taken, copy: WorkingCopy | undefined): string | undefined {
  if (copy?.heldBy === 'editor') return 'it is held here: publishing it is for an editor'
  return hasBody ? undefined : 'it has no body'
}

/** What the sender's embargo says now: null for none, which lifts the one there may be. */
const embargoOf = ({ embargoedUntil }: WireItem, at: number) =>
  embargoedUntil !== undefined && embargoedUntil > at ? embargoedUntil : null

function firstPublish(wire: WireItem, copy: WorkingCopy | undefined, at: number) {
  const embargoedUntil = embargoOf(wire, at)
  // An article that was under embargo or held is first published when that ends.
  if (embargoedUntil !== null || (copy && (copy.embargoedUntil !== null || copy.liveStatus === 'held')))
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

const updated = (wire: WireItem, at: number) => ({
  endsSenderHold: true as const,
  ...(wire.versionCreated === undefined ? {} : { updatedAt: Math.min(wire.versionCreated, at) }),
})
