import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { loadDemo } from '../src/cli/demo/load.ts'
import { openDb } from '../src/cli/newsroom.ts'
import { readConfig } from '../src/config.ts'
import { listChanges } from '../src/features/changes/changes.ts'
import { fireDue } from '../src/features/desk/clock.ts'
import { createArticle, prepare } from '../src/features/desk/desk.ts'
import { publishArticle } from '../src/features/desk/publish.ts'
import { lapseEmbargo } from '../src/features/desk/schedule.ts'
import { withdrawArticle } from '../src/features/desk/takedown.ts'
import { createMedia } from '../src/features/media/media.ts'
import { createTag } from '../src/features/tags/tags.ts'
import { makeArticle, makeTag, type Newsroom, openNewsroom, publishNew } from './support/newsroom.ts'
import { databaseOf, findPrograms, openServer, queryOnce, type TestServer } from './support/postgres.ts'
import { run } from './support/process.ts'
import { storeOf } from './support/store.ts'

const server = process.env.TEST_DATABASE_URL as string
const programs = findPrograms() as string
const sqlite = (folder: string) => ({ DATABASE_URL: `sqlite:${folder}/dateline.sqlite` })

type Parameter = { in: string; name: string; required?: boolean; example?: string }
type Paths = Record<string, { get?: { parameters?: Parameter[] } }>

/** What tells of keys and links, which are never the same. */
const ofSecrets = /\/keys$|editorial\/audit$|^\/v1\/previews/

/** Every other GET of the document, from its own example. */
async function examplesOf(newsroom: Newsroom): Promise<string[]> {
  const { paths } = (await newsroom.get('/openapi.json')).body as { paths: Paths }
  return Object.entries(paths).flatMap(([path, { get }]) => {
    if (!get || ofSecrets.test(path) || path.startsWith('/health')) return []
    const { parameters = [] } = get
    const url = parameters.reduce((url, { name, example }) => url.replace(`{${name}}`, String(example)), path)
    const query = parameters.filter(parameter => parameter.in === 'query' && parameter.required)
    const search = query.map(({ name, example }) => `${name}=${example}`).join('&')
    return [search === '' ? url : `${url}?${search}`]
  })
}

async function sameAnswers(t: Test, one: Newsroom, other: Newsroom): Promise<void> {
  const examples = await examplesOf(one)
  t.ok(examples.length > 20, `${examples.length} examples`)
  for (const url of examples) {
    const [a, b] = await Promise.all(
      [one, other].map(newsroom =>
        newsroom.get(url, url.includes('/editorial/') ? { key: newsroom.key } : {}),
      ),
    )
    t.equal(a?.status, 200, url)
    t.ok(b?.bytes.equals(a?.bytes as Buffer), url)
    t.equal(b?.headers.etag, a?.headers.etag, url)
  }
}

t.test('the demo newsroom answers byte for byte alike on both engines', async t => {
  const now = Date.now()
  const folders = t.testdir({ sqlite: {}, postgres: {} })
  const ours = await openNewsroom(t, {
    now,
    folder: `${folders}/sqlite`,
    settings: sqlite(`${folders}/sqlite`),
  })
  const theirs = await openNewsroom(t, { now, folder: `${folders}/postgres` })
  t.equal(theirs.db.engine, 'postgres')
  for (const newsroom of [ours, theirs]) await loadDemo(newsroom, () => now)
  // Each log has a name of its own, which stands in cursors and labels.
  const { epoch } = await ours.db.primary.headNow()
  const { DATABASE_URL } = await storeOf(`${folders}/postgres`)
  await queryOnce(DATABASE_URL as string, 'UPDATE head SET epoch = $1', [epoch])
  // The marks of commits are random.
  for (const { db } of [ours, theirs]) {
    await db.write({ by: 'command' }, async tx => {
      await tx.sql.update(tx.tables.head).set({ embargoMark: 0 })
      await tx.sql.update(tx.tables.changes).set({ mark: 0 })
    })
  }
  await sameAnswers(t, ours, theirs)
})

