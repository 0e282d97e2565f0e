import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Writable } from 'node:stream'

/** What went through a command: items a second, its start included, and its megabytes at a tenth of them and at the end. */
export type Piped = { items: number; perSecond: number; early: number; late: number }

const newline = 10

const paragraph =
  'Harbour officials said on Friday that the ferry between the two towns would sail again after the storm of last week. '.repeat(
    3,
  )

function itemOf(n: number): string {
  const at = new Date(Date.UTC(2020, 0, 1) + n * 60_000).toISOString()
  return `${JSON.stringify({
    uri: `urn:bench:${n}`,
    type: 'text',
    version: '1',
    language: 'en',
    pubstatus: 'usable',
    firstcreated: at,
    versioncreated: at,
    headline: `The ferry sails again, says the harbour, time ${n}`,
    description_text: 'The ferry has been idle since the storm.',
    body_html: `<p>${paragraph}</p><p>${paragraph}</p>`,
    byline: 'By A. Reporter',
    subject: [1, 67, 134].map(k => ({
      name: `Topic ${(n + k) % 200}`,
      code: `t${(n + k) % 200}`,
      scheme: 'http://cv.example/topics/',
    })),
  })}\n`
}

/** Imports ninjs items through the command's standard input. */
export async function measureImport(
  program: readonly string[],
  items: number,
  env: Readonly<Record<string, string>>,
): Promise<Piped> {
  return measure([...program, 'import', '-'], items, env, async input => {
    for (let n = 0; n < items; n++)
      if (!input.write(itemOf(n))) await new Promise(resolve => input.once('drain', resolve))
    input.end()
  })
}

/** Exports as many articles as there are to standard output. */
export async function measureExport(
  program: readonly string[],
  articles: number,
  env: Readonly<Record<string, string>>,
): Promise<Piped> {
  return measure([...program, 'export', '-'], articles, env, async input => void input.end())
}

/** Runs a command that tells of each item in a line of standard output. */
async function measure(
  args: readonly string[],
  items: number,
  env: Readonly<Record<string, string>>,
  feed: (input: Writable) => Promise<void>,
): Promise<Piped> {
  // Both cores, as whoever starts it has.
  const child = spawn('taskset', ['-c', '0,1', process.execPath, ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const resident = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  const started = performance.now()
  let told = 0
  let [early, late] = [0, 0]
  let last = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const before = told
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) told++
    if (before < items / 10 && told >= items / 10) early = resident()
    if (told < items) late = resident()
    else last = chunk.subarray(-500).toString()
  })
  const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
  await feed(child.stdin)
  const code = await ended
  if (code !== 0 || told < items) throw new Error(`it ended with ${code} after ${told} of ${items}: ${last}`)
  return { items, perSecond: items / ((performance.now() - started) / 1000), early, late }
}
