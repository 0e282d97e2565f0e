import type { Writer } from '../../db/db.ts'
import { type Imported, type ImportRow, saveImport, saveTakedown } from './imports.store.ts'
import { orderOf } from './may-take.ts'
import { anyVersion, type WireItem } from './ninjs.ts'

/**
 * Remembers which usable version of an item was taken, and what it is here. Its status says whether the sender ever
 * withheld the item before.
 */
export async function remember(
  tx: Writer,
  wire: WireItem,
  known: ImportRow | undefined,
  subjectType: ImportRow['subjectType'],
  subjectId: string,
): Promise<void> {
  await saveImport(tx, {
    uri: wire.uri,
    version: wire.version,
    versionCreated: wire.versionCreated ?? null,
    subjectType,
    subjectId,
    importedAt: tx.at,
    status: known?.status ? 'usable' : null,
  })
}

/**
 * Remembers that the sender withholds a version of an item, and what the item is here. Without a version it is the known
 * one; without a time it is as late as the known one.
 */
export async function rememberWithheld(
  tx: Writer,
  wire: WireItem,
  known: ImportRow | undefined,
  subjectType: ImportRow['subjectType'],
  subjectId: string,
): Promise<void> {
  const isSame = known !== undefined && orderOf(wire, known) === 0
  const [own, before] = [wire.versionCreated ?? null, known?.versionCreated ?? null]
  const latest = own !== null && before !== null ? Math.max(own, before) : (own ?? before)
  await saveImport(tx, {
    uri: wire.uri,
    version: wire.version === anyVersion ? (known?.version ?? anyVersion) : wire.version,
    versionCreated: isSame ? latest : (own ?? before),
    subjectType,
    subjectId,
    importedAt: tx.at,
    status: 'withheld',
  })
}

/**
 * Remembers what a takedown that is heeded took back, beside what was before: its version and all before it; without one,
 * what was made up to its time; without either, what is known, or where nothing is, what was made until now.
 */
export async function rememberTakedown(
  tx: Writer,
  { uri, version, versionCreated }: WireItem,
  { known, takedown }: Imported,
): Promise<void> {
  const before = takedown ?? { version: undefined, until: undefined }
  const isOfTime = version === anyVersion && (versionCreated !== undefined || !known?.version)
  if (isOfTime) await saveTakedown(tx, uri, { ...before, until: versionCreated ?? tx.at })
  else await saveTakedown(tx, uri, { ...before, version: version === anyVersion ? known?.version : version })
}
