import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import type { Test } from 'tap'
import { storeOf } from './store.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname

/** The service as a process of its own: `ended` resolves to its exit code, null after a kill. */
export type Served = { child: ChildProcess; address: string; ended: Promise<number | null> }

/** Starts a command that serves, on a free port; resolves once it tells its address. It ends with the test. */
export async function start(
  t: Test,
  folder: string,
  command: string | readonly string[] = 'serve',
  settings: Record<string, string> = {},
): Promise<Served> {
  const env = {
    ...process.env,
    DATA_DIR: folder,
    PORT: '0',
    LOG_LEVEL: 'silent',
    RATE_LIMIT: 'off',
    ...(await storeOf(folder)),
    ...settings,
  }
  const child = spawn(process.execPath, [main, ...[command].flat()], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
  t.teardown(() => child.kill('SIGKILL'))
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', chunk => {
      text += chunk
      const address = /Dateline +(http:\S+)/.exec(text)?.[1]
      if (address) resolve({ child, address, ended })
    })
    void ended.then(code => reject(new Error(`it ended with ${code} before it served: ${text}`)))
  })
}

/** Runs a command to its end. */
export async function run(
  folder: string,
  args: readonly string[],
  input = '',
  settings: Record<string, string> = {},
): Promise<{ code: number | null; out: string; err: string }> {
  const store = 'DATABASE_URL' in settings ? {} : await storeOf(folder)
  const env = { ...process.env, DATA_DIR: folder, ...store, ...settings }
  const child = spawn(process.execPath, [main, ...args], { env, stdio: 'pipe' })
  let out = ''
  let err = ''
  child.stdout.on('data', chunk => {
    out += chunk
  })
  child.stderr.on('data', chunk => {
    err += chunk
  })
  child.stdin.end(input)
  return new Promise(resolve => child.once('close', code => resolve({ code, out, err })))
}

/** Sends bytes as they are, and gives all that comes back until the other side closes. */
export function sendRaw(address: string, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(address)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    let text = ''
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
}

/** Runs a command whose reader ends at the first of what it prints: its exit code, and what it said of that. */
export async function closeEarly(
  folder: string,
  args: readonly string[],
): Promise<{ code: number | null; err: string }> {
  const env = { ...process.env, DATA_DIR: folder, ...(await storeOf(folder)) }
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let err = ''
  child.stderr.on('data', chunk => {
    err += chunk
  })
  child.stdout.once('data', () => child.stdout.destroy())
  return new Promise(resolve => child.once('close', code => resolve({ code, err })))
}
