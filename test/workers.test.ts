import { execFileSync } from 'node:child_process'
import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { ask } from './support/ask.ts'
import { makeTag, openNewsroom } from './support/newsroom.ts'
import { start } from './support/process.ts'

/** Asks on a connection of its own, or on one that is kept: each connection is one worker's. */
async function send(
  address: string,
  method: string,
  path: string,
  { agent, key, body }: { agent?: Agent; key?: string; body?: object } = {},
) {
  const { status, headers, bytes } = await ask(address, path, {
    method,
    headers: key ? { authorization: `Bearer ${key}`, 'if-match': '*' } : {},
    ...(agent ? { agent } : {}),
    ...(body ? { body } : {}),
  })
  return { status, headers, body: JSON.parse(bytes.toString() || '{}') }
}

const childrenOf = (pid: number) =>
  execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)])
    .toString()
    .split('\n')
    .map(Number)
    .filter(child => child > 0 && isRunning(child))
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let i = 0; i < 300; i++) {
    if (await isSo()) return true
    await delay(50)
  }
  return false
}

t.test('workers are one service: exact, counted together, replaced, and stopped as one', async t => {
  const folder = t.testdir()
  let key = ''
  await t.test('a newsroom to write into', async t => {
    const newsroom = await openNewsroom(t, { folder })
    await makeTag(newsroom, 'world')
    key = newsroom.key
    t.ok(key)
  })
  const { child, address, ended } = await start(t, folder, ['serve', '--workers', '3'], {
    RATE_LIMIT: '5000',
  })
  const workers = childrenOf(child.pid as number)
  t.equal(workers.length, 3)

  await t.test('what one acknowledged, every one answers, cached or not', async t => {
    const readers = Array.from({ length: 6 }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
    const writers = Array.from({ length: 3 }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
    const path = '/v1/editorial/articles'
    const input = { headline: 'Words 0', language: 'en', body: '<p>Text.</p>', section: 'world' }
    const { body: made } = await send(address, 'POST', path, { key, body: input })
    await send(address, 'POST', `${path}/${made.id}/publish`, { key, body: {} })
    const wrong: string[] = []
    for (let i = 1; i <= 40; i++) {
      const agent = writers[i % 3] as Agent
      const headline = `Words ${i}`
      await send(address, 'PATCH', `${path}/${made.id}`, { key, agent, body: { headline } })
      const published = await send(address, 'POST', `${path}/${made.id}/publish`, {
        key,
        agent,
        body: { kind: 'update' },
      })
      t.equal(published.status, 200)
      for (let twice = 0; twice < 2; twice++) {
        const answers = await Promise.all(
          readers.map(reader => send(address, 'GET', `/v1/articles/${made.id}`, { agent: reader })),
        )
        wrong.push(...answers.map(answer => String(answer.body.headline)).filter(found => found !== headline))
      }
    }
    t.same(wrong, [])
    for (const agent of [...readers, ...writers]) agent.destroy()
  })

  await t.test('requests are counted together', async t => {
    const left = async () => {
      const { headers } = await send(address, 'GET', '/v1/articles?no=1')
      return Number(/;r=(\d+);/.exec(String(headers.ratelimit))?.[1])
    }
    await delay(500)
    const before = await left()
    for (let i = 0; i < 30; i++) await left()
    await delay(500)
    const after = await Promise.all(Array.from({ length: 6 }, left))
    t.ok(Math.max(...after) <= before - 30, `${before}, then ${after}`)
  })

  await t.test('one that is killed is replaced, and the others answer meanwhile', async t => {
    process.kill(workers[0] as number, 'SIGKILL')
    for (let i = 0; i < 20; i++) {
      const answer = await send(address, 'GET', '/v1/articles').catch(() => ({ status: 0 }))
      // A connection handed to the one that died may be lost; the next is another's.
      t.ok([200, 0].includes(answer.status))
    }
    t.ok(
      await until(() => {
        const now = childrenOf(child.pid as number)
        return now.length === 3 && !now.includes(workers[0] as number)
      }),
    )
    t.ok(await until(async () => (await send(address, 'GET', '/health/ready')).status === 200))
  })

  const all = childrenOf(child.pid as number)
  const writing = Array.from({ length: 12 }, (_, n) =>
    send(address, 'POST', '/v1/editorial/articles', { key, body: { headline: `Last ${n}`, language: 'en' } }),
  )
  await delay(5)
  // As from a terminal: every process gets the signal, and the first one perhaps twice.
  for (const pid of [...all, child.pid as number, child.pid as number]) process.kill(pid, 'SIGTERM')
  const written = await Promise.allSettled(writing)
  t.same(
    written.filter(one => one.status === 'rejected'),
    [],
    'what was in flight is finished',
  )
  t.equal(await ended, 0)
  t.same(all.filter(isRunning), [], 'no process is left')
})

t.test('a wrong number of workers is refused in words', async t => {
  for (const workers of ['0', '129', 'many', '1.5']) {
    await t.rejects(start(t, t.testdir(), ['serve', '--workers', workers]), /ended with 2/)
  }
})
