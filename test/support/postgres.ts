import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'

const exec = promisify(execFile)

/** A PostgreSQL server of the tests' own, on a free port of 127.0.0.1, in a folder that goes with it. */
export type TestServer = {
  /** The address of its first database. */
  url: string
  folder: string
  start(): Promise<void>
  /** Ends at once, as when the machine goes. */
  stop(): Promise<void>
  /** Ends for good: its folder is removed. */
  remove(): Promise<void>
}

/** Where PostgreSQL's programs are; undefined where they are not. */
export function findPrograms(): string | undefined {
  const folders = globSync('/usr/lib/postgresql/*/bin').sort().reverse()
  return [...folders, '/usr/local/pgsql/bin', '/opt/homebrew/bin', '/usr/local/bin'].find(folder =>
    existsSync(join(folder, 'initdb')),
  )
}

/** PostgreSQL does not run as root: then it runs as the user that its package made. */
async function findUser(): Promise<{ uid: number; gid: number } | Record<string, never>> {
  if (process.getuid?.() !== 0) return {}
  const id = async (flag: string) => Number((await exec('id', [flag, 'postgres'])).stdout)
  return { uid: await id('-u'), gid: await id('-g') }
}

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** Makes and starts a server; with `primary`, one that streams from it. */
export async function openServer(programs: string, primary?: TestServer): Promise<TestServer> {
  const user = await findUser()
  const folder = await mkdtemp(join(tmpdir(), 'dateline-postgres-'))
  if (user.uid !== undefined) await chown(folder, user.uid, user.gid as number)
  const data = join(folder, 'data')
  const port = await freePort()
  const inFolder = { ...user, cwd: folder }
  if (primary) {
    const { port: from } = new URL(primary.url)
    await exec(
      join(programs, 'pg_basebackup'),
      ['-h', '127.0.0.1', '-p', from, '-U', 'dateline', '-D', data, '-R', '-c', 'fast', '-X', 'stream'],
      inFolder,
    )
  } else {
    const flags = ['-D', data, '-U', 'dateline', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N']
    await exec(join(programs, 'initdb'), flags, inFolder)
  }
  const url = `postgres://dateline@127.0.0.1:${port}/postgres`
  let child: ChildProcess | undefined

  const server: TestServer = {
    url,
    folder,
    async start() {
      // What is tested is that our process loses nothing: the machine's own disk may be as fast as it can.
      const settings = [
        'fsync=off',
        'full_page_writes=off',
        'listen_addresses=127.0.0.1',
        'max_connections=300',
      ]
      const flags = [...settings, `unix_socket_directories=${folder}`, 'wal_level=replica'].flatMap(text => [
        '-c',
        text,
      ])
      child = spawn(join(programs, 'postgres'), ['-D', data, '-p', String(port), ...flags], {
        ...inFolder,
        stdio: 'ignore',
      })
      await untilItAnswers(url)
    },
    async stop() {
      const old = child
      child = undefined
      if (!old || old.exitCode !== null) return
      const ended = new Promise(resolve => old.once('exit', resolve))
      old.kill('SIGQUIT')
      await ended
    },
    async remove() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  await server.start()
  return server
}

async function untilItAnswers(url: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await queryOnce(url, 'SELECT 1')
      return
    } catch (error) {
      if (attempt === 200) throw error
      await delay(50)
    }
  }
}

/** Runs one statement on a connection of its own. */
export async function queryOnce<Row>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text, values)).rows as Row[]
  } finally {
    await client.end()
  }
}

/** The address of another database of the same server. */
export function databaseOf(url: string, name: string): string {
  const address = new URL(url)
  address.pathname = `/${name}`
  return address.href
}
