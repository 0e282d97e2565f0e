import t from 'tap'
import { fireDue } from '../src/features/desk/clock.ts'
import { mendTimes } from '../src/features/desk/mend-times.ts'
import { makeArticle, makeTag, openNewsroom, publishNew } from './support/newsroom.ts'
import { rowsOf } from './support/store.ts'

const minute = 60_000
const hour = 60 * minute
const year = 365 * 24 * hour
/** Noon in Sofia, so that an hour more or less is the same news day. */
const noon = Date.parse('2025-03-12T10:00:00Z')
const articles = '/v1/editorial/articles'

for (const [name, ahead] of [
  ['a second', 1000],
  ['an hour', hour],
  ['ten years', 10 * year],
] as const) {
  t.test(`a clock that ran ${name} ahead for one publish does not bend what comes after`, async t => {
    const newsroom = await openNewsroom(t, { now: noon + ahead })
    const { key, clock, db } = newsroom
    await makeTag(newsroom, 'world')
    const early = await publishNew(newsroom)
    clock.now = noon
    const iso = (at: number) => new Date(at).toISOString()
    const isFar = ahead > minute

    const ready = await newsroom.get('/health/ready')
    t.equal(ready.status, 200)
    t.match(ready.body, isFar ? { status: 'degraded', clock: 'behind' } : { status: 'ok', clock: 'ok' })

    const story = await publishNew(newsroom)
    t.match(
      await newsroom.get('/health/ready'),
      { body: { status: 'ok', clock: 'ok' } },
      'the head is right again',
    )
    const live = (await newsroom.get(`/v1/articles/${story.id}`)).body
    t.equal(live.publishedAt, iso(noon), 'a new story has the time of the clock')
    const today = (await newsroom.get('/v1/today')).body
    t.equal(today.meta.date, '2025-03-12')
    t.ok(
      today.data.some((item: { id: string }) => item.id === story.id),
      "and is in today's news",
    )

    const { data: log } = (await newsroom.get('/v1/changes?limit=100')).body
    const rows = log.filter((row: { subject: { type: string } }) => row.subject.type === 'article')
    t.same(
      rows.map((row: { subject: { id: string } }) => row.subject.id),
      [early.id, story.id],
      'the log is in the order of commits',
    )
    t.same(
      rows.map((row: { at: string }) => row.at),
      [iso(noon + ahead), iso(noon)],
      'with the clock of each',
    )

    const scheduled = await makeArticle(newsroom)
    const schedule = await newsroom.request('POST', `${articles}/${scheduled.id}/schedule`, {
      key,
      match: '*',
      body: { publishAt: iso(noon + 500) },
    })
    t.equal(schedule.status, 200, 'what is ahead of the clock can be scheduled')
    const secret = await publishNew(newsroom, {}, { embargoedUntil: iso(noon + 700) })
    t.equal(secret.liveStatus, 'embargoed', 'and put under an embargo')
    const past = await newsroom.request('POST', `${articles}/${scheduled.id}/schedule`, {
      key,
      match: '*',
      body: { publishAt: iso(noon - 1) },
    })
    t.equal(past.status, 400, 'the past is the past of the clock')

    const archive = await publishNew(newsroom, {}, { publishedAt: iso(noon - hour) })
    t.equal(archive.publishedAt, iso(noon - hour))
    const future = await makeArticle(newsroom)
    const refused = await newsroom.request('POST', `${articles}/${future.id}/publish`, {
      key,
      match: '*',
      body: { publishedAt: iso(noon + 1) },
    })
    t.equal(refused.status, 400)

    clock.now = noon + 600
    t.match(await fireDue(db, clock.now), { published: [scheduled.id], lapsed: [] })
    clock.now = noon + 700
    t.match(await fireDue(db, clock.now), { published: [], lapsed: [secret.id] })
    const update = await newsroom.request('POST', `${articles}/${story.id}/publish`, {
      key,
      match: '*',
      body: { kind: 'update' },
    })
    t.equal(update.status, 200)
    t.equal((await newsroom.get(`/v1/articles/${story.id}`)).body.updatedAt, iso(noon + 700))
  })
}

