import type { Writer } from '../../db/db.ts'
import { type Imported, type ImportRow, saveImport, saveTakedown, saveWithholding } from './imports.store.ts'
import { anyVersion, type WireItem } from './ninjs.ts'
import { addsNothing, addWithheld } from './withholdings.ts'

/** Remembers which usable version of an item was taken, and what it is here. */
export async function remember(
  tx: Writer,
  wire: WireItem,
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
  })
}

/** Remembers that the sender withholds the item, beside all that he withheld before. */
export async function rememberWithholding(
  tx: Writer,
  wire: WireItem,
  { known, withholding }: Imported,
): Promise<void> {
  if (addsNothing(wire, withholding)) return
  await saveWithholding(tx, wire.uri, addWithheld(withholding, wire, known?.version, tx.at))
}

/** Remembers a withheld version as the latest of its item, and what the item is here. Without a version it is the known one. */
export async function rememberWithheld(
  tx: Writer,
  wire: WireItem,
  known: ImportRow | undefined,
  subjectType: ImportRow['subjectType'],
  subjectId: string,
): Promise<void> {
  await saveImport(tx, {
    uri: wire.uri,
    version: wire.version === anyVersion ? (known?.version ?? anyVersion) : wire.version,
    versionCreated: wire.versionCreated ?? null,
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
