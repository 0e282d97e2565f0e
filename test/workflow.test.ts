import t, { type Test } from 'tap'
import { fireDue } from '../src/features/desk/clock.ts'
import { type DeskStatus, deskStatuses, type LiveStatus, liveStatuses, scopes } from '../src/words.ts'
import {
  type Json,
  makeArticle,
  makeTag,
  type Newsroom,
  openNewsroom,
  publishNew,
  type Reply,
} from './support/newsroom.ts'
import { rowsOf } from './support/store.ts'

const articles = '/v1/editorial/articles'
const minute = 60_000
const iso = (at: number) => new Date(at).toISOString()

async function openDesk(t: Test, settings: Record<string, string> = {}) {
  const newsroom = await openNewsroom(t, { now: Date.parse('2024-07-12T02:21:00.000Z'), settings })
  await makeTag(newsroom, 'world')
  const { key } = newsroom
  return {
    ...newsroom,
    in: (milliseconds: number) => iso(newsroom.clock.now + milliseconds),
    move: (id: string, name: string, body: object = {}, match: number | string = '*', as = key) =>
      newsroom.request('POST', `${articles}/${id}/${name}`, { key: as, match, body }),
    read: async (id: string) => (await newsroom.get(`${articles}/${id}`, { key })).body,
    edit: (id: string, body: object) =>
      newsroom.request('PATCH', `${articles}/${id}`, { key, match: '*', body }),
    /** Moves the clock and does what is due. */
    async wait(milliseconds: number) {
      newsroom.clock.now += milliseconds
      return fireDue(newsroom.db, newsroom.clock.now)
    },
    /** The article's rows of the change log, as actions. */
    async actions(id: string): Promise<string[]> {
      const { data } = (await newsroom.get('/v1/changes?limit=100')).body
      return data.filter((row: Json) => row.subject.id === id).map((row: Json) => row.action)
    },
  }
}
type Desk = Awaited<ReturnType<typeof openDesk>>

/** What each move needs and leaves: `=` leaves a state as it was, `shown` makes it live unless it is held. */
const table = `
  submit          articles:write    draft                             never,embargoed,live,held     inReview   =
  approve         articles:publish  inReview                          never,embargoed,live,held     approved   =
  return          articles:publish  inReview,approved                 never,embargoed,live,held     draft      =
  publish         articles:publish  draft,inReview,approved,scheduled never,embargoed,live,held     draft      shown
  schedule        articles:publish  draft,inReview,approved,scheduled never,embargoed,live          scheduled  =
  unschedule      articles:publish  scheduled                         never,embargoed,live,held     approved   =
  hold            articles:publish  draft,inReview,approved,scheduled embargoed,live                off        held
  release         articles:publish  draft,inReview,approved,scheduled held                          =          live
  withdraw        articles:publish  draft,inReview,approved,scheduled embargoed,live,held           draft      withdrawn
  restore-version articles:write    draft,inReview,approved,scheduled embargoed,live,held           draft      =
  delete          articles:write    draft,inReview,approved,scheduled never                         gone       gone`
  .trim()
  .split('\n')
  .map(line => {
    const [move = '', scope = '', desk = '', live = '', deskAfter = '', liveAfter = ''] = line
      .trim()
      .split(/ +/)
    return { move, scope, desk: desk.split(','), live: live.split(','), deskAfter, liveAfter }
  })

/** Makes an article in a pair of states; those no moves lead to are set in the store. */
async function makeIn(desk: Desk, deskStatus: DeskStatus, liveStatus: LiveStatus): Promise<string> {
  const { id } = await makeArticle(desk)
  const must = async (reply: Promise<Reply>) => {
    const { status, text } = await reply
    if (status !== 200) throw new Error(text)
  }
  if (liveStatus === 'embargoed')
    await must(desk.move(id, 'publish', { embargoedUntil: desk.in(90 * minute) }))
  else if (liveStatus !== 'never') await must(desk.move(id, 'publish'))
  if (liveStatus === 'held') await must(desk.move(id, 'hold', { reason: 'R' }))
  if (liveStatus === 'withdrawn') await must(desk.move(id, 'withdraw', { notice: 'N', reason: 'R' }))
  const due = desk.clock.now + minute
  const schedule = `publish_at = ${due}, schedule = '{"keyId":null}'`
  await rowsOf(
    desk.folder,
    `UPDATE articles SET desk_status = '${deskStatus}'${deskStatus === 'scheduled' ? `, ${schedule}` : ''} WHERE id = '${id}'`,
  )
  return id
}

