import type { Writer } from '../../db/db.ts'
import { type Imported, type ImportRow, saveImport, saveTakedown } from './imports.store.ts'
import { anyVersion, type WireItem } from './ninjs.ts'

/** Remembers which version of an item was taken, and what it is here. */
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
  const isOfTime = version === anyVersion && (versionCreated !== undefined || !known)
  if (isOfTime) await saveTakedown(tx, uri, { ...before, until: versionCreated ?? tx.at })
  else await saveTakedown(tx, uri, { ...before, version: version === anyVersion ? known?.version : version })
}
