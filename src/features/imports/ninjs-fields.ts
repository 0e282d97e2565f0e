import { instantRange, isInRange } from '../../instant.ts'
import { isLanguage } from '../../language.ts'

/** Why a wire item cannot be used; `rule` names the property at fault, as the item spells it. */
export class ItemError extends Error {
  readonly rule: string

  constructor(rule: string) {
    super(rule)
    this.name = 'ItemError'
    this.rule = rule
  }
}

/** One value of an item and where it stood, such as `associations.mainpic.byline`. */
export type Field = { path: string; value: unknown }

/**
 * An object of the item by lower-cased property name: 2.x and 3.x differ in nothing but case. `doubles` are properties
 * whose name was there before in another case.
 */
export type Fields = { path: string; byName: ReadonlyMap<string, Field>; doubles: readonly Field[] }

function shown(value: unknown): string {
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object'
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}...` : text
}

function wrong(field: Field, rule: string): ItemError {
  return new ItemError(`${field.path || 'the item'} ${rule}: ${shown(field.value)}`)
}

/** The properties of an object; throws ItemError when it is something else. A null property is an absent one. */
export function fieldsOf(field: Field): Fields {
  const { path, value } = field
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(field, 'is not an object')
  const byName = new Map<string, Field>()
  const doubles: Field[] = []
  for (const [name, inner] of Object.entries(value)) {
    const key = name.toLowerCase()
    if (inner === null) continue
    const field = { path: path ? `${path}.${name}` : name, value: inner }
    if (byName.has(key)) doubles.push(field)
    else byName.set(key, field)
  }
  return { path, byName, doubles }
}

/** Every property of that name, in any case. */
export function everyOf({ path, byName, doubles }: Fields, name: string): Field[] {
  const start = path ? path.length + 1 : 0
  const first = byName.get(name)
  const others = doubles.filter(field => field.path.slice(start).toLowerCase() === name)
  return first ? [first, ...others] : others
}

function checkedText(field: Field): string {
  if (typeof field.value !== 'string') throw wrong(field, 'is not a string')
  // PostgreSQL stores no NUL, and a lone surrogate has no UTF-8 form: neither would come back as it came.
  if (field.value.includes('\0')) throw new ItemError(`${field.path} contains a NUL`)
  if (!field.value.isWellFormed()) throw new ItemError(`${field.path} contains a lone surrogate`)
  return field.value
}

/** The first of these properties that is there and not blank, verbatim; throws ItemError when it is no string. */
export function textOf(fields: Fields, ...names: string[]): string | undefined {
  for (const name of names) {
    const field = fields.byName.get(name)
    if (!field) continue
    const text = checkedText(field)
    if (text.trim() !== '') return text
  }
  return undefined
}

/** As textOf, for identifiers: senders give versions and codes as numbers too. */
export function idOf(fields: Fields, ...names: string[]): string | undefined {
  for (const name of names) {
    const field = fields.byName.get(name)
    if (!field) continue
    if (typeof field.value === 'number' && Number.isSafeInteger(field.value)) return String(field.value)
    const text = checkedText(field).trim()
    if (text !== '') return text
  }
  return undefined
}

/** A whole number, given as a number or as digits; throws ItemError outside `min` to `max`. */
export function wholeOf(fields: Fields, name: string, min: number, max: number): number | undefined {
  const field = fields.byName.get(name)
  if (!field || field.value === '') return undefined
  const { value } = field
  const number = typeof value === 'string' && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < min || number > max) {
    throw wrong(
      field,
      `is not a whole number from ${min}${max < Number.MAX_SAFE_INTEGER ? ` to ${max}` : ' up'}`,
    )
  }
  return number
}

const time =
  /^(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?(?:([Zz])|([+-](?:[01]\d|2[0-3])):?([0-5]\d))$/

function parseTime(text: string): number | undefined {
  const [, date, hour, minute, second, fraction = '', zulu, offsetHour, offsetMinute] = time.exec(text) ?? []
  if (!date) return undefined
  const midnight = Date.parse(`${date}T00:00:00Z`)
  // Some engines roll 30 February into March; a date that reads back as another is not a date.
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(date)) return undefined
  // A leap second is the first moment of the next minute on a clock that knows none.
  const seconds = (Number(hour) * 60 + Number(minute)) * 60 + Number(second)
  const offset = zulu ? 0 : Math.abs(Number(offsetHour)) * 60 + Number(offsetMinute)
  const east = offsetHour?.startsWith('-') ? -offset : offset
  return midnight + seconds * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0')) - east * 60_000
}

/** A moment in epoch ms from RFC 3339 (Superdesk's `+0000` too); throws ItemError for one without its offset. */
export function timeOf(fields: Fields, ...names: string[]): number | undefined {
  return findTime(fields, names)?.moment
}

/** The same for a time that is kept and shown; throws for one that could not be given again. */
export function storableTimeOf(fields: Fields, ...names: string[]): number | undefined {
  const found = findTime(fields, names)
  if (found && !isInRange(found.moment)) throw wrong(found.field, `is not ${instantRange}`)
  return found?.moment
}

/** The time in the first of these properties that has one. */
function findTime(fields: Fields, names: readonly string[]): { field: Field; moment: number } | undefined {
  for (const name of names) {
    const field = fields.byName.get(name)
    if (!field || field.value === '') continue
    const moment = typeof field.value === 'string' ? parseTime(field.value.trim()) : undefined
    if (moment === undefined) throw wrong(field, 'is not an RFC 3339 time')
    return { field, moment }
  }
  return undefined
}

/** A BCP 47 tag in its canonical case; throws ItemError for anything else, and for one that nobody could ask for. */
export function languageOf(fields: Fields): string | undefined {
  const text = textOf(fields, 'language')
  if (text === undefined) return undefined
  const language = canonical(text.trim().replaceAll('_', '-'))
  if (language !== undefined && isLanguage(language)) return language
  throw new ItemError(`${fields.byName.get('language')?.path} is not a BCP 47 tag: ${shown(text)}`)
}

function canonical(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch {
    return undefined
  }
}

/** The longest name of a thing, in bytes: with what is put before it, it has to fit into an index of PostgreSQL. */
const longestUri = 1500

/** A uri that things are known by. Throws ItemError for one too long. */
export function shortEnough(uri: string, path: string): string {
  if (Buffer.byteLength(uri) > longestUri) throw new ItemError(`${path} is longer than ${longestUri} bytes`)
  return uri
}

/** The entries of the first of these properties that is there; one object stands for a list of one. */
export function listOf(fields: Fields, ...names: string[]): Field[] {
  for (const name of names) {
    const field = fields.byName.get(name)
    if (!field) continue
    if (!Array.isArray(field.value)) {
      if (typeof field.value !== 'object') throw wrong(field, 'is not a list')
      return [field]
    }
    return field.value.flatMap((value: unknown, at) =>
      value === null ? [] : [{ path: `${field.path}[${at}]`, value }],
    )
  }
  return []
}

/** The entries of a list (2.x, 3.x: the name is inside) or of an object keyed by name (1.x). */
export function namedListOf(fields: Fields, name: string): { key?: string; fields: Fields }[] {
  const field = fields.byName.get(name)
  if (!field) return []
  if (Array.isArray(field.value)) return listOf(fields, name).map(entry => ({ fields: fieldsOf(entry) }))
  const keyed = field.value
  if (typeof keyed !== 'object' || keyed === null) throw wrong(field, 'is neither a list nor an object')
  return Object.entries(keyed).flatMap(([key, value]) =>
    value === null ? [] : [{ key, fields: fieldsOf({ path: `${field.path}.${key}`, value }) }],
  )
}

/** A concept given as an object, or by its bare name. */
export function conceptOf(entry: Field): Fields {
  if (typeof entry.value !== 'string') return fieldsOf(entry)
  return { path: entry.path, byName: new Map([['name', entry]]), doubles: [] }
}
