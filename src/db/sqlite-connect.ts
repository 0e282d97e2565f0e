import Database from 'better-sqlite3'
import { LRUCache } from 'lru-cache'

/** The connection settings of storage.md: durable commits, and no waiting for locks on the event loop. */
export function connect(file: string, readonly: boolean): Database.Database {
  // A process that ends, or is done with its migrations, has the file to itself for a moment: opening waits for that.
  const connection = new Database(file, { readonly, timeout: 10_000 })
  if (!readonly) connection.pragma('journal_mode = WAL')
  // This build defaults to NORMAL in WAL mode, which loses acknowledged commits with the power.
  connection.pragma('synchronous = FULL')
  connection.pragma('foreign_keys = ON')
  connection.pragma('journal_size_limit = 67108864')
  connection.pragma('cache_size = -32768')
  connection.pragma('temp_store = MEMORY')
  // Hot pages are copied back once for many commits, in some 20 ms; at 1000, the default, they cost a write twice as much.
  connection.pragma('wal_autocheckpoint = 4000')
  connection.pragma('busy_timeout = 0')
  keepStatements(connection)
  return connection
}

/**
 * The statement with its parameters hidden from the planner, by a function that SQLite drops when it compiles. What the
 * planner has looked at, as it does for most ORDER BY and LIMIT, is compiled anew for each new value: 15 to 30 microseconds a
 * statement here, more than it takes to run. Values never stand in a statement's text, so a question mark is a parameter.
 */
const unseen = (text: string) => text.replaceAll('?', 'likely(?)')

/** Statements kept for a connection, by their text. */
const kept = 500

/**
 * Compiles each statement once: Drizzle prepares what it is not told to keep anew each time. One is used to its end
 * before the next, so it may be used again.
 */
function keepStatements(connection: Database.Database): void {
  const statements = new LRUCache<string, Database.Statement>({ max: kept })
  const prepare = connection.prepare.bind(connection)
  connection.prepare = ((text: string) => {
    let statement = statements.get(text)
    if (!statement) {
      statement = prepare(unseen(text))
      statements.set(text, statement)
    }
    return statement
  }) as typeof connection.prepare
}