function bodyOf(desk: Desk, move: string, liveStatus: string): object {
  const lift = liveStatus === 'embargoed' ? { embargoedUntil: null } : {}
  const kind = liveStatus === 'live' || liveStatus === 'held' ? { kind: 'update' } : {}
  if (move === 'publish') return { ...lift, ...kind }
  if (move === 'schedule') return { ...lift, ...kind, publishAt: desk.in(5 * minute) }
  if (move === 'hold') return { reason: 'R' }
  if (move === 'withdraw') return { notice: 'N', reason: 'R' }
  return move === 'restore-version' ? { version: 1 } : {}
}

t.test(
  'of every pair of states, every move and every scope exactly the moves of the table are made',
  { timeout: 120_000 },
  async t => {
    const desk = await openDesk(t)
    const keys = new Map<string, string>()
    for (const scope of scopes) keys.set(scope, await desk.makeKey([scope]))
    const send = (id: string, move: string, live: string, scope: string) => {
      const key = keys.get(scope) as string
      if (move === 'delete') return desk.request('DELETE', `${articles}/${id}`, { key, match: '*' })
      return desk.move(id, move, bodyOf(desk, move, live), '*', key)
    }
    let asked = 0
    const wrong: string[] = []
    for (const deskStatus of deskStatuses) {
      for (const liveStatus of liveStatuses) {
        const possible = table
          .filter(row => row.desk.includes(deskStatus) && row.live.includes(liveStatus))
          .map(row => row.move)
        const still = await makeIn(desk, deskStatus, liveStatus)
        const before = await desk.read(still)
        for (const { move, scope: right, deskAfter, liveAfter } of table) {
          const name = `${move} of ${deskStatus}, ${liveStatus}`
          for (const scope of scopes) {
            const isMade = scope === right && possible.includes(move)
            const id = isMade ? await makeIn(desk, deskStatus, liveStatus) : still
            const reply = await send(id, move, liveStatus, scope)
            asked++
            const expected = scope !== right ? 403 : !isMade ? 409 : move === 'delete' ? 204 : 200
            if (reply.status !== expected) wrong.push(`${name} with ${scope}: ${reply.status} ${reply.text}`)
            if (expected === 409) {
              const code = move === 'delete' ? 'was-published' : 'move-impossible'
              t.equal(reply.body.code, code, name)
              t.same([...reply.body.possible].sort(), [...possible].sort(), name)
            }
            if (expected !== 200) continue
            const off = deskStatus === 'scheduled' ? 'approved' : deskStatus
            const after = { '=': deskStatus, off }[deskAfter] ?? deskAfter
            if (reply.body.deskStatus !== after) wrong.push(`${name} leaves ${reply.body.deskStatus}`)
            const stays = liveAfter === '=' || (liveAfter === 'shown' && liveStatus === 'held')
            const live = stays ? liveStatus : liveAfter === 'shown' ? 'live' : liveAfter
            if (reply.body.liveStatus !== live) wrong.push(`${name} leaves ${reply.body.liveStatus}`)
            if ((reply.body.schedule !== undefined) !== (after === 'scheduled'))
              wrong.push(`${name} leaves its schedule ${JSON.stringify(reply.body.schedule)}`)
          }
        }
        t.same(await desk.read(still), before, 'what is refused changes nothing')
      }
    }
    t.same(wrong, [])
    t.equal(asked, deskStatuses.length * liveStatuses.length * table.length * scopes.length)
    t.comment(`${asked} moves tried`)
  },
)

t.test('a move that says nothing needs no body, and one of null is none of an object', async t => {
  const desk = await openDesk(t)
  const { id } = await makeArticle(desk)
  const send = (move: string, payload: string | undefined, type: boolean) =>
    desk.request('POST', `${articles}/${id}/${move}`, {
      key: desk.key,
      match: '*',
      ...(payload === undefined ? {} : { body: payload }),
      headers: type ? { 'content-type': 'application/json' } : {},
    })
  for (const payload of ['null', '[]', '0', 'false', '""'])
    t.equal((await send('publish', payload, true)).status, 400, payload)
  t.equal((await send('submit', undefined, true)).status, 200, 'no bytes')
  t.equal((await send('approve', undefined, false)).status, 200)
  t.match((await send('hold', undefined, false)).body, { status: 400, errors: [{ pointer: '/reason' }] })
  t.equal((await send('publish', '{}', true)).status, 200)
})

