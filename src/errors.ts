/** One row a problem code: its status, its title, and what the caller can do. RFC 9457 `type` is `/problems/{code}`. */
const table = {
  'validation-failed': [
    400,
    'The request does not fit its schema',
    'Each entry of `errors` names a field and the rule it breaks. Mend those and send it again.',
  ],
  'malformed-request': [
    400,
    'The request could not be read',
    'Check the JSON, the percent-encoding and the Content-Type of what you sent.',
  ],
  'active-content': [
    400,
    'The body contains active content',
    'Take out the element, attribute or link named in `errors`; nothing was stored.',
  ],
  'picture-invalid': [
    400,
    'The file is not a picture this service can read',
    'Send a whole JPEG, PNG, WebP, AVIF or GIF within the documented size in pixels.',
  ],
  'cursor-invalid': [
    400,
    'The cursor is not one this service gave',
    'Take cursors from `page.next` as they are, or start from the first page.',
  ],
  'cursor-mismatch': [
    400,
    'The cursor belongs to another list',
    'A cursor goes on only with the filters and sort it came from. Start that list from its first page.',
  ],
  'keys-differ': [
    400,
    'Two different keys were presented',
    'Send one key: `Authorization: Bearer` or `X-API-Key`.',
  ],
  'key-required': [
    401,
    'This route needs a key',
    'Send a key in `Authorization: Bearer` or `X-API-Key`. An administrator makes one with `keys create`.',
  ],
  'key-invalid': [
    401,
    'The key is unknown, expired or revoked',
    'Ask an administrator for a new key, or leave the key out to read what is public.',
  ],
  'scope-missing': [403, 'The key lacks a scope', 'Use a key with the scope named in `detail`.'],
  'not-found': [
    404,
    'There is nothing here',
    'Check the address. What is not yet public, or is held, answers so too.',
  ],
  'method-not-allowed': [
    405,
    'This address does not take that method',
    'The `Allow` header lists the methods it takes.',
  ],
  'not-acceptable': [406, 'None of the accepted forms can be given', 'Accept `application/json`.'],
  'move-impossible': [
    409,
    'The article cannot make this move now',
    '`possible` lists the moves it can make.',
  ],
  'not-ready': [
    409,
    'The working copy is not complete enough to publish',
    'Fill in the fields named in `errors` and publish again.',
  ],
  'slug-taken': [409, 'The slug is taken', 'Slugs are never reused. Choose another.'],
  'tag-exists': [409, 'A tag of that slug exists', 'Choose another slug, or use the tag that is there.'],
  'in-use': [409, 'It is in use', '`users` names what uses it. Take it out of those first.'],
  'was-published': [
    409,
    'What was published cannot be deleted',
    'Withdraw it instead: readers then get a tombstone.',
  ],
  'idempotency-in-flight': [
    409,
    'The first request with this Idempotency-Key is at work',
    'Send the same again in a moment: you get the answer of the first.',
  ],
  'translation-exists': [
    409,
    'The story has an article in that language',
    'Withdraw or move the other one, or use a story of its own.',
  ],
  withdrawn: [410, 'The article was withdrawn', '`tombstone` has the public notice. Take down your copies.'],
  'cursor-expired': [
    410,
    'The cursor is of an earlier life of this log',
    'Start again from the beginning of the log, then compare what you hold.',
  ],
  'request-timeout': [
    408,
    'The request did not arrive in time',
    'Send it again, whole; a proxy or a slow network may have held it.',
  ],
  'revision-stale': [
    412,
    'Someone else changed it meanwhile',
    'Read it again, look at what changed, and send your change with the new ETag.',
  ],
  'too-large': [413, 'The request is too large', 'Send less: the limit is in `detail`.'],
  'unsupported-media-type': [415, 'That content type is not taken here', 'Send the type named in `detail`.'],
  'range-not-satisfiable': [416, 'The range lies outside the file', '`Content-Range` tells the length.'],
  'expectation-failed': [
    417,
    'The expectation in Expect is not known',
    'Send `Expect: 100-continue`, or leave the header out.',
  ],
  'idempotency-key-reused': [
    422,
    'The Idempotency-Key was used for another request',
    'Send a new key with a new request; the same key only to repeat the same one.',
  ],
  'revision-required': [
    428,
    'If-Match is missing',
    "Send the ETag you read in `If-Match`, so that nobody's change is lost.",
  ],
  'headers-too-large': [
    431,
    'The address or the headers are too long',
    'Together they may have 16 KB: ask for fewer things at once, or send fewer cookies.',
  ],
  'rate-limited': [429, 'Too many requests', 'Wait as many seconds as `Retry-After` says.'],
  internal: [500, 'Something failed inside', 'Tell the operator the `requestId`; the log has the rest.'],
  busy: [503, 'The service is busy', 'Try again after the seconds in `Retry-After`.'],
  'storage-full': [
    503,
    'The disk is full',
    'Nothing was written; reading goes on. Tell the operator, and send it again once there is room.',
  ],
  'query-too-costly': [
    503,
    'The query costs too much',
    'Narrow it: fewer filters together, a shorter time span, or no exact count.',
  ],
} as const satisfies Record<string, readonly [number, string, string]>

