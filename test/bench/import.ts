import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export type Imported = { items: number; perSecond: number; early: number; late: number }

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

/** Imports ninjs items through the command's standard input: items a second, and its megabytes at a tenth and at the end. */
export async function measureImport(
  program: readonly string[],
  items: number,
  env: Readonly<Record<string, string>>,
): Promise<Imported> {
  // Both cores, as whoever starts it has: one reads the items, the other writes them.
  const child = spawn('taskset', ['-c', '0,1', process.execPath, ...program, 'import', '-'], {
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
    const lines = (last + chunk).split('\n')
    last = lines.pop() ?? ''
    const before = told
    told += lines.length
    if (before < items / 10 && told >= items / 10) early = resident()
    if (told < items) late = resident()
    if (lines.at(-1)?.includes('"summary"')) last = lines.at(-1) as string
  })
  const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
  for (let n = 0; n < items; n++)
    if (!child.stdin.write(itemOf(n))) await new Promise(resolve => child.stdin.once('drain', resolve))
  child.stdin.end()
  const code = await ended
  if (code !== 0) throw new Error(`the import ended with ${code}: ${last}`)
  return { items, perSecond: items / ((performance.now() - started) / 1000), early, late }
}
