import type { DeskReader, Writer } from '../../db/db.ts'
import { and, eq, notExists, or, sql } from '../../db/drizzle.ts'
import { slotsOf } from '../../db/insert.ts'
import type { AllTables } from '../../db/tables.ts'

export type ImportRow = AllTables['imports']['$inferSelect']

/** What was made of an item from outside, by the item's own name. */
export async function findImport(reader: DeskReader, uri: string): Promise<ImportRow | undefined> {
  const { imports } = reader.tables
  const build = () =>
    reader.sql
      .select()
      .from(imports)
      .where(eq(imports.uri, sql.placeholder('uri')))
  const [row] = await reader.prepared('import by uri', build, { uri })
  return row
}

/** What the sender of an item took back of it: all up to a version, all that was made up to an instant, or both. */
export type Takedown = { version: string | undefined; until: number | undefined }

/** All that the sender of an item withheld of it. A usable version is taken only if it is surely later than all of this. */
export type Withholding = {
  /** The latest version that a withheld item named. */
  version: string | undefined
  /** When that version was created; undefined if a withheld item of the version had no readable time. */
  at: number | undefined
  /** Every version that was created up to this time is withheld: some withheld item named no version. */
  until: number | undefined
  /** True if some withheld item had neither a version nor a time. */
  isBlind: boolean
  /** When the last withheld item came. It stands in for a time that is missing. */
  receivedAt: number
}

/** The row of an imported item, with the versions that its sender canceled and those that he withheld. */
export type Imported = {
  known: ImportRow | undefined
  takedown: Takedown | undefined
  withholding: Withholding | undefined
}

/** No uri of an item begins with a space. */
const takedownKey = (uri: string) => ` canceled ${uri}`
const withholdingKey = (uri: string) => ` withheld ${uri}`
/** Stands where a takedown or a withholding is of no version. */
const none = ''

/** All three at once, by the item's own name. */
export async function findImported(reader: DeskReader, uri: string): Promise<Imported> {
  const { imports } = reader.tables
  const build = () =>
    reader.sql
      .select()
      .from(imports)
      .where(
        or(
          eq(imports.uri, sql.placeholder('uri')),
          eq(imports.uri, sql.placeholder('takedown')),
          eq(imports.uri, sql.placeholder('withholding')),
        ),
      )
  const params = { uri, takedown: takedownKey(uri), withholding: withholdingKey(uri) }
  const rows = await reader.prepared('import with takebacks by uri', build, params)
  const known = rows.find(row => row.uri === uri)
  return {
    known,
    takedown: takedownOf(
      known,
      rows.find(row => row.uri === params.takedown),
    ),
    withholding: withholdingOf(rows.find(row => row.uri === params.withholding)),
  }
}

function takedownOf(known: ImportRow | undefined, row: ImportRow | undefined): Takedown | undefined {
  if (row) return { version: row.version || undefined, until: row.canceledAt ?? undefined }
  // As it was kept at first, in the item's own row.
  const isCanceled = known !== undefined && known.canceledAt !== null
  return isCanceled ? { version: known.version, until: undefined } : undefined
}

/** In the row of a withholding, `canceledAt` is `until`, and `status` is `withheld` if `isBlind`. */
function withholdingOf(row: ImportRow | undefined): Withholding | undefined {
  if (!row) return undefined
  return {
    version: row.version || undefined,
    at: row.versionCreated ?? undefined,
    until: row.canceledAt ?? undefined,
    isBlind: row.status === 'withheld',
    receivedAt: row.importedAt,
  }
}

/** Remembers all that the sender of an item withheld of it, in place of the withholding before. */
export async function saveWithholding(
  tx: Writer,
  uri: string,
  { version, at, until, isBlind, receivedAt }: Withholding,
): Promise<void> {
  await saveImport(tx, {
    uri: withholdingKey(uri),
    version: version ?? none,
    versionCreated: at ?? null,
    subjectType: 'none',
    subjectId: '',
    importedAt: receivedAt,
    canceledAt: until ?? null,
    status: isBlind ? 'withheld' : null,
  })
}

/** Remembers what the sender of an item took back of it, in place of what was before. */
export async function saveTakedown(tx: Writer, uri: string, { version, until }: Takedown): Promise<void> {
  await saveImport(tx, {
    uri: takedownKey(uri),
    version: version ?? none,
    versionCreated: null,
    subjectType: 'none',
    subjectId: '',
    importedAt: tx.at,
    canceledAt: until ?? null,
  })
}

/** Those of the names that something was imported by. */
export async function listImported(reader: DeskReader, uris: readonly string[]): Promise<Set<string>> {
  const { imports } = reader.tables
  const build = () =>
    reader.sql.select({ uri: imports.uri }).from(imports).where(reader.isIn(imports.uri, 'uris'))
  const rows = await reader.prepared('imports by uri', build, { uris: reader.list(uris) })
  return new Set(rows.map(row => row.uri))
}

/** Remembers the version of an item that was taken, in place of the one before. */
export async function saveImport(
  tx: Writer,
  row: Omit<ImportRow, 'canceledAt' | 'status'> & Partial<ImportRow>,
): Promise<void> {
  const { imports } = tx.tables
  const build = () => {
    const slots = slotsOf(imports)
    const { uri: _uri, ...rest } = slots
    return tx.sql.insert(imports).values(slots).onConflictDoUpdate({ target: imports.uri, set: rest })
  }
  await tx.prepared('save import', build, { canceledAt: null, status: null, ...row })
}

/** Whether there is an article that no item whose name begins so became. */
export async function hasArticlesFromElsewhere(reader: DeskReader, uriPrefix: string): Promise<boolean> {
  const { articles, imports } = reader.tables
  const from = reader.sql
    .select({ uri: imports.uri })
    .from(imports)
    .where(and(eq(imports.subjectId, articles.id), sql`${imports.uri} like ${`${uriPrefix}%`}`))
  const [row] = await reader.sql.select({ id: articles.id }).from(articles).where(notExists(from)).limit(1)
  return row !== undefined
}