export type ProblemCode = keyof typeof table

/** One field at fault: where it stood, its JSON pointer there, the rule's code, and the rule in words. */
export type FieldError = {
  in: 'body' | 'query' | 'path' | 'header'
  pointer: string
  code: string
  detail: string
}

/** What a problem may carry beyond words: field errors, members of its own, and response headers. */
export type ProblemParts = {
  errors?: readonly FieldError[]
  extra?: Readonly<Record<string, unknown>>
  headers?: Readonly<Record<string, string>>
  /** Cache tags of what is said. */
  tags?: readonly string[]
}

/** The store cannot be used as it is; the message says why, and what to do. It ends a start. */
export class StoreError extends Error {}

/** A refusal that a rule of the domain makes; the one error handler turns it into problem+json. */
export class DomainError extends Error {
  readonly code: ProblemCode
  readonly parts: ProblemParts

  constructor(code: ProblemCode, detail: string, parts: ProblemParts = {}) {
    super(detail)
    this.name = 'DomainError'
    this.code = code
    this.parts = parts
  }
}

/** 503: a write found no room on the disk; `detail` names the disk. */
export function storageFull(detail: string): DomainError {
  return new DomainError('storage-full', detail, {
    headers: { 'retry-after': '30' },
  })
}

/** Whether an error tells of the service and not of the request: the store is busy, full, or does not answer. */
export function isOutage(error: unknown): boolean {
  return error instanceof DomainError && problemOf(error.code).status >= 500
}

/**
 * An error as the log may have it. A store's library wraps what is thrown beneath it, and its own words hold the
 * statement and what was in it; so do the details of a database's error.
 */
export function loggable(error: unknown): Record<string, unknown> {
  const isWrapped = error instanceof Error && error.cause instanceof Error && !(error instanceof DomainError)
  const inner = (isWrapped ? error.cause : error) as Error & { code?: unknown }
  if (!(inner instanceof Error)) return { message: String(error) }
  const { name, message, code, stack } = inner
  return { type: name, message, ...(code === undefined ? {} : { code }), stack }
}

/** Shorthand for a refusal of one field with 400 `validation-failed`. */
export function fieldError(field: FieldError): DomainError {
  return new DomainError('validation-failed', `${field.pointer} ${field.detail}`, { errors: [field] })
}

/** Every code with its HTTP status, title and advice, in the order of the table. */
export const problems = Object.entries(table).map(([code, [status, title, advice]]) => ({
  code: code as ProblemCode,
  status,
  title,
  advice,
}))

/** The row of one code. */
export function problemOf(code: ProblemCode): { status: number; title: string; advice: string } {
  const [status, title, advice] = table[code]
  return { status, title, advice }
}
