import t from 'tap'
import { makeTag, openNewsroom, publishNew } from './support/newsroom.ts'

const day = '/v1/days/2024-07-12?timeZone=Europe/Sofia'

t.test('the agency article is there at its own as-of clock and not a minute before', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const { id } = await publishNew(newsroom, { signOff: '/IV/' }, { publishedAt: '2024-07-12T02:21:00Z' })
  const at = await newsroom.get(`${day}&asOf=2024-07-12T05:21:00%2B03:00`)
  t.same(
    at.body.data.map((item: { id: string }) => item.id),
    [id],
  )
  t.equal(at.body.meta.label, 'By 05:21 on 12.07.2024')
  const before = await newsroom.get(`${day}&asOf=2024-07-12T05:20:00%2B03:00`)
  t.same(before.body.data, [])
  t.equal(before.body.meta.total, 0)
  const bulgarian = await newsroom.get(`${day}&asOf=2024-07-12T05:21:00%2B03:00&language=bg`)
  t.equal(bulgarian.body.meta.label, 'Към 05:21 на 12.07.2024')
})

t.test('a story of 22:30 UTC is of the next day in Sofia and of its own in UTC', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  await publishNew(newsroom, {}, { publishedAt: '2024-07-11T22:30:00Z' })
  t.equal((await newsroom.get(day)).body.meta.total, 1)
  t.equal((await newsroom.get('/v1/days/2024-07-12?timeZone=UTC')).body.meta.total, 0)
  t.equal((await newsroom.get('/v1/days/2024-07-11?timeZone=UTC')).body.meta.total, 1)
})

t.test('days on which clocks change have 23 and 25 hours', async t => {
  const newsroom = await openNewsroom(t)
  for (const [date, hours] of [
    ['2026-03-29', 23],
    ['2026-10-25', 25],
    ['2026-07-01', 24],
  ] as const) {
    const { from, to } = (await newsroom.get(`/v1/days/${date}`)).body.meta.window
    t.equal((Date.parse(to) - Date.parse(from)) / 3_600_000, hours, date)
  }
})

t.test('total and sections count the whole day, and the neighbouring days with news are named', async t => {
  const newsroom = await openNewsroom(t)
  for (const slug of ['world', 'sport']) await makeTag(newsroom, slug)
  for (const hour of ['06', '07', '08'])
    await publishNew(newsroom, {}, { publishedAt: `2024-07-12T${hour}:00:00Z` })
  await publishNew(newsroom, { section: 'sport', language: 'bg' }, { publishedAt: '2024-07-12T09:00:00Z' })
  await publishNew(newsroom, {}, { publishedAt: '2024-07-01T09:00:00Z' })
  await publishNew(newsroom, {}, { publishedAt: '2024-07-20T09:00:00Z' })
  const { body } = await newsroom.get(`${day}&limit=1`)
  t.equal(body.data.length, 1)
  t.equal(body.meta.total, 4)
  t.same(body.meta.sections, [
    { tag: 'world', name: 'world', count: 3 },
    { tag: 'sport', name: 'sport', count: 1 },
  ])
  t.equal(body.meta.previous, '2024-07-01')
  t.equal(body.meta.next, '2024-07-20')
  const seen = [body.data[0].id]
  for (let next = body.page.next; next; ) {
    const page = (await newsroom.get(next)).body
    seen.push(...page.data.map((item: { id: string }) => item.id))
    next = page.page.next
  }
  t.equal(new Set(seen).size, 4, 'its pages have each article once')
  t.equal((await newsroom.get(`${day}&language=bg`)).body.meta.total, 1)
  t.same((await newsroom.get('/v1/days/2024-07-13')).body.data, [], 'a day without news is an empty list')
})

t.test('an update does not make old news new', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const old = await publishNew(newsroom, {}, { publishedAt: '2024-07-12T06:00:00Z' })
  const body = { kind: 'update' }
  await newsroom.request('POST', `/v1/editorial/articles/${old.id}/publish`, {
    key: newsroom.key,
    match: '*',
    body,
  })
  t.same((await newsroom.get('/v1/today')).body.data, [])
  t.equal((await newsroom.get(day)).body.data[0].version, 2)
})

t.test('no cache may keep today past its end', async t => {
  // Ten seconds before midnight in Sofia.
  const newsroom = await openNewsroom(t, { now: Date.parse('2026-11-23T21:59:50Z') })
  const { headers, body } = await newsroom.get('/v1/today')
  t.equal(body.meta.date, '2026-11-23')
  const lives = Object.fromEntries(
    String(headers['cache-control'])
      .split(', ')
      .map(part => part.split('=')),
  )
  t.ok(Number(lives['s-maxage']) + Number(lives['stale-while-revalidate']) <= 10)
  t.ok(Number(lives['s-maxage']) + Number(lives['stale-if-error']) <= 10)
  t.ok(Number(lives['max-age']) <= 10)
  newsroom.clock.now += 11_000
  t.equal((await newsroom.get('/v1/today')).body.meta.date, '2026-11-24')
})

t.test('a bad day, zone or clock is a 400 that names it', async t => {
  const newsroom = await openNewsroom(t)
  const cases = [
    ['/v1/days/2024-02-30', '/date'],
    [`${day.replace('Europe/Sofia', 'Europe/Nowhere')}`, '/timeZone'],
    ['/v1/today?asOf=2999-01-01T00:00:00Z', '/asOf'],
    [`${day}&asOf=2024-07-12T05:21:00+03:00`, '/asOf'],
  ] as const
  for (const [url, pointer] of cases) {
    const { status, body } = await newsroom.get(url)
    t.equal(status, 400, url)
    t.equal(body.errors[0].pointer, pointer, url)
  }
  t.match((await newsroom.get(`${day}&asOf=2024-07-12T05:21:00+03:00`)).body.detail, /%2B/)
})
