import type { Writer } from '../../db/db.ts'
import type { Mutation } from '../../words.ts'
import { findLastActor } from '../audit/audit.store.ts'
import { findArticle, type WorkingCopy } from '../desk/desk.store.ts'
import type { Imported, ImportRow, Takedown } from './imports.store.ts'
import { anyVersion, type WireItem } from './ninjs.ts'
import { Passed } from './report.ts'
import { compareVersions } from './versions.ts'
import { addsNothing, isSurelyLater, isWithheld } from './withholdings.ts'

/** Throws Passed for a usable item that was taken before, or a later one was, and for one that its sender took back. */
export function requireNewer(wire: WireItem, { known, takedown, withholding }: Imported): void {
  const order = known ? orderOf(wire, known) : 1
  if (known && order < 0) throw older(wire, known)
  if (isTakenBack(wire, takedown))
    throw new Passed('skipped', `version ${wire.version} was canceled by its sender`)
  const isLater = (wire.versionCreated ?? never) > (known?.versionCreated ?? never)
  const answer = isWithheld(wire, withholding)
  // The known item is withheld, so this usable item is another: the report says so unless the withheld one surely wins.
  const isOther = known?.status === 'withheld' && answer === 'perhaps'
  if (order === 0 && !isLater && !isOther) throw new Passed('unchanged', '')
  if (answer === 'yes') throw new Passed('skipped', `version ${wire.version} was withheld by its sender`)
  if (answer === 'perhaps')
    throw new Passed(
      'refused',
      `its sender perhaps withheld version ${wire.version}: showing it is for an editor`,
    )
}

/**
 * How a withheld item compares to the known one: 'newer' brings new fields, 'same' withholds what is known, 'older' and
 * 'canceled' withhold nothing of it. Throws Passed if the item was applied before, or perhaps before.
 */
export function compareWithheld(
  wire: WireItem,
  { known, takedown, withholding }: Imported,
): 'newer' | 'same' | 'older' | 'canceled' {
  const { versionCreated: at } = wire
  if (known && isSurelyLater(known, wire)) return 'older'
  if (isTakenBack({ ...wire, version: versionOf(wire, known) }, takedown)) return 'canceled'
  if (addsNothing(wire, withholding)) {
    if (!known || isWithheld(known, withholding) !== 'no') throw new Passed('unchanged', '')
    // The item may have been withheld before this usable version.
    const rule = `it is withheld, perhaps as it was before version ${known.version}: ${forEditor}`
    throw new Passed('refused', rule)
  }
  if (!known) return 'newer'
  const order = orderOf(wire, known)
  const isNewer = order > 0 || (order === 0 && (at ?? never) > (known.versionCreated ?? never))
  return isNewer ? 'newer' : 'same'
}

/** The version that an item names, else the known one. */
export function versionOf({ version }: WireItem, known: ImportRow | undefined): string {
  return version || known?.version || firstVersion
}

/** The version of a usable item that names none. */
const firstVersion = '1'

/** Compares the version of an item to the known one: negative, 0 or positive. An item without a version has the known version. */
function orderOf({ version }: WireItem, known: ImportRow): number {
  if (version === anyVersion) return 0
  // The known item was withheld and named no version: isWithheld decides.
  return known.version === anyVersion ? 1 : compareVersions(version, known.version)
}

/** Throws Passed for an item that has expired, or is not whole. */
export function requireWhole(wire: WireItem, at: number): void {
  if ((wire.expires ?? Number.POSITIVE_INFINITY) <= at) throw new Passed('skipped', 'it has expired')
  if (wire.isPartial) throw new Passed('skipped', 'it is partial, and would look whole')
}

/**
 * Throws Passed for a takedown that was heeded before, and for one that may be of what came before that which is here:
 * what is withdrawn does not come back, so what readers see then is for an editor.
 */