t.test(
  'eight writers at once: a follower misses nothing, sees nothing twice and never goes back',
  { timeout: 90_000 },
  async t => {
    const folder = t.testdir()
    const config = readConfig({ DATA_DIR: folder, ...(await storeOf(folder)) })
    const [one, two, follower] = await Promise.all([1, 2, 3].map(() => openDb(config)))
    if (!one || !two || !follower) throw new Error('not opened')
    t.teardown(() => Promise.all([one, two, follower].map(db => db.close())))
    await one.write({ by: 'command' }, async tx => {
      await createTag(tx, { slug: 'world', kind: 'section', names: { en: 'World' } })
      for (const slug of ['a', 'b', 'c']) await createTag(tx, { slug, kind: 'topic', names: { en: slug } })
    })
    const end = Date.now() + 20_000
    let commits = 0
    const writer = async (db: typeof one, n: number) => {
      for (let i = 0; Date.now() < end; i++) {
        const tags = [['a', 'b', 'c'][(n + i) % 3] as string]
        const input = await prepare({
          headline: 'The same headline',
          language: 'en',
          section: 'world',
          tags,
          body: 'T',
        })
        const id = await db.write({ by: 'command' }, async tx => (await createArticle(tx, input)).copy.id)
        await db.write({ by: 'command' }, tx => publishArticle(tx, id, {}, 'any'))
        commits += 2
        if (i % 4 !== 3) continue
        await db.write({ by: 'command' }, tx => withdrawArticle(tx, id, { notice: 'N', reason: 'R' }, 'any'))
        commits++
      }
    }
    const seen: number[] = []
    let isWriting = true
    const follow = async () => {
      let last = { seq: 0, mark: 0 }
      for (;;) {
        const wasWriting = isWriting
        const head = await follower.primary.headNow()
        const place = { epoch: head.epoch, ...last }
        const changes = await listChanges(follower.primary.live, head, place, 500)
        seen.push(...changes.map(change => change.seq))
        const { seq, mark } = changes.at(-1) ?? last
        last = { seq, mark }
        if (changes.length === 0 && !wasWriting) return
      }
    }
    const following = follow()
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(n => writer(n % 2 ? one : two, n)))
    isWriting = false
    await following
    console.log(`${commits} commits in 20 seconds: ${Math.round(commits / 20)} a second`)
    const { seq } = await one.primary.headNow()
    t.ok(seq > 500, `${seq} changes`)
    t.same(seen.length, seq, 'as many as there are')
    t.ok(
      seen.every((value, i) => value === i + 1),
      'each once, in order',
    )
    const { DATABASE_URL } = await storeOf(folder)
    const wrong = await queryOnce(
      DATABASE_URL as string,
      'SELECT id FROM live_tags t WHERE uses <> (SELECT count(*) FROM publication_tags WHERE tag_id = t.id)',
    )
    t.same(wrong, [], 'and every count is right')
  },
)

