import type { Writer } from '../../db/db.ts'
import { type Imported, type ImportRow, saveImport, saveTakedown } from './imports.store.ts'
import { anyVersion, type WireItem } from './ninjs.ts'
import { compareVersions } from './versions.ts'

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
 * Remembers what a takedown took back, beside what was before: its version and all before it; without one, what was made up
 * to its time; without either, what is known, or where nothing is, what was made until now.
 */
export async function rememberTakedown(
  tx: Writer,
  { uri, version, versionCreated }: WireItem,
  { known, takedown }: Imported,
): Promise<void> {
  const isOfTime = version === anyVersion && (versionCreated !== undefined || !known)
  const last = version === anyVersion ? known?.version : version
  const until = versionCreated ?? tx.at
  const before = takedown ?? { version: undefined, until: undefined }
  await saveTakedown(
    tx,
    uri,
    isOfTime
      ? { ...before, until: Math.max(until, before.until ?? until) }
      : { ...before, version: laterOf(last, before.version) },
  )
}

function laterOf(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return compareVersions(one, other) < 0 ? other : one
}
