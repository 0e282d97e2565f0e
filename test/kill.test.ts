import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import sharp from 'sharp'
import t from 'tap'
import { sql } from '../src/db/drizzle.ts'
import { makeForm, makeTag, openNewsroom } from './support/newsroom.ts'
import { start } from './support/process.ts'
import { engine, rowsOf } from './support/store.ts'

/** A start on PostgreSQL and what a writer gets done there cost more; what a kill may break is the same. */
const rounds = engine === 'sqlite' ? 30 : 8

/** What the service acknowledged: ids of creates, ids of publishes with their version, and uploads. */
type Acknowledged = { created: string[]; published: { id: string; version: number }[]; uploaded: string[] }

/** Writes until the service dies under it. */
async function write(address: string, key: string, picture: Buffer, done: Acknowledged): Promise<void> {
  const send = async (path: string, body: string | Buffer, headers: Record<string, string>) => {
    const reply = await fetch(`${address}${path}`, {
      method: 'POST',
      body: body as never,
      headers: { authorization: `Bearer ${key}`, ...headers },
    })
    return { status: reply.status, body: (await reply.json()) as { id: string; version: number } }
  }
  const json = { 'content-type': 'application/json' }
  try {
    for (let n = 0; ; n++) {
      const input = {
        headline: `Story ${Math.random()}`,
        language: 'en',
        body: '<p>Text.</p>',
        section: 'world',
        tags: ['energy'],
      }
      if (n % 3 === 0) {
        const form = makeForm(picture, { caption: 'A picture' })
        const { status, body } = await send('/v1/editorial/media', form.body, form.headers)
        if (status === 201) done.uploaded.push(body.id)
        if (status === 201) Object.assign(input, { leadMedia: body.id })
      }
      const made = await send('/v1/editorial/articles', JSON.stringify(input), json)
      if (made.status !== 201) continue
      done.created.push(made.body.id)
      const path = `/v1/editorial/articles/${made.body.id}/publish`
      for (const body of [{}, { kind: 'update' }]) {
        const reply = await send(path, JSON.stringify(body), { ...json, 'if-match': '*' })
        if (reply.status === 200) done.published.push({ id: made.body.id, version: reply.body.version })
      }
    }
  } catch {
    // The service is gone: what was not acknowledged may be there or not.
  }
}