t.test('with REVIEW=required only what was approved is published or scheduled', async t => {
  const desk = await openDesk(t, { REVIEW: 'required' })
  for (const deskStatus of deskStatuses) {
    const allowed = deskStatus === 'approved' || deskStatus === 'scheduled'
    for (const move of ['publish', 'schedule']) {
      const id = await makeIn(desk, deskStatus, 'never')
      const reply = await desk.move(id, move, bodyOf(desk, move, 'never'))
      t.equal(reply.status, allowed ? 200 : 409, `${move} of ${deskStatus}`)
      if (!allowed) t.notOk(reply.body.possible.includes('publish'))
    }
  }
  const { id } = await makeArticle(desk)
  await desk.move(id, 'submit')
  await desk.move(id, 'approve')
  t.equal((await desk.edit(id, { urgency: 1 })).body.deskStatus, 'draft', 'an edit takes the approval back')
  t.equal((await desk.move(id, 'publish')).status, 409)
  await desk.move(id, 'submit')
  t.notOk((await desk.move(id, 'submit')).body.possible.includes('publish'), 'nor told to be possible')
  const returned = await desk.move(id, 'return', { reason: 'One source is not enough.' })
  t.match(returned.body, { deskStatus: 'draft', liveStatus: 'never' })
  await desk.move(id, 'submit')
  await desk.move(id, 'approve')
  t.match((await desk.move(id, 'publish')).body, { deskStatus: 'draft', liveStatus: 'live' })
})

t.test('a schedule goes live at its time, not before, once, and an edit or a hold cancels it', async t => {
  const desk = await openDesk(t)
  const { id } = await makeArticle(desk, { headline: 'On time' })
  const past = await desk.move(id, 'schedule', { publishAt: desk.in(0) })
  t.match(past.body, { status: 400, errors: [{ pointer: '/publishAt', code: 'past' }] })
  const bare = await makeArticle(desk, { section: undefined, body: undefined })
  t.equal((await desk.move(bare.id, 'schedule', { publishAt: desk.in(minute) })).body.code, 'not-ready')
  const set = await desk.move(id, 'schedule', { publishAt: desk.in(minute) })
  t.match(set.body, {
    deskStatus: 'scheduled',
    schedule: { publishAt: desk.in(minute) },
    liveStatus: 'never',
  })
  t.match((await desk.move(id, 'schedule', { publishAt: desk.in(2 * minute) })).body, {
    schedule: { publishAt: desk.in(2 * minute) },
  })

  const before = (await desk.get('/v1/articles')).headers.etag
  t.same(await desk.wait(2 * minute - 1), { published: [], lapsed: [], refused: [], failed: [] })
  t.equal((await desk.get(`/v1/articles/${id}`)).status, 404)
  t.equal((await desk.get('/v1/articles')).headers.etag, before, 'nothing tells of it')
  const fired = await Promise.all([desk.wait(1), desk.wait(0), desk.wait(0)])
  t.same(
    fired.flatMap(one => one.published),
    [id],
  )
  const shown = (await desk.get('/v1/articles/on-time')).body
  t.equal(shown.publishedAt, desk.in(0))
  t.same(await desk.actions(id), ['published'])
  t.match(await desk.read(id), { deskStatus: 'draft', liveStatus: 'live', version: 1, schedule: undefined })

  const correction = { kind: 'correction', note: 'It was Tuesday.', publishAt: desk.in(minute) }
  t.match((await desk.move(id, 'schedule', { publishAt: desk.in(minute) })).body.errors, [
    { pointer: '/kind' },
  ])
  await desk.edit(id, { headline: 'On Tuesday' })
  await desk.move(id, 'schedule', correction)
  t.match((await desk.edit(id, { urgency: 3 })).body, { deskStatus: 'draft', schedule: undefined })
  t.same((await desk.wait(minute)).published, [])
  await desk.move(id, 'schedule', { ...correction, publishAt: desk.in(minute) })
  t.match((await desk.move(id, 'hold', { reason: 'R' })).body, {
    deskStatus: 'approved',
    schedule: undefined,
  })
  t.same((await desk.wait(minute)).published, [])
  await desk.move(id, 'release')
  await desk.move(id, 'schedule', { ...correction, publishAt: desk.in(minute) })
  await desk.move(id, 'unschedule')
  t.same((await desk.wait(minute)).published, [])
  await desk.move(id, 'schedule', { ...correction, publishAt: desk.in(minute) })
  t.same((await desk.wait(minute)).published, [id])
  t.match((await desk.get(`/v1/articles/${id}`)).body, {
    headline: 'On Tuesday',
    correctedAt: desk.in(0),
    corrections: [{ version: 2, at: desk.in(0), note: 'It was Tuesday.' }],
  })
})

