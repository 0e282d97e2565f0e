import { importCommand, importUsage } from './import.ts'
import { keys, keysUsage } from './keys.ts'
import { openapi, openapiUsage } from './openapi.ts'
import { demo, demoUsage, serve, serveUsage } from './serve.ts'

export type Command = {
  /** What it does, in one line. */
  summary: string
  usage: string
  /** Runs it with the rest of the command line; resolves to its exit code, 0 unless given. */
  run(args: string[]): Promise<number | undefined>
}

/** Every command of the program, by name. */
export const commands: Record<string, Command> = {
  serve: { summary: 'Serve the API.', usage: serveUsage, run: serve },
  demo: {
    summary: 'Serve it with the demo newsroom, loaded if the database is empty.',
    usage: demoUsage,
    run: demo,
  },
  import: { summary: 'Import ninjs items.', usage: importUsage, run: importCommand },
  keys: { summary: 'Make, list and revoke API keys.', usage: keysUsage, run: keys },
  openapi: {
    summary: 'Print the OpenAPI document, or write it to the repository.',
    usage: openapiUsage,
    run: openapi,
  },
}

/** The list of commands, for a person. */
export function usage(): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`)
  return `Usage: npm run dateline -- COMMAND\n\n${rows.join('\n')}\n\nSettings come from the environment and .env; the README lists them.`
}
