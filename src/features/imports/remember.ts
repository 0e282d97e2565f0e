import type { Writer } from '../../db/db.ts'
import { type ImportRow, saveImport } from './imports.store.ts'
import { anyVersion, type WireItem } from './ninjs.ts'

/** Remembers which version of an item was taken, and what it is here; `known` is what was remembered of it before. */
export async function remember(
  tx: Writer,
  wire: WireItem,
  subjectType: ImportRow['subjectType'],
  subjectId: string,
  known?: ImportRow,
): Promise<void> {
  await saveImport(tx, {
    uri: wire.uri,
    version: wire.version === anyVersion ? (known?.version ?? '1') : wire.version,
    versionCreated: wire.versionCreated ?? null,
    subjectType,
    subjectId,
    importedAt: tx.at,
  })
}
