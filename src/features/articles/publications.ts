import type { Writer } from '../../db/db.ts'
import { formVersion } from './articles.schema.ts'
import { writeForm } from './form.ts'
import { type Place, type Publication, replacePublication } from './publications.store.ts'
import { listCorrectionsOf } from './relations.store.ts'

const none = { form: null, formVersion: null, tagIds: null, mediaIds: null }

/**
 * Puts the publication in a place, instead of the one there was; its history is added to what is there. In the live
 * one it is what readers see: what it now uses is counted, and the form they get it in is kept beside it.
 */
export async function putPublication(tx: Writer, place: Place, publication: Publication): Promise<void> {
  const { row, history, tagIds, mediaIds } = publication
  if (place !== 'live') return replacePublication(tx, place, publication, none)
  const earlier = row.correctedAt === null ? [] : await listCorrectionsOf(tx, [row.articleId])
  const corrections = [...earlier, ...history.filter(item => item.kind === 'correction')]
  await replacePublication(tx, place, publication, {
    form: writeForm(row, corrections),
    formVersion,
    tagIds: [...new Set(tagIds)].join(' '),
    mediaIds: mediaIds.join(' '),
  })
}