export function requireTakedown(
  wire: WireItem,
  { known, takedown }: Imported,
  copy: WorkingCopy | undefined,
): void {
  const isOut = copy !== undefined && copy.liveStatus !== 'never' && copy.liveStatus !== 'withdrawn'
  const isOnItsWay = copy !== undefined && copy.deskStatus !== 'draft'
  const isStill = known !== undefined && isTakenBack(known, takedown)
  const wasHeeded = isHeeded(wire, known, takedown)
  if (known && wire.version !== anyVersion && compareVersions(wire.version, known.version) < 0) {
    if (wasHeeded || !isOut) throw older(wire, known)
    // The later version may be a working copy yet.
    const rule = `version ${wire.version} is canceled, which readers may see, and ${known.version} was imported`
    throw new Passed('refused', `${rule}: ${forEditor}`)
  }
  if (wasHeeded) {
    if (!isStill || !(isOut || isOnItsWay)) throw new Passed('unchanged', '')
    const done = isOut ? 'published' : 'scheduled or sent for review'
    throw new Passed('refused', `it was ${done} here after its sender canceled it: ${forEditor}`)
  }
  if (!known || !isUncertain(wire, known, takedown, isStill)) return
  const rule = `it is canceled, perhaps as it was before version ${known.version}`
  if (isOut || isOnItsWay || known.subjectType === 'media')
    throw new Passed('refused', `${rule}: ${forEditor}`)
  // By its time it can be remembered, of whatever version it is.
  if (wire.versionCreated === undefined) throw new Passed('skipped', rule)
}

const forEditor = 'taking it down is for an editor'
/** Before any time that an item can have. */
const never = Number.NEGATIVE_INFINITY

/** Whether a version is among what its sender took back. */
export function isTakenBack(
  { version, versionCreated }: { version: string; versionCreated?: number | null },
  takedown: Takedown | undefined,
): boolean {
  if (!takedown) return false
  const { version: last, until } = takedown
  if (last !== undefined && compareVersions(version, last) <= 0) return true
  return until !== undefined && (versionCreated ?? never) <= until
}

/** Whether a takedown is among those that were heeded: by its version, its time, or for want of both since it is still in force. */
function isHeeded(wire: WireItem, known: ImportRow | undefined, takedown: Takedown | undefined): boolean {
  if (!takedown) return false
  const { version, until } = takedown
  if (wire.version !== anyVersion) return version !== undefined && compareVersions(wire.version, version) <= 0
  if (wire.versionCreated !== undefined) return until !== undefined && wire.versionCreated <= until
  return known ? isTakenBack(known, takedown) : until !== undefined
}

/** Whether a takedown without a version may be older than what is here: by its time, or for want of one since another was before. */
function isUncertain(
  { version, versionCreated }: WireItem,
  known: ImportRow,
  takedown: Takedown | undefined,
  isStill: boolean,
): boolean {
  if (version !== anyVersion) return false
  if (versionCreated === undefined) return takedown !== undefined && !isStill
  return known.versionCreated !== null && versionCreated < known.versionCreated
}

/** The refusal of an item that is older than the known one. */
export function older({ version }: WireItem, known: ImportRow): Passed {
  const taken = known.status === 'withheld' ? 'its sender withheld' : 'was imported'
  const isByTime = version === anyVersion || known.version === anyVersion || version === known.version
  const rule = isByTime
    ? `it was created before the version that ${taken}`
    : `version ${version} is older than ${known.version}, which ${taken}`
  return new Passed('skipped', rule)
}

/** Throws Passed for what was exported here: it is there already, as it is now. */
export async function requireForeign(tx: Writer, { uri }: WireItem): Promise<void> {
  const id = /^urn:newsml:[^:]+:\d{8}:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(uri)?.[1]
  if (id !== undefined && (await findArticle(tx, id)))
    throw new Passed('skipped', 'it is an article of this newsroom')
}

/**
 * Throws Passed for an article that the desk has made its own: what an editor wrote is not written over, and what an editor
 * timed comes no earlier. A takedown is heeded all the same.
 */
export async function requireUntouched(tx: Writer, copy: WorkingCopy, { version }: WireItem): Promise<void> {
  const reason = await whyTouched(tx, copy)
  if (reason !== undefined)
    throw new Passed('refused', `${reason}: taking version ${version} over is for an editor`)
}

/** How the desk has made an article its own; undefined where it has not. */
export async function whyTouched(tx: Writer, copy: WorkingCopy): Promise<string | undefined> {
  const lastOf = (...moves: Mutation[]) => findLastActor(tx, copy.id, moves)
  if (copy.deskStatus === 'scheduled') return 'it is scheduled here'
  if ((await lastOf('create', 'edit', 'restore-version')) === 'key') return 'it was edited here'
  // Only editors schedule.
  const publisher = copy.embargoedUntil === null ? undefined : await lastOf('publish')
  return publisher === 'key' || publisher === 'schedule' ? 'it was put under embargo here' : undefined
}