t.test(
  'replicas: labels of their own, an editor who reads his own write, and life without a server',
  { timeout: 120_000 },
  async t => {
    const primary = await openServer(programs)
    t.teardown(() => primary.remove())
    const replica: TestServer = await openServer(programs, primary)
    t.teardown(() => replica.remove())
    const settings = { DATABASE_URL: primary.url, DATABASE_REPLICA_URLS: replica.url }
    const newsroom = await openNewsroom(t, { settings })
    await makeTag(newsroom, 'world')
    const first = await publishNew(newsroom, { headline: 'First' })
    const path = `/v1/articles/${first.id}`
    const untilSeen = async (url: string) => {
      for (let i = 0; i < 100 && (await newsroom.get(url)).status !== 200; i++) await delay(50)
      return newsroom.get(url)
    }
    const before = await untilSeen(path)
    t.equal(before.status, 200)
    t.same((await newsroom.get('/health/ready')).body.replicas, ['ok'])

    await queryOnce(replica.url, 'SELECT pg_wal_replay_pause()')
    const second = await publishNew(newsroom, { headline: 'Second' })
    const own = await newsroom.get(`/v1/articles/${second.id}`, { key: newsroom.key })
    t.equal(own.status, 200, 'with a key, at once')
    t.equal((await newsroom.get(`/v1/articles/${second.id}`)).status, 404, 'a replica shows what it has')
    t.equal((await newsroom.get(path)).headers.etag, before.headers.etag, 'under the label of what it has')
    const { latest } = (await newsroom.get('/v1/changes', { key: newsroom.key })).body.meta
    t.equal(
      (await newsroom.get(`/v1/changes?cursor=${latest}`)).status,
      200,
      'a follower who is further is no stranger',
    )
    await queryOnce(replica.url, 'SELECT pg_wal_replay_resume()')
    t.equal((await untilSeen(`/v1/articles/${second.id}`)).status, 200)

    await replica.stop()
    for (let i = 0; i < 5; i++)
      t.equal((await newsroom.get('/v1/today')).status, 200, 'reads go on from the primary')
    const degraded = await newsroom.get('/health/ready')
    t.match(degraded.body, { status: 'degraded', primary: 'ok', replicas: ['down'] })
    await replica.start()
    await delay(2500)
    t.match((await newsroom.get('/health/ready')).body, { status: 'ok', replicas: ['ok'] })

    const cut = newsroom.db.write({ by: 'command' }, async tx => {
      await tx.lock('a write in flight')
      await primary.stop()
      await delay(200)
      await tx.lock('a write that lost its server')
    })
    await t.rejects(cut, { code: 'busy' }, 'a write in flight is refused, and the process lives')
    for (let i = 0; i < 5; i++)
      t.equal((await newsroom.get(path)).status, 200, 'reads go on from the replica')
    const body = { headline: 'H', language: 'en' }
    const refused = await newsroom.request('POST', '/v1/editorial/articles', { key: newsroom.key, body })
    t.equal(refused.status, 503)
    t.ok(Number(refused.headers['retry-after']) > 0)
    t.equal(refused.body.code, 'busy')
    t.match((await newsroom.get('/health/ready')).body, {
      status: 'degraded',
      primary: 'down',
      replicas: ['ok'],
    })
    await primary.start()
    const write = async () =>
      (await newsroom.request('POST', '/v1/editorial/articles', { key: newsroom.key, body })).status
    let status = await write()
    for (let i = 0; i < 40 && status !== 201; i++) {
      await delay(100)
      status = await write()
    }
    t.equal(status, 201, 'and all recovers by itself')
  },
)

t.test(
  'a service whose database goes answers 503, and goes on when it is back',
  { timeout: 60_000 },
  async t => {
    const primary = await openServer(programs)
    t.teardown(() => primary.remove())
    const newsroom = await openNewsroom(t, { settings: { DATABASE_URL: primary.url } })
    await makeTag(newsroom, 'world')
    await publishNew(newsroom)
    const failures: unknown[] = []
    const note = (error: unknown) => failures.push(error)
    process.on('unhandledRejection', note)
    t.teardown(() => process.off('unhandledRejection', note))
    // Over a socket, where answers come from in front of the routes.
    const base = await newsroom.app.listen({ port: 0, host: '127.0.0.1' })
    const ask = async () => {
      const reply = await fetch(`${base}/v1/articles`)
      await reply.arrayBuffer()
      return reply.status
    }
    for (let i = 0; i < 3; i++) t.equal(await ask(), 200)
    await primary.stop()
    for (let i = 0; i < 3; i++) t.equal(await ask(), 503)
    await delay(100)
    t.same(failures, [], 'nothing is left to end the process')
    await primary.start()
    let status = await ask()
    for (let i = 0; i < 60 && status !== 200; i++) {
      await delay(100)
      status = await ask()
    }
    t.equal(status, 200)
  },
)

