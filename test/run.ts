/**
 * `npm test [-- files...]`: the suite on SQLite, and again on PostgreSQL where its programs are found or
 * TEST_DATABASE_URL names a server, with what only PostgreSQL has (`*.postgres.test.ts`). Files that use no store run once.
 * The end says which engines ran; with TEST_POSTGRES=required the run fails where PostgreSQL did not. It runs node-tap and
 * ends with `N passed, N failed` (then `, N skipped`) alone on the last line.
 *
 * What is one test: an innermost `t.test`, or an assertion that stands in a file outside any `t.test`. An outer
 * `t.test` or a file that fails though nothing inside it did (plan mismatch, throw, timeout, exit) is one failed test;
 * so are a file or a `t.test` that asserts nothing, and a bail-out. Skip and todo count as skipped.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createReadStream, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { inspect, stripVTControlCharacters } from 'node:util'
import { Parser, type Result } from 'tap-parser'
import { migratePostgres } from '../src/db/postgres-migrate.ts'
import { databaseOf, findPrograms, openServer, queryOnce, type TestServer } from './support/postgres.ts'
import { template } from './support/store.ts'

type Count = { passed: number; failed: number; skipped: number }
/** What one level of TAP holds: the tests in its subtests, and its own assertions. */
type Level = { tests: Count; asserts: Count }
/** How many tests each file has. */
type Files = Map<string, number>

const root = resolve(import.meta.dirname, '..')
const tap = join(root, 'node_modules/tap/dist/esm/run.mjs')

const zero = (): Count => ({ passed: 0, failed: 0, skipped: 0 })
const sum = (a: Count, b: Count): Count => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})
const total = (c: Count): number => c.passed + c.failed + c.skipped

/** What ran and asserted nothing could not have failed: here that is a failure, though tap says ok or SKIP. */
function isEmpty(result: Result, within?: Level): boolean {
  const nothing = within !== undefined && total(within.tests) + total(within.asserts) === 0
  return result.skip === 'no tests found' || (nothing && !result.skip && !result.todo)
}

function one(result: Result, within?: Level): Count {
  if (isEmpty(result, within)) return { ...zero(), failed: 1 }
  const onlySkips = within !== undefined && within.asserts.passed === 0 && within.asserts.skipped > 0
  if (result.skip || result.todo || (result.ok && onlySkips)) return { ...zero(), skipped: 1 }
  return result.ok ? { ...zero(), passed: 1 } : { ...zero(), failed: 1 }
}

type OnPoint = (path: string[], result: Result, within: Level | undefined) => void

/**
 * Counts one level of TAP as it comes. `onPoint` hears of each test point, with the names that lead to it; `files` is told
 * what each file comes to.
 */
function watch(parser: Parser, path: string[], onPoint: OnPoint, files: Files): Level {
  const level: Level = { tests: zero(), asserts: zero() }
  let inner: Level | undefined
  parser.on('child', (child: Parser) => {
    inner = watch(child, [...path, child.name], onPoint, files)
  })
  parser.on('assert', (result: Result) => {
    const within = inner
    inner = undefined
    const own = one(result, within)
    if (within === undefined) {
      level.asserts = sum(level.asserts, own)
    } else {
      const found = path.length === 0 ? sum(within.tests, within.asserts) : within.tests
      const count = total(found) === 0 ? own : found
      const hidden = own.failed === 1 && count.failed === 0
      level.tests = sum(level.tests, hidden ? { ...count, failed: 1 } : count)
      if (path.length === 0) files.set(result.name, total(count))
    }
    onPoint([...path, result.name], result, within)
  })
  // A bail-out or a kill leaves what was running without its closing line: one failure, unless one was seen inside.
  parser.on('complete', () => {
    if (inner === undefined) return
    const found = path.length === 0 ? sum(inner.tests, inner.asserts) : inner.tests
    level.tests = sum(level.tests, { ...found, failed: Math.max(found.failed, 1) })
  })
  return level
}

/** For a pipe, where tap's own reporter would draw with cursor moves: a line for each file, and each failure whole. */
const printPoint: OnPoint = (path, result, within) => {
  const { failed } = one(result, within)
  const saidInside = within !== undefined && within.tests.failed + within.asserts.failed > 0
  if (failed > 0 && !saidInside) printFailure(path, result, isEmpty(result, within))
  if (path.length > 1) return
  const word = failed > 0 || saidInside ? 'FAILED' : 'ok    '
  const signal: unknown = result.diag?.signal
  console.log(`${word} ${result.name} (${Math.round(result.time ?? 0)} ms${signal ? `, ${signal}` : ''})`)
}

