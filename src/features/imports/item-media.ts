import type { Writer } from '../../db/db.ts'
import type { WorkingCopy } from '../desk/desk.store.ts'
import { listMediaUsers } from '../media/media.store.ts'
import { importMedia } from './import-media.ts'
import { findImported } from './imports.store.ts'
import { isTakenBack } from './may-take.ts'
import type { WireItem } from './ninjs.ts'
import type { WireMedia } from './ninjs-media.ts'
import type { ReadyItem } from './ready-item.ts'
import type { Result } from './report.ts'
import { isWithheld } from './withholdings.ts'

/** The ids of an item's media, each once, its own among them, and how many are new; what was taken back is left out. */
export async function importAllMedia(
  tx: Writer,
  { wire, media }: ReadyItem,
  copy: WorkingCopy | undefined,
  remarks: string[],
): Promise<{ ids: string[]; made: number; selfId: string | undefined }> {
  const hidden = isHidden(wire, tx.at) ? { wire, copy } : undefined
  const ids = new Set<string>()
  let made = 0
  let selfId: string | undefined
  for (const one of media) {
    const isSelf = one.wire === wire.self
    // Media with the item's own uri follows the status of the item.
    const isOwn = one.wire.uri === wire.uri
    const takeback = isOwn ? undefined : await findTakeback(tx, one.wire)
    if (takeback !== undefined) {
      remarks.push(`${one.wire.uri} was ${takeback}, and is left out`)
      continue
    }
    const { id, isNew, isLeft } = await importMedia(tx, one, hidden)
    if (isLeft)
      remarks.push(`${one.wire.uri} keeps its words and bytes: readers may see them before the item`)
    ids.add(id)
    if (isNew) made++
    if (isSelf) selfId = id
    if (one.remark !== undefined) remarks.push(one.remark)
  }
  return { ids: [...ids], made, selfId }
}

/** Whether readers may not see the item yet: its sender withholds it, or its embargo is ahead. */
function isHidden({ status, embargoedUntil }: WireItem, now: number): boolean {
  return status !== 'usable' || (embargoedUntil ?? 0) > now
}

/**
 * How the sender took media back by an item of its own; undefined where he did not, or sent it anew by itself since. The
 * version that media has inside another item may be that item's, so it is not asked.
 */
async function findTakeback(tx: Writer, { uri }: WireMedia): Promise<'canceled' | 'withheld' | undefined> {
  const { known, takedown, withholding } = await findImported(tx, uri)
  if (takedown !== undefined && (!known || isTakenBack(known, takedown))) return 'canceled'
  const isAnew = known !== undefined && isWithheld(known, withholding) === 'no'
  return withholding !== undefined && !isAnew ? 'withheld' : undefined
}

/** Reports that the sender took media back. Only editors take media out of articles. */
export async function tellMediaUsers(tx: Writer, id: string, how: 'canceled' | 'withheld'): Promise<Result> {
  const users = await listMediaUsers(tx, id)
  const use = users.length === 0 ? 'no article uses it' : `it is in ${users.join(', ')}`
  return { outcome: 'refused', rule: `media ${id} is ${how}, and ${use}: taking it out is for an editor` }
}
