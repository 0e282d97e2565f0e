import type { Writer } from '../../db/db.ts'
import type { Mutation } from '../../words.ts'
import { findLastActor } from '../audit/audit.store.ts'
import { findArticle, type WorkingCopy } from '../desk/desk.store.ts'
import type { ImportRow } from './imports.store.ts'
import { anyVersion, type WireItem } from './ninjs.ts'
import { Passed } from './report.ts'
import { compareVersions } from './versions.ts'

/** Throws Passed for an item whose version was taken before, or a later one was, or was taken back. */
export function requireNewer(wire: WireItem, known: ImportRow): void {
  const isCancel = wire.status === 'canceled'
  const wasCanceled = known.canceledAt !== null
  const order = wire.version === anyVersion ? 0 : compareVersions(wire.version, known.version)
  const later = (wire.versionCreated ?? known.versionCreated ?? 0) - (known.versionCreated ?? 0)
  if (order < 0 || (wire.version === anyVersion && later < 0))
    throw new Passed('skipped', `version ${wire.version} is older than ${known.version}, which was imported`)
  if (order > 0) return
  // A sender may take back the very version that is here, without a number for that.
  if (isCancel && !wasCanceled) return
  if (!isCancel && wasCanceled)
    throw new Passed('skipped', `version ${known.version} was canceled by its sender`)
  if (isCancel || later <= 0) throw new Passed('unchanged', '')
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

async function whyTouched(tx: Writer, copy: WorkingCopy): Promise<string | undefined> {
  const lastOf = (...moves: Mutation[]) => findLastActor(tx, copy.id, moves)
  if (copy.deskStatus === 'scheduled') return 'it is scheduled here'
  if ((await lastOf('create', 'edit', 'restore-version')) === 'key') return 'it was edited here'
  // Only editors schedule.
  const publisher = copy.embargoedUntil === null ? undefined : await lastOf('publish')
  return publisher === 'key' || publisher === 'schedule' ? 'it was put under embargo here' : undefined
}
