import { enableCompileCache } from 'node:module'
import { commands, listCommands } from './cli/commands.ts'
import { UsageError } from './cli/usage-error.ts'
import { ConfigError } from './config.ts'
import { DomainError, isOutage, StoreError } from './errors.ts'

// The second start reads what the first compiled, from the system's temporary folder: a third of its time.
enableCompileCache()

// Whoever reads what is printed may end first: what a command does goes on, and is told to nobody.
process.stdout.on('error', error => {
  if (!('code' in error) || error.code !== 'EPIPE') throw error
})

const [name, ...args] = process.argv.slice(2)
const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined

if (!command) {
  const asked = name === undefined || name === 'help' || name === '--help'
  if (!asked) console.error(`There is no command "${name}".\n`)
  console[asked ? 'log' : 'error'](listCommands())
  process.exitCode = asked ? 0 : 2
} else {
  const { run, usage } = await command.load()
  try {
    if (args.includes('--help')) console.log(usage)
    else process.exitCode = (await run(args)) ?? 0
  } catch (error) {
    if (error instanceof ConfigError) console.error(`A setting is wrong:\n${error.message}`)
    else if (error instanceof StoreError || (error instanceof DomainError && isOutage(error)))
      console.error(error.message)
    else if (error instanceof UsageError || isArgumentError(error))
      console.error(`${error.message}\n\n${usage}`)
    else throw error
    process.exitCode = 2
  }
}

/** What `parseArgs` throws for an option or a word that the command does not take. */
function isArgumentError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}
