import t from 'tap'
import { openThread, type ThreadOptions } from '../src/thread.ts'
import { makeArticle, makeTag, openNewsroom } from './support/newsroom.ts'

type Job = { name: string; takes: number; isGreedy?: boolean }
const endless = 60_000

function open(options: Partial<ThreadOptions> = {}) {
  return openThread<Job, string>({
    module: new URL('./support/slow-thread.ts', import.meta.url),
    timeout: endless,
    longestWait: endless,
    tooLong: () => new Error('too long'),
    tooMany: () => new Error('too many'),
    ...options,
  })
}

/** How each job ends: its answer, or the words of its error. */
const endOf = (job: Promise<string>) => job.catch((error: Error) => error.message)

t.test('the time of a job is its own: jobs that wait lose none of it', async t => {
  const thread = open({ timeout: 1000 })
  t.teardown(() => thread.close())
  const jobs = [
    { name: 'endless', takes: endless },
    ...Array.from({ length: 6 }, (_, i) => ({ name: `short ${i}`, takes: 250 })),
  ]
  const ends = await Promise.all(jobs.map(job => endOf(thread.run(job))))
  // The six take 1.5 s together, after the second that the first had.
  t.same(ends, ['too long', ...jobs.slice(1).map(({ name }) => name)])
})

t.test('a job that waits too long is refused as one of too many, and the job that runs is not', async t => {
  const thread = open({ longestWait: 300 })
  t.teardown(() => thread.close())
  await thread.run({ name: 'start', takes: 0 })
  const first = endOf(thread.run({ name: 'first', takes: 2000 }))
  const second = endOf(thread.run({ name: 'second', takes: 0 }))
  t.equal(await second, 'too many')
  t.equal(await first, 'first')
  t.equal(await endOf(thread.run({ name: 'third', takes: 0 })), 'third')
})

t.test('owners take turns, and none fills the queue', async t => {
  const thread = open()
  t.teardown(() => thread.close())
  const order: string[] = []
  const run = (name: string, owner: string) =>
    endOf(thread.run({ name, takes: 5 }, owner)).then(end =>
      order.push(end === name ? name : `${name}: ${end}`),
    )
  const many = Array.from({ length: 18 }, (_, i) => run(`a${i}`, 'a'))
  await Promise.all([...many, run('b0', 'b'), run('b1', 'b')])
  t.same(
    order.filter(end => end.includes('too many')),
    ['a16: too many', 'a17: too many'],
  )
  const ran = order.filter(end => !end.includes('too many'))
  t.ok(ran.indexOf('b0') <= 1 && ran.indexOf('b1') <= 3, ran.join())
  t.equal(ran.length, 18)
})

t.test('three owners take turns too', async t => {
  const thread = open()
  t.teardown(() => thread.close())
  const order: string[] = []
  const run = (name: string) =>
    endOf(thread.run({ name, takes: 5 }, name.slice(0, 1))).then(end => order.push(end))
  const names = ['a0', 'a1', 'a2', 'a3', 'b0', 'b1', 'b2', 'b3', 'c0', 'c1']
  await Promise.all(names.map(run))
  t.same(order.slice(0, 6), ['a0', 'b0', 'c0', 'a1', 'b1', 'c1'])
  t.equal(order.length, names.length)
})

t.test('a job that takes all the memory ends its thread alone', async t => {
  const thread = open({ megabytes: 64 })
  t.teardown(() => thread.close())
  t.equal(await endOf(thread.run({ name: 'before', takes: 0 }, 'a')), 'before')
  const jobs = ['a', 'b', 'c'].map(owner =>
    endOf(thread.run({ name: owner, takes: 0, isGreedy: owner === 'a' }, owner)),
  )
  t.same(await Promise.all(jobs), ['too long', 'b', 'c'])
})

t.test("a key's short body does not wait for all that another key has sent", async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const { id } = await makeArticle(newsroom)
  const other = await newsroom.makeKey(['articles:write'])
  const ended: string[] = []
  const patch = async (name: string, key: string, body: string) => {
    const sent = { key, match: '*', body: { body, bodyFormat: 'markdown' } }
    const { status } = await newsroom.request('PATCH', `/v1/editorial/articles/${id}`, sent)
    ended.push(name)
    t.ok(status === 200 || (name !== 'short' && status === 400), `${name}: ${status}`)
  }
  const row = `|${' a |'.repeat(300)}\n`
  const long = `${row}|${'-|'.repeat(300)}\n${row.repeat(20)}`
  const jobs = [0, 1, 2, 3, 4].map(i => patch(`long ${i}`, newsroom.key, long))
  await Promise.all([...jobs, patch('short', other, 'Some *words* of an hour.')])
  t.ok(ended.indexOf('short') < 4, ended.join())
})
