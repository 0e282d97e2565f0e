import { readFile } from 'node:fs/promises'
import t from 'tap'
import { commands } from '../src/cli/commands.ts'
import { readConfig, settings } from '../src/config.ts'
import { scopes } from '../src/words.ts'

const read = (name: string) => readFile(new URL(`../${name}`, import.meta.url), 'utf8')
const readme = await read('README.md')

t.test('the README has every setting as the program has it', async t => {
  for (const [name, row] of Object.entries(settings)) {
    const standard = 'default' in row && row.default ? `\`${row.default}\`` : ''
    t.ok(readme.includes(`| \`${name}\` | ${standard} | ${row.meaning} |`), name)
  }
  const example = await read('.env.example')
  for (const name of Object.keys(settings)) t.match(example, new RegExp(`^# ${name}=`, 'm'))
})

t.test('the README has every scope and command', async t => {
  for (const scope of scopes) t.ok(readme.includes(`\`${scope}\``), scope)
  for (const command of Object.keys(commands)) t.ok(readme.includes(`| \`${command}`), command)
})

t.test('a wrong setting is refused by its name', async t => {
  const wrong = {
    PORT: '70000',
    TIME_ZONE: 'Mars/Base',
    RATE_LIMIT: 'many',
    PUBLIC_URL: 'ftp://x',
    LOG_LEVEL: 'loud',
    ARTICLE_URL: 'x',
    CACHE_SECONDS: '1',
    DATABASE_URL: 'mysql://x',
    DATABASE_REPLICA_URLS: 'postgres://x',
    TRUST_PROXY: '1',
  }
  for (const [name, value] of Object.entries(wrong)) {
    t.throws(() => readConfig({ [name]: value }), { message: new RegExp(`^${name}=`) }, name)
  }
  const secret = { DATABASE_URL: 'mysql://user:secret@x' }
  t.throws(() => readConfig(secret), { message: /^DATABASE_URL=(?!.*secret)/ }, 'without its password')
  t.throws(() => readConfig(wrong), { message: /PORT=[\s\S]*TIME_ZONE=/ }, 'each of them')
})

t.test('ARCHITECTURE.md stays short', async t => {
  t.ok((await read('ARCHITECTURE.md')).split('\n').length <= 150)
})
