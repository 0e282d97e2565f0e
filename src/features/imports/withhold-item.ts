import type { Writer } from '../../db/db.ts'
import type { WorkingCopy } from '../desk/desk.store.ts'
import { saveDraft } from '../desk/desk.ts'
import { holdForSender } from '../desk/hold.ts'
import { listMediaUsers } from '../media/media.store.ts'
import type { ImportDefaults } from './import-fields.ts'
import { mediaKey } from './import-media.ts'
import type { KnownTags } from './import-tags.ts'
import { findImport, type Imported, type ImportRow } from './imports.store.ts'
import { requireWhole, requireWithholding, whyTouched } from './may-take.ts'
import type { WireItem } from './ninjs.ts'
import { ruleOf } from './read-item.ts'
import type { ReadyItem } from './ready-item.ts'
import { rememberWithheld } from './remember.ts'
import { Passed, type Result } from './report.ts'
import { type Taken, takeArticle } from './take-article.ts'
import { takeOffItsWay } from './take-off-its-way.ts'

const isWithheld = 'its pubStatus is withheld'

/**
 * Holds the article that an item became, because its sender withholds it; media is for an editor. The hold is made even
 * where the item is faulty or the desk edited the article: then only its fields are left. Throws Passed as
 * requireWithholding does, and for an article that was withdrawn.
 */
export async function withholdItem(
  tx: Writer,
  ready: ReadyItem,
  copy: WorkingCopy | undefined,
  imported: Imported,
  defaults: ImportDefaults,
  knownTags: KnownTags,
): Promise<Result> {
  const { wire } = ready
  const { known } = imported
  const isNewer = requireWithholding(wire, imported)
  if (copy?.liveStatus === 'withdrawn') throw new Passed('skipped', `${isWithheld}, and it was withdrawn`)
  const isText = wire.fault === undefined && wire.kind === 'text' && known?.subjectType !== 'media'
  const media = copy || isText ? undefined : await findImport(tx, mediaKey(wire))
  if (media) return withholdMedia(tx, wire, known, media.subjectId)

  // Asked before the hold, which ends a schedule.
  const left = await whyLeft(tx, ready, copy)
  const wasHeld = copy?.liveStatus === 'held'
  const wasOnItsWay = copy?.liveStatus === 'never' && (await takeOffItsWay(tx, copy, reasonOf(wire)))
  const isHeldNow = copy && copy.liveStatus !== 'never' && (!wasHeld || copy.heldBy === 'editor')
  if (isHeldNow) await holdForSender(tx, copy.id, reasonOf(wire))
  const taken = isNewer ? (left ?? (await tryToTake(tx, ready, copy, defaults, knownTags))) : undefined
  const isTaken = taken !== undefined && !(taken instanceof Passed)

  const subject = copy ?? (isTaken ? taken.copy : undefined)
  await rememberWithheld(tx, wire, known, subject ? 'article' : 'none', subject?.id ?? '')
  const result = tell({
    hasCopy: copy !== undefined,
    isHeldNow: isHeldNow === true,
    wasHeld,
    wasOnItsWay,
    taken,
  })
  return isTaken ? { ...result, ...taken.made } : result
}

type Done = {
  hasCopy: boolean
  isHeldNow: boolean
  wasHeld: boolean
  wasOnItsWay: boolean
  /** Undefined where the item brought no newer fields. */
  taken: Taken | Passed | undefined
}

/** The line of the report. */
function tell({ hasCopy, isHeldNow, wasHeld, wasOnItsWay, taken }: Done): Result {
  const fault = taken instanceof Passed ? taken : undefined
  const fields = fault ? `; its fields were not taken: ${fault.message}` : ''
  if (isHeldNow) {
    const end = wasHeld ? 'a release: an editor holds it too' : 'his next usable version or a release'
    const kept = taken && !fault ? '; its fields are in the working copy' : fields
    return { outcome: 'held', rule: `its sender withholds it: no reader sees it until ${end}${kept}` }
  }
  const more = wasOnItsWay ? ': its copy is a draft again' : wasHeld ? ', and it is held' : ''
  if (taken && !fault) return { outcome: 'workingCopy', rule: `${isWithheld}${more}` }
  if (wasHeld) return { outcome: 'unchanged', ...(fault && { rule: `${isWithheld}${more}${fields}` }) }
  if (fault && !hasCopy) return { outcome: fault.outcome, rule: fault.message }
  if (fault && !wasOnItsWay) return { outcome: fault.outcome, rule: `${isWithheld}${fields}` }
  return { outcome: 'skipped', rule: `${isWithheld}${more || ', and it is not published here'}${fields}` }
}

const reasonOf = ({ uri }: WireItem) => `Withheld by its sender: ${uri}.`

/** Media is taken out of articles by editors alone; that its sender withholds it is remembered, and told once. */
async function withholdMedia(
  tx: Writer,
  wire: WireItem,
  known: ImportRow | undefined,
  id: string,
): Promise<Result> {
  await rememberWithheld(tx, wire, known, 'media', id)
  const users = await listMediaUsers(tx, id)
  const use = users.length === 0 ? 'no article uses it' : `it is in ${users.join(', ')}`
  return { outcome: 'refused', rule: `media ${id} is withheld, and ${use}: taking it out is for an editor` }
}

/** Why the fields of a withheld item stay out of the working copy; undefined where they can be tried. */
async function whyLeft(
  tx: Writer,
  { wire, fault, texts }: ReadyItem,
  copy: WorkingCopy | undefined,
): Promise<Passed | undefined> {
  if (fault) return fault
  try {
    requireWhole(wire, tx.at)
  } catch (error) {
    if (error instanceof Passed) return error
    throw error
  }
  if (wire.kind !== 'text')
    return copy
      ? new Passed('refused', 'it became an article here, and is of another kind now')
      : new Passed('skipped', isWithheld)
  if (texts === undefined) return new Passed('refused', 'headline is missing')
  const touched = copy && (await whyTouched(tx, copy))
  return touched === undefined
    ? undefined
    : new Passed('refused', `${touched}: taking them over is for an editor`)
}

/** Takes the fields of a withheld item; where a rule refuses them, nothing of them stays, and the refusal is given. */
async function tryToTake(
  tx: Writer,
  ready: ReadyItem,
  copy: WorkingCopy | undefined,
  defaults: ImportDefaults,
  knownTags: KnownTags,
): Promise<Taken | Passed> {
  const { texts } = ready
  if (texts === undefined) throw new Error(`${ready.wire.uri} has no texts`)
  try {
    return await tx.savepoint(async () => {
      const taken = await takeArticle(tx, { ...ready, texts }, copy, defaults, knownTags)
      if (!copy) await saveDraft(tx, taken.copy)
      return taken
    })
  } catch (error) {
    const rule = error instanceof Passed ? error.message : ruleOf(error)
    if (rule === undefined) throw error
    // The tags that it made are undone with it.
    knownTags.clear()
    return new Passed('refused', rule)
  }
}
