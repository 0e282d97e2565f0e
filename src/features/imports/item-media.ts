import type { Writer } from '../../db/db.ts'
import { importMedia } from './import-media.ts'
import { findImported } from './imports.store.ts'
import { isTakenBack } from './may-take.ts'
import type { WireMedia } from './ninjs-media.ts'
import type { ReadyItem } from './ready-item.ts'

/** The ids of an item's media, each once, its own among them, and how many are new; what was taken back is left out. */
export async function importAllMedia(
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
    const takeback = isOwn ? undefined : await findTakeback(tx, one.wire)
    if (takeback !== undefined) {
      remarks.push(`${one.wire.uri} was ${takeback}, and is left out`)
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

/**
 * How the sender took media back by an item of its own; undefined where he did not, or sent it anew by itself since. The
 * version that media has inside another item may be that item's, so it is not asked.
 */
async function findTakeback(tx: Writer, { uri }: WireMedia): Promise<'canceled' | 'withheld' | undefined> {
  const { known, takedown } = await findImported(tx, uri)
  if (takedown !== undefined && (!known || isTakenBack(known, takedown))) return 'canceled'
  return known?.status === 'withheld' ? 'withheld' : undefined
}
