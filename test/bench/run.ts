/**
 * `npm run bench -- [--articles N] [--only a,b] [--uncached] [--engine postgres --database URL] [--rounds N] [--slice MS]`
 *
 * Each case is measured in slices beside slices of the yardstick, a bare Fastify route that gives a ready buffer: the
 * server's core has one of the two at work at a time, the load comes from the other core, and the order alternates. The
 * ratio of a round is that of its two slices; told are the median and the quartiles of the rounds. Every answer is
 * checked. Progress goes to standard error, a table to standard output (JSON when that is piped).
 *
 * Cases: slug, newest, deep, day, tag, 304; publish (with --uncached). By themselves, when named in --only: mixed (95
 * reads to 5 publishes through two processes), import (of --items ninjs items), export (of the corpus), limit (of
 * SQLite: what publish and import would come to if their rows were all that costs time), attack (today's news while
 * requests that are made to stall the service come in) and overload (today's news at twice the capacity, two minutes).
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDb } from '../../src/cli/newsroom.ts'
import { startBar } from '../../src/cli/progress.ts'
import { readConfig } from '../../src/config.ts'
import { createKey } from '../../src/features/keys/keys.ts'
import type { Scope } from '../../src/words.ts'
import { type Case, readCases } from './cases.ts'
import { compare, quantile, type Result } from './compare.ts'
import { hasCorpus, makeCorpus } from './corpus.ts'
import { type Limit, measureLimit, readWritten } from './limit.ts'
import { type Ask, load, probe } from './load.ts'
import { loadMixed, type Mixed } from './mixed.ts'
import { type Attacked, type Loaded, measureAttack, measureOverload } from './overload.ts'
import { measureExport, measureImport, type Piped } from './pipes.ts'
import { end, type Program, residentOf, runOn } from './service.ts'
import { loadWrites } from './writes.ts'

const { values: options } = parseArgs({
  options: {
    articles: { type: 'string', default: '10000' },
    only: { type: 'string' },
    uncached: { type: 'boolean', default: false },
    engine: { type: 'string', default: 'sqlite' },
    database: { type: 'string', default: '' },
    rounds: { type: 'string', default: '7' },
    slice: { type: 'string', default: '1500' },
    items: { type: 'string', default: '100000' },
    data: { type: 'string', default: join(tmpdir(), 'dateline-bench') },
  },
})
if ((options.engine === 'postgres') !== options.database.startsWith('postgres'))
  throw new Error('--engine postgres and --database postgres://... go together')
const articles = Number(options.articles)
const rounds = Number(options.rounds)
const sliceMs = Number(options.slice)
const clients = 32
const writers = 8
/** The load and both processes share two cores: more would wait for each other, and not for the service. */
const mixedClients = 8
const mixedMs = 20_000
const limitMs = 8000
const only = options.only?.split(',')

const main = join(import.meta.dirname, '../../src/main.ts')
/** As package.json has it. */
const program = ['--max-semi-space-size=4', main]
const serving = /Dateline +http:\S+:(\d+)/
const say = (text: string) => process.stderr.write(`${text}\n`)

/** The settings of the server: everything on, the limiter too, set never to refuse. */
const settings = {
  DATA_DIR: join(options.data, `${options.engine}-${articles}`),
  DATABASE_URL: options.database,
  HOST: '127.0.0.1',
  PORT: '0',
  TIME_ZONE: 'UTC',
  LOG_LEVEL: 'warn',
  RATE_LIMIT: '1000000000',
  ARTICLE_URL: 'https://site.example/{language}/{slug}',
  PUBLIC_URL: 'https://api.example',
  ...(options.uncached ? { RESPONSE_CACHE: '0' } : {}),
}

async function prepareCorpus(): Promise<void> {
  mkdirSync(settings.DATA_DIR, { recursive: true })
  const db = await openDb(readConfig(settings))
  const bar = startBar()
  try {
    if (await hasCorpus(db, articles)) return
    await makeCorpus(db, articles, made => bar.step(made / articles, `${made} articles made`))
    bar.clear()
  } finally {
    await db.close()
  }
}

/** Writes go to a copy of the corpus, so that reads are measured of the same one each time: its settings, and a key. */
async function copyCorpus(): Promise<{ own: typeof settings; key: string }> {
  const own = { ...settings, DATA_DIR: `${settings.DATA_DIR}-writes` }
  rmSync(own.DATA_DIR, { recursive: true, force: true })
  // On PostgreSQL they go into the same database: what is read is as it was.
  if (options.engine === 'sqlite') cpSync(settings.DATA_DIR, own.DATA_DIR, { recursive: true })
  const db = await openDb(readConfig(own))
  const scopes: Scope[] = ['articles:write', 'articles:publish', 'media:write']
  const made = { name: 'bench', scopes }
  const { token } = await createKey(db, { by: 'command' }, made)
  await db.close()
  return { own, key: token }
}

