import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { createArticle } from '../src/features/desk/desk.ts'
import { publishArticle } from '../src/features/desk/publish.ts'
import { scheduleArticle } from '../src/features/desk/schedule.ts'
import { makeTag, openNewsroom } from './support/newsroom.ts'
import { start } from './support/process.ts'
import { rowsOf } from './support/store.ts'

const count = 300
const span = 10_000
const hour = 3_600_000

t.test(
  'of 300 schedules and 300 embargoes in ten seconds, four processes and one killed, each goes live once and in time',
  { timeout: 150_000 },
  async t => {
    const folder = t.testdir()
    const due = new Map<string, number>()
    let planned = 0
    await t.test('what is to come', async t => {
      const newsroom = await openNewsroom(t, { folder })
      await makeTag(newsroom, 'world')
      planned = Date.now() + hour
      for (let batch = 0; batch < count; batch += 50) {
        await newsroom.db.write({ by: 'command' }, async tx => {
          for (let i = batch; i < batch + 50; i++) {
            const at = planned + Math.floor((i * span) / count)
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
    })
    const processes = await Promise.all(
      [1, 2, 3, 4].map(() => start(t, folder, 'serve', { LOG_LEVEL: 'error' })),
    )
    // However long the four took to start: the first is due three seconds from now.
    const from = Date.now() + 3000
    const earlier = planned - from
    for (const [table, column] of [
      ['articles', 'publish_at'],
      ['articles', 'embargoed_until'],
      ['embargoes', 'until'],
    ])
      await rowsOf(
        folder,
        `UPDATE ${table} SET ${column} = ${column} - ${earlier} WHERE ${column} IS NOT NULL`,
      )
    await delay(from + span / 2 - Date.now())
    processes[0]?.child.kill('SIGKILL')
    await delay(from + span + 3000 - Date.now())

    const rows = await rowsOf<{ id: string; at: number | string; action: string }>(
      folder,
      "SELECT subject_id AS id, at, action FROM changes WHERE subject_type = 'article'",
    )
    t.same(new Set(rows.map(row => row.action)), new Set(['published']))
    t.equal(rows.length, 2 * count, 'each once')
    t.equal(new Set(rows.map(row => row.id)).size, 2 * count, 'each')
    const late = rows
      .map(row => Number(row.at) - ((due.get(row.id) as number) - earlier))
      .sort((a, b) => a - b)
    t.ok((late[0] as number) >= 0, `none early: ${late[0]} ms`)
    t.ok((late.at(-1) as number) <= 2000, `none over two seconds late: ${late.at(-1)} ms`)
    t.comment(`late by ${late[count]} ms at the median, ${late.at(-1)} ms at most`)
    const left = 'SELECT id FROM articles WHERE publish_at IS NOT NULL OR embargoed_until IS NOT NULL'
    t.same(await rowsOf(folder, left), [])
  },
)
