import { parseArgs } from 'node:util'
import { type ImportDeps, importItems } from '../features/imports/import.ts'
import type { Entry, Report } from '../features/imports/report.ts'
import { measure, readItems } from '../features/imports/sources.ts'
import { isLanguage } from '../language.ts'
import { loadConfig, openNewsroom } from './newsroom.ts'
import { startBar } from './progress.ts'
import { UsageError } from './usage-error.ts'

export const importUsage = `Usage: npm run dateline -- import PATH... [--language TAG] [--section SLUG]

Imports ninjs 1.x, 2.x and 3.x from files, folders, NDJSON and "-" (standard input). An item is known by its uri and
version: importing it again changes nothing. A canceled item withdraws its article, a withheld one holds it.
--language and --section serve items that have none; LANGUAGE and "newswire" unless said. Exit code 1: something
could not be read or used.`

/** `import`: wire items into the newsroom. */
export async function importCommand(args: string[]): Promise<number> {
  const { values, positionals: paths } = readArguments(args)
  const newsroom = await openNewsroom(loadConfig())
  try {
    const { db, files, config } = newsroom
    const defaults = { language: values.language ?? config.LANGUAGE, section: values.section ?? 'newswire' }
    const deps: ImportDeps = { db, files, now: Date.now, defaults }
    const isPerson = process.stdout.isTTY === true
    const bar = process.stderr.isTTY ? startBar() : undefined
    const { bytes } = bar ? await measure(paths) : { bytes: 0 }
    const started = performance.now()
    let items = 0
    const report = await importItems(deps, readItems(paths), (entry, bytesRead) => {
      items++
      const rate = Math.round((items * 1000) / (performance.now() - started))
      bar?.step(bytes === 0 ? 0 : (bytesRead ?? 0) / bytes, `${items} items, ${rate}/s`)
      if (!isPerson) {
        // The entries of a commit come in one turn, and go into a pipe in one write.
        process.stdout.cork()
        process.nextTick(() => process.stdout.uncork())
        process.stdout.write(`${JSON.stringify(entry)}\n`)
      } else if (entry.rule !== undefined) {
        bar?.clear()
        console.log(lineOf(entry))
      }
    })
    bar?.clear()
    console.log(isPerson ? summaryOf(report) : JSON.stringify({ summary: report }))
    return report.refused + report.unreadable > 0 ? 1 : 0
  } finally {
    // Else what it still waits for keeps the process.
    if (paths.includes('-')) process.stdin.destroy()
    await newsroom.close()
  }
}

function readArguments(args: string[]) {
  const read = parseArgs({
    args,
    allowPositionals: true,
    options: { language: { type: 'string' }, section: { type: 'string' } },
  })
  const { section, language } = read.values
  if (read.positionals.length === 0) throw new UsageError('Name a file or folder, or - for standard input.')
  if (section !== undefined && !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(section))
    throw new UsageError('--section must be a slug, such as world.')
  if (language !== undefined && !isLanguage(language))
    throw new UsageError('--language must be a language tag, such as en or en-GB.')
  return read
}

function lineOf({ file, item, uri, outcome, rule }: Entry): string {
  const place = item === undefined ? file : `${file} item ${item}`
  return `${outcome.padEnd(11)} ${place}${uri === undefined ? '' : ` (${uri})`}: ${rule}`
}

function summaryOf(report: Report): string {
  const { imported, updated, withdrawn, held, unchanged, workingCopy } = report
  const { skipped, refused, unreadable, media, tags } = report
  return [
    `${imported} imported, ${updated} updated, ${withdrawn} withdrawn, ${held} held, ${unchanged} unchanged`,
    `${workingCopy} kept as working copies, ${skipped} skipped, ${refused} refused, ${unreadable} unreadable`,
    `${media} new media, ${tags} new tags`,
  ].join('\n')
}
