import type { Writer } from '../../db/db.ts'
import type { WorkingCopy } from '../desk/desk.store.ts'
import { saveDraft } from '../desk/desk.ts'
import { holdForSender } from '../desk/hold.ts'
import type { ImportDefaults } from './import-fields.ts'
import { mediaKey } from './import-media.ts'
import type { KnownTags } from './import-tags.ts'
import { findImport, type Imported } from './imports.store.ts'
import { tellMediaUsers } from './item-media.ts'
import { compareWithheld, older, requireWhole, versionOf, whyTouched } from './may-take.ts'
import { ruleOf } from './read-item.ts'
import type { ReadyItem } from './ready-item.ts'
import { rememberWithheld, rememberWithholding } from './remember.ts'
import { type Outcome, Passed, type Result } from './report.ts'
import { returnToDraft } from './return-to-draft.ts'
import { type Taken, takeArticle } from './take-article.ts'

const isWithheld = 'its pubStatus is withheld'

/**
 * Holds the article that an item became, because its sender withholds it; media is for an editor. If the item is faulty
 * or the desk edited the article, the article is held and the item's fields are not imported. Throws Passed as
 * compareWithheld does, and for an article that was withdrawn.
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
  const order = compareWithheld(wire, imported)
  if (copy?.liveStatus === 'withdrawn') throw new Passed('skipped', `${isWithheld}, and it was withdrawn`)
  await rememberWithholding(tx, wire, imported)
  if (order === 'older' && known) return { outcome: 'skipped', rule: older(wire, known).message }
  if (order === 'canceled')
    return { outcome: 'skipped', rule: `version ${versionOf(wire, known)} was canceled by its sender` }
  const isText = wire.fault === undefined && wire.kind === 'text' && known?.subjectType !== 'media'
  const media = copy || isText ? undefined : await findImport(tx, mediaKey(wire))
  if (media) {
    if (order === 'newer') await rememberWithheld(tx, wire, known, 'media', media.subjectId)
    return tellMediaUsers(tx, media.subjectId, 'withheld')
  }

  // Call whyLeft before the hold: the hold removes the schedule that whyLeft checks.
  const fieldsRefusal = await whyLeft(tx, ready, copy)
  const deed = await takeDown(tx, copy, `Withheld by its sender: ${wire.uri}.`)
  const fieldsResult =
    order === 'newer' ? (fieldsRefusal ?? (await tryToTake(tx, ready, copy, defaults, knownTags))) : undefined
  const subject = copy ?? (fieldsResult instanceof Passed ? undefined : fieldsResult?.copy)
  if (subject && order === 'newer') await rememberWithheld(tx, wire, known, 'article', subject.id)
  return tell(deed, fieldsResult)
}

/** The effect of a takeback. 'nothing': the article was never published. 'notHere': there is no article. */
type Deed = 'held' | 'heldToo' | 'stayedHeld' | 'returned' | 'nothing' | 'notHere'

/** Takes the article from its readers and off its way to them. */
async function takeDown(tx: Writer, copy: WorkingCopy | undefined, reason: string): Promise<Deed> {
  if (!copy) return 'notHere'
  if (copy.liveStatus === 'never') return (await returnToDraft(tx, copy, reason)) ? 'returned' : 'nothing'
  if (copy.heldBy === 'sender' || copy.heldBy === 'both') return 'stayedHeld'
  await holdForSender(tx, copy.id, reason)
  return copy.heldBy === 'editor' ? 'heldToo' : 'held'
}

/** The outcome of each deed: with the item's fields taken, with fields that were refused, and without newer fields. */
const outcomes = {
  held: ['held', 'held', 'held'],
  heldToo: ['held', 'held', 'held'],
  stayedHeld: ['workingCopy', 'unchanged', 'unchanged'],
  returned: ['workingCopy', 'skipped', 'skipped'],
  nothing: ['workingCopy', undefined, 'skipped'],
  notHere: ['workingCopy', undefined, 'skipped'],
} as const satisfies Record<Deed, readonly [Outcome, Outcome | undefined, Outcome]>

const words: Record<Deed, string> = {
  held: 'its sender withholds it: no reader sees it until his next usable version or a release',
  heldToo: 'its sender withholds it: no reader sees it until `release`, because an editor holds it too',
  stayedHeld: `${isWithheld}, and it is held`,
  returned: `${isWithheld}: its copy is a draft again`,
  nothing: `${isWithheld}, and it is not published here`,
  notHere: `${isWithheld}, and it is not published here`,
}

/** The line of the report. A refusal of the fields gives the outcome where `outcomes` has none. */
function tell(deed: Deed, fieldsResult: Taken | Passed | undefined): Result {
  const [taken, refused, without] = outcomes[deed]
  const rule = words[deed]
  if (fieldsResult === undefined) return { outcome: without, rule }
  if (fieldsResult instanceof Passed) {
    const { outcome, message } = fieldsResult
    const isAlone = deed === 'notHere'
    return {
      outcome: refused ?? outcome,
      rule: isAlone ? message : `${rule}; its fields were not taken: ${message}`,
    }
  }
  const { made, remarks } = fieldsResult
  const told = [`${rule}; its fields are in the working copy`, ...remarks]
  return { outcome: taken, rule: told.join('; '), ...made }
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