t.test(
  `after ${rounds} kills every acknowledged write is whole, and nothing is there by half`,
  { timeout: 280_000 },
  async t => {
    const folder = t.testdir()
    let key = ''
    await t.test('a newsroom to write into', async t => {
      const newsroom = await openNewsroom(t, { folder })
      await makeTag(newsroom, 'world')
      await makeTag(newsroom, 'energy', 'topic')
      key = newsroom.key
      t.ok(key)
    })
    const picture = await sharp({ create: { width: 64, height: 48, channels: 3, background: 'teal' } })
      .jpeg()
      .toBuffer()
    const done: Acknowledged = { created: [], published: [], uploaded: [] }
    for (let round = 0; round < rounds; round++) {
      const { child, address, ended } = await start(t, folder)
      const writers = Promise.all(Array.from({ length: 4 }, () => write(address, key, picture, done)))
      // At any moment once a publish of this round was acknowledged.
      const before = done.published.length
      while (done.published.length === before) await delay(5)
      await delay(Math.random() * 400)
      child.kill('SIGKILL')
      await ended
      await writers
    }
    t.comment(
      `${done.created.length} creates, ${done.published.length} publishes, ${done.uploaded.length} uploads acknowledged`,
    )
    t.ok(done.published.length >= rounds, 'the writers got something done')

    const all = <Row>(statement: string) => rowsOf<Row>(folder, statement)
    const column = async (statement: string) =>
      new Set((await all<{ v: string }>(statement)).map(row => row.v))
    if (engine === 'sqlite') {
      t.same(await all('PRAGMA integrity_check'), [{ integrity_check: 'ok' }])
      t.same(await all('PRAGMA foreign_key_check'), [])
    }

    const created = await column('SELECT id AS v FROM articles')
    t.same(
      done.created.filter(id => !created.has(id)),
      [],
      'every acknowledged create is there',
    )
    const media = await column('SELECT id AS v FROM media')
    t.same(
      done.uploaded.filter(id => !media.has(id)),
      [],
      'every acknowledged upload is there',
    )
    const versions = await column("SELECT article_id || ' ' || number AS v FROM versions")
    t.same(
      done.published.filter(({ id, version }) => !versions.has(`${id} ${version}`)),
      [],
      'every acknowledged publish is there',
    )

    const live = "SELECT article_id || ' ' || version AS v FROM publications"
    const changed = await column(
      "SELECT subject_id || ' ' || version AS v FROM changes WHERE subject_type = 'article'",
    )
    t.same(
      [...(await column(live))].filter(id => !changed.has(id)),
      [],
      'every live version has its change',
    )
    t.same(
      [...changed].filter(id => !versions.has(id)),
      [],
      'every change has its version',
    )
    t.same(
      await all(
        'SELECT article_id FROM publications WHERE article_id NOT IN (SELECT article_id FROM publication_bodies)',
      ),
      [],
    )
    const [head] = await all<{ seq: number; last: number; rows: number }>(
      'SELECT seq, (SELECT max(seq) FROM changes) AS last, (SELECT count(*) FROM changes) AS rows FROM head',
    )
    t.equal(head?.seq, head?.last)
    t.equal(head?.rows, head?.last, 'the log has no gap')
    t.same(
      await all(
        'SELECT id FROM live_tags t WHERE uses <> (SELECT count(*) FROM publication_tags WHERE tag_id = t.id)',
      ),
      [],
      'counts of tags are right',
    )
    t.same(
      await all(
        'SELECT id FROM live_media m WHERE uses <> (SELECT count(DISTINCT article_id) FROM publication_media WHERE media_id = m.id)',
      ),
      [],
      'counts of media are right',
    )

    const broken: string[] = []
    type Row = { id: string; content_hash: string; extension: string; bare_bytes: number; renditions: string }
    type File = { name: string; extension: string; bytes: number }
    const rows = await all<Row>('SELECT id, content_hash, extension, bare_bytes, renditions FROM media')
    for (const row of rows) {
      const bare = { name: 'bare', extension: row.extension, bytes: Number(row.bare_bytes) }
      for (const { name, extension, bytes } of [bare, ...(JSON.parse(row.renditions) as File[])]) {
        const path = join(folder, 'media', row.id.slice(-2), row.id, row.content_hash, `${name}.${extension}`)
        const found = await stat(path).catch(() => undefined)
        if (found?.size !== bytes) broken.push(path)
      }
    }
    t.same(broken, [], 'no row without every one of its whole files')
    t.ok((await readdir(join(folder, 'media'))).length > 0)
  },
)

t.test('every connection waits for the disk before it says a write is done', async t => {
  const newsroom = await openNewsroom(t)
  // SQLite: 2 is FULL. PostgreSQL: told to say so once the commit is on the disk, whatever the server's own setting.
  const level =
    engine === 'sqlite'
      ? sql<unknown>`(select synchronous from pragma_synchronous)`
      : sql<unknown>`current_setting('synchronous_commit')`
  const whole = engine === 'sqlite' ? 2 : 'on'
  const { live } = newsroom.db.primary
  const query = () => live.sql.select({ level }).from(live.tables.head)
  t.same(await query(), [{ level: whole }], 'the one that reads')
  t.same(await live.offLoop(query(), {}), [[whole]], 'the one off the event loop')
  await newsroom.db.write({ by: 'command' }, async tx => {
    t.same(await tx.sql.select({ level }).from(tx.tables.head), [{ level: whole }], 'the one that writes')
  })
})
