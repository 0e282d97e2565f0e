import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { loadDrizzle } from './drizzle.ts'

const { drizzle }: typeof import('drizzle-orm/better-sqlite3') = loadDrizzle('drizzle-orm/better-sqlite3')
const { migrate }: typeof import('drizzle-orm/better-sqlite3/migrator') = loadDrizzle(
  'drizzle-orm/better-sqlite3/migrator',
)

const migrationsFolder = join(import.meta.dirname, '../../migrations/sqlite')

/**
 * Brings the file to the newest schema. Foreign keys are off meanwhile: a table rebuild would otherwise delete its
 * child rows in silence. Throws when a key points nowhere after a migration.
 */
export async function migrateSqlite(file: string): Promise<void> {
  const connection = new Database(file, { timeout: 10_000 })
  try {
    connection.pragma('journal_mode = WAL')
    connection.pragma('synchronous = FULL')
    connection.pragma('foreign_keys = OFF')
    await untilOthersAreDone(() => migrate(drizzle(connection), { migrationsFolder }))
    // The check reads every row, seconds of a start with a million articles: the file says which migration was the last
    // that was followed by a clean one.
    const applied = countMigrations(connection)
    if (connection.pragma('user_version', { simple: true }) === applied) return
    const broken = connection.pragma('foreign_key_check') as unknown[]
    if (broken.length > 0) throw new Error(`${broken.length} rows point at rows that are not there`)
    connection.pragma(`user_version = ${applied}`)
  } finally {
    connection.close()
  }
}

/** How many migrations the file has seen. */
function countMigrations(connection: Database.Database): number {
  return connection.prepare('SELECT count(*) FROM __drizzle_migrations').pluck().get() as number
}

/** Two processes may start on one new file: the one that comes second finds the work half seen, and looks again. */
async function untilOthersAreDone(work: () => void): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      work()
      return
    } catch (error) {
      if (attempt === 3) throw error
      await delay(200 * attempt)
    }
  }
}
