import Database from 'better-sqlite3'

/** The connection settings of storage.md: durable commits, and no waiting for locks on the event loop. */
export function connect(file: string, readonly: boolean): Database.Database {
  const connection = new Database(file, { readonly, timeout: 0 })
  if (!readonly) connection.pragma('journal_mode = WAL')
  // This build defaults to NORMAL in WAL mode, which loses acknowledged commits with the power.
  connection.pragma('synchronous = FULL')
  connection.pragma('foreign_keys = ON')
  connection.pragma('journal_size_limit = 67108864')
  connection.pragma('cache_size = -65536')
  connection.pragma('mmap_size = 1073741824')
  connection.pragma('temp_store = MEMORY')
  return connection
}
