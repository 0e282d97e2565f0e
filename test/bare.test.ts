import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { startMakingBare } from '../src/features/media/make-bare.ts'
import {
  listMediaNotBare,
  type MediaRow,
  refreshLiveMedia,
  updateMedia,
} from '../src/features/media/media.store.ts'
import { getMedia } from '../src/features/media/media.ts'
import { avifOf, codedImage } from './support/avif.ts'
import { makeForm, makeTag, type Newsroom, openNewsroom, publishNew } from './support/newsroom.ts'
import { start } from './support/process.ts'
import { plantSecrets, secrets, withSecrets } from './support/secrets.ts'
import { rowsOf } from './support/store.ts'
import { packetsOf } from './support/structure.ts'

type Rendition = { name: string; url: string; bytes: number }

const image = (background = 'teal') => sharp({ create: { width: 350, height: 200, channels: 3, background } })

async function upload({ request, key }: Newsroom, bytes: Buffer): Promise<string> {
  const words = { caption: 'A "bridge"', credit: 'AP Photo' }
  const { status, text, body } = await request('POST', '/v1/editorial/media', {
    key,
    ...makeForm(bytes, words),
  })
  if (status !== 201) throw new Error(text)
  return body.id
}

const folderOf = ({ folder }: Newsroom, { id, contentHash }: MediaRow) =>
  join(folder, 'media', id.slice(-2), id, String(contentHash))

/** Leaves a picture as an earlier version stored it: no bare file, and WebP in its simple form. */
async function age(newsroom: Newsroom, id: string): Promise<void> {
  const row = await getMedia(newsroom.db.desk, id)
  const folder = folderOf(newsroom, row)
  await rm(join(folder, `bare.${row.extension}`), { force: true })
  const renditions = [...row.renditions]
  for (const [i, rendition] of renditions.entries()) {
    if (rendition.extension !== 'webp' || rendition.name === 'original') continue
    const bytes = await image().resize(rendition.width).webp().toBuffer()
    const path = join(id.slice(-2), id, String(row.contentHash), `${rendition.name}.webp`)
    await newsroom.files.put(path, bytes)
    renditions[i] = { ...rendition, bytes: bytes.length }
  }
  const old = { ...row, renditions, bareBytes: null }
  await newsroom.db.write({ by: 'command' }, async tx => {
    await updateMedia(tx, old)
    await refreshLiveMedia(tx, old)
  })
}

const pathOf = (url: string) => new URL(url).pathname

async function renditionsOf(t: Test, { get }: Newsroom, id: string): Promise<Rendition[]> {
  const { renditions } = (await get(`/v1/media/${id}`)).body
  for (const { url, bytes } of renditions) {
    const file = await get(pathOf(url))
    t.match([file.status, file.bytes.length], [200, bytes], url)
    for (const secret of secrets) t.notOk(file.bytes.includes(secret), secret)
  }
  return renditions
}

/** Makes what is left to make, to its end: the ids of those made, and of those that failed. */
async function makeAll({ db, files }: Newsroom): Promise<{ made: string[]; failed: (string | undefined)[] }> {
  const made: string[] = []
  const failed: (string | undefined)[] = []
  const onMade = (ids: readonly string[]) => void made.push(...ids)
  const stop = startMakingBare({ db, files, onMade, onError: (_error, id) => failed.push(id), lookMs: 5 })
  while ((await listMediaNotBare(db.desk, 100, '')).length > failed.length) await delay(5)
  await stop()
  return { made, failed }
}