function printFailure(path: string[], result: Result, empty: boolean): void {
  console.log(`\nnot ok - ${path.join(' > ')}${empty ? ' (it asserts nothing)' : ''}`)
  const diagnostics: Record<string, unknown> = result.diag ?? {}
  for (const [name, value] of Object.entries(diagnostics)) {
    const text = typeof value === 'string' ? value : inspect(value, { breakLength: 100, depth: 6 })
    const lines = stripVTControlCharacters(text).trimEnd().split('\n')
    console.log(lines.length === 1 ? `  ${name}: ${lines[0]}` : `  ${name}:\n    ${lines.join('\n    ')}`)
  }
}

/** `npm ci` brings tap's Test class built with its TypeScript plugin; the class names the plugins it was built with. */
function needsBuild(): boolean {
  const built = ['esm', 'commonjs'].map(kind => `node_modules/@tapjs/test/test-built/dist/${kind}/index.js`)
  return built.some(file => {
    const path = join(root, file)
    return !existsSync(path) || readFileSync(path, 'utf8').includes('@tapjs/typescript')
  })
}

function build(): boolean {
  console.error('tap: building the Test class without its TypeScript plugin (once after each npm ci)')
  const { status } = spawnSync(process.execPath, [tap, 'build'], { cwd: root, stdio: ['ignore', 2, 2] })
  return status === 0 && !needsBuild()
}

type Run = { count: Count; files: Files; code: number }