async function measureReads(one: Case, server: Program, yardstick: Program): Promise<Result> {
  const asks: Ask[] = []
  for (const { path, headers, again } of one.asks) {
    const first = await probe(server.port, path, headers)
    // Of a conditional one the answer is known before it is asked.
    asks.push(again ? await probe(server.port, path, { 'if-none-match': first.etag ?? '' }) : first)
  }
  const mean = Math.round(asks.reduce((sum, ask) => sum + ask.length, 0) / asks.length)
  const measures = [await probe(yardstick.port, `/${options.uncached || one.small ? 6000 : mean}`)]
  return compare(
    one.name,
    rounds,
    () => load(server.port, asks, clients, sliceMs),
    () => load(yardstick.port, measures, clients, sliceMs),
  )
}

async function measureWrites(yardstick: Program): Promise<Result> {
  const { own, key } = await copyCorpus()
  const server = await runOn('0', [...program, 'serve'], serving, own)
  const measures = [await probe(yardstick.port, '/6000')]
  const result = await compare(
    'publish',
    rounds,
    () => loadWrites(server.port, key, writers, sliceMs),
    () => load(yardstick.port, measures, clients, sliceMs),
  )
  await end(server)
  return result
}

/** Has the service write articles, and writes their rows again, some to a commit, without the service. */
async function measureLimits(yardstick: Program): Promise<Limits> {
  const { own, key } = await copyCorpus()
  const since = Date.now()
  const server = await runOn('0', [...program, 'serve'], serving, own)
  await loadWrites(server.port, key, writers, limitMs)
  await end(server)
  const written = readWritten(own.DATA_DIR, since)
  const measures = [await probe(yardstick.port, '/6000')]
  const rates: number[] = []
  for (let round = 0; round < rounds; round++) {
    const { answers, seconds } = await load(yardstick.port, measures, clients, sliceMs)
    rates.push(answers / seconds)
  }
  const limits = [4, 100, 500].map(inCommit => {
    rmSync(own.DATA_DIR, { recursive: true })
    cpSync(settings.DATA_DIR, own.DATA_DIR, { recursive: true })
    return measureLimit(own.DATA_DIR, written, inCommit)
  })
  return { articles: written.length, yardstick: quantile(rates, 0.5), limits }
}

async function measureMixed(): Promise<Mixed> {
  const { own, key } = await copyCorpus()
  const server = await runOn('0,1', [...program, 'serve', '--workers', '2'], serving, own)
  const mixed = await loadMixed(server.port, key, mixedClients, mixedMs)
  await end(server)
  if (mixed.wrong.length > 0) throw new Error(`a wrong answer: ${mixed.wrong[0]}`)
  return mixed
}

/** Puts a service of its own, which may use both cores as its threads do, under a load that is too much for it. */
async function underLoad<T>(work: (server: Program, key: string) => Promise<T>): Promise<T> {
  const { own, key } = await copyCorpus()
  const server = await runOn('0,1', [...program, 'serve'], serving, own, '/v1/today')
  try {
    return await work(server, key)
  } finally {
    await end(server)
  }
}

/** The middle of three starts, with both cores as a start has them. */
async function measureStart(): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 3; i++) {
    const server = await runOn('0,1', [...program, 'serve'], serving, settings, '/v1/articles')
    times.push(server.startMs)
    await end(server)
  }
  return quantile(times, 0.5)
}

/** Of how many articles, beside how many requests a second of the yardstick. */
type Limits = { articles: number; yardstick: number; limits: Limit[] }
type Facts = {
  startMs?: number
  residentMb?: number
  limits?: Limits
  mixed?: Mixed
  attack?: Attacked
  overload?: Loaded & { capacity: number }
  imported?: Piped
  exported?: Piped
}

