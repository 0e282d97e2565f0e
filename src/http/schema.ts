import { type Static, type TOptional, type TProperties, type TSchema, Type } from 'typebox'
import { longestDate, longestInstant } from '../instant.ts'
import { languagePattern, longestLanguage } from '../language.ts'

/** Gives a schema the name it has in the OpenAPI document. */
export function named<T extends TSchema>(name: string, schema: T): T & { $id: string } {
  return Object.assign(schema, { $id: name })
}

/** Refers to a named schema: one component, however often it is used. */
export function ref<T extends TSchema>(schema: T & { $id: string }, options: { description?: string } = {}) {
  return Type.Unsafe<Static<T>>({ $ref: `${schema.$id}#`, ...options })
}

/** An object that refuses unknown fields: nothing sent is dropped in silence. */
export function closed<P extends TProperties>(properties: P, options: Record<string, unknown> = {}) {
  return Type.Object(properties, { additionalProperties: false, ...options })
}

/** The same schema taking null too: in a merge patch null removes the field (RFC 7396). */
export function nullable<T extends TSchema>(schema: T) {
  const { type, enum: words, ...rest } = schema as unknown as { type: string; enum?: string[] }
  return Type.Unsafe<Static<T> | null>({
    ...rest,
    type: [type, 'null'],
    ...(words ? { enum: [...words, null] } : {}),
  })
}

/** Each of the properties, as one that may be absent. */
export function optional<P extends TProperties>(properties: P): { [K in keyof P]: TOptional<P[K]> } {
  const entries = Object.entries(properties).map(([name, schema]) => [name, Type.Optional(schema)])
  return Object.fromEntries(entries) as { [K in keyof P]: TOptional<P[K]> }
}

/** One of a closed list of words. */
export function words<const W extends readonly string[]>(list: W, options: Record<string, unknown> = {}) {
  return Type.Unsafe<W[number]>({ type: 'string', enum: [...list], ...options })
}

/** A query parameter that may be repeated: any of its values. */
export function anyOf<T extends TSchema>(item: T, options: Record<string, unknown> = {}) {
  return Type.Array(item, { maxItems: 20, style: 'form', explode: true, ...options })
}

/** A query parameter that is one comma-separated list. */
export function commaList<T extends TSchema>(item: T, options: Record<string, unknown> = {}) {
  return Type.Array(item, { maxItems: 100, style: 'form', explode: false, ...options })
}

export const uuidPattern = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
export const slugPattern = '^[a-z0-9]+(-[a-z0-9]+)*$'

export const Id = (options: Record<string, unknown> = {}) =>
  Type.String({ format: 'uuid', pattern: uuidPattern, maxLength: 36, ...options })

export const Slug = (options: Record<string, unknown> = {}) =>
  Type.String({ pattern: slugPattern, maxLength: 80, ...options })

export const Instant = (options: Record<string, unknown> = {}) =>
  Type.String({ format: 'date-time', maxLength: longestInstant, ...options })

export const Day = (options: Record<string, unknown> = {}) =>
  Type.String({ format: 'date', maxLength: longestDate, ...options })

/** A BCP 47 language tag: a language, with script, region and variants as needed. */
export const Language = (options: Record<string, unknown> = {}) =>
  Type.String({ pattern: languagePattern, maxLength: longestLanguage, ...options })

/** One line or paragraph of text, as printed; at least one character that is not white space. */
export const Text = (maxLength: number, options: Record<string, unknown> = {}) =>
  Type.String({ minLength: 1, maxLength, pattern: '\\S', ...options })

export const Limit = (options: Record<string, unknown> = {}) =>
  Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 20,
    description: 'How many items a page has.',
    ...options,
  })

export const Cursor = () =>
  Type.String({
    maxLength: 2000,
    description: 'Where to go on: taken from `page.next` of the page before, with the same filters.',
  })

export const ProblemSchema = named(
  'Problem',
  Type.Object(
    {
      type: Type.String({ description: 'A page that explains the problem.' }),
      title: Type.String(),
      status: Type.Integer(),
      code: Type.String({ description: 'The problem in one stable word.' }),
      detail: Type.String({ description: 'What was wrong with this request.' }),
      instance: Type.String({ description: 'The path that was asked for.' }),
      requestId: Type.Optional(
        Type.String({
          description:
            'The id of the request, as in the X-Request-Id header and in the log. Absent where a shared cache may keep the ' +
            'problem (a public 404 or 410): the cache would give the id to other callers.',
        }),
      ),
      errors: Type.Optional(
        Type.Array(
          Type.Object({
            in: words(['body', 'query', 'path', 'header']),
            pointer: Type.String({ description: 'A JSON pointer to the field (RFC 6901).' }),
            code: Type.String(),
            detail: Type.String(),
          }),
        ),
      ),
    },
    { description: 'An error, as RFC 9457 has it.', additionalProperties: true },
  ),
)

export const PageSchema = named(
  'Page',
  closed(
    {
      limit: Type.Integer(),
      hasMore: Type.Boolean(),
      next: Type.Optional(Type.String({ description: 'The path of the next page; absent on the last.' })),
    },
    { description: 'Where a list stands. Follow `next` as it is.' },
  ),
)

/** The schema of a list: data, page, meta. */
export function listOf<T extends TSchema, M extends TSchema>(
  name: string,
  item: T & { $id: string },
  meta: M,
  options: Record<string, unknown> = {},
) {
  return named(name, closed({ data: Type.Array(ref(item)), page: ref(PageSchema), meta }, options))
}

export const NoMeta = closed({}, { description: 'Facts about the whole list; empty here.' })

export const CountMeta = closed(
  {
    total: Type.Optional(
      Type.Integer({ description: 'How many there are in all; only with `count=exact`.' }),
    ),
  },
  { description: 'Facts about the whole list.' },
)

/** The header without which a change is refused with 428. */
export const IfMatch = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      description: "The ETag that was read, so that nobody's change is lost. Required.",
      examples: ['"1"'],
    }),
  ),
})

const idempotencyKey = Type.Optional(
  Type.String({
    description:
      'Any text of your own, new for each request. Sent again within 24 hours it gets the answer of the first.',
    examples: ['7d0f6f64-3c1f-4b0e-9b5e-2f1c3f0a9d10'],
  }),
)
/** The header under which a POST is done once, however often it is sent. */
export const IdempotencyKey = Type.Object({ 'idempotency-key': idempotencyKey })
export const IfMatchOnPost = Type.Object({ ...IfMatch.properties, 'idempotency-key': idempotencyKey })

/** The security of keyed operations: either scheme. */
export const keyed = [{ bearer: [] }, { apiKey: [] }]
