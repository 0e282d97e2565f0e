import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { CopyError, copyNewsroom } from '../db/copy.ts'
import { loadConfig } from './newsroom.ts'
import { startBar } from './progress.ts'
import { UsageError } from './usage-error.ts'

export const migrateToUsage = `Usage: npm run --silent dateline -- migrate-to postgres://USER:PASSWORD@HOST/DATABASE
       npm run --silent dateline -- migrate-to -    the address from standard input

Copies the newsroom in SQLite, whole, into an empty PostgreSQL database: keys, the change log and its epoch too, so that
followers go on with their cursors. Counts and checksums of every table are compared. Stopped half way, run it again.
Stop the service first: its writes are refused (503) during the copy, and lost to PostgreSQL after it. Pictures stay
where they are, in DATA_DIR.`

/** `migrate-to`: the newsroom moves to PostgreSQL. */
export async function migrateTo(args: string[]): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: {} })
  const [given, ...more] = positionals
  const url = given === '-' ? (await text(process.stdin)).trim() : given
  if (url === undefined || more.length > 0 || !/^postgres(ql)?:\/\/./.test(url) || !URL.canParse(url))
    throw new UsageError('Name one database, as postgres://...')
  const { DATABASE_URL, DATA_DIR } = loadConfig()
  if (DATABASE_URL?.engine === 'postgres') throw new UsageError('DATABASE_URL names PostgreSQL already.')
  const file = DATABASE_URL?.file ?? join(DATA_DIR, 'dateline.sqlite')
  if (!existsSync(file)) throw new UsageError(`There is no newsroom in ${file}.`)

  const isPerson = process.stdout.isTTY === true
  const bar = process.stderr.isTTY ? startBar() : undefined
  try {
    const copied = await copyNewsroom(file, url, ({ table, rows, of }) =>
      bar?.step(of === 0 ? 1 : rows / of, `${table} ${rows} of ${of}`),
    )
    bar?.clear()
    for (const { table, rows, checksum } of copied)
      console.log(isPerson ? `${table.padEnd(20)} ${rows}` : JSON.stringify({ table, rows, checksum }))
    if (isPerson) console.log('\nAll of it is there. Set DATABASE_URL to that address and start again.')
    return 0
  } catch (error) {
    bar?.clear()
    if (!(error instanceof CopyError)) throw error
    console.error(error.message)
    return 1
  }
}
