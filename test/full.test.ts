import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import {
  makeArticle,
  makeForm,
  makeTag,
  type Newsroom,
  openNewsroom,
  publishNew,
} from './support/newsroom.ts'
import { engine } from './support/store.ts'

const megabyte = 1024 * 1024
const articles = '/v1/editorial/articles'

const skipHere = (t: Test) => t.pass('a small disk', { skip: 'this user may not mount one' })

/** Mounts a small disk in memory for the length of a test; undefined where this user may not. */
function mountSmallDisk(t: Test, bytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'dateline-disk-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder])
  if (mounted.status !== 0) return undefined
  t.teardown(() => spawnSync('umount', ['-l', folder]))
  return folder
}

/** Fills the disk to its last byte. */
function fill(folder: string): string {
  const file = join(folder, 'filler')
  for (const size of [megabyte, 64 * 1024, 4096, 1]) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(size), { flag: 'a' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
  return file
}

const readable = ['/v1/today', '/v1/articles', '/v1/changes', '/v1/tags', '/health/live']

async function readsGoOn(t: Test, newsroom: Newsroom, ids: readonly string[]): Promise<void> {
  for (const url of [...readable, ...ids.map(id => `/v1/articles/${id}`), articles])
    t.equal((await newsroom.get(url, { key: newsroom.key })).status, 200, `${url} is read`)
}

t.test('a full disk refuses writes with 503, says so in readiness, and loses nothing', async t => {
  const folder = mountSmallDisk(t, 24 * megabyte)
  if (folder === undefined) return skipHere(t)
  // On PostgreSQL the full disk is that of the pictures: its own disk cannot be filled by a test.
  const isOwnDisk = engine === 'sqlite'
  const newsroom = await openNewsroom(t, { folder })
  const { key } = newsroom
  await makeTag(newsroom, 'world')
  const { id } = await publishNew(newsroom)
  const draft = await makeArticle(newsroom)
  const photo = await sharp({ create: { width: 400, height: 300, channels: 3, background: '#369' } })
    .jpeg()
    .toBuffer()
  const upload = () => {
    const form = makeForm(photo, { caption: 'C' })
    return newsroom.request('POST', '/v1/editorial/media', { key, headers: form.headers, body: form.body })
  }
  const texts = async () =>
    Promise.all(
      [`/v1/changes`, articles, `/v1/articles/${id}`].map(
        async url => (await newsroom.get(url, { key })).text,
      ),
    )
  const before = await texts()
  const filler = fill(folder)

  const long = `<p>${'a word '.repeat(20_000)}</p>`
  const create = () =>
    newsroom.request('POST', articles, {
      key,
      body: { headline: 'H', language: 'en', section: 'world', body: long },
    })
  const writes = {
    create,
    edit: () =>
      newsroom.request('PATCH', `${articles}/${draft.id}`, { key, match: '*', body: { body: long } }),
    publish: () => newsroom.request('POST', `${articles}/${draft.id}/publish`, { key, match: '*', body: {} }),
    tag: () =>
      newsroom.request('POST', '/v1/editorial/tags', {
        key,
        body: { slug: 'full', kind: 'topic', names: { en: 'x'.repeat(100) } },
      }),
    withdraw: () =>
      newsroom.request('POST', `${articles}/${id}/withdraw`, {
        key,
        match: '*',
        body: { notice: 'N', reason: 'R' },
      }),
    upload,
  }
  const { seq } = await newsroom.db.primary.headNow()
  for (const [name, write] of Object.entries(isOwnDisk ? writes : { upload })) {
    const reply = await write()
    t.equal(reply.status, 503, `${name}: ${reply.text}`)
    t.equal(reply.body.code, 'storage-full', name)
    t.ok(Number(reply.headers['retry-after']) > 0, name)
  }
  t.equal((await newsroom.db.primary.headNow()).seq, seq, 'nothing was written')
  await readsGoOn(t, newsroom, [id])
  const ready = await newsroom.get('/health/ready')
  t.equal(ready.status, 503)
  t.equal(ready.body.code, 'storage-full')
  t.match(ready.body.detail, isOwnDisk ? 'disk of the database' : 'disk of the pictures')
  if (isOwnDisk) {
    const second = await openNewsroom(t, { folder, settings: { RATE_LIMIT: 'off' } }).catch(
      (error: Error) => error,
    )
    t.equal(
      (second as Error).message,
      'The disk of the database is full.',
      'a test makes a key, which is a write',
    )
  }

  rmSync(filler)
  const again = await openNewsroom(t, { folder })
  t.same(await texts(), before, 'nothing was lost, nothing half-written')
  t.equal((await again.get(`/v1/articles/${id}`)).status, 200, 'nor for a process that opens it now')
  t.equal((await newsroom.get('/health/ready')).status, 200, 'it is ready once there is room')
  for (const [name, write] of Object.entries(writes)) {
    const reply = await write()
    t.ok(reply.status < 300, `${name}: ${reply.text}`)
  }
})