t.test(
  'a schedule that the rules refuse at its time comes off, says why in the audit, and holds up no other',
  async t => {
    const desk = await openDesk(t)
    const first = await makeArticle(desk, { slug: 'wanted' })
    const second = await makeArticle(desk)
    for (const { id } of [first, second]) await desk.move(id, 'schedule', { publishAt: desk.in(minute) })
    await publishNew(desk, { slug: 'wanted' })
    t.match(await desk.wait(minute), {
      published: [second.id],
      refused: [{ id: first.id, code: 'slug-taken' }],
    })
    t.match(await desk.read(first.id), { deskStatus: 'approved', liveStatus: 'never', schedule: undefined })
    const { data } = (await desk.get(`${articles}/${first.id}/audit`, { key: desk.key })).body
    t.match(data[0], { by: 'schedule', move: 'schedule-failed', reason: /"wanted" is or was the slug/ })
    t.same((await desk.wait(minute)).refused, [], 'it is not tried again')
  },
)

/** What everyone gets, told apart from what those entitled do. */
async function look(desk: Newsroom, id: string, slug: string, entitled: string) {
  const statuses = async (key?: string) => {
    const with_ = key ? { key } : {}
    const one = await desk.get(`/v1/articles/${id}`, with_)
    const bySlug = await desk.get(`/v1/articles/${slug}`, with_)
    const list = await desk.get('/v1/articles', with_)
    return [one.status, bySlug.status, list.body.data.some((item: Json) => item.id === id)]
  }
  return { everyone: await statuses(), entitled: await statuses(entitled) }
}
const hidden = [404, 404, false]
const shown = [200, 200, true]

