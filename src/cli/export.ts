import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Config } from '../config.ts'
import type { LiveReader } from '../db/db.ts'
import { DomainError } from '../errors.ts'
import { exportItems } from '../features/exports/export.ts'
import { countLive } from '../features/exports/exports.store.ts'
import { loadConfig, openNewsroom, publicUrlOf } from './newsroom.ts'
import { startBar } from './progress.ts'
import { openTarget } from './target.ts'
import { UsageError } from './usage-error.ts'

export const exportUsage = `Usage: npm run --silent dateline -- export FILE [--subscribers]
       npm run --silent dateline -- export - [--subscribers]    to standard output

Writes every live article as an item of ninjs 3.1, one to a line, first published first, and behind them what was
withdrawn, as canceled: the newsroom at one moment, whatever is written meanwhile. Names and addresses are made from
PUBLIC_URL. The bodies of what is for subscribers only with --subscribers. FILE is there when it is whole.`

/** `export`: what is live, as wire items. */
export async function exportCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { subscribers: { type: 'boolean', default: false } },
  })
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new UsageError('Name one file, or - for standard output.')
  const config = loadConfig()
  if (!hasNewsroom(config)) throw new UsageError(`There is no newsroom in ${config.DATA_DIR}.`)
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    const target = await openTarget(file)
    const newsroom = await openNewsroom(config)
    try {
      const { counts, seq } = await newsroom.db.snapshot(async (live, head) => {
        const counts = { articles: 0, withdrawn: 0 }
        await target(writeLines(live, config, values.subscribers, counts, file === '-'), stopping.signal)
        return { counts, seq: head.seq }
      })
      if (file !== '-') tell(counts, seq)
      return 0
    } finally {
      await newsroom.close()
    }
  } catch (error) {
    return tellFault(error, stopping.signal)
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

type Counts = { articles: number; withdrawn: number }
/** So many characters are written at once. */
const pieceLength = 256 * 1024

/** The items, each in a line, some lines at a time. */
async function* writeLines(
  live: LiveReader,
  config: Config,
  subscribers: boolean,
  counts: Counts,
  isPrinted: boolean,
): AsyncGenerator<string> {
  const { ARTICLE_URL: articleUrl, LANGUAGE: language } = config
  const settings = { publicUrl: publicUrlOf(config), articleUrl, language, subscribers }
  // Among items on a terminal it would be in their way.
  const isShown = process.stderr.isTTY === true && !(isPrinted && process.stdout.isTTY)
  const bar = isShown ? startBar() : undefined
  const of = bar ? await countLive(live) : 0
  const started = performance.now()
  let piece = ''
  try {
    for await (const { articles, withdrawn } of exportItems(live, settings)) {
      for (const item of [...articles, ...withdrawn]) {
        piece += `${JSON.stringify(item)}\n`
        if (piece.length < pieceLength) continue
        yield piece
        piece = ''
      }
      counts.articles += articles.length
      counts.withdrawn += withdrawn.length
      const rate = Math.round((counts.articles * 1000) / (performance.now() - started))
      bar?.step(of === 0 ? 0 : counts.articles / of, `${counts.articles} articles, ${rate}/s`)
    }
    yield piece
  } finally {
    bar?.clear()
  }
}

/** An empty one would be made where there is none, and its export take the place of a good one. */
function hasNewsroom({ DATABASE_URL: database, DATA_DIR }: Config): boolean {
  if (database?.engine === 'postgres') return true
  return existsSync(database?.file ?? join(DATA_DIR, 'dateline.sqlite'))
}

function tell({ articles, withdrawn }: Counts, seq: number): void {
  console.log(
    process.stdout.isTTY
      ? `${articles} articles, ${withdrawn} withdrawn`
      : JSON.stringify({ summary: { articles, withdrawn, seq } }),
  )
}

/** Why it could not be done; whoever reads from us may end first, and needs no word of it. */
function tellFault(error: unknown, { aborted }: AbortSignal): number {
  if (aborted) return 130
  const isSystem = error instanceof Error && 'syscall' in error && 'code' in error
  if (!isSystem && !(error instanceof DomainError)) throw error
  if (!isSystem) console.error(error.message)
  else if (error.code !== 'EPIPE') console.error(`It cannot be written: ${error.message}`)
  return 1
}
