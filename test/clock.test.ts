import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { DomainError } from '../src/errors.ts'
import { fireDue, startClock } from '../src/features/desk/clock.ts'
import { makeArticle, makeTag, openNewsroom } from './support/newsroom.ts'
import { breakInserts } from './support/store.ts'

/** A newsroom with articles under an embargo that is over a second from now. */
async function openWithDue(t: Test, count: number) {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const { key, clock } = newsroom
  const until = clock.now + 1000
  const ids: string[] = []
  for (let i = 0; i < count; i++) {
    const { id } = await makeArticle(newsroom)
    const body = { embargoedUntil: new Date(until).toISOString() }
    await newsroom.request('POST', `/v1/editorial/articles/${id}/publish`, { key, match: '*', body })
    ids.push(id)
  }
  clock.now = until
  return { ...newsroom, ids }
}

t.test('what cannot be shown stays hidden, is told, and holds up nothing else', async t => {
  const { db, clock, folder, ids, get } = await openWithDue(t, 3)
  const [first, bad = '', last] = ids
  const mend = await breakInserts(folder, 'publications', bad)
  const fired = await fireDue(db, clock.now)
  t.same([...fired.lapsed].sort(), [first, last].sort())
  t.match(fired.failed, [{ id: bad }])
  t.equal((await get(`/v1/articles/${bad}`)).status, 404)
  t.same((await fireDue(db, clock.now, [bad])).failed, [], 'until it is tried again')
  await mend()
  t.same((await fireDue(db, clock.now)).lapsed, [bad])
})

t.test('a store that does not answer puts nothing off and takes nothing off its schedule', async t => {
  const newsroom = await openWithDue(t, 1)
  const { db, clock, ids, key } = newsroom
  const { id } = await makeArticle(newsroom)
  const body = { publishAt: new Date(clock.now + 1).toISOString() }
  await newsroom.request('POST', `/v1/editorial/articles/${id}/schedule`, { key, match: '*', body })
  clock.now += 1
  const out = { ...db, write: () => Promise.reject(new DomainError('busy', 'The database does not answer.')) }
  await t.rejects(fireDue(out, clock.now), { code: 'busy' })
  const busy: typeof db = {
    ...db,
    write: (actor, work) =>
      db.write(actor, tx => work({ ...tx, lock: () => Promise.reject(new DomainError('busy', 'Later.')) })),
  }
  await t.rejects(fireDue(busy, clock.now), { code: 'busy' })
  t.match((await newsroom.get(`/v1/editorial/articles/${id}`, { key })).body, { deskStatus: 'scheduled' })
  t.match(await fireDue(db, clock.now), { published: [id], lapsed: ids, failed: [], refused: [] })
})

t.test('a clock that is late shows things in their order', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const { key, clock, db } = newsroom
  const at = (seconds: number) => new Date(clock.now + seconds * 1000).toISOString()
  const move = (id: string, name: string, body: object) =>
    newsroom.request('POST', `/v1/editorial/articles/${id}/${name}`, { key, match: '*', body })
  const { id } = await makeArticle(newsroom, { headline: 'First' })
  await move(id, 'publish', { embargoedUntil: at(60) })
  await newsroom.request('PATCH', `/v1/editorial/articles/${id}`, {
    key,
    match: '*',
    body: { headline: 'Second' },
  })
  const note = 'It was Tuesday.'
  t.equal((await move(id, 'schedule', { publishAt: at(60), kind: 'correction', note })).status, 200)
  clock.now += 95_000
  t.match(await fireDue(db, clock.now), { published: [id], failed: [], refused: [] })
  t.match((await newsroom.get(`/v1/articles/${id}`)).body, {
    headline: 'Second',
    corrections: [{ version: 2, note }],
  })
  const { data } = (await newsroom.get('/v1/changes')).body
  const rows = data.filter((row: { subject: { id: string } }) => row.subject.id === id)
  t.same(
    rows.map((row: { action: string; version: number }) => [row.action, row.version]),
    [
      ['published', 1],
      ['corrected', 2],
    ],
  )
})

t.test('the clock looks by itself: at what is due, and each second at what others scheduled', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const seen: string[] = []
  const stop = startClock({
    db: newsroom.db,
    now: Date.now,
    onFired: ({ published }) => void seen.push(...published),
    onError: error => t.fail(String(error)),
  })
  newsroom.clock.now = Date.now()
  const { id } = await makeArticle(newsroom)
  const body = { publishAt: new Date(Date.now() + 300).toISOString() }
  const path = `/v1/editorial/articles/${id}/schedule`
  await newsroom.request('POST', path, { key: newsroom.key, match: '*', body })
  for (let i = 0; i < 100 && seen.length === 0; i++) {
    await delay(50)
    newsroom.clock.now = Date.now()
  }
  t.same(seen, [id])
  await stop()
  t.equal((await newsroom.get(`/v1/articles/${id}`)).status, 200)
})