t.test(
  'an embargo hides an article from all but those entitled until it lapses, to the millisecond',
  async t => {
    const desk = await openDesk(t)
    await makeTag(desk, 'secret', 'topic')
    const entitled = await desk.makeKey(['articles:embargoed'])
    const older = await publishNew(desk, { headline: 'Older' })
    const { id } = await makeArticle(desk, { headline: 'Budget', tags: ['secret'] })
    const past = await desk.move(id, 'publish', { embargoedUntil: desk.in(0) })
    t.match(past.body.errors, [{ pointer: '/embargoedUntil', code: 'past' }])
    const both = await desk.move(id, 'publish', {
      embargoedUntil: desk.in(minute),
      publishedAt: desk.in(-minute),
    })
    t.match(both.body.errors, [{ pointer: '/publishedAt', code: 'with-embargo' }])

    const head = await desk.db.primary.headNow()
    const labels = async (key?: string) =>
      (await desk.get('/v1/articles', key ? { key } : {})).headers.etag as string
    const before = { everyone: await labels(), entitled: await labels(entitled) }
    const made = await desk.move(id, 'publish', { embargoedUntil: desk.in(minute) })
    t.match(made.body, {
      liveStatus: 'embargoed',
      version: 1,
      embargoedUntil: desk.in(minute),
      slug: 'budget',
    })
    t.notOk('publishedAt' in made.body)
    t.same(
      { ...(await desk.db.primary.headNow()), embargoSeq: 0, embargoMark: 0 },
      { ...head, embargoSeq: 0, embargoMark: 0 },
      'no log has it',
    )
    t.equal(await labels(), before.everyone, 'no label tells of it')
    t.not(await labels(entitled), before.entitled)
    t.same(await look(desk, id, 'budget', entitled), { everyone: hidden, entitled: shown })
    t.equal((await desk.get('/v1/tags/secret')).status, 404)

    const seen = (await desk.get('/v1/articles/budget', { key: entitled })).body
    t.equal(seen.embargoedUntil, desk.in(minute))
    t.same([seen.publishedAt, seen.updatedAt], [undefined, undefined])
    t.match(seen.tags, [{ slug: 'secret' }])
    const list = await desk.get('/v1/articles?limit=1', { key: entitled })
    t.match(list.body.data, [{ id, embargoedUntil: desk.in(minute) }], 'where it will be: first')
    t.match((await desk.get(list.body.page.next, { key: entitled })).body.data, [{ id: older.id }])
    for (const [query, ids] of [
      ['tag=secret', [id]],
      [`ids=${[id, older.id].join(',')}`, [id, older.id]],
      ['sort=publishedAt', [older.id, id]],
      ['language=bg', []],
      ['kind=story&language=en&language=bg', [id, older.id]],
    ] as const) {
      const { body } = await desk.get(`/v1/articles?count=exact&${query}`, { key: entitled })
      t.same(
        body.data.map((item: Json) => item.id),
        ids,
        query,
      )
      t.equal(body.meta.total, ids.length)
    }
    const slugTaken = await makeArticle(desk, { slug: 'budget' }).catch(error => error.message)
    t.match(slugTaken, /slug-taken/, 'its address is kept for it')

    await desk.wait(minute - 1)
    t.same(await look(desk, id, 'budget', entitled), { everyone: hidden, entitled: shown })
    t.same((await desk.wait(1)).lapsed, [id])
    t.same(await look(desk, id, 'budget', entitled), { everyone: shown, entitled: shown })
    const out = (await desk.get(`/v1/articles/${id}`)).body
    t.match(out, { publishedAt: desk.in(0), updatedAt: desk.in(0), version: 1 })
    t.notOk('embargoedUntil' in out)
    t.same(await desk.actions(id), ['published'])
    t.match((await desk.get(`/v1/articles/${id}/versions`)).body.data, [
      { number: 1, kind: 'publish', at: desk.in(0) },
    ])
    t.match(await desk.read(id), { liveStatus: 'live', embargoedUntil: undefined, publishedAt: desk.in(0) })
    t.same((await desk.wait(minute)).lapsed, [])
  },
)

t.test('what is published over an embargo says until when, or lifts it', async t => {
  const desk = await openDesk(t)
  const { id } = await makeArticle(desk, { headline: 'First words' })
  await desk.move(id, 'publish', { embargoedUntil: desk.in(2 * minute) })
  await desk.edit(id, { headline: 'Better words' })
  const silent = await desk.move(id, 'publish')
  t.match(silent.body.errors, [{ pointer: '/embargoedUntil', code: 'missing' }])
  t.match((await desk.move(id, 'publish', { kind: 'update', embargoedUntil: null })).body.errors, [
    { pointer: '/kind' },
  ])
  const again = await desk.move(id, 'publish', { embargoedUntil: desk.in(minute) })
  t.match(again.body, { version: 2, liveStatus: 'embargoed', embargoedUntil: desk.in(minute) })
  t.same((await desk.wait(minute)).lapsed, [id])
  const { body } = await desk.get(`/v1/articles/${id}`)
  t.match(body, { headline: 'Better words', version: 2 })
  t.same(
    (await desk.get(`/v1/articles/${id}/versions`)).body.data.map((row: Json) => [row.number, row.kind]),
    [[2, 'publish']],
  )
  t.same((await desk.wait(minute)).lapsed, [], 'the embargo it replaced is forgotten')

  const lifted = await makeArticle(desk)
  await desk.move(lifted.id, 'publish', { embargoedUntil: desk.in(minute) })
  t.match((await desk.move(lifted.id, 'publish', { embargoedUntil: null })).body, { liveStatus: 'live' })
  t.same(await desk.actions(lifted.id), ['published'])
  t.same((await desk.wait(minute)).lapsed, [])
})

