import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { makeTag, type Newsroom, openNewsroom, publishNew, type Reply } from './support/newsroom.ts'
import { copyStore, rowsOf } from './support/store.ts'

type Place = { cursor: string; latest: string; seq: number }

/** An address, and the ETag that one of its readers holds. */
type Held = { url: string; etag: string; isEmbargoed: boolean }

const hour = 60 * 60 * 1000

/** Everything that a partner and readers can hold of the log as it is now. */
async function holdAll(t: Test, newsroom: Newsroom, ids: readonly string[]) {
  const embargoed = await newsroom.makeKey(['articles:embargoed'])
  const places: Place[] = []
  let reply: Reply
  let query = ''
  do {
    // One row a page: cursors in the middle of a commit too.
    reply = await newsroom.get(`/v1/changes?limit=1${query}`)
    t.equal(reply.status, 200)
    const { cursor, latest } = reply.body.meta
    places.push({ cursor, latest, seq: reply.body.data[0]?.seq ?? 0 })
    query = `&cursor=${cursor}`
  } while (reply.body.page.hasMore)
  const tags: Held[] = []
  for (const url of [
    '/v1/today',
    '/v1/articles?limit=5',
    '/v1/tags',
    '/v1/changes',
    ...ids.map(id => `/v1/articles/${id}`),
  ]) {
    for (const isEmbargoed of [false, true]) {
      const { status, headers } = await newsroom.get(url, isEmbargoed ? { key: embargoed } : {})
      if (status === 200) tags.push({ url, etag: String(headers.etag), isEmbargoed })
    }
  }
  return { places, tags }
}

type Holdings = Awaited<ReturnType<typeof holdAll>>

const ask = async (newsroom: Newsroom, { url, etag, isEmbargoed }: Held) =>
  newsroom.get(url, {
    headers: { 'if-none-match': etag },
    ...(isEmbargoed ? { key: await newsroom.makeKey(['articles:embargoed']) } : {}),
  })

const follow = (newsroom: Newsroom, cursor: string) =>
  newsroom.get(`/v1/changes?limit=100&cursor=${encodeURIComponent(cursor)}`)

async function publishUnderEmbargo(newsroom: Newsroom): Promise<void> {
  await publishNew(newsroom, {}, { embargoedUntil: new Date(newsroom.clock.now + hour).toISOString() })
}

t.test('a copy of the database that was put back by hand is told from the log it replaced', async t => {
  const folder = t.testdir()
  const now = Date.now()
  const ids: string[] = []
  let before: Holdings | undefined
  let lost: Holdings | undefined

  await t.test('before the copy', async t => {
    const newsroom = await openNewsroom(t, { folder, now })
    await makeTag(newsroom, 'world')
    for (let i = 0; i < 3; i++) ids.push((await publishNew(newsroom)).id)
    await publishUnderEmbargo(newsroom)
    before = await holdAll(t, newsroom, ids)
    t.ok(before.places.length > 3)
  })
  const restore = await copyStore(folder)
  await t.test('what is lost', async t => {
    const newsroom = await openNewsroom(t, { folder, now })
    for (let i = 0; i < 4; i++) ids.push((await publishNew(newsroom)).id)
    await publishUnderEmbargo(newsroom)
    lost = await holdAll(t, newsroom, ids)
  })
  await restore()

  for (const more of [0, 1, 2, 5]) {
    await t.test(`with ${more} publications after the restore`, async t => {
      const newsroom = await openNewsroom(t, { folder, now })
      const { seq: start } = await newsroom.db.primary.headNow()
      const { places: early, tags: earlyTags } = before as Holdings
      const { places: late, tags: lateTags } = lost as Holdings
      if (more === 0) {
        for (const held of earlyTags)
          t.equal((await ask(newsroom, held)).status, 304, `${held.url} is as it was`)
      }
      for (let i = 0; i < more; i++) await publishNew(newsroom, { headline: randomUUID() })
      await publishUnderEmbargo(newsroom)
      const { seq: end } = await newsroom.db.primary.headNow()
      for (const { cursor, seq } of early) {
        const reply = await follow(newsroom, cursor)
        t.equal(reply.status, 200, `cursor at ${seq} of ${end}`)
        t.same(
          reply.body.data.map((change: { seq: number }) => change.seq),
          Array.from({ length: end - seq }, (_, i) => seq + 1 + i),
          'it misses nothing',
        )
      }
      const lostPlaces = late.filter(({ seq }) => seq > (early.at(-1)?.seq ?? 0))
      t.ok(lostPlaces.length > 3)
      for (const { cursor, seq } of lostPlaces) {
        const reply = await follow(newsroom, cursor)
        t.equal(reply.status, 410, `cursor at ${seq}, the log is at ${end}`)
        t.equal(reply.body.code, 'cursor-expired')
      }
      const latest = late.at(-1)?.latest ?? ''
      t.equal((await follow(newsroom, latest)).status, 410, 'meta.latest too')
      for (const held of lateTags)
        t.not((await ask(newsroom, held)).status, 304, `${held.url}, embargoed: ${held.isEmbargoed}`)
      if (more > 0) t.ok(end > start)
    })
  }
})

t.test('a cursor of a release that had no marks goes on where its row has none', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  await publishNew(newsroom)
  const { seq } = await newsroom.db.primary.headNow()
  await rowsOf(newsroom.folder, 'UPDATE changes SET mark = 0')
  await publishNew(newsroom)
  const { meta } = (await newsroom.get('/v1/changes')).body
  const [print, epoch] = JSON.parse(Buffer.from(meta.cursor, 'base64url').toString())
  const cursorOf = (...place: unknown[]) =>
    Buffer.from(JSON.stringify([print, ...place])).toString('base64url')
  const reply = await follow(newsroom, cursorOf(epoch, seq))
  t.equal(reply.status, 200)
  t.equal(reply.body.data[0].seq, seq + 1)
  const { seq: end, mark } = await newsroom.db.primary.headNow()
  const table: [string, unknown[], number][] = [
    ['the start', [epoch, 0], 200],
    ['the start, with its mark', [epoch, 0, 0], 200],
    ['the start with a mark of a commit', [epoch, 0, mark], 410],
    ['a marked row without its mark', [epoch, end], 410],
    ['another mark', [epoch, end, mark + 1], 410],
    ['its own mark', [epoch, end, mark], 200],
    ['a row that is still to come', [epoch, end + 1, mark], 410],
    ['another epoch', ['another', end, mark], 410],
    ['a negative number', [epoch, -1, mark], 410],
    ['a mark that is a text', [epoch, end, String(mark)], 400],
    ['a value too many', [epoch, end, mark, 1], 400],
    ['no number', [epoch], 400],
  ]
  for (const [name, place, status] of table)
    t.equal((await follow(newsroom, cursorOf(...place))).status, status, name)
})