t.test(
  'the original of an earlier version is hidden until its bare file is made, which is a change',
  async t => {
    const newsroom = await openNewsroom(t)
    await makeTag(newsroom, 'world')
    const sent = {
      jpg: plantSecrets('jpg', await withSecrets(image()).jpeg().toBuffer()),
      webp: plantSecrets('webp', await withSecrets(image()).webp().toBuffer()),
      lost: await image('red').png().toBuffer(),
      unused: await image('blue').png().toBuffer(),
    }
    const ids: Record<string, string> = {}
    for (const [name, bytes] of Object.entries(sent)) {
      const id = await upload(newsroom, bytes)
      ids[name] = id
      if (name !== 'unused') await publishNew(newsroom, { leadMedia: id })
      await age(newsroom, id)
    }
    const { jpg = '', webp = '', lost = '', unused = '' } = ids
    await rm(join(folderOf(newsroom, await getMedia(newsroom.db.desk, lost)), 'original.png'))
    const early: string[] = []
    for (const id of [jpg, webp, lost]) {
      const shown = await renditionsOf(t, newsroom, id)
      t.same(shown.map(({ name }) => name).includes('original'), false)
      t.equal(shown.length, 6)
      early.push(...shown.map(({ url }) => pathOf(url)))
      const guess = pathOf(shown[0]?.url as string).replace(/[^/]*$/, 'original.jpg')
      t.equal((await newsroom.get(guess)).status, 404)
    }
    const before = (await newsroom.get('/v1/changes')).body.meta.latest
    const { made, failed } = await makeAll(newsroom)
    t.same(made.toSorted(), [jpg, webp, unused].toSorted())
    t.same(failed, [lost], 'files that are gone are told, and hold up no other')

    for (const id of [jpg, webp]) {
      const shown = await renditionsOf(t, newsroom, id)
      t.equal(shown.length, 7)
      for (const { url } of shown) {
        const { bytes } = await newsroom.get(pathOf(url))
        t.equal(packetsOf(url.slice(url.lastIndexOf('.') + 1), bytes).length, 1, 'with the words')
        t.notOk(early.includes(pathOf(url)), 'at an address of its own')
      }
    }
    t.equal((await renditionsOf(t, newsroom, lost)).length, 6)
    const { data } = (await newsroom.get(`/v1/changes?cursor=${before}`)).body
    const changed = data.map((change: { subject: { id: string } }) => change.subject.id)
    t.same(changed.toSorted(), [jpg, webp].toSorted(), 'a change of each that readers see')
    t.same(await makeAll(newsroom), { made: [], failed: [lost] }, 'and it is made once')
  },
)

t.test('an original whose metadata cannot be taken out stays with the desk', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  // A reference from the picture whose meaning is not known here.
  const { data, properties } = await codedImage(350, 200)
  const own = properties.map((_, i) => i + 1)
  const item = { id: 1, type: 'av01', data, properties: own }
  const extra = { id: 2, type: 'mime', data: Buffer.from('text') }
  const references: [string, number, number[]][] = [['base', 1, [2]]]
  const id = await upload(newsroom, avifOf({ items: [item, extra], properties, primary: 1, references }))
  await publishNew(newsroom, { leadMedia: id })
  for (const round of ['at the upload', 'of an earlier version']) {
    const shown = await renditionsOf(t, newsroom, id)
    t.equal(shown.length, 6, round)
    const guess = pathOf(shown[0]?.url as string).replace(/[^/]*$/, 'original.avif')
    t.equal((await newsroom.get(guess)).status, 404)
    const { body } = await newsroom.get(`/v1/editorial/media/${id}`, { key: newsroom.key })
    t.equal(body.renditions.length, 7)
    await age(newsroom, id)
    await makeAll(newsroom)
  }
})

t.test('the addresses of a picture keep their bytes until all its files are made', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const id = await upload(newsroom, await image().jpeg().toBuffer())
  await publishNew(newsroom, { leadMedia: id })
  await age(newsroom, id)
  const row = await getMedia(newsroom.db.desk, id)
  const folder = folderOf(newsroom, row)
  const bytesOf = async (paths: string[]) =>
    Promise.all(paths.map(async path => (await newsroom.get(path)).bytes.toString('latin1')))
  const paths = (await renditionsOf(t, newsroom, id)).map(({ url }) => pathOf(url))
  const before = await bytesOf(paths)
  const names = (await readdir(folder)).toSorted()

  // The last rendition of all is missing: nothing may have been written for the others.
  const last = row.renditions.at(-1)
  const lastName = `${last?.name}.${last?.extension}`
  await rename(join(folder, lastName), join(newsroom.folder, 'aside'))
  t.same(await makeAll(newsroom), { made: [], failed: [id] })
  t.same(
    (await readdir(folder)).toSorted(),
    names.filter(name => name !== lastName),
  )
  await rename(join(newsroom.folder, 'aside'), join(folder, lastName))
  t.same(await bytesOf(paths), before)

  t.same(await makeAll(newsroom), { made: [id], failed: [] }, 'a start tries again')
  const shown = await renditionsOf(t, newsroom, id)
  t.equal(shown.length, 7)
  for (const path of paths) t.equal((await newsroom.get(path)).status, 404, 'the old addresses are gone')
  const after = await readdir(folder)
  t.equal(after.length, 8, 'the upload, the public original, and six renditions')
  for (const name of ['w320', 'w640', 'w1280']) {
    t.ok(after.includes(`bare-${name}.webp`), name)
    t.notOk(after.includes(`${name}.webp`), 'the old file is removed')
  }
  const { body } = await newsroom.get(`/v1/editorial/media/${id}`, { key: newsroom.key })
  for (const { url } of body.renditions)
    t.equal((await newsroom.get(pathOf(url), { key: newsroom.key })).status, 200, `the desk reads ${url}`)
})

