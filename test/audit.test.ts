import sharp from 'sharp'
import t from 'tap'
import { fireDue } from '../src/features/desk/clock.ts'
import { type Json, makeArticle, makeForm, makeTag, openNewsroom, publishNew } from './support/newsroom.ts'
import { engine, rowsOf } from './support/store.ts'

const articles = '/v1/editorial/articles'
const minute = 60_000

t.test('everything that is done stands in the trail: who, when, what, before and after, and why', async t => {
  const newsroom = await openNewsroom(t, { now: Date.parse('2024-07-12T02:21:00.000Z') })
  const { key, clock } = newsroom
  await makeTag(newsroom, 'world')
  const writer = await newsroom.makeKey(['articles:write'])
  const { id } = (
    await newsroom.request('POST', articles, {
      key: writer,
      body: { headline: 'One', language: 'en', body: '<p>Text.</p>', section: 'world' },
    })
  ).body
  const move = (name: string, body: object = {}) =>
    newsroom.request('POST', `${articles}/${id}/${name}`, { key, match: '*', body })
  await newsroom.request('PATCH', `${articles}/${id}`, {
    key,
    match: '*',
    body: { headline: 'Two', urgency: 1 },
  })
  await move('submit')
  await move('return', { reason: 'Too short.' })
  await move('schedule', { publishAt: new Date(clock.now + minute).toISOString() })
  clock.now += minute
  await fireDue(newsroom.db, clock.now)
  await move('hold', { reason: 'Legal.' })
  await move('release')
  await move('publish', { kind: 'correction', note: 'A name.' })
  await move('withdraw', { notice: 'Wrong.', reason: 'Forged.' })

  const trail: Json[] = []
  let next = `${articles}/${id}/audit?limit=4`
  while (next) {
    const { body } = await newsroom.get(next, { key })
    trail.unshift(...body.data.toReversed())
    next = body.page.next
  }
  t.same(
    trail.map(({ number, move, by, reason }) => [number, move, by, reason]),
    [
      [1, 'create', 'key', undefined],
      [2, 'edit', 'key', undefined],
      [3, 'submit', 'key', undefined],
      [4, 'return', 'key', 'Too short.'],
      [5, 'schedule', 'key', undefined],
      [6, 'publish', 'schedule', undefined],
      [7, 'hold', 'key', 'Legal.'],
      [8, 'release', 'key', undefined],
      [9, 'publish', 'key', undefined],
      [10, 'withdraw', 'key', 'Forged.'],
    ],
  )
  t.match(
    trail[0],
    { key: { name: 'some' }, after: { headline: 'One', body: undefined } },
    'lists have no texts',
  )
  const whole = (await newsroom.get(`${articles}/${id}/audit/1`, { key })).body
  t.match(whole, { number: 1, move: 'create', after: { headline: 'One', body: '<p>Text.</p>' } })
  t.equal((await newsroom.get(`${articles}/${id}/audit/99`, { key })).status, 404)
  t.notOk('before' in trail[0])
  t.same(trail[1].before, { revision: 1, headline: 'One', urgency: 5 }, 'what changed, and no more')
  t.same(trail[1].after, { revision: 2, headline: 'Two', urgency: 1 })
  t.match(trail[5], { at: new Date(clock.now).toISOString(), key: undefined })
  t.match(trail[5], {
    before: { liveStatus: 'never' },
    after: { liveStatus: 'live', version: 1, slug: 'two' },
  })
  t.same(trail[8].said, { kind: 'correction', note: 'A name.' })
  t.same(trail[8].after, { revision: 9, version: 2 })
  t.match(trail[9], { after: { liveStatus: 'withdrawn' }, said: { notice: 'Wrong.' } })

  const refused = await newsroom.request('PATCH', `${articles}/${id}`, {
    key,
    match: 1,
    body: { urgency: 2 },
  })
  t.equal(refused.status, 412)
  t.equal(
    (await newsroom.get(`${articles}/${id}/audit`, { key })).body.data.length,
    10,
    'what was refused is not',
  )
})

