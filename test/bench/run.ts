/**
 * `npm run bench -- [--articles N] [--only a,b] [--uncached] [--engine sqlite|postgres] [--rounds N] [--slice MS]`
 *
 * Each case is measured in slices beside slices of the yardstick, a bare Fastify route that gives a ready buffer: the
 * server's core has one of the two at work at a time, the load comes from the other core, and the order alternates. The
 * ratio of a round is that of its two slices; told are the median and the quartiles of the rounds. Every answer is
 * checked. Progress goes to standard error, a table to standard output (JSON when that is piped).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDb } from '../../src/cli/newsroom.ts'
import { readConfig } from '../../src/config.ts'
import { createKey } from '../../src/features/keys/keys.ts'
import type { Scope } from '../../src/words.ts'
import { type Case, readCases } from './cases.ts'
import { compare, type Result } from './compare.ts'
import { makeCorpus } from './corpus.ts'
import { type Ask, load, probe } from './load.ts'
import { loadWrites } from './writes.ts'

const { values: options } = parseArgs({
  options: {
    articles: { type: 'string', default: '10000' },
    only: { type: 'string' },
    uncached: { type: 'boolean', default: false },
    engine: { type: 'string', default: 'sqlite' },
    rounds: { type: 'string', default: '7' },
    slice: { type: 'string', default: '1500' },
    data: { type: 'string', default: join(tmpdir(), 'dateline-bench') },
  },
})
const articles = Number(options.articles)
const rounds = Number(options.rounds)
const sliceMs = Number(options.slice)
const clients = 32
const writers = 8

const here = import.meta.dirname
const say = (text: string) => process.stderr.write(`${text}\n`)

/** The settings of the server: everything on, the limiter too, set never to refuse. */
const settings = {
  DATA_DIR: join(options.data, `${options.engine}-${articles}`),
  HOST: '127.0.0.1',
  PORT: '0',
  TIME_ZONE: 'UTC',
  LOG_LEVEL: 'warn',
  RATE_LIMIT: '1000000000',
  ARTICLE_URL: 'https://site.example/{language}/{slug}',
  PUBLIC_URL: 'https://api.example',
  ...(options.uncached ? { RESPONSE_CACHE: '0' } : {}),
}

const main = join(here, '../../src/main.ts')
const serving = /Dateline +http:\S+:(\d+)/

const started: ChildProcess[] = []
/** Runs a program on the server's core; resolves with the port it says. */
function onCore0(args: string[], port: RegExp, env: Record<string, string> = settings): Promise<number> {
  const child = spawn('taskset', ['-c', '0', process.execPath, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  started.push(child)
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', chunk => {
      text += chunk
      const found = port.exec(text)?.[1]
      if (found) resolve(Number(found))
    })
    child.once('exit', code => reject(new Error(`it ended with ${code}: ${text}`)))
  })
}

async function prepareCorpus(): Promise<void> {
  const marker = join(settings.DATA_DIR, 'whole')
  if (existsSync(marker)) return
  mkdirSync(settings.DATA_DIR, { recursive: true })
  const db = await openDb(readConfig(settings))
  try {
    await makeCorpus(db, articles, made => {
      if (made % 10_000 === 0) process.stderr.write(`\rmaking ${articles} articles: ${made}`)
    })
    say('')
  } finally {
    await db.close()
  }
  mkdirSync(marker)
}

async function measureReads(one: Case, server: number, yardstick: number): Promise<Result> {
  const asks: Ask[] = []
  for (const { path, headers, again } of one.asks) {
    const first = await probe(server, path, headers)
    // Of a conditional one the answer is known before it is asked.
    asks.push(again ? await probe(server, path, { 'if-none-match': first.etag ?? '' }) : first)
  }
  const size =
    options.uncached || one.small
      ? 6000
      : Math.round(asks.reduce((sum, ask) => sum + ask.length, 0) / asks.length)
  const measures = [await probe(yardstick, `/${size}`)]
  return compare(
    one.name,
    rounds,
    () => load(server, asks, clients, sliceMs),
    () => load(yardstick, measures, clients, sliceMs),
  )
}

/** Writes go to a copy of the corpus, so that reads are measured of the same one each time. */
async function measureWrites(yardstick: number): Promise<Result> {
  const folder = `${settings.DATA_DIR}-writes`
  rmSync(folder, { recursive: true, force: true })
  cpSync(settings.DATA_DIR, folder, { recursive: true })
  const own = { ...settings, DATA_DIR: folder }
  const db = await openDb(readConfig(own))
  const key = { name: 'bench', scopes: ['articles:write', 'articles:publish'] as Scope[] }
  const { token } = await createKey(db, { by: 'command' }, key)
  await db.close()
  const server = await onCore0([main, 'serve'], serving, own)
  const measures = [await probe(yardstick, '/6000')]
  return compare(
    'publish',
    rounds,
    () => loadWrites(server, token, writers, sliceMs),
    () => load(yardstick, measures, clients, sliceMs),
  )
}

await prepareCorpus()
// The load on the other core.
spawn('taskset', ['-cp', '1', String(process.pid)], { stdio: 'ignore' })
try {
  const server = await onCore0([main, 'serve'], serving)
  const yardstick = await onCore0([join(here, 'yardstick.ts')], /port (\d+)/)
  const only = options.only?.split(',')
  const isWanted = (name: string) => !only || only.includes(name)
  const results: Result[] = []
  const note = (result: Result) => {
    say(`${result.name}: ${result.ratio.toFixed(3)}`)
    results.push(result)
  }
  for (const one of await readCases(server, articles))
    if (isWanted(one.name) && !(one.small && options.uncached))
      note(await measureReads(one, server, yardstick))
  if (options.uncached && isWanted('publish')) note(await measureWrites(yardstick))
  report(results)
} finally {
  for (const child of started) child.kill('SIGTERM')
}

function report(results: readonly Result[]): void {
  const machine = `${cpus()[0]?.model.trim()}, Node ${process.version}, ${options.engine}, ${articles} articles`
  const kind = options.uncached ? 'uncached' : 'cached'
  if (!process.stdout.isTTY) {
    console.log(JSON.stringify({ date: new Date().toISOString(), machine, kind, results }, null, 2))
    return
  }
  console.log(`${kind}, ${machine}`)
  for (const { name, ratio, low, high, perSecond, p99 } of results) {
    const numbers = `${ratio.toFixed(3)}  (${low.toFixed(3)} to ${high.toFixed(3)})`
    console.log(
      `${name.padEnd(10)} ${numbers}  ${perSecond.toFixed(0).padStart(7)}/s  p99 ${p99.toFixed(1)} ms`,
    )
  }
}
