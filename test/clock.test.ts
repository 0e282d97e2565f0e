import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { fireDue, nextDue, startClock } from '../src/features/desk/clock.ts'
import { createArticle } from '../src/features/desk/desk.ts'
import { publishArticle } from '../src/features/desk/publish.ts'
import { scheduleArticle } from '../src/features/desk/schedule.ts'
import { makeArticle, makeTag, openNewsroom } from './support/newsroom.ts'
import { start } from './support/process.ts'
import { breakInserts, rowsOf } from './support/store.ts'

const count = 300
const span = 10_000
/** For the four to start in. */
const ahead = 15_000

t.test(
  'of 300 schedules and 300 embargoes in ten seconds, four processes and one killed, each goes live once and in time',
  { timeout: 150_000 },
  async t => {
    const folder = t.testdir()
    const due = new Map<string, number>()
    let processes: Awaited<ReturnType<typeof start>>[] = []
    await t.test('what is to come, and four to see to it', async t => {
      const newsroom = await openNewsroom(t, { folder })
      await makeTag(newsroom, 'world')
      const from = Date.now() + ahead
      for (let batch = 0; batch < count; batch += 50) {
        await newsroom.db.write({ by: 'command' }, async tx => {
          for (let i = batch; i < batch + 50; i++) {
            const at = from + Math.floor((i * span) / count)
            for (const kind of ['schedule', 'embargo']) {
              const fields = { headline: `${kind} ${i}`, language: 'en', section: 'world' }
              const body = { html: '<p>Text.</p>', warnings: [] }
              const { copy } = await createArticle(tx, { ...fields, body })
              if (kind === 'schedule') await scheduleArticle(tx, copy.id, { publishAt: at }, 'any')
              else await publishArticle(tx, copy.id, { embargoedUntil: at }, 'any')
              due.set(copy.id, at)
            }
          }
        })
      }
      t.equal(due.size, 2 * count)
      t.equal(await nextDue(newsroom.db), from)
      processes = await Promise.all([1, 2, 3, 4].map(() => start(t, folder, 'serve', { LOG_LEVEL: 'error' })))
      const late = Date.now() - from
      t.ok(late < 0, `the four started in time: ${late} ms`)
      await delay(from + span / 2 - Date.now())
      processes[0]?.child.kill('SIGKILL')
      await delay(from + span + 3000 - Date.now())
    })
    const rows = await rowsOf<{ id: string; at: number | string; action: string }>(
      folder,
      "SELECT subject_id AS id, at, action FROM changes WHERE subject_type = 'article'",
    )
    t.same(new Set(rows.map(row => row.action)), new Set(['published']))
    t.equal(rows.length, 2 * count, 'each once')
    t.equal(new Set(rows.map(row => row.id)).size, 2 * count, 'each')
    const late = rows.map(row => Number(row.at) - (due.get(row.id) as number)).sort((a, b) => a - b)
    t.ok((late[0] as number) >= 0, `none early: ${late[0]} ms`)
    t.ok((late.at(-1) as number) <= 2000, `none over two seconds late: ${late.at(-1)} ms`)
    t.comment(`late by ${late[count]} ms at the median, ${late.at(-1)} ms at most`)
    const left = 'SELECT id FROM articles WHERE publish_at IS NOT NULL OR embargoed_until IS NOT NULL'
    t.same(await rowsOf(folder, left), [])
  },
)

t.test('what cannot be shown stays hidden, is told, and holds up nothing else', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const { key, clock, db } = newsroom
  const until = clock.now + 1000
  const ids: string[] = []
  for (let i = 0; i < 3; i++) {
    const { id } = await makeArticle(newsroom)
    const body = { embargoedUntil: new Date(until).toISOString() }
    await newsroom.request('POST', `/v1/editorial/articles/${id}/publish`, { key, match: '*', body })
    ids.push(id)
  }
  const mend = await breakInserts(newsroom.folder, 'publications', ids[1] as string)
  clock.now = until
  const fired = await fireDue(db, clock.now)
  t.same([...fired.lapsed].sort(), [ids[0], ids[2]].sort())
  t.match(fired.failed, [{ id: ids[1] }])
  t.equal((await newsroom.get(`/v1/articles/${ids[1]}`)).status, 404)
  await mend()
  t.same((await fireDue(db, clock.now)).lapsed, [ids[1]])
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