t.test('a correction under embargo leaves the live version alone until it lapses', async t => {
  const desk = await openDesk(t)
  const entitled = await desk.makeKey(['articles:embargoed'])
  const { id } = await publishNew(desk, { headline: 'Old', slug: 'story' })
  await desk.edit(id, { headline: 'New', slug: 'renamed' })
  desk.clock.now += minute
  const correction = { kind: 'correction', note: 'Two, not three.', embargoedUntil: desk.in(minute) }
  t.match((await desk.move(id, 'publish', correction)).body, {
    liveStatus: 'live',
    embargoedUntil: desk.in(minute),
  })
  const live = (await desk.get('/v1/articles/story')).body
  t.match(live, { headline: 'Old', version: 1, corrections: undefined })
  const waiting = (await desk.get(`/v1/articles/${id}`, { key: entitled })).body
  t.match(waiting, { headline: 'New', slug: 'renamed', version: 2, embargoedUntil: desk.in(minute) })
  t.match(waiting, { publishedAt: live.publishedAt, corrections: [{ note: 'Two, not three.' }] })
  const list = (await desk.get('/v1/articles?count=exact', { key: entitled })).body
  t.match(list, { data: [{ id, headline: 'New' }], meta: { total: 1 } }, 'once, in place of the live one')
  t.equal((await desk.get('/v1/articles/renamed')).status, 404)
  t.equal((await desk.get('/v1/articles/story', { key: entitled })).status, 301)
  const history = await desk.get('/v1/articles/renamed/versions', { key: entitled })
  t.same(
    history.body.data.map((row: Json) => row.number),
    [1, 2],
  )
  t.equal((await desk.get('/v1/articles/renamed/related', { key: entitled })).status, 200)

  await desk.wait(minute)
  const mended = (await desk.get(`/v1/articles/${id}`)).body
  t.match(mended, {
    headline: 'New',
    correctedAt: desk.in(0),
    updatedAt: desk.in(0),
    publishedAt: live.publishedAt,
  })
  t.match(mended.corrections, [{ version: 2, at: desk.in(0), note: 'Two, not three.' }])
  t.equal((await desk.get('/v1/articles/story')).status, 301)
  t.same(await desk.actions(id), ['published', 'corrected'])
  t.same(
    (await desk.get(`/v1/articles/${id}/versions`)).body.data.map((row: Json) => row.number),
    [1, 2],
  )

  await desk.edit(id, { headline: 'Newer' })
  await desk.move(id, 'publish', { kind: 'update', embargoedUntil: desk.in(minute) })
  await desk.move(id, 'hold', { reason: 'R' })
  t.same(
    await look(desk, id, 'renamed', entitled),
    { everyone: hidden, entitled: hidden },
    'a hold is for all',
  )
  t.same((await desk.wait(minute)).lapsed, [])
  await desk.move(id, 'release')
  t.match((await desk.get(`/v1/articles/${id}`)).body, { headline: 'New', version: 2 }, 'as it was')
})

t.test('a schedule and an embargo together: first for those entitled, then for all', async t => {
  const desk = await openDesk(t)
  const entitled = await desk.makeKey(['articles:embargoed'])
  const { id } = await makeArticle(desk, { slug: 'both' })
  const wrong = await desk.move(id, 'schedule', {
    publishAt: desk.in(minute),
    embargoedUntil: desk.in(minute),
  })
  t.match(wrong.body.errors, [{ pointer: '/embargoedUntil', code: 'past' }])
  await desk.move(id, 'schedule', { publishAt: desk.in(minute), embargoedUntil: desk.in(2 * minute) })
  t.same(await look(desk, id, 'both', entitled), { everyone: hidden, entitled: hidden })
  t.same((await desk.wait(minute)).published, [id])
  t.same(await look(desk, id, 'both', entitled), { everyone: hidden, entitled: shown })
  t.same((await desk.wait(minute)).lapsed, [id])
  t.same(await look(desk, id, 'both', entitled), { everyone: shown, entitled: shown })

  const late = await makeArticle(desk)
  await desk.move(late.id, 'schedule', { publishAt: desk.in(minute), embargoedUntil: desk.in(2 * minute) })
  t.same((await desk.wait(5 * minute)).published, [late.id], 'no process looked at the clock meanwhile')
  t.equal((await desk.get(`/v1/articles/${late.id}`)).body.publishedAt, desk.in(0))

  const over = await makeArticle(desk)
  await desk.move(over.id, 'publish', { embargoedUntil: desk.in(minute) })
  await desk.edit(over.id, { headline: 'Second' })
  const silent = await desk.move(over.id, 'schedule', { publishAt: desk.in(minute / 2) })
  t.match(silent.body.errors, [{ pointer: '/embargoedUntil', code: 'missing' }])
  const after = await desk.move(over.id, 'schedule', { publishAt: desk.in(2 * minute), kind: 'update' })
  t.equal(after.status, 200, 'by then the embargo is over')
  await desk.wait(minute)
  await desk.wait(minute)
  t.same(await desk.actions(over.id), ['published', 'updated'])
})

