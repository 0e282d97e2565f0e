import { randomUUID } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'
import { migrateSqlite } from '../../src/db/migrate.ts'
import { connect } from '../../src/db/sqlite-connect.ts'
import { databaseOf, queryOnce } from './postgres.ts'

/** The server that the suite runs on; undefined for SQLite. `npm test` sets it, with a migrated database to copy. */
const server = process.env.TEST_DATABASE_URL || undefined
export const engine = server === undefined ? 'sqlite' : 'postgres'
export const template = 'dateline_template'

const nameFile = 'database-name'

const made = new Map<string, Promise<string>>()

/** The settings that give a folder its store: a file in it, or a database of its own on the server. */
export async function storeOf(folder: string): Promise<{ DATABASE_URL?: string }> {
  if (server === undefined) {
    await copyMigrated(join(folder, 'dateline.sqlite'))
    return {}
  }
  const file = join(folder, nameFile)
  // What a fixture's folder had belongs to a test before.
  if (!existsSync(file)) made.delete(folder)
  const name = made.get(folder) ?? makeStore(server, file)
  made.set(folder, name)
  return { DATABASE_URL: databaseOf(server, await name) }
}

let migrated: Promise<string> | undefined

/** Puts an empty migrated database there, unless there is one. Migrating takes ten times as long as copying. */
async function copyMigrated(file: string): Promise<void> {
  if (existsSync(file)) return
  migrated ??= makeMigrated()
  mkdirSync(dirname(file), { recursive: true })
  cpSync(await migrated, file)
}

async function makeMigrated(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'dateline-migrated-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'dateline.sqlite')
  await migrateSqlite(file)
  return file
}

async function makeStore(url: string, file: string): Promise<string> {
  if (existsSync(file)) return readFileSync(file, 'utf8')
  const name = `t_${randomUUID().replaceAll('-', '')}`
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, name)
  await createFrom(url, name)
  return name
}

/** Makes a database as a copy of another; PostgreSQL refuses while another copy is being made. */
async function createFrom(url: string, name: string, from = template): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await queryOnce(url, `CREATE DATABASE ${name} TEMPLATE ${from} STRATEGY file_copy`)
      return
    } catch (error) {
      if (attempt === 100) throw error
      await new Promise(resolve => setTimeout(resolve, 20 + Math.random() * 50))
    }
  }
}

/**
 * Copies the store of a folder away, while no service has it open. The function it gives puts the copy back in place of
 * the store, as an operator would who restores a backup by hand.
 */
export async function copyStore(folder: string): Promise<() => Promise<void>> {
  if (server === undefined) {
    const file = join(folder, 'dateline.sqlite')
    const copy = join(folder, 'copy.sqlite')
    cpSync(file, copy)
    return async () => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
      cpSync(copy, file)
    }
  }
  const name = readFileSync(join(folder, nameFile), 'utf8')
  const copy = `${name}_copy`
  await createFrom(server, copy, name)
  return async () => {
    await queryOnce(server, `DROP DATABASE ${name}`)
    await createFrom(server, name, copy)
  }
}

/** Runs a statement beside the service, on the store of a folder. */
export async function rowsOf<Row>(folder: string, statement: string): Promise<Row[]> {
  const { DATABASE_URL } = await storeOf(folder)
  if (DATABASE_URL !== undefined) return queryOnce<Row>(DATABASE_URL, statement)
  const raw = new Database(join(folder, 'dateline.sqlite'))
  try {
    const prepared = raw.prepare(statement)
    if (prepared.reader) return prepared.all() as Row[]
    prepared.run()
    return []
  } finally {
    raw.close()
  }
}

/** The names of every table of the store. */
export async function tablesOf(folder: string): Promise<string[]> {
  const statement =
    engine === 'sqlite'
      ? "SELECT name FROM sqlite_master WHERE type = 'table'"
      : "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
  return (await rowsOf<{ name: string }>(folder, statement)).map(row => row.name)
}

/** How the store would run a statement: what it says, whether it sorts or reads a whole table, and what it searches by. */
export type Plan = { text: string; sorts: boolean; scans: boolean; searches: boolean; indexes: string[] }

/**
 * The plan of a statement. PostgreSQL is told to avoid sorts and scans at any price: on tables as small as a test's it
 * would rather do without an index, and the question is whether there is one that serves. `choice` lets it.
 */
export async function planOf(
  folder: string,
  { text, params }: { text: string; params: readonly unknown[] },
  choice?: 'as it likes',
): Promise<Plan> {
  const { DATABASE_URL } = await storeOf(folder)
  return DATABASE_URL === undefined
    ? planOfSqlite(join(folder, 'dateline.sqlite'), text, params)
    : planOfPostgres(DATABASE_URL, text, params, choice === undefined)
}

function planOfSqlite(file: string, text: string, params: readonly unknown[]): Plan {
  // As the store's own connection would have it.
  const raw = connect(file, true)
  const rows = raw.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...params) as { detail: string }[]
  raw.close()
  const plan = rows.map(row => row.detail).join('\n')
  return {
    text: plan,
    sorts: /TEMP B-TREE FOR (ORDER|LAST)/.test(plan),
    scans: /SCAN (articles|publication)\w*(?! USING (COVERING )?INDEX)\b(?! USING)/.test(plan),
    searches: plan.includes('SEARCH'),
    indexes: [...plan.matchAll(/INDEX (\w+)/g)].map(match => match[1] as string),
  }
}

async function planOfPostgres(
  url: string,
  text: string,
  params: readonly unknown[],
  isForced: boolean,
): Promise<Plan> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const way of isForced ? ['sort', 'seqscan', 'bitmapscan', 'hashjoin', 'mergejoin'] : [])
      await client.query(`SET enable_${way} = off`)
    const { rows } = await client.query(`EXPLAIN (COSTS OFF) ${text}`, [...params])
    const plan = rows.map(row => row['QUERY PLAN']).join('\n')
    return {
      // Without the values: a page differs from the next by nothing else.
      text: plan.replace(/'[^']*'::\w+/g, '?'),
      sorts: /\bSort\b/.test(plan),
      scans: plan.includes('Seq Scan'),
      searches: plan.includes('Index Cond'),
      indexes: [...plan.matchAll(/using (\w+)/g)].map(match => match[1] as string),
    }
  } finally {
    await client.end()
  }
}

/** Lets PostgreSQL know what a bulk of rows is like; SQLite needs no telling. */
export async function analyze(folder: string): Promise<void> {
  if (engine === 'postgres') await rowsOf(folder, 'ANALYZE')
}

/** Makes every insert into a table fail, or those of one article, until what it gives is called. */
export async function breakInserts(
  folder: string,
  table: string,
  articleId?: string,
): Promise<() => Promise<unknown>> {
  const when = articleId === undefined ? '' : `WHEN NEW.article_id = '${articleId}'`
  const check = articleId === undefined ? 'false' : `article_id <> '${articleId}'`
  const [broken, mended] =
    engine === 'sqlite'
      ? [
          `CREATE TRIGGER broken BEFORE INSERT ON ${table} ${when} BEGIN SELECT RAISE(ABORT, 'disk'); END`,
          'DROP TRIGGER broken',
        ]
      : [
          `ALTER TABLE ${table} ADD CONSTRAINT broken CHECK (${check}) NOT VALID`,
          `ALTER TABLE ${table} DROP CONSTRAINT broken`,
        ]
  await rowsOf(folder, broken)
  return () => rowsOf(folder, mended)
}