/** Runs tap and counts; `code` is tap's exit code, or 128 and the signal's number when one ended the run. */
async function run(chosen: string[], env: Record<string, string>): Promise<Run> {
  // Its drawn reporter leaves out the failures when CI is set.
  const draws = process.stdout.isTTY === true && !process.env.CI
  const folder = mkdtempSync(join(tmpdir(), 'dateline-tap-'))
  const file = join(folder, 'run.tap')
  const parser = new Parser()
  const files: Files = new Map()
  const level = watch(parser, [], draws ? () => {} : printPoint, files)
  if (!draws) parser.on('extra', (text: string) => process.stdout.write(text))
  parser.on('bailout', (reason: string) => console.log(`Bail out! ${reason}`))
  const ended = new Promise<void>(done => parser.on('complete', () => done()))

  const flags = draws ? ['--reporter=base', `--output-file=${file}`] : ['--reporter=tap']
  const child = spawn(process.execPath, [tap, 'run', ...flags, ...chosen], {
    cwd: root,
    // Every file and every service it starts would compile the same modules anew.
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'dateline-compile-cache'), ...process.env, ...env },
    stdio: ['ignore', draws ? 'inherit' : 'pipe', 'inherit'],
  })
  child.stdout?.pipe(parser)
  const stopped = onSignals(child)
  let code = await new Promise<number>(done => {
    child.on('close', (status, signal) => done(status ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
  if (draws && existsSync(file)) createReadStream(file).pipe(parser)
  else if (draws) parser.end()
  await ended
  rmSync(folder, { recursive: true, force: true })

  const count = sum(level.tests, level.asserts)
  const signal = stopped()
  if (signal) code = 128 + constants.signals[signal]
  if (count.failed === 0 && (code !== 0 || !parser.results?.ok || count.passed === 0)) count.failed = 1
  return { count, files, code }
}

/**
 * Ctrl-C reaches tap and its test files by the terminal; a `kill` of this process alone is passed on to them. tap then
 * leaves without those that do not listen, so what it had started is ended by hand. Returns the signal, if one came.
 */
function onSignals(child: ReturnType<typeof spawn>): () => NodeJS.Signals | undefined {
  let first: NodeJS.Signals | undefined
  let started: number[] = []
  const stop = (signal: NodeJS.Signals): void => {
    if (first !== undefined) return
    first = signal
    started = descendants(child.pid ?? 0)
    setTimeout(() => child.kill(signal), 500).unref()
    setTimeout(() => child.kill('SIGKILL'), 5000).unref()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  return () => {
    for (const pid of started) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended by itself.
      }
    }
    return first
  }
}

function descendants(parent: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  const rows = (stdout ?? '').split('\n').map(row => row.trim().split(/\s+/).map(Number))
  const below = (of: number): number[] =>
    rows.flatMap(([pid, ppid]) => (ppid === of && pid !== undefined ? [pid, ...below(pid)] : []))
  return below(parent)
}

const files = process.argv.slice(2).map(file => relative(root, resolve(file)))
if (needsBuild() && !build()) {
  console.error('tap build failed')
  console.log('0 passed, 1 failed')
  process.exit(1)
}

type Pass = { name: string; count: Count; files: Files }
const passes: Pass[] = []
let code = 0

async function pass(name: string, chosen: string[], env: Record<string, string>): Promise<void> {
  // Ended by a signal: so is the rest.
  if (chosen.length === 0 || code > 128) return
  console.log(`\n${name}`)
  const groups = [chosen.filter(file => !isAlone(file)), chosen.filter(isAlone)]
  let count = zero()
  const files: Files = new Map()
  for (const group of groups.filter(some => some.length > 0)) {
    const result = await run(group, env)
    count = sum(count, result.count)
    for (const [file, tests] of result.files) files.set(file, tests)
    code ||= result.code
    if (code > 128) break
  }
  passes.push({ name, count, files })
}

/** For what could not run and should have. */
const fail = (name: string) => passes.push({ name, count: { ...zero(), failed: 1 }, files: new Map() })

/** What promises something by the clock of the wall has the machine to itself: `*.alone.test.ts`. */
const isAlone = (file: string) => file.endsWith('.alone.test.ts')
const isOfPostgres = (file: string) => file.endsWith('.postgres.test.ts')
const chosen = files.length > 0 ? files : globSync('test/**/*.test.ts', { cwd: root }).sort()
const common = chosen.filter(file => !isOfPostgres(file))
/** Whether a test has to do with a store; any other runs once, with SQLite's pass. */
const usesStore = (file: string) =>
  /support\/(newsroom|store|process|postgres|holds|wire)|openDb/.test(readFileSync(join(root, file), 'utf8'))
const { TEST_DATABASE_URL: given, TEST_POSTGRES: wanted } = process.env
const programs = findPrograms()

if (wanted !== 'only') await pass('SQLite', common, { TEST_DATABASE_URL: '' })
if (given || programs) {
  const server = given ? undefined : await openServer(programs as string)
  const url = given || (server as TestServer).url
  try {
    await makeTemplate(url)
    await pass('PostgreSQL', (programs ? chosen : common).filter(usesStore), { TEST_DATABASE_URL: url })
    if (!programs && wanted) fail("PostgreSQL's own (its programs were not found)")
  } finally {
    await server?.remove()
  }
} else if (wanted) {
  fail('PostgreSQL (its programs were not found)')
} else {
  console.log('\nPostgreSQL was not found, so the suite ran on SQLite alone.')
}

console.log('')
for (const { name, count } of passes) console.log(`${name.padEnd(18)} ${lineOf(count)}`)
const [ours, theirs] = passes
if (wanted === 'required' && ours && theirs) {
  const unlike = common.filter(usesStore).filter(file => ours.files.get(file) !== theirs.files.get(file))
  if (unlike.length > 0) console.log(`\nThe engines did not run the same tests: ${unlike.join(', ')}`)
  if (ours.count.skipped + theirs.count.skipped > 0) console.log('\nSome were skipped.')
  if (unlike.length > 0 || ours.count.skipped + theirs.count.skipped > 0) fail('alike')
}
const all = passes.reduce((before, { count }) => sum(before, count), zero())
console.log(`\n${lineOf(all)}`)
process.exitCode = code === 0 && all.failed > 0 ? 1 : code

function lineOf(count: Count): string {
  const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ''
  return `${count.passed} passed, ${count.failed} failed${skipped}`
}

/** A database with every table, that each test copies. */
async function makeTemplate(url: string): Promise<void> {
  const database = databaseOf(url, template)
  await queryOnce(url, `DROP DATABASE IF EXISTS ${template}`)
  await queryOnce(url, `CREATE DATABASE ${template} ENCODING 'UTF8' TEMPLATE template0`)
  await migratePostgres(database)
}
