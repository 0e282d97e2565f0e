import { commands, listCommands } from './cli/commands.ts'
import { UsageError } from './cli/usage-error.ts'
import { ConfigError } from './config.ts'

const [name, ...args] = process.argv.slice(2)
const command = name === undefined ? undefined : commands[name]

if (!command) {
  const asked = name === undefined || name === 'help' || name === '--help'
  if (!asked) console.error(`There is no command "${name}".\n`)
  console[asked ? 'log' : 'error'](listCommands())
  process.exitCode = asked ? 0 : 2
} else {
  const { run, usage } = await command.load()
  try {
    process.exitCode = (await run(args)) ?? 0
  } catch (error) {
    if (error instanceof ConfigError) console.error(`A setting is wrong:\n${error.message}`)
    else if (error instanceof UsageError) console.error(`${error.message}\n\n${usage}`)
    else throw error
    process.exitCode = 2
  }
}
