import { join } from 'node:path'
import pg from 'pg'
import { StoreError } from '../errors.ts'
import { loadDrizzle } from './drizzle.ts'

const { drizzle }: typeof import('drizzle-orm/node-postgres') = loadDrizzle('drizzle-orm/node-postgres')
const { migrate }: typeof import('drizzle-orm/node-postgres/migrator') = loadDrizzle(
  'drizzle-orm/node-postgres/migrator',
)

const migrationsFolder = join(import.meta.dirname, '../../migrations/postgres')

/**
 * Brings the database to the newest schema, one process at a time. Throws StoreError for one that does not answer or is
 * not in UTF-8.
 */
export async function migratePostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  const { host, port, database } = client
  client.on('error', () => undefined)
  await client.connect().catch(error => {
    throw new StoreError(`The database ${database} at ${host}:${port} cannot be reached: ${error.message}`)
  })
  try {
    const { rows } = await client.query<{ server_encoding: string }>('SHOW server_encoding')
    if (rows[0]?.server_encoding !== 'UTF8')
      throw new StoreError(`The database is in ${rows[0]?.server_encoding}: make one with ENCODING 'UTF8'.`)
    await client.query("SELECT pg_advisory_lock(hashtextextended('dateline migrations', 0))")
    await migrate(drizzle(client), { migrationsFolder })
  } finally {
    await client.end()
  }
}
