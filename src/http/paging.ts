import { hash } from 'node:crypto'
import { DomainError } from '../errors.ts'

/** The place of a row in its list: the values its list is ordered by, the last of them unique. */
export type Place = readonly (string | number)[]

/** An opaque cursor for the place, good only with the filters that `form` is the normal form of. */
export function writeCursor(form: string, place: Place): string {
  return cursorOf(fingerprint(form), place)
}

function cursorOf(print: string, place: Place): string {
  return Buffer.from(JSON.stringify([print, ...place])).toString('base64url')
}

/** The type of a value in a cursor; a question mark: cursors of an earlier release lack it. */
type ValueType = 'string' | 'number' | 'number?'
type PlaceOf<S extends readonly ValueType[]> = {
  [K in keyof S]: S[K] extends 'string' ? string : S[K] extends 'number' ? number : number | undefined
}

/** The place a cursor names. `shape` is the type of each of its values. Throws 400 for any cursor not of this list. */
export function readCursor<S extends readonly ValueType[]>(
  form: string,
  cursor: string,
  shape: S,
): PlaceOf<S> {
  const [print, ...place] = decode(cursor)
  const fits =
    place.length <= shape.length &&
    shape.every((type, i) => {
      const value = place[i]
      if (i >= place.length) return type === 'number?'
      return type === 'string' ? typeof value === 'string' : Number.isSafeInteger(value)
    })
  if (typeof print !== 'string' || place.some(value => typeof value === 'string' && value.includes('\0')))
    throw invalid()
  if (print !== fingerprint(form)) throw cursorMismatch()
  if (!fits) throw invalid()
  return place as unknown as PlaceOf<S>
}

/** 400: the cursor is of another list. */
export function cursorMismatch(): DomainError {
  return new DomainError(
    'cursor-mismatch',
    'The cursor was given for other filters, or another sort or list.',
    {
      errors: [
        { in: 'query', pointer: '/cursor', code: 'cursor-mismatch', detail: 'belongs to other filters' },
      ],
    },
  )
}

function decode(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(value)) return value
  } catch {
    // Said below: it is not one of ours.
  }
  throw invalid()
}

function invalid(): DomainError {
  return new DomainError('cursor-invalid', 'The cursor cannot be read.', {
    errors: [
      { in: 'query', pointer: '/cursor', code: 'cursor-invalid', detail: 'is not a cursor of this service' },
    ],
  })
}

function fingerprint(form: string): string {
  return hash('sha256', form, 'base64url').slice(0, 8)
}

/** The parts of a query that a cursor is bound to: all but where the page starts and what it shows of each item. */
export function filtersOf(query: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const {
    cursor: _cursor,
    limit: _limit,
    fields: _fields,
    include: _include,
    count: _count,
    bodyFormat: _format,
    ...filters
  } = query
  return filters
}

/** The normal form of a query: names in order, the values of a repeated parameter in order, no undefined. */
export function normalForm(path: string, query: Readonly<Record<string, unknown>>): string {
  return `${path}?${JSON.stringify(inOrder(query))}`
}

function inOrder(query: Readonly<Record<string, unknown>>): [name: string, value: unknown][] {
  return Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): [string, unknown] => [
      name,
      Array.isArray(value) ? [...new Set(value)].sort() : value,
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

/** The path of a page but for its cursor: the same for all that have one normal form. Comma lists stay comma lists. */
function pathOfPage(
  path: string,
  query: Readonly<Record<string, unknown>>,
  commaNames: readonly string[],
): string {
  const params = new URLSearchParams()
  for (const [name, value] of inOrder(query)) {
    if (name === 'cursor') continue
    if (!Array.isArray(value)) params.append(name, String(value))
    else if (commaNames.includes(name)) params.append(name, value.join(','))
    else for (const item of value) params.append(name, String(item))
  }
  return `${path}?${params}`
}

export type Page = { limit: number; hasMore: boolean; next?: string }
type ListQuery = Readonly<Record<string, unknown>> & { limit: number; cursor?: string }

/** A keyset list's request: where its page starts, and how its answer says where the next one does. */
export function openPage<const S extends readonly ValueType[]>(
  path: string,
  query: ListQuery,
  shape: S,
  commaNames: readonly string[] = [],
  /** What the cursor is bound to beside the filters, where the path may change under it. */
  list = path,
) {
  const form = normalForm(list, filtersOf(query))
  const after = query.cursor === undefined ? undefined : readCursor(form, query.cursor, shape)
  /** What every next page of this request has in common, made when there is one. */
  let next: { print: string; path: string } | undefined
  return {
    /** The place the page starts after; undefined for the first. */
    after,
    /** Takes one row more than the limit, and cuts it. */
    close<Row>(found: readonly Row[], placeOf: (row: Row) => Place): { rows: readonly Row[]; page: Page } {
      const { limit } = query
      const rows = found.slice(0, limit)
      const last = rows.at(-1)
      if (found.length <= limit || last === undefined) return { rows, page: { limit, hasMore: false } }
      next ??= { print: fingerprint(form), path: pathOfPage(path, query, commaNames) }
      const cursor = cursorOf(next.print, placeOf(last))
      return { rows, page: { limit, hasMore: true, next: `${next.path}&cursor=${cursor}` } }
    },
  }
}
