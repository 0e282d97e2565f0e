/** What a command's module has: how it is used, and what it does with the rest of the command line. */
type Loaded = {
  usage: string
  /** Resolves to its exit code, 0 unless given. */
  run(args: string[]): Promise<number | undefined>
}

export type Command = {
  /** What it does, in one line. */
  summary: string
  /** Loads it, and nothing that only others need. */
  load(): Promise<Loaded>
}

/** Every command of the program, by name. */
export const commands: Record<string, Command> = {
  serve: {
    summary: 'Serve the API.',
    load: async () => {
      const { serve: run, serveUsage: usage } = await import('./serve.ts')
      return { run, usage }
    },
  },
  demo: {
    summary: 'Serve it with the demo newsroom, loaded if the database is empty.',
    load: async () => {
      const { demo: run, demoUsage: usage } = await import('./serve.ts')
      return { run, usage }
    },
  },
  import: {
    summary: 'Import ninjs items.',
    load: async () => {
      const { importCommand: run, importUsage: usage } = await import('./import.ts')
      return { run, usage }
    },
  },
  export: {
    summary: 'Export what is live as ninjs items.',
    load: async () => {
      const { exportCommand: run, exportUsage: usage } = await import('./export.ts')
      return { run, usage }
    },
  },
  'migrate-to': {
    summary: 'Copy the newsroom from SQLite to PostgreSQL.',
    load: async () => {
      const { migrateTo: run, migrateToUsage: usage } = await import('./migrate-to.ts')
      return { run, usage }
    },
  },
  'mend-times': {
    summary: 'Mend times that a clock which ran ahead wrote.',
    load: async () => {
      const { mendTimesCommand: run, mendTimesUsage: usage } = await import('./mend-times.ts')
      return { run, usage }
    },
  },
  keys: {
    summary: 'Make, list and revoke API keys.',
    load: async () => {
      const { keys: run, keysUsage: usage } = await import('./keys.ts')
      return { run, usage }
    },
  },
  openapi: {
    summary: 'Print the OpenAPI document, or write it to the repository.',
    load: async () => {
      const { openapi: run, openapiUsage: usage } = await import('./openapi.ts')
      return { run, usage }
    },
  },
}

/** The list of commands, for a person. */
export function listCommands(): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  return `Usage: npm run dateline -- COMMAND\n\n${rows.join('\n')}\n\nSettings come from the environment and .env; the README lists them.`
}