t.test('a hold is a 404 for all and a release puts everything back', async t => {
  const desk = await openDesk(t)
  await makeTag(desk, 'harbour', 'topic')
  const entitled = await desk.makeKey(['articles:embargoed', 'articles:subscribers'])
  const { id } = await publishNew(desk, { slug: 'first', tags: ['harbour'] })
  await desk.edit(id, { slug: 'second' })
  await desk.move(id, 'publish', { kind: 'correction', note: 'Mended.' })
  const before = (await desk.get(`/v1/articles/${id}`)).body
  const versions = (await desk.get(`/v1/articles/${id}/versions`)).body
  t.match((await desk.move(id, 'hold', {})).body.errors, [{ pointer: '/reason', code: 'missing' }])
  t.match((await desk.move(id, 'hold', { reason: 'Legal.' })).body, { liveStatus: 'held' })
  t.same(await look(desk, id, 'second', entitled), { everyone: hidden, entitled: hidden })
  for (const url of [`/v1/articles/first`, `/v1/articles/${id}/versions`, '/v1/tags/harbour'])
    t.equal((await desk.get(url)).status, 404, url)
  const remove = await desk.request('DELETE', '/v1/editorial/tags/harbour', { key: desk.key, match: '*' })
  t.equal(remove.body.code, 'in-use')
  t.equal((await desk.get('/v1/tags')).body.data.length, 0)
  const sibling = await makeArticle(desk, { story: before.story })
  await desk.move(sibling.id, 'publish')
  t.equal((await desk.move(id, 'release')).body.code, 'translation-exists')
  await desk.move(sibling.id, 'withdraw', { notice: 'N', reason: 'R' })
  t.match((await desk.move(id, 'release')).body, { liveStatus: 'live' })
  t.same((await desk.get(`/v1/articles/${id}`)).body, before)
  t.same((await desk.get(`/v1/articles/${id}/versions`)).body, versions)
  t.equal((await desk.get('/v1/articles/first')).status, 301)
  t.same(await desk.actions(id), ['published', 'corrected', 'suspended', 'restored'])

  await desk.move(id, 'hold', { reason: 'Again.' })
  await desk.edit(id, { headline: 'Put right' })
  await desk.move(id, 'publish', { kind: 'correction', note: 'A name.' })
  t.equal((await desk.get(`/v1/articles/${id}`)).status, 404, 'a held article stays held')
  await desk.move(id, 'release')
  t.match((await desk.get(`/v1/articles/${id}`)).body, {
    headline: 'Put right',
    corrections: [{}, { version: 3 }],
  })
  t.same((await desk.actions(id)).slice(4), ['suspended', 'restored', 'corrected'])
  await desk.move(id, 'hold', { reason: 'For good.' })
  await desk.move(id, 'withdraw', { notice: 'Wrong.', reason: 'R' })
  t.equal((await desk.get(`/v1/articles/${id}`)).status, 410)
  t.same((await desk.actions(id)).slice(7), ['suspended', 'withdrawn'])
  const { data } = (await desk.get('/v1/changes?limit=100')).body
  t.equal(data.at(-1).version, 3, 'the last that readers saw')
})

t.test('an article held or withdrawn before the public saw it leaves no trace in public', async t => {
  const desk = await openDesk(t)
  const entitled = await desk.makeKey(['articles:embargoed'])
  const { id } = await makeArticle(desk, { slug: 'unseen' })
  await desk.move(id, 'publish', { embargoedUntil: desk.in(minute) })
  await desk.move(id, 'hold', { reason: 'R' })
  t.same(await look(desk, id, 'unseen', entitled), { everyone: hidden, entitled: hidden })
  t.match((await desk.move(id, 'release')).body, { liveStatus: 'embargoed' })
  t.same(await look(desk, id, 'unseen', entitled), { everyone: hidden, entitled: shown })
  await desk.move(id, 'hold', { reason: 'R' })
  t.same((await desk.wait(2 * minute)).lapsed, [], 'what is held does not lapse')
  const other = await makeArticle(desk)
  await desk.move(other.id, 'publish', { embargoedUntil: desk.in(minute) })
  await desk.move(other.id, 'withdraw', { notice: 'Do not use.', reason: 'R' })
  t.equal((await desk.get(`/v1/articles/${other.id}`)).status, 404)
  t.match((await desk.get(`/v1/articles/${other.id}`, { key: entitled })).body, {
    status: 410,
    tombstone: { id: other.id, notice: 'Do not use.' },
  })
  t.same([...(await desk.actions(id)), ...(await desk.actions(other.id))], [])
  t.match((await desk.move(id, 'release')).body, { liveStatus: 'live', publishedAt: desk.in(0) })
  t.same(await desk.actions(id), ['published'])
})

