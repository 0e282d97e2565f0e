import type { Writer } from '../../db/db.ts'
import type { Mutation } from '../../words.ts'
import { findLastActor } from '../audit/audit.store.ts'
import { findArticle, type WorkingCopy } from '../desk/desk.store.ts'
import type { ImportRow } from './imports.store.ts'
import { anyVersion, type WireItem } from './ninjs.ts'
import { Passed } from './report.ts'
import { compareVersions } from './versions.ts'

/** Throws Passed for a usable item whose version was taken before, or a later one was, or was taken back. */
export function requireNewer(wire: WireItem, known: ImportRow): void {
  const order = orderOf(wire, known)
  if (order < 0) throw older(wire, known)
  if (order > 0) return
  const isLater = (wire.versionCreated ?? 0) > (timeOfKnown(known) ?? 0)
  if (known.canceledAt === null) {
    if (isLater) return
    throw new Passed('unchanged', '')
  }
  if (known.version !== anyVersion)
    throw new Passed('skipped', `version ${known.version} was canceled by its sender`)
  if (!isLater) throw new Passed('skipped', 'it is of before its sender canceled it')
}

/**
 * Throws Passed for a takedown that was heeded before, or that cannot be known to mean what is here: what is withdrawn does
 * not come back, so what a reader sees and its sender may have taken back is for an editor.
 */
export function requireTakedown(wire: WireItem, known: ImportRow, copy: WorkingCopy | undefined): void {
  const order = orderOf(wire, known)
  if (order < 0) throw older(wire, known)
  if (order > 0) return
  const isOut = copy !== undefined && copy.liveStatus !== 'never' && copy.liveStatus !== 'withdrawn'
  const { versionCreated: at } = wire
  if (known.canceledAt !== null) {
    if (at !== undefined && at > (timeOfKnown(known) ?? 0)) return
    if (!isOut) throw new Passed('unchanged', '')
    throw new Passed(
      'refused',
      'it was published here after its sender canceled it: withdrawing it is for an editor',
    )
  }
  // Without a number it is of what was before it. A sender's clock may run ahead; nothing was made after it came.
  if (wire.version !== anyVersion || at === undefined) return
  if (at >= Math.min(known.versionCreated ?? at, known.importedAt)) return
  const rule = `it is canceled as of before version ${known.version}, which was imported`
  throw isOut
    ? new Passed('refused', `${rule}: withdrawing it is for an editor`)
    : new Passed('skipped', rule)
}

/** Which of two versions is later; neither where one has no number: then their times tell. */
function orderOf({ version }: WireItem, known: ImportRow): number {
  return version === anyVersion || known.version === anyVersion ? 0 : compareVersions(version, known.version)
}

/** When the known version was made, or taken back. */
const timeOfKnown = ({ versionCreated, canceledAt }: ImportRow) => versionCreated ?? canceledAt

const older = ({ version }: WireItem, known: ImportRow) =>
  new Passed('skipped', `version ${version} is older than ${known.version}, which was imported`)

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

async function whyTouched(tx: Writer, copy: WorkingCopy): Promise<string | undefined> {
  const lastOf = (...moves: Mutation[]) => findLastActor(tx, copy.id, moves)
  if (copy.deskStatus === 'scheduled') return 'it is scheduled here'
  if ((await lastOf('create', 'edit', 'restore-version')) === 'key') return 'it was edited here'
  // Only editors schedule.
  const publisher = copy.embargoedUntil === null ? undefined : await lastOf('publish')
  return publisher === 'key' || publisher === 'schedule' ? 'it was put under embargo here' : undefined
}
