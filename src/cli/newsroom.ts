import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Config, environmentWithFile, readConfig } from '../config.ts'
import type { Db } from '../db/db.ts'
import { type FileStore, openLocalFiles } from '../features/media/files.ts'

/** What a command works on: the settings, the store and the files. */
export type Newsroom = { config: Config; db: Db; files: FileStore; close(): Promise<void> }

/** Reads the settings, with a command's own defaults in place of the table's. Throws ConfigError. */
export function loadConfig(defaults: Partial<Record<keyof Config, string>> = {}): Config {
  return readConfig(environmentWithFile(), defaults)
}

/** The address readers use, on the port that the settings name. */
export function publicUrlOf({ PUBLIC_URL, HOST, PORT }: Config): string {
  return PUBLIC_URL ?? `http://${hostOf(HOST)}:${PORT}`
}

/** A host as it stands in an address. */
export function hostOf(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** Opens the newsroom that the settings name, making its folder and its database when they are not there. */
export async function openNewsroom(config: Config): Promise<Newsroom> {
  await mkdir(config.DATA_DIR, { recursive: true })
  const db = await openDb(config)
  const files = await openLocalFiles(join(config.DATA_DIR, 'media'), Date.now)
  return { config, db, files, close: () => db.close() }
}

/** Opens the store that the settings name; only its own engine is loaded. `onQuery` hears of each statement. */
export async function openDb(
  config: Config,
  now: () => number = Date.now,
  onQuery?: (statement: string, params: unknown[]) => void,
): Promise<Db> {
  const database = config.DATABASE_URL ?? { engine: 'sqlite', file: join(config.DATA_DIR, 'dateline.sqlite') }
  const common = { now, queryTimeout: config.QUERY_TIMEOUT, ...(onQuery ? { onQuery } : {}) }
  if (database.engine === 'postgres') {
    const { openPostgres } = await import('../db/postgres.ts')
    return openPostgres({ url: database.url, replicaUrls: config.DATABASE_REPLICA_URLS, ...common })
  }
  const { openSqlite } = await import('../db/sqlite.ts')
  await mkdir(dirname(database.file), { recursive: true })
  return openSqlite({ file: database.file, ...common })
}

/** The version in package.json. */
export async function readVersion(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
