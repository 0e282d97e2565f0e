import { createHash, randomBytes, randomUUIDv7, timingSafeEqual } from 'node:crypto'
import type { Actor, Db, DeskReader } from '../../db/db.ts'
import { DomainError, fieldError } from '../../errors.ts'
import { formatInstant } from '../../instant.ts'
import type { Scope } from '../../words.ts'
import { recordMutation } from '../audit/audit.ts'
import {
  findKeyById,
  findKeyByPrefix,
  insertKey,
  type KeyRow,
  listKeyRows,
  updateKeyRevoked,
} from './keys.store.ts'

export type KeyInput = { name: string; scopes: readonly Scope[]; expiresAt?: number }

const tokenForm = /^dl_([a-z2-7]{10})_([A-Za-z0-9_-]{32})$/
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * Makes a key: 192 random bits behind a public prefix of 50. The token is returned here and never again.
 * `expiresAt` is an instant still ahead, else 400.
 */
export async function createKey(
  db: Db,
  actor: Actor,
  input: KeyInput,
): Promise<{ row: KeyRow; token: string }> {
  const prefix = Array.from(randomBytes(10), byte => alphabet[byte % 32]).join('')
  const token = `dl_${prefix}_${randomBytes(24).toString('base64url')}`
  return db.write(actor, async tx => {
    if (input.expiresAt !== undefined && input.expiresAt <= tx.at) {
      throw fieldError({ in: 'body', pointer: '/expiresAt', code: 'past', detail: 'must be ahead of now' })
    }
    const row: KeyRow = {
      id: randomUUIDv7(),
      prefix,
      hash: hashOf(token),
      name: input.name,
      scopes: [...input.scopes],
      createdAt: tx.at,
      expiresAt: input.expiresAt ?? null,
      revokedAt: null,
    }
    await insertKey(tx, row)
    await recordMutation(tx, { subject: 'key', id: row.id, move: 'create', after: factsOf(row) })
    return { row, token }
  })
}

/** The key a token is, if it is one that was made, has not expired and was not revoked. */
export async function findKey(reader: DeskReader, token: string, now: number): Promise<KeyRow | undefined> {
  const prefix = tokenForm.exec(token)?.[1]
  const row = prefix === undefined ? undefined : await findKeyByPrefix(reader, prefix)
  // An unknown prefix is compared too, so that the time taken tells nothing.
  const same = timingSafeEqual(Buffer.from(hashOf(token)), Buffer.from(row?.hash ?? hashOf('')))
  if (!row || !same || row.revokedAt !== null) return undefined
  return row.expiresAt !== null && row.expiresAt <= now ? undefined : row
}

/** A page of keys, newest first. */
export async function listKeys(reader: DeskReader, limit: number, beforeId?: string): Promise<KeyRow[]> {
  return listKeyRows(reader, limit, beforeId)
}

/** Revokes a key from the next request on. Throws 404 for an id or prefix that no key has. */
export async function revokeKey(db: Db, actor: Actor, idOrPrefix: string): Promise<KeyRow> {
  return db.write(actor, async tx => {
    const row = (await findKeyById(tx, idOrPrefix)) ?? (await findKeyByPrefix(tx, idOrPrefix))
    if (!row) throw new DomainError('not-found', 'No key has this id.')
    if (row.revokedAt !== null) return row
    await updateKeyRevoked(tx, row.id, tx.at)
    const revoked = { ...row, revokedAt: tx.at }
    await recordMutation(tx, {
      subject: 'key',
      id: row.id,
      move: 'revoke',
      before: factsOf(row),
      after: factsOf(revoked),
    })
    return revoked
  })
}

/** What the audit trail keeps of a key: nothing that could be used as one. */
function factsOf({ name, prefix, scopes, expiresAt, revokedAt }: KeyRow): Record<string, unknown> {
  const instant = (at: number | null) => (at === null ? undefined : formatInstant(at))
  return { name, prefix, scopes, expiresAt: instant(expiresAt), revokedAt: instant(revokedAt) }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
