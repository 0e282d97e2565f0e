import { rm } from 'node:fs/promises'
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
  // The box of a sequence: what stands in it beside the still image is not known.
  const movie = Buffer.from('\0\0\0\x08moov', 'latin1')
  const id = await upload(newsroom, Buffer.concat([await image().avif({ effort: 0 }).toBuffer(), movie]))
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
