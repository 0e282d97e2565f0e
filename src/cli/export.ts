import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import type { Config } from '../config.ts'
import type { LiveReader } from '../db/db.ts'
import { exportItems } from '../features/exports/export.ts'
import { countLive } from '../features/exports/exports.store.ts'
import { loadConfig, openNewsroom, publicUrlOf } from './newsroom.ts'
import { startBar } from './progress.ts'
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
  const newsroom = await openNewsroom(loadConfig())
  try {
    const { db, config } = newsroom
    const isPerson = process.stdout.isTTY === true
    const { seq, counts } = await db.snapshot(async (live, head) => {
      const counts = await write(file, live, config, values.subscribers)
      return { seq: head.seq, counts }
    })
    if (file !== '-')
      console.log(
        isPerson
          ? `${counts.articles} articles, ${counts.withdrawn} withdrawn`
          : JSON.stringify({ summary: { ...counts, seq } }),
      )
    return 0
  } catch (error) {
    return tellFault(error)
  } finally {
    await newsroom.close()
  }
}

type Counts = { articles: number; withdrawn: number }

async function write(file: string, live: LiveReader, config: Config, subscribers: boolean): Promise<Counts> {
  const bar = process.stderr.isTTY ? startBar() : undefined
  const of = bar ? await countLive(live) : 0
  const started = performance.now()
  const counts = { articles: 0, withdrawn: 0 }
  const { ARTICLE_URL: articleUrl, LANGUAGE: language } = config
  const settings = { publicUrl: publicUrlOf(config), articleUrl, language, subscribers }

  async function* lines(): AsyncGenerator<string> {
    for await (const { articles, withdrawn } of exportItems(live, settings)) {
      counts.articles += articles.length
      counts.withdrawn += withdrawn.length
      const rate = Math.round((counts.articles * 1000) / (performance.now() - started))
      bar?.step(of === 0 ? 0 : counts.articles / of, `${counts.articles} articles, ${rate}/s`)
      yield [...articles, ...withdrawn].map(item => `${JSON.stringify(item)}\n`).join('')
    }
  }

  try {
    if (file === '-') await pipeline(Readable.from(lines()), process.stdout, { end: false })
    else await writeWhole(file, lines())
  } finally {
    bar?.clear()
  }
  return counts
}

/** The system's words for why nothing could be written; whoever reads from us may end first, and needs no word of it. */
function tellFault(error: unknown): number {
  if (!(error instanceof Error) || !('syscall' in error && 'code' in error)) throw error
  if (error.code !== 'EPIPE') console.error(`It cannot be written: ${error.message}`)
  return 1
}

/** Writes beside the file, and puts it in its place when it is whole and on the disk. */
async function writeWhole(file: string, lines: AsyncIterable<string>): Promise<void> {
  const part = `${file}.part`
  try {
    await pipeline(Readable.from(lines), createWriteStream(part, { flush: true }))
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}
