import { DomainError, storageFull } from '../errors.ts'

/** 503: the server does not answer, or not yet. */
export class Unavailable extends DomainError {
  constructor(detail = 'The database does not answer.', cause?: unknown) {
    super('busy', detail, { headers: { 'retry-after': '5' } })
    this.cause = cause
  }
}

/**
 * Classes of SQLSTATE that tell of the server and not of the statement (PostgreSQL, appendix A): connection,
 * resources, shutting down or starting up, a conflict with recovery, and a table that a replica has not got yet.
 */
const ofTheServer = /^(08...|28...|3D000|53...|57P0.|58...|25006|25P03|XX...)$/
const diskFull = '53100'
const ofTheNetwork = /^(ECONN|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|ENOENT)/

/** What a driver's error is to a caller: Unavailable, or itself. */
export function refusalOf(error: unknown): unknown {
  // What Drizzle wraps has the statement in its words, and so whatever somebody wrote.
  if (!(error instanceof Error) || 'params' in error) return error
  const { code, message } = error as { code?: string; message: string }
  if (code === diskFull) return storageFull('The disk of the database is full.')
  if (code !== undefined)
    return ofTheServer.test(code) || ofTheNetwork.test(code) ? new Unavailable(undefined, error) : error
  // All connections are in use: that is no fault of the server's.
  if (message === 'timeout exceeded when trying to connect')
    return new DomainError('busy', 'Too many requests wait for the database.', {
      headers: { 'retry-after': '1' },
    })
  return /terminated|timeout|Connection ended|not queryable|SSL/i.test(message)
    ? new Unavailable(undefined, error)
    : error
}

/** A refusal that stands behind a wrapping error: Drizzle wraps what a driver throws. */
export function unwrap(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof DomainError ? error.cause : error
}

/** SQLSTATE of an error, or of the one it wraps. */
function stateOf(error: unknown): string | undefined {
  const { code, cause } = error as { code?: string; cause?: { code?: string } }
  return cause?.code ?? code
}

/**
 * Whether a transaction lost against another one, and may win when it is run again: a row that the other made first
 * (23505) or still refers to (23503), a serialisation failure, a deadlock.
 */
export function isConflict(error: unknown): boolean {
  return ['23505', '23503', '40001', '40P01'].includes(stateOf(error) ?? '')
}

/** Whether a conflict that does not go away is our own mistake, and not that of many at once. */
export function isBug(error: unknown): boolean {
  return (stateOf(error) ?? '').startsWith('23')
}
