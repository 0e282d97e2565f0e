import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Config, environmentWithFile, readConfig } from '../config.ts'
import type { Db } from '../db/db.ts'
import { openSqlite } from '../db/sqlite.ts'
import { type FileStore, openLocalFiles } from '../features/media/files.ts'

/** What a command works on: the settings, the store and the files. */
export type Newsroom = { config: Config; db: Db; files: FileStore; close(): Promise<void> }

/** Reads the settings, with a command's own defaults in place of the table's. Throws ConfigError. */
export function loadConfig(defaults: Partial<Record<keyof Config, string>> = {}): Config {
  return readConfig(environmentWithFile(), defaults)
}

/** Opens the newsroom that the settings name, making its folder and its database when they are not there. */
export async function openNewsroom(config: Config): Promise<Newsroom> {
  const file = config.DATABASE_URL ?? join(config.DATA_DIR, 'dateline.sqlite')
  await mkdir(config.DATA_DIR, { recursive: true })
  await mkdir(dirname(file), { recursive: true })
  const db = await openSqlite({ file, now: Date.now, queryTimeout: config.QUERY_TIMEOUT })
  const files = await openLocalFiles(join(config.DATA_DIR, 'media'), Date.now)
  return { config, db, files, close: () => db.close() }
}

/** The version in package.json. */
export async function readVersion(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