async function run(): Promise<void> {
  const results: Result[] = []
  const facts: Facts = {}
  const note = (result: Result) => {
    say(`${result.name}: ${result.ratio.toFixed(3)}`)
    results.push(result)
  }
  const isWanted = (name: string) => !only || only.includes(name)
  await prepareCorpus()
  facts.startMs = await measureStart()
  // The load on the other core.
  spawn('taskset', ['-cp', '1', String(process.pid)], { stdio: 'ignore' })
  const yardstick = await runOn('0', [join(import.meta.dirname, 'yardstick.ts')], /port (\d+)/, {}, '/1')
  const server = await runOn('0', [...program, 'serve'], serving, settings, '/v1/articles')
  try {
    for (const one of await readCases(server.port, articles))
      if (isWanted(one.name) && !(one.small && options.uncached))
        note(await measureReads(one, server, yardstick))
    facts.residentMb = residentOf(server)
    await end(server)
    if (options.uncached && isWanted('publish')) note(await measureWrites(yardstick))
    if (only?.includes('limit')) facts.limits = await measureLimits(yardstick)
  } finally {
    await Promise.all([end(yardstick), end(server)])
  }
  if (only?.includes('mixed')) facts.mixed = await measureMixed()
  if (only?.includes('attack'))
    facts.attack = await underLoad((server, key) => measureAttack(server, key, say))
  if (only?.includes('overload'))
    facts.overload = await underLoad((server, key) => measureOverload(server, key, say))
  if (only?.includes('import')) {
    const folder = join(options.data, 'import')
    rmSync(folder, { recursive: true, force: true })
    facts.imported = await measureImport(program, Number(options.items), { ...settings, DATA_DIR: folder })
  }
  if (only?.includes('export')) facts.exported = await measureExport(program, articles, settings)
  report(results, facts)
}

function report(
  results: readonly Result[],
  { startMs = 0, residentMb = 0, limits, mixed, attack, overload, imported, exported }: Facts,
): void {
  const machine = `${cpus()[0]?.model.trim()}, Node ${process.version}, ${options.engine}, ${articles} articles`
  const kind = options.uncached ? 'uncached' : 'cached'
  const date = new Date().toISOString()
  const all = {
    date,
    machine,
    kind,
    results,
    startMs,
    residentMb,
    limits,
    mixed,
    attack,
    overload,
    imported,
    exported,
  }
  if (!process.stdout.isTTY) {
    console.log(JSON.stringify(all, null, 2))
    return
  }
  console.log(`${kind}, ${machine}`)
  for (const { name, ratio, low, high, perSecond, p99 } of results) {
    const numbers = `${ratio.toFixed(3)}  (${low.toFixed(3)} to ${high.toFixed(3)})`
    const rate = perSecond.toFixed(0).padStart(7)
    console.log(`${name.padEnd(10)} ${numbers}  ${rate}/s  p99 ${p99.toFixed(1)} ms`)
  }
  console.log(
    `first answer after ${startMs.toFixed(0)} ms; ${residentMb.toFixed(0)} MB resident after the reads`,
  )
  for (const { inCommit, perSecond, pages, tagPages } of limits?.limits ?? []) {
    const of = `${(perSecond / (limits?.yardstick ?? 0)).toFixed(3)}  ${perSecond.toFixed(0).padStart(7)}/s`
    const share = `${(100 * tagPages).toFixed(0)} % of them of tags' indexes`
    console.log(`limit      ${of}, ${inCommit} articles a commit, ${pages.toFixed(0)} pages, ${share}`)
  }
  if (mixed) {
    const { reads, publishes, seconds, p50, p99 } = mixed
    const rates = `${(reads / seconds).toFixed(0)} reads and ${(publishes / seconds).toFixed(0)} publishes a second`
    console.log(`mixed      ${rates}, all exact; p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`)
  }
  if (overload) console.log(`capacity   ${overload.capacity.toFixed(0)} requests a second of the mix`)
  for (const [kind, { p50, p99 }] of Object.entries(attack?.alone ?? {}))
    console.log(`attack     ${kind}, alone: today p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`)
  for (const [name, loaded] of Object.entries({ attack, overload })) {
    if (!loaded) continue
    const { rate, p50, p99, outcomes, residentMb } = loaded
    const latencies = `today p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`
    console.log(
      `${name.padEnd(10)} ${rate.toFixed(0)} a second: ${latencies}; ${residentMb.toFixed(0)} MB at most`,
    )
    for (const [kind, counts] of Object.entries(outcomes))
      for (const [outcome, count] of Object.entries(counts))
        console.log(`           ${kind}: ${String(count).padStart(6)}  ${outcome}`)
  }
  for (const [name, piped] of Object.entries({ import: imported, export: exported })) {
    if (!piped) continue
    const { items, perSecond, early, late } = piped
    const memory = `${early.toFixed(0)} MB after a tenth, ${late.toFixed(0)} MB at the end`
    console.log(`${name.padEnd(10)} ${perSecond.toFixed(0)} items a second of ${items}; ${memory}`)
  }
}

await run()
