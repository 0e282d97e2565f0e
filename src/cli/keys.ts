import { parseArgs } from 'node:util'
import { DomainError } from '../errors.ts'
import type { KeyRow } from '../features/keys/keys.store.ts'
import { createKey, listKeys, revokeKey } from '../features/keys/keys.ts'
import { formatInstant, parseInstant } from '../instant.ts'
import { type Scope, scopes } from '../words.ts'
import { loadConfig, type Newsroom, openNewsroom } from './newsroom.ts'
import { UsageError } from './usage-error.ts'

/** Names for the sets of scopes that go together. */
const bundles: Record<string, readonly Scope[]> = {
  newsroom: scopes.filter(scope => scope !== 'keys:admin'),
  all: scopes,
}

export const keysUsage = `Usage: npm run dateline -- keys create --name NAME --scopes SCOPE,SCOPE [--expires TIME]
       npm run dateline -- keys list
       npm run dateline -- keys revoke ID-OR-PREFIX

Scopes: ${scopes.join(', ')};
newsroom for all but keys:admin, all for all.
The key is shown once. Piped, "create" prints the key alone.`

/** `keys`: what an administrator does on the machine itself. */
export async function keys(args: string[]): Promise<number> {
  const [action, ...rest] = args
  const actions: Record<string, (newsroom: Newsroom, args: string[]) => Promise<number>> = {
    create,
    list,
    revoke,
  }
  const run = action !== undefined && Object.hasOwn(actions, action) ? actions[action] : undefined
  if (!run) throw new UsageError(action === undefined ? 'Say what to do.' : `"keys ${action}" is not known.`)
  const newsroom = await openNewsroom(loadConfig())
  try {
    return await run(newsroom, rest)
  } catch (error) {
    throw error instanceof DomainError ? new UsageError(error.message) : error
  } finally {
    await newsroom.close()
  }
}

async function create({ db }: Newsroom, args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { name: { type: 'string' }, scopes: { type: 'string' }, expires: { type: 'string' } },
  })
  if (!values.name?.trim() || !values.scopes) throw new UsageError('--name and --scopes are needed.')
  if (values.name.length > 100) throw new UsageError('--name may have 100 characters.')
  const expiresAt = values.expires === undefined ? undefined : parseInstant(values.expires)
  if (typeof expiresAt === 'object') throw new UsageError(`--expires ${expiresAt.rule}`)
  const { row, token } = await createKey(
    db,
    { by: 'command' },
    {
      name: values.name,
      scopes: readScopes(values.scopes),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    },
  )
  if (!process.stdout.isTTY) console.log(token)
  else {
    console.log(`Key of ${row.name}, shown this once:\n\n  ${token}\n`)
    console.log(
      `It may: ${row.scopes.join(', ')}\nRevoke it with: npm run dateline -- keys revoke ${row.prefix}`,
    )
  }
  return 0
}

async function list({ db }: Newsroom, args: string[]): Promise<number> {
  parseArgs({ args, options: {} })
  let beforeId: string | undefined
  for (;;) {
    const rows = await listKeys(db.desk, 100, beforeId)
    for (const row of rows) console.log(process.stdout.isTTY ? lineOf(row) : JSON.stringify(plain(row)))
    beforeId = rows.at(-1)?.id
    if (rows.length < 100) return 0
  }
}

async function revoke({ db }: Newsroom, args: string[]): Promise<number> {
  const { positionals } = parseArgs({ args, options: {}, allowPositionals: true })
  const [idOrPrefix, ...more] = positionals
  if (idOrPrefix === undefined || more.length > 0) throw new UsageError('Name one key, by its id or prefix.')
  const row = await revokeKey(db, { by: 'command' }, idOrPrefix)
  console.log(process.stdout.isTTY ? `Revoked the key of ${row.name} (${row.prefix}).` : row.id)
  return 0
}

function readScopes(text: string): Scope[] {
  const found = text.split(',').flatMap(word => {
    const name = word.trim()
    const known = bundles[name] ?? scopes.filter(scope => scope === name)
    if (known.length === 0) throw new UsageError(`"${name}" is not a scope.`)
    return known
  })
  return [...new Set(found)]
}

function plain(row: KeyRow): Record<string, unknown> {
  return {
    id: row.id,
    prefix: row.prefix,
    name: row.name,
    scopes: row.scopes,
    createdAt: formatInstant(row.createdAt),
    ...(row.expiresAt === null ? {} : { expiresAt: formatInstant(row.expiresAt) }),
    ...(row.revokedAt === null ? {} : { revokedAt: formatInstant(row.revokedAt) }),
  }
}

function lineOf(row: KeyRow): string {
  const expired = row.expiresAt !== null && row.expiresAt <= Date.now()
  const state = row.revokedAt !== null ? 'revoked' : expired ? 'expired' : 'valid'
  return `${row.prefix}  ${state.padEnd(8)}${row.name.padEnd(24)} ${row.scopes.join(', ')}`
}
