import { parseArgs } from 'node:util'
import { mendTimes } from '../features/desk/mend-times.ts'
import { loadConfig, openNewsroom } from './newsroom.ts'
import { startBar } from './progress.ts'

export const mendTimesUsage = `Usage: npm run dateline -- mend-times

Brings the times of published articles back to the clock, where a clock that ran ahead wrote later ones. Set the clock of
the machine first. The service may go on meanwhile. Readers and partners get each article as updated.`

/** `mend-times`: mends a newsroom whose clock ran ahead. */
export async function mendTimesCommand(args: string[]): Promise<number> {
  parseArgs({ args, options: {} })
  const newsroom = await openNewsroom(loadConfig())
  try {
    const bar = process.stderr.isTTY ? startBar() : undefined
    const articles = await mendTimes(newsroom.db, Date.now, mended => bar?.step(1, `${mended} articles`))
    bar?.clear()
    const now = new Date().toISOString()
    console.log(
      process.stdout.isTTY ? `${articles} articles had times after ${now}.` : JSON.stringify({ articles }),
    )
    return 0
  } finally {
    await newsroom.close()
  }
}
