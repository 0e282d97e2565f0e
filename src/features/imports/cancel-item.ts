import type { Writer } from '../../db/db.ts'
import type { WorkingCopy } from '../desk/desk.store.ts'
import { withdrawArticle } from '../desk/takedown.ts'
import { cutText } from './import-fields.ts'
import { mediaKey } from './import-media.ts'
import { findImport, type Imported } from './imports.store.ts'
import { tellMediaUsers } from './item-media.ts'
import { requireTakedown } from './may-take.ts'
import type { WireItem } from './ninjs.ts'
import { rememberTakedown } from './remember.ts'
import type { Result } from './report.ts'
import { returnToDraft } from './return-to-draft.ts'

/**
 * Takes back what an item became: an article is withdrawn, media is for an editor. Remembers that it was canceled. Throws
 * Passed as requireTakedown does.
 */
export async function cancelItem(
  tx: Writer,
  wire: WireItem,
  copy: WorkingCopy | undefined,
  imported: Imported,
): Promise<Result> {
  requireTakedown(wire, imported, copy)
  await rememberTakedown(tx, wire, imported)
  // Its own kind is not asked: what is taken back is what it was here.
  const media = copy ? undefined : await findImport(tx, mediaKey(wire))
  return media ? tellMediaUsers(tx, media.subjectId, 'canceled') : cancelArticle(tx, wire, copy)
}

async function cancelArticle(tx: Writer, wire: WireItem, copy: WorkingCopy | undefined): Promise<Result> {
  if (copy === undefined || copy.liveStatus === 'never' || copy.liveStatus === 'withdrawn') {
    const isReturned = copy && (await returnToDraft(tx, copy, `Canceled by its sender: ${wire.uri}.`))
    return {
      outcome: 'skipped',
      rule: `it is canceled and not published here${isReturned ? ': its copy is a draft again' : ''}`,
    }
  }
  const notice = cutText(wire.correctionNote ?? 'The sender withdrew this story.', 'correctionNote')
  // An editorial note is between newsrooms; readers get no word of it.
  const note = wire.editorialNote === undefined ? '' : ` Its note to editors: ${wire.editorialNote}`
  const reason = cutText(`Canceled by its sender: ${wire.uri}.${note}`, 'reason')
  await withdrawArticle(tx, copy.id, { notice: notice.text, reason: reason.text }, 'any')
  const remarks = [notice, reason].flatMap(({ remark }) => remark ?? [])
  return { outcome: 'withdrawn', ...(remarks.length > 0 ? { rule: remarks.join('; ') } : {}) }
}