t.test('a replica that takes connections and never answers is left out', { timeout: 60_000 }, async t => {
  const silent = createServer(socket => socket.on('error', () => undefined))
  await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
  t.teardown(() => silent.close())
  const { port } = silent.address() as { port: number }
  const folder = t.testdir()
  const { DATABASE_URL } = await storeOf(folder)
  const settings = {
    DATABASE_URL: DATABASE_URL as string,
    DATABASE_REPLICA_URLS: `postgres://x@127.0.0.1:${port}/x`,
  }
  const newsroom = await openNewsroom(t, { folder, settings })
  const replies = await Promise.all(Array.from({ length: 10 }, () => newsroom.get('/v1/today')))
  t.same(new Set(replies.map(reply => reply.status)), new Set([200]))
  t.match((await newsroom.get('/health/ready')).body, {
    status: 'degraded',
    primary: 'ok',
    replicas: ['down'],
  })
})

t.test('what comes into use is shown as it was put right meanwhile', async t => {
  const newsroom = await openNewsroom(t)
  const { db, key } = newsroom
  await makeTag(newsroom, 'world')
  await makeTag(newsroom, 'topic', 'topic')
  const media = await db.write({ by: 'command' }, tx =>
    createMedia(tx, { type: 'picture', words: { caption: 'old' } }),
  )
  const input = await prepare({ headline: 'H', language: 'en', section: 'world', body: 'T', tags: ['topic'] })
  const id = await db.write(
    { by: 'command' },
    async tx => (await createArticle(tx, { ...input, leadMedia: media.id })).copy.id,
  )
  // The publish has shown both and has not committed when they are put right.
  const patch = (url: string, body: object) => newsroom.request('PATCH', url, { key, match: '*', body })
  const publishing = db.write({ by: 'command' }, async tx => {
    await publishArticle(tx, id, {}, 'any')
    await delay(600)
  })
  await delay(300)
  await Promise.all([
    publishing,
    patch(`/v1/editorial/media/${media.id}`, { caption: 'right' }),
    patch('/v1/editorial/tags/topic', { names: { en: 'Right' } }),
  ])
  const article = (await newsroom.get(`/v1/articles/${id}`)).body
  t.equal(article.leadMedia.caption, 'right')
  t.equal(article.tags[0].name, 'Right')
})

t.test('a tag merged while a publication that has it moves is merged there too', async t => {
  const newsroom = await openNewsroom(t)
  const { db, key, clock } = newsroom
  await makeTag(newsroom, 'world')
  for (const slug of ['from', 'into']) await makeTag(newsroom, slug, 'topic')
  await publishNew(newsroom, { tags: ['from'] })
  const { id } = await makeArticle(newsroom, { tags: ['from'] })
  const request = (method: string, path: string, body: object) =>
    newsroom.request(method, `/v1/editorial/${path}`, { key, match: '*', body })
  const embargoedUntil = new Date(clock.now + 1000).toISOString()
  await request('POST', `articles/${id}/publish`, { embargoedUntil })
  await request('PATCH', `articles/${id}`, { tags: [] })
  clock.now += 1000
  // The lapse has moved it and has not committed when the merge begins.
  const lapsing = db.write({ by: 'embargo' }, async tx => {
    await lapseEmbargo(tx, id)
    await delay(600)
  })
  await delay(300)
  const [, merged] = await Promise.all([lapsing, request('POST', 'tags/from/merge', { into: 'into' })])
  t.equal(merged.status, 200)
  t.match((await newsroom.get(`/v1/articles/${id}`)).body.tags, [{ slug: 'into' }])
  t.equal((await request('POST', `articles/${id}/hold`, { reason: 'R' })).status, 200)
  t.equal((await request('POST', `articles/${id}/release`, {})).status, 200)
})

t.test('what is due goes out in time though editors publish the same articles', async t => {
  const newsroom = await openNewsroom(t)
  const { db, key, clock } = newsroom
  await makeTag(newsroom, 'world')
  const ids: string[] = []
  const publishAt = new Date(clock.now + 1000).toISOString()
  for (let i = 0; i < 60; i++) {
    const { id } = await makeArticle(newsroom)
    await newsroom.request('POST', `/v1/editorial/articles/${id}/schedule`, {
      key,
      match: '*',
      body: { publishAt },
    })
    ids.push(id)
  }
  clock.now += 1000
  const publish = (id: string) =>
    newsroom.request('POST', `/v1/editorial/articles/${id}/publish`, { key, match: '*', body: {} })
  const [fired, ...replies] = await Promise.all([fireDue(db, clock.now), ...ids.slice(30).map(publish)])
  t.same(fired.failed, [])
  // Whoever came second was told that it is out, and that an update has to say so.
  t.ok(replies.every(reply => reply.status === 200 || reply.body.errors[0].pointer === '/kind'))
  t.equal((await newsroom.get('/v1/articles?limit=100')).body.data.length, 60)
  t.equal((await newsroom.get('/v1/changes?limit=100')).body.data.filter(isPublished).length, 60, 'each once')
})
const isPublished = (row: { action: string }) => row.action === 'published'

