/**
 * `npm run bench -- [--articles N] [--only a,b] [--uncached] [--engine sqlite|postgres] [--rounds N] [--slice MS]`
 *
 * Each case is measured in slices beside slices of the yardstick, a bare Fastify route that gives a ready buffer: the
 * server's core has one of the two at work at a time, the load comes from the other core, and the order alternates. The
 * ratio of a round is that of its two slices; told are the median and the quartiles of the rounds. Every answer is
 * checked. Progress goes to standard error, a table to standard output (JSON when that is piped).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDb } from '../../src/cli/newsroom.ts'
import { readConfig } from '../../src/config.ts'
import { type Case, readCases } from './cases.ts'
import { makeCorpus } from './corpus.ts'
import { type Ask, load, probe } from './load.ts'

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

const started: ChildProcess[] = []
/** Runs a program on the server's core; resolves with the port it says. */
function onCore0(args: string[], port: RegExp): Promise<number> {
  const child = spawn('taskset', ['-c', '0', process.execPath, ...args], {
    env: { ...process.env, ...settings },
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

const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)
const quantile = (numbers: readonly number[], q: number) =>
  sorted(numbers)[Math.min(numbers.length - 1, Math.floor(q * numbers.length))] as number

type Result = { name: string; ratio: number; low: number; high: number; perSecond: number; p99: number }

async function measure(one: Case, server: number, yardstick: number): Promise<Result> {
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
  const ratios: number[] = []
  const rates: number[] = []
  const p99s: number[] = []
  await load(server, asks, clients, sliceMs / 2)
  await load(yardstick, measures, clients, sliceMs / 2)
  for (let round = 0; round < rounds; round++) {
    const ours = () => load(server, asks, clients, sliceMs)
    const theirs = () => load(yardstick, measures, clients, sliceMs)
    const [a, b] =
      round % 2 === 0 ? [await ours(), await theirs()] : [await theirs(), await ours()].toReversed()
    if (!a || !b) throw new Error('a slice is missing')
    for (const slice of [a, b])
      if (slice.wrong.length > 0) throw new Error(`a wrong answer: ${slice.wrong[0]}`)
    const rate = a.answers / a.seconds
    ratios.push(rate / (b.answers / b.seconds))
    rates.push(rate)
    p99s.push(quantile(a.latencies, 0.99))
  }
  return {
    name: one.name,
    ratio: quantile(ratios, 0.5),
    low: quantile(ratios, 0.25),
    high: quantile(ratios, 0.75),
    perSecond: quantile(rates, 0.5),
    p99: quantile(p99s, 0.5),
  }
}

await prepareCorpus()
// The load on the other core.
spawn('taskset', ['-cp', '1', String(process.pid)], { stdio: 'ignore' })
try {
  const server = await onCore0([join(here, '../../src/main.ts'), 'serve'], /Dateline +http:\S+:(\d+)/)
  const yardstick = await onCore0([join(here, 'yardstick.ts')], /port (\d+)/)
  const only = options.only?.split(',')
  const cases = (await readCases(server, articles)).filter(one => !only || only.includes(one.name))
  const results: Result[] = []
  for (const one of cases) {
    const result = await measure(one, server, yardstick)
    say(`${result.name}: ${result.ratio.toFixed(3)}`)
    results.push(result)
  }
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
