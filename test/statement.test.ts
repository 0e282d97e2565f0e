import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import type { Sql } from '../src/db/db.ts'
import { eq, loadDrizzle, sql } from '../src/db/drizzle.ts'
import { migrateSqlite } from '../src/db/migrate.ts'
import { tables } from '../src/db/schema.sqlite.ts'
import { connect } from '../src/db/sqlite-connect.ts'
import { type Built, compile } from '../src/db/sqlite-statement.ts'

const { drizzle }: typeof import('drizzle-orm/better-sqlite3') = loadDrizzle('drizzle-orm/better-sqlite3')

t.test('rows come as Drizzle reads them, and flat ones without its work', async t => {
  const file = join(t.testdir(), 'dateline.sqlite')
  await migrateSqlite(file)
  const connection = connect(file, false)
  t.teardown(() => connection.close())
  const db = drizzle(connection) as unknown as Sql
  const { tags } = tables.all
  const times = { revision: 1, shownAt: null, createdAt: 5, updatedAt: 6 }
  const codes = { parentId: null, mediaTopic: null, wikidata: 'Q1' }
  await db
    .insert(tags)
    .values({ id: 'a', slug: 'ferries', kind: 'topic', names: { en: 'Ferries' }, ...codes, ...times })
  const one = eq(tags.slug, sql.placeholder('slug'))
  const queries: Record<string, () => unknown> = {
    'a select of columns': () => db.select().from(tags).where(one),
    'a select with SQL in it': () =>
      db
        .select({ slug: tags.slug, names: tags.names, half: sql<number>`${tags.revision} / 2.0` })
        .from(tags)
        .where(one),
    'what an update returns': () =>
      db.update(tags).set({ updatedAt: 7 }).where(one).returning({ id: tags.id, names: tags.names }),
  }
  const params = { slug: 'ferries' }
  for (const [name, build] of Object.entries(queries)) {
    const prepared = (build() as Built).prepare()
    const expected = prepared.all(params)
    const built = build() as Built
    const unread: Built = {
      toSQL: () => built.toSQL(),
      prepare: () => ({
        ...built.prepare(),
        all: () => {
          throw new Error('Drizzle read it')
        },
      }),
    }
    t.same(compile(connection, unread)(params), expected, name)
    t.match(expected, [{ names: { en: 'Ferries' } }], name)
  }
  const nested: unknown = db
    .select({ tag: { slug: tags.slug } })
    .from(tags)
    .where(one)
  t.same(
    compile(connection, nested as Built)(params),
    [{ tag: { slug: 'ferries' } }],
    'nested ones are left to it',
  )
})

t.test(
  'a file that another process has to itself for a moment is waited for, and no lock after that',
  async t => {
    const file = join(t.testdir(), 'dateline.sqlite')
    connect(file, false).close()
    const holder = spawn(
      process.execPath,
      [
        '-e',
        `
    const db = new (require('better-sqlite3'))(${JSON.stringify(file)})
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE held (id)')
    console.log('held')
    setTimeout(() => db.close(), 500)`,
      ],
      { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await once(holder.stdout, 'data')
    const connection = connect(file, false)
    t.equal(connection.pragma('busy_timeout', { simple: true }), 0)
    connection.close()
  },
)
