/**
 * `npm run bench:profile -- [PATH] [--uncached] [--writes] [--seconds N] [--data FOLDER]`
 *
 * Where the time of the service goes under load: of a path, or of publishing with --writes. It wants the corpus that
 * `npm run bench` made. Told are shares of the time at work: of functions with all they call, and of files alone.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDb } from '../../src/cli/newsroom.ts'
import { readConfig } from '../../src/config.ts'
import { createKey } from '../../src/features/keys/keys.ts'
import { load, probe } from './load.ts'
import { end, runOn } from './service.ts'
import { loadWrites } from './writes.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    uncached: { type: 'boolean', default: false },
    writes: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '5' },
    data: { type: 'string', default: join(tmpdir(), 'dateline-bench', 'sqlite-10000') },
  },
})
const path = positionals[0] ?? '/v1/articles?limit=20'
const milliseconds = Number(options.seconds) * 1000
const shown = 40

type Node = {
  id: number
  callFrame: { functionName: string; url: string; lineNumber: number }
  children?: number[]
}
type Profile = { nodes: Node[]; samples: number[]; timeDeltas: number[]; startTime: number; endTime: number }

/** Shares of the last `milliseconds` of a profile, without those in which it was idle. */
function tell({ nodes, samples, timeDeltas }: Profile): void {
  const byId = new Map(nodes.map(node => [node.id, node]))
  const parentOf = new Map(nodes.flatMap(node => (node.children ?? []).map(child => [child, node.id])))
  const whole = new Map<string, number>()
  const files = new Map<string, number>()
  const add = (map: Map<string, number>, name: string, time: number) =>
    map.set(name, (map.get(name) ?? 0) + time)
  const placeOf = ({ callFrame: { url } }: Node) => url.replace(/^.*\/(node_modules|src)\//, '')
  let left = milliseconds * 1000
  let total = 0
  for (let i = samples.length - 1; i >= 0 && left > 0; i--) {
    const time = timeDeltas[i] ?? 0
    left -= time
    const at = byId.get(samples[i] as number)
    if (!at || at.callFrame.functionName === '(idle)') continue
    total += time
    add(files, placeOf(at) || at.callFrame.functionName, time)
    const seen = new Set<string>()
    for (let node: Node | undefined = at; node; node = byId.get(parentOf.get(node.id) ?? -1)) {
      const { functionName, lineNumber } = node.callFrame
      const name = `${functionName || '(anonymous)'} ${placeOf(node)}:${lineNumber + 1}`
      if (!seen.has(name)) add(whole, name, time)
      seen.add(name)
    }
  }
  for (const [title, map] of [
    ['with all they call', whole],
    ['files alone', files],
  ] as const) {
    console.log(`\n${title}`)
    const most = [...map].sort(([, a], [, b]) => b - a).slice(0, shown)
    for (const [name, time] of most)
      console.log(`${((100 * time) / total).toFixed(1).padStart(6)} %  ${name}`)
  }
}

const folder = mkdtempSync(join(tmpdir(), 'dateline-profile-'))
try {
  const settings = {
    DATA_DIR: join(folder, 'data'),
    DATABASE_URL: '',
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'warn',
    RATE_LIMIT: '1000000000',
    ...(options.uncached ? { RESPONSE_CACHE: '0' } : {}),
  }
  cpSync(options.data, settings.DATA_DIR, { recursive: true })
  const db = await openDb(readConfig(settings))
  const { token } = await createKey(
    db,
    { by: 'command' },
    { name: 'bench', scopes: ['articles:write', 'articles:publish'] },
  )
  await db.close()
  const main = join(import.meta.dirname, '../../src/main.ts')
  const args = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--max-semi-space-size=4', main, 'serve']
  const server = await runOn('0', args, /Dateline +http:\S+:(\d+)/, settings, '/v1/articles')
  const run = async (ms: number) =>
    options.writes
      ? loadWrites(server.port, token, 8, ms)
      : load(server.port, [await probe(server.port, path)], 32, ms)
  await run(1000)
  const { answers, seconds } = await run(milliseconds)
  await end(server)
  const size = (name: string) => readFileSync(join(folder, name)).length
  const [file] = readdirSync(folder)
    .filter(name => name.endsWith('.cpuprofile'))
    .sort((a, b) => size(b) - size(a))
  console.log(
    `${options.writes ? 'create and publish' : path}: ${(answers / seconds).toFixed(0)} a second, profiled`,
  )
  tell(JSON.parse(readFileSync(join(folder, file as string), 'utf8')) as Profile)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