t.test(
  'a newsroom moves from SQLite, killed half way and run again, and its followers go on',
  { timeout: 180_000 },
  async t => {
    const folder = t.testdir()
    const now = Date.now()
    const ours = await openNewsroom(t, { now, folder, settings: sqlite(folder) })
    await loadDemo(ours, () => now)
    const blank = await prepare({ headline: 'Bulk', language: 'en', section: 'world', body: '<p>Text.</p>' })
    for (let from = 0; from < 10_000; from += 500) {
      await ours.db.write({ by: 'command' }, async tx => {
        for (let i = from; i < from + 500; i++) {
          const { copy } = await createArticle(tx, { ...blank, headline: `Bulk ${i}`, slug: `bulk-${i}` })
          // Only some are published: what is copied is rows.
          if (i % 10 === 0) await publishArticle(tx, copy.id, {}, 'any')
        }
      })
    }
    const half = (await ours.get('/v1/changes?limit=50')).body.page.next
    const rest = (await ours.get(half)).text

    const name = `moved_${process.pid}`
    await queryOnce(server, `CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`)
    const url = databaseOf(server, name)
    const args = ['migrate-to', url]
    const main = new URL('../src/main.ts', import.meta.url).pathname
    const env = { ...process.env, DATA_DIR: folder, ...sqlite(folder) }
    const child = spawn(process.execPath, [main, ...args], { env, stdio: 'ignore' })
    const ended = new Promise(resolve => child.once('exit', resolve))
    const count = async () => {
      const found = await queryOnce<{ n: number }>(url, 'SELECT count(*)::int AS n FROM articles').catch(
        () => [{ n: 0 }],
      )
      return found[0]?.n ?? 0
    }
    while ((await count()) < 2000) await delay(10)
    child.kill('SIGKILL')
    await ended
    const there = await count()
    t.ok(there >= 2000 && there < 10_064, `killed at ${there} articles`)

    const served = await run(folder, ['keys', 'list'], '', { DATABASE_URL: url })
    t.equal(served.code, 2, 'half a newsroom is not served')
    t.match(served.err, /migrate-to was stopped/)
    const again = await run(folder, args, '', sqlite(folder))
    t.equal(again.code, 0, again.err)
    const lines = again.out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    t.match(
      lines.find(line => line.table === 'articles'),
      { rows: 10_064 },
    )
    t.match(lines.at(-1), { table: 'head', rows: 1 })
    t.equal((await run(folder, args, '', sqlite(folder))).code, 1, 'a third run finds it there')

    const theirs = await openNewsroom(t, { now, folder, settings: { DATABASE_URL: url } })
    t.equal((await theirs.get('/v1/editorial/articles', { key: ours.key })).status, 200, 'keys are there too')
    await sameAnswers(t, ours, theirs)
    t.equal((await theirs.get(half)).text, rest, 'and a cursor goes on')
  },
)

t.test('a database that is another newsroom is left alone', async t => {
  const folders = t.testdir({ mine: {}, other: {} })
  const { DATABASE_URL } = await storeOf(`${folders}/other`)
  await (await openDb(readConfig({ DATABASE_URL }))).close()
  const mine = sqlite(`${folders}/mine`)
  await (await openDb(readConfig({ DATA_DIR: `${folders}/mine`, ...mine }))).close()
  const refused = await run(`${folders}/mine`, ['migrate-to', DATABASE_URL as string], '', mine)
  t.equal(refused.code, 1)
  t.match(refused.err, /another newsroom/)
})
