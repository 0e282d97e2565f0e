import type { Writer } from '../../db/db.ts'
import { formVersion, writeForm } from './form.ts'
import { type Place, type Publication, replacePublication } from './publications.store.ts'

/**
 * Puts the publication in a place, instead of the one there was; its history is added to what is there. In the live
 * one it is what readers see: what it now uses is counted, and the form they get it in is kept beside it.
 */
export async function putPublication(tx: Writer, place: Place, publication: Publication): Promise<void> {
  const form = place === 'live' ? writeForm(publication.row) : null
  await replacePublication(tx, place, publication, { form, formVersion: form && formVersion })
}
