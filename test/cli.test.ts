import t, { type Test } from 'tap'
import { run, start } from './support/process.ts'

/** Each command is a process of its own, and a loaded machine starts one slowly. */
const patient = { timeout: 120_000 }

async function stop(t: Test, { child, ended }: Awaited<ReturnType<typeof start>>): Promise<void> {
  child.kill('SIGTERM')
  t.equal(await ended, 0)
}

t.test('a key is made, listed and revoked beside a service that runs', patient, async t => {
  const folder = t.testdir()
  const served = await start(t, folder)
  const create = (...more: string[]) => run(folder, ['keys', 'create', '--name', 'me', ...more])
  const { code, out } = await create('--scopes', 'newsroom', '--expires', '2999-01-01T00:00:00Z')
  t.equal(code, 0)
  t.match(out, /^dl_[a-z2-7]{10}_[\w-]{32}\n$/, 'piped, the key alone')
  const ask = () =>
    fetch(`${served.address}/v1/editorial/articles`, { headers: { authorization: `Bearer ${out.trim()}` } })
  t.equal((await ask()).status, 200)

  const listed = await run(folder, ['keys', 'list'])
  const [row] = listed.out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.match(row, { name: 'me', prefix: out.split('_')[1], expiresAt: '2999-01-01T00:00:00.000Z' })
  t.notOk(row.scopes.includes('keys:admin'))
  t.notMatch(listed.out, out.trim())

  t.equal((await run(folder, ['keys', 'revoke', row.prefix])).out.trim(), row.id)
  t.equal((await ask()).status, 401, 'from the next request on')

  for (const [args, message] of [
    [['--scopes', 'everything'], '"everything" is not a scope'],
    [['--scopes', 'all', '--expires', '2001-01-01T00:00:00Z'], 'ahead of now'],
    [['--scope', 'all'], "Unknown option '--scope'"],
  ] as const) {
    const refused = await create(...args)
    t.equal(refused.code, 2, message)
    t.match(refused.err, message)
    t.match(refused.err, 'Usage:', 'and says what to do')
  }
  t.equal((await run(folder, ['keys', 'revoke', 'nobody'])).code, 2)
  await stop(t, served)
})

t.test('what is no command or no setting is said, with the way out', patient, async t => {
  const folder = t.testdir()
  const unknown = await run(folder, ['publish'])
  t.equal(unknown.code, 2)
  t.match(unknown.err, /no command "publish"[\s\S]*import/)
  t.equal((await run(folder, ['--help'])).code, 0)
})

t.test('processes that start on one new file both serve it', patient, async t => {
  const folder = t.testdir()
  const served = await Promise.all([start(t, folder, 'demo'), start(t, folder), start(t, folder)])
  const epochs = new Set<string>()
  for (const { address } of served) {
    const reply = await fetch(`${address}/v1/changes?limit=1`)
    t.equal(reply.status, 200)
    const { meta } = (await reply.json()) as { meta: { latest: string } }
    epochs.add(meta.latest)
  }
  t.equal(epochs.size, 1, 'with one log')
  for (const one of served) await stop(t, one)
})