t.test('a newsroom whose clock ran ahead is mended by a command', async t => {
  const newsroom = await openNewsroom(t, { now: noon + 10 * year })
  const { key, clock, db } = newsroom
  await makeTag(newsroom, 'world')
  const move = (id: string, name: string, body: object) =>
    newsroom.request('POST', `${articles}/${id}/${name}`, { key, match: '*', body })
  const live = await publishNew(newsroom)
  await move(live.id, 'publish', { kind: 'correction', note: 'Mended.' })
  // An import may leave only the time of the correction ahead.
  const corrected = await publishNew(newsroom, {}, { publishedAt: new Date(noon - hour).toISOString() })
  await move(corrected.id, 'publish', { kind: 'correction', note: 'Mended.' })
  await rowsOf(
    newsroom.folder,
    `UPDATE publications SET updated_at = ${noon - hour} WHERE article_id = '${corrected.id}'`,
  )
  const held = await publishNew(newsroom)
  await move(held.id, 'hold', { reason: 'Legal asks.' })
  clock.now = noon
  const right = await publishNew(newsroom)
  const until = new Date(noon + hour).toISOString()
  const embargoed = await publishNew(newsroom, {}, { embargoedUntil: until })
  const before = (await newsroom.get(`/v1/articles/${right.id}`)).text
  const { seq } = await db.primary.headNow()

  clock.now = noon + 1000
  const steps: number[] = []
  t.equal(
    await mendTimes(
      db,
      () => clock.now,
      count => steps.push(count),
    ),
    3,
  )
  t.same(steps, [3])
  const now = new Date(clock.now).toISOString()
  const mended = (await newsroom.get(`/v1/articles/${live.id}`)).body
  t.match(mended, { publishedAt: now, updatedAt: now, correctedAt: now, version: 2 })
  t.same(
    mended.corrections.map((one: { at: string }) => one.at),
    [now],
  )
  const versions = (await newsroom.get(`/v1/articles/${live.id}/versions`)).body
  t.ok(
    versions.data.every((one: { at: string }) => one.at === now),
    'the public history too',
  )
  const today = (await newsroom.get('/v1/today')).body
  t.same(today.data.map((item: { id: string }) => item.id).sort(), [live.id, corrected.id, right.id].sort())
  t.equal((await newsroom.get(`/v1/articles/${right.id}`)).text, before, 'a right time stays')
  const log = (await newsroom.get('/v1/changes?limit=100')).body.data
  const news = log.filter(
    (row: { seq: number; subject: { type: string } }) => row.seq > seq && row.subject.type === 'article',
  )
  t.match(
    news.sort((a: { subject: { id: string } }, b: { subject: { id: string } }) =>
      a.subject.id < b.subject.id ? -1 : 1,
    ),
    [live.id, corrected.id].sort().map(id => ({ subject: { id }, action: 'updated' })),
  )
  t.equal((await newsroom.get(`/v1/articles/${corrected.id}`)).body.correctedAt, now)
  t.equal((await newsroom.get(`/v1/articles/${held.id}`)).status, 404, 'held stays held')
  await move(held.id, 'release', {})
  t.match((await newsroom.get(`/v1/articles/${held.id}`)).body, { publishedAt: now, updatedAt: now })
  const copy = (await newsroom.get(`${articles}/${embargoed.id}`, { key })).body
  t.equal(copy.embargoedUntil, until, 'an embargo ahead is no fault')
  t.match((await newsroom.get(`${articles}/${live.id}/audit`, { key })).body.data[0], {
    move: 'mend-times',
  })
  t.equal(
    await mendTimes(
      db,
      () => clock.now,
      () => undefined,
    ),
    0,
    'a second time there is nothing to mend',
  )
})
