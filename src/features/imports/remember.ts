import type { Writer } from '../../db/db.ts'
import { type ImportRow, saveImport } from './imports.store.ts'
import type { WireItem } from './ninjs.ts'

/** Remembers which version of an item was taken, or taken back, and what it is here; `known` is what was before. */
export async function remember(
  tx: Writer,
  wire: WireItem,
  subjectType: ImportRow['subjectType'],
  subjectId: string,
  known?: ImportRow,
): Promise<void> {
  // A takedown that names no time is of what was known.
  await saveImport(tx, {
    uri: wire.uri,
    version: wire.version,
    versionCreated:
      wire.versionCreated ?? (wire.status === 'canceled' ? (known?.versionCreated ?? null) : null),
    subjectType,
    subjectId,
    importedAt: tx.at,
    canceledAt: wire.status === 'canceled' ? tx.at : null,
  })
}