t.test('a picture whose files could not be written is made at a later look', async t => {
  const newsroom = await openNewsroom(t)
  const { db, files } = newsroom
  const id = await upload(newsroom, await image().png().toBuffer())
  await age(newsroom, id)
  const row = await getMedia(db.desk, id)
  // A folder has the name of the file, so that no file can be put there.
  const blocked = join(folderOf(newsroom, row), 'bare.png')
  await mkdir(join(blocked, 'x'), { recursive: true })
  const made: string[] = []
  const failed: (string | undefined)[] = []
  let isBlocked = true
  const stop = startMakingBare({
    db,
    files,
    onMade: ids => void made.push(...ids),
    onError: (_error, id) => {
      failed.push(id)
      if (failed.length === 2 && isBlocked) {
        isBlocked = false
        void rm(blocked, { recursive: true })
      }
    },
    lookMs: 5,
  })
  while (made.length === 0) await delay(5)
  await stop()
  t.same(made, [id])
  t.ok(failed.length >= 2 && failed.every(one => one === id), 'told at each look')
})

t.test('a stored file that is not the one of its row is a 404', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const simple = await image().resize(320).webp().toBuffer()
  for (const [name, file, content] of [
    ['a WebP that takes no words', 'w320.webp', simple],
    ['a JPEG of another length', 'w320.jpg', await image().resize(160).jpeg().toBuffer()],
    ['an original that is not there', 'bare.avif', undefined],
    ['an AVIF that takes no words', 'bare.avif', Buffer.from('no picture')],
    ['an empty file', 'w640.webp', Buffer.alloc(0)],
  ] as const) {
    const id = await upload(newsroom, await image().avif({ effort: 0 }).toBuffer())
    await publishNew(newsroom, { leadMedia: id })
    const row = await getMedia(newsroom.db.desk, id)
    const path = `${id.slice(-2)}/${id}/${row.contentHash}/${file}`
    if (content) await newsroom.files.put(path, content)
    else await newsroom.files.remove([path])
    if (content === simple) {
      // As an older build leaves it: its file and the length of it, beside the bare bytes of this one.
      const renditions = row.renditions.map(one =>
        `${one.name}.${one.extension}` === file ? { ...one, bytes: simple.length } : one,
      )
      await newsroom.db.write({ by: 'command' }, async tx => {
        await updateMedia(tx, { ...row, renditions })
        await refreshLiveMedia(tx, { ...row, renditions })
      })
    }
    const { renditions } = (await newsroom.get(`/v1/media/${id}`)).body
    for (const { url } of renditions as Rendition[]) {
      const isBroken = pathOf(url).endsWith(file.replace('bare', 'original'))
      for (const headers of [{}, { range: 'bytes=0-9' }]) {
        const { status } = await newsroom.get(pathOf(url), { headers })
        t.equal(status, isBroken ? 404 : 'range' in headers ? 206 : 200, `${name}: ${url}`)
      }
    }
  }
})

t.test('killed at any moment while files are made, a start goes on where it was', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const count = 24
  for (let n = 0; n < count; n++) {
    const id = await upload(newsroom, plantSecrets('jpg', await withSecrets(image()).jpeg().toBuffer()))
    if (n % 2) await publishNew(newsroom, { leadMedia: id })
    await age(newsroom, id)
  }
  const left = async () =>
    Number(
      (
        await rowsOf<{ n: number }>(
          newsroom.folder,
          'SELECT count(*) AS n FROM media WHERE bare_bytes IS NULL',
        )
      )[0]?.n,
    )
  t.equal(await left(), count)
  let kills = 0
  for (let now = count; now > 0; now = await left()) {
    const { child, ended } = await start(t, newsroom.folder)
    const pause = Math.random() * 40
    const seen = await left()
    // Somewhere in the next batch; the last starts are let to their end.
    if (kills < 3) {
      await delay(pause)
      child.kill('SIGKILL')
      kills++
    } else {
      for (let waits = 0; (await left()) > 0 && waits < 600; waits++) await delay(50)
      child.kill('SIGTERM')
    }
    await ended
    t.ok((await left()) <= seen)
  }
  t.comment(`${kills} kills`)
  const rows = await rowsOf<{ id: string }>(newsroom.folder, 'SELECT id FROM live_media')
  t.equal(rows.length, count / 2)
  for (const { id } of rows) t.equal((await renditionsOf(t, newsroom, id)).length, 7)
  const changes = await rowsOf<{ subject_id: string; n: number }>(
    newsroom.folder,
    "SELECT subject_id, count(*) AS n FROM changes WHERE subject_type = 'media' GROUP BY subject_id HAVING count(*) <> 3",
  )
  t.same(changes, [], 'each changed once by it: shown, aged here, made')
})
