import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeArticle, makeTag, openNewsroom, publishNew } from './support/newsroom.ts'
import { engine, rowsOf } from './support/store.ts'

const hour = 60 * 60 * 1000
const articles = '/v1/editorial/articles'
const name = { sqlite: 'sqlite/0007_holds_and_marks.sql', postgres: 'postgres/0005_holds_and_marks.sql' }[
  engine
]

/** The statements of a migration that fill columns of rows that are there. */
const fillings = readFileSync(join(import.meta.dirname, '../migrations', name), 'utf8')
  .split('--> statement-breakpoint')
  .filter(statement => statement.trim().startsWith('UPDATE'))

t.test(
  'the migration fills in who holds an article, and what the public saw, as the code keeps it',
  async t => {
    const newsroom = await openNewsroom(t)
    const { key, clock, folder } = newsroom
    await makeTag(newsroom, 'world')
    const until = new Date(clock.now + hour).toISOString()
    const embargo = { embargoedUntil: until }
    const move = async (id: string, name: string, body: object) => {
      const reply = await newsroom.request('POST', `${articles}/${id}/${name}`, { key, match: '*', body })
      if (reply.status !== 200) throw new Error(reply.text)
    }
    const update = { kind: 'update' }
    /** Each article goes through these moves, as an earlier release made them, after its first publish. */
    const table: Record<string, { publish?: object; moves?: [string, object][] }> = {
      live: {},
      'live, updated': { moves: [['publish', update]] },
      'live, an update under embargo': {
        moves: [
          ['publish', update],
          ['publish', { ...update, ...embargo }],
        ],
      },
      embargoed: { publish: embargo },
      'embargoed, replaced': { publish: embargo, moves: [['publish', embargo]] },
      'held out of the public': {
        moves: [
          ['publish', update],
          ['hold', { reason: 'R' }],
        ],
      },
      'held with an update that waited': {
        moves: [
          ['publish', { ...update, ...embargo }],
          ['hold', { reason: 'R' }],
        ],
      },
      'held out of an embargo': { publish: embargo, moves: [['hold', { reason: 'R' }]] },
      released: {
        moves: [
          ['hold', { reason: 'R' }],
          ['release', {}],
        ],
      },
      withdrawn: {
        moves: [
          ['publish', update],
          ['withdraw', { notice: 'N', reason: 'R' }],
        ],
      },
    }
    for (const { publish = {}, moves = [] } of Object.values(table)) {
      const { id } = await publishNew(newsroom, {}, publish)
      for (const [name, body] of moves) await move(id, name, body)
    }
    await makeArticle(newsroom)

    const columns = 'SELECT id, live_status, held_by, public_version FROM articles ORDER BY id'
    const kept = await rowsOf<{ held_by: string | null; public_version: number }>(folder, columns)
    t.ok(kept.some(row => row.held_by === 'editor') && kept.some(row => Number(row.public_version) === 2))
    await rowsOf(folder, 'UPDATE articles SET held_by = NULL, public_version = 0')
    t.equal(fillings.length, 2)
    for (const statement of fillings) await rowsOf(folder, statement)
    t.same(await rowsOf(folder, columns), kept)
  },
)
