import type { Static } from 'typebox'
import type { Writer } from '../../db/db.ts'
import { formatInstant } from '../../instant.ts'
import type { AuditedType, Mutation } from '../../words.ts'
import type { AuditEntrySchema } from './audit.schema.ts'
import { type AuditEntry, type AuditTexts, insertAuditRow } from './audit.store.ts'

export type Facts = Readonly<Record<string, unknown>>

export type Done = {
  subject: AuditedType
  id: string
  move: Mutation
  /** What it was; absent for what was made. */
  before?: Facts
  /** What it is now; absent for what is gone. */
  after?: Facts
  /** What the move said that is none of its facts. */
  said?: Facts
  reason?: string
}

/**
 * Writes into the audit trail who did what, in the transaction that does it. Of `before` and `after` only what differs
 * is kept.
 */
export async function recordMutation(tx: Writer, done: Done): Promise<void> {
  const [before, after] = differing(done.before, done.after)
  const { body: bodyBefore, ...was } = before ?? {}
  const { body: bodyAfter, ...is } = after ?? {}
  await insertAuditRow(tx, {
    subjectType: done.subject,
    subjectId: done.id,
    at: tx.at,
    by: tx.actor.by,
    keyId: tx.actor.by === 'key' ? tx.actor.keyId : null,
    move: done.move,
    before: before ? was : null,
    after: after ? is : null,
    bodyBefore: typeof bodyBefore === 'string' ? bodyBefore : null,
    bodyAfter: typeof bodyAfter === 'string' ? bodyAfter : null,
    said: done.said && Object.keys(done.said).length > 0 ? done.said : null,
    reason: done.reason ?? null,
  })
}

function differing(before: Facts | undefined, after: Facts | undefined): [Facts?, Facts?] {
  if (!before || !after)
    return [before, after].map(facts => facts && withoutAbsent(facts)) as [Facts?, Facts?]
  const was: Record<string, unknown> = {}
  const is: Record<string, unknown> = {}
  for (const name of Object.keys({ ...before, ...after })) {
    const [old, now] = [before[name], after[name]]
    if (isSame(old, now)) continue
    if (isThere(old)) was[name] = old
    if (isThere(now)) is[name] = now
  }
  return [was, is]
}

/** As JSON has them. */
const isSame = (one: unknown, other: unknown) =>
  one === other ||
  (typeof one === 'object' && typeof other === 'object' && JSON.stringify(one) === JSON.stringify(other))

/** An absent value is an absent key. */
const isThere = (value: unknown) => value !== undefined && value !== null

function withoutAbsent(facts: Facts): Facts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => isThere(value)))
}

/** An entry as editors get it; its texts only where the row has them. */
export function renderAuditEntry(entry: AuditEntry & Partial<AuditTexts>): Static<typeof AuditEntrySchema> {
  const withBody = (facts: Facts, body: string | null | undefined) =>
    body == null ? facts : { ...facts, body }
  return {
    subject: { type: entry.subjectType, id: entry.subjectId },
    number: entry.number,
    at: formatInstant(entry.at),
    by: entry.by,
    ...(entry.keyId === null
      ? {}
      : { key: { id: entry.keyId, ...(entry.keyName === null ? {} : { name: entry.keyName }) } }),
    move: entry.move,
    ...(entry.before === null ? {} : { before: withBody(entry.before, entry.bodyBefore) }),
    ...(entry.after === null ? {} : { after: withBody(entry.after, entry.bodyAfter) }),
    ...(entry.said === null ? {} : { said: entry.said }),
    ...(entry.reason === null ? {} : { reason: entry.reason }),
  }
}