t.test('tags, media and keys have their entries, those of keys for who administers them', async t => {
  const newsroom = await openNewsroom(t)
  const { key } = newsroom
  const send = (method: string, url: string, body?: object) =>
    newsroom.request(method, url, { key, match: '*', ...(body ? { body } : {}) })
  await makeTag(newsroom, 'old', 'topic')
  await makeTag(newsroom, 'new', 'topic')
  await send('PATCH', '/v1/editorial/tags/old', { names: { bg: 'Старо' } })
  await send('POST', '/v1/editorial/tags/old/merge', { into: 'new' })
  await send('DELETE', '/v1/editorial/tags/new')
  const picture = await sharp({ create: { width: 32, height: 24, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer()
  const media = await newsroom.request('POST', '/v1/editorial/media', {
    key,
    ...makeForm(picture, { caption: 'C' }),
  })
  await send('PATCH', `/v1/editorial/media/${media.body.id}`, { caption: 'D' })
  await send('DELETE', `/v1/editorial/media/${media.body.id}`)
  const made = await send('POST', '/v1/editorial/keys', { name: 'Partner', scopes: ['articles:subscribers'] })
  await send('DELETE', `/v1/editorial/keys/${made.body.id}`)
  await send('DELETE', `/v1/editorial/keys/${made.body.id}`)
  const { id } = await makeArticle(newsroom, { section: undefined })
  await send('DELETE', `${articles}/${id}`)

  const read = async (as: string, query = '') =>
    (await newsroom.get(`/v1/editorial/audit?limit=100${query}`, { key: as })).body.data
  const all = await read(key)
  const said = (type: string) =>
    all
      .filter((entry: Json) => entry.subject.type === type && entry.by === 'key')
      .map((entry: Json) => entry.move)
  t.same(said('tag').sort(), ['create', 'create', 'delete', 'edit', 'merge', 'merge'])
  t.same(said('media').toReversed(), ['create', 'edit', 'delete'])
  t.same(said('key').toReversed(), ['create', 'revoke'], 'a second revocation changes nothing')
  t.same(said('article').toReversed(), ['create', 'delete'])
  t.match(
    all.find((entry: Json) => entry.subject.type === 'media' && entry.move === 'edit'),
    { before: { caption: 'C' }, after: { caption: 'D' } },
  )
  // Behind `dl_` and a prefix of ten; it may hold an underscore itself.
  const secret = made.body.key.slice(14)
  t.equal(secret.length, 32)
  t.notOk(JSON.stringify(all).includes(secret), 'no secret is in it')
  const editor = await newsroom.makeKey(['articles:read'])
  t.same(
    (await read(editor)).filter((entry: Json) => entry.subject.type === 'key'),
    [],
  )
  t.same((await read(editor, `&id=${made.body.id}`)).length, 0)
  t.same(
    (await read(key, `&id=${made.body.id}`)).map((entry: Json) => entry.move),
    ['revoke', 'create'],
  )
  const deleted = await newsroom.get(`${articles}/${id}/audit`, { key })
  t.same(
    deleted.body.data.map((entry: Json) => entry.move),
    ['delete', 'create'],
    'it outlives what was deleted',
  )
  t.equal((await newsroom.get(`${articles}/0190a3c0-0000-7000-9000-000000000099/audit`, { key })).status, 404)
})

t.test('no entry can be changed or deleted, in the store itself', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  await publishNew(newsroom)
  const entries = () => rowsOf(newsroom.folder, 'SELECT * FROM audit ORDER BY subject_id, number')
  const before = await entries()
  t.ok(before.length > 3)
  await t.rejects(rowsOf(newsroom.folder, "UPDATE audit SET reason = 'other'"), /append-only/)
  await t.rejects(rowsOf(newsroom.folder, 'DELETE FROM audit'), /append-only/)
  t.same(await entries(), before)
})

t.test('an article older than the trail has an empty one', async t => {
  const newsroom = await openNewsroom(t)
  const { id } = await makeArticle(newsroom, { section: undefined })
  const drop = engine === 'sqlite' ? 'DROP TRIGGER audit_not_deleted' : 'DROP TRIGGER audit_kept ON audit'
  await rowsOf(newsroom.folder, drop)
  await rowsOf(newsroom.folder, 'DELETE FROM audit')
  t.same((await newsroom.get(`${articles}/${id}/audit`, { key: newsroom.key })).body.data, [])
})