t.test('a version put back is the working copy again, without what was deleted since', async t => {
  const desk = await openDesk(t)
  for (const slug of ['kept', 'merged', 'target', 'gone']) await makeTag(desk, slug, 'topic')
  const fields = { headline: 'One', summary: 'S', body: '<p>Old <b>text</b>.</p>', urgency: 2 }
  const { id } = await publishNew(desk, {
    ...fields,
    tags: ['kept', 'merged', 'gone'],
    editorialNote: 'Note.',
  })
  await desk.edit(id, {
    headline: 'Two',
    summary: null,
    body: '<p>New text.</p>',
    urgency: 7,
    tags: ['kept'],
  })
  await desk.move(id, 'publish', { kind: 'update' })
  const { key } = desk
  await desk.request('POST', '/v1/editorial/tags/merged/merge', { key, match: '*', body: { into: 'target' } })
  await desk.request('DELETE', '/v1/editorial/tags/gone', { key, match: '*' })
  await desk.move(id, 'submit')
  const reply = await desk.move(id, 'restore-version', { version: 1 })
  t.match(reply.body, {
    ...fields,
    deskStatus: 'draft',
    editorialNote: 'Note.',
    tags: ['kept', 'target'],
    version: 2,
  })
  t.match(reply.body.warnings, [{ code: 'gone', pointer: '/tags', detail: /gone/ }])
  t.equal((await desk.get(`/v1/articles/${id}`)).body.headline, 'Two', 'readers see it at the next publish')
  t.equal((await desk.move(id, 'restore-version', { version: 9 })).status, 404)
})

t.test('a diff names the fields that differ, and the words of a text', async t => {
  const desk = await openDesk(t)
  const { id } = await publishNew(desk, { headline: 'The old bridge', body: '<p>It is 300 metres long.</p>' })
  await desk.edit(id, { headline: 'The new bridge', body: '<p>It is 400 metres long.</p>', summary: 'S' })
  await desk.move(id, 'publish', { kind: 'update' })
  const diff = (query: string) => desk.get(`${articles}/${id}/diff?${query}`, { key: desk.key })
  const { changes } = (await diff('from=1&to=2')).body
  t.same(changes.map((change: Json) => change.field).sort(), ['body', 'headline', 'summary'])
  const change = (name: string) => changes.find((item: Json) => item.field === name)
  t.same(change('headline').parts, [
    { op: 'same', text: 'The ' },
    { op: 'removed', text: 'old' },
    { op: 'added', text: 'new' },
    { op: 'same', text: ' bridge' },
  ])
  t.match(change('body'), { before: '<p>It is 300 metres long.</p>', after: '<p>It is 400 metres long.</p>' })
  t.same(change('summary'), { field: 'summary', after: 'S' })
  t.same((await diff('from=2')).body, { from: 2, changes: [] })
  await desk.edit(id, { urgency: 1 })
  t.same((await diff('from=2')).body.changes, [{ field: 'urgency', before: 5, after: 1 }])
  t.equal((await diff('from=7')).status, 404)
  t.equal((await diff('to=1')).status, 400)
  const words = (seed: number) =>
    Array.from({ length: 60_000 }, (_, i) => ((i * seed) % 7919).toString(36)).join(' ')
  await desk.edit(id, { body: words(3) })
  await desk.move(id, 'publish', { kind: 'update' })
  await desk.edit(id, { body: words(5) })
  const costly = (await diff('from=3')).body.changes[0]
  t.ok(
    costly.before && costly.after && !costly.parts,
    'too different to be compared in time: both texts stand',
  )
})
