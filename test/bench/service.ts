import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A program at work: its port, and how long its start took to the first answer, in milliseconds. */
export type Program = { port: number; child: ChildProcess; startMs: number }

/** Runs a program on the cores named; resolves once it answers on the port that `says` finds in its output. */
export async function runOn(
  cores: string,
  args: readonly string[],
  says: RegExp,
  env: Readonly<Record<string, string>>,
  path = '/',
): Promise<Program> {
  const started = performance.now()
  const child = spawn('taskset', ['-c', cores, process.execPath, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = await new Promise<number>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', chunk => {
      text += chunk
      const found = says.exec(text)?.[1]
      if (found) resolve(Number(found))
    })
    child.once('exit', code => reject(new Error(`it ended with ${code}: ${text}`)))
  })
  await (await fetch(`http://127.0.0.1:${port}${path}`)).arrayBuffer()
  return { port, child, startMs: performance.now() - started }
}

/** Ends a program, and waits for its end. */
export async function end({ child }: Program): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

/** The memory that a process has of its own, in megabytes (Linux). */
export function residentOf({ child }: Program): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
}
