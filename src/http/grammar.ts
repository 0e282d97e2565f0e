import type { FastifyInstance } from 'fastify'
import { DomainError, type FieldError, fieldError } from '../errors.ts'
import { parseInstant } from '../instant.ts'
import { addCheck } from './check.ts'

const malformed = Symbol('malformed query')
type Query = Record<string, unknown> & { [malformed]?: string }

/**
 * Parses a query string strictly: a broken percent-encoding is remembered and refused, never passed on as it stands.
 * A repeated key becomes an array.
 */
export function parseQuery(text: string): Query {
  const query: Query = Object.create(null)
  if (text === '') return query
  for (const part of text.split('&')) {
    if (part === '') continue
    const cut = part.indexOf('=')
    try {
      const name = decodeURIComponent((cut < 0 ? part : part.slice(0, cut)).replaceAll('+', ' '))
      const value = cut < 0 ? '' : decodeURIComponent(part.slice(cut + 1).replaceAll('+', ' '))
      const before = query[name]
      if (Array.isArray(before)) before.push(value)
      else query[name] = before === undefined ? value : [before, value]
    } catch {
      query[malformed] = (cut < 0 ? part : part.slice(0, cut)).slice(0, 100)
    }
  }
  return query
}

type Property = { type?: string; explode?: boolean; items?: { type?: string } }
type QuerySchema = { properties?: Record<string, Property> }

/** Gives each parameter the shape its schema names: arrays from repeats or commas, integers from plain digits. */
function shapeQuery(query: Query, schema: QuerySchema | undefined): void {
  for (const [name, property] of Object.entries(schema?.properties ?? {})) {
    const value = query[name]
    if (value === undefined) continue
    if (property.type === 'array') {
      const list = Array.isArray(value) ? value : [value]
      const items = property.explode === false ? list.flatMap(item => String(item).split(',')) : list
      // Said twice is said once: "any of" and "all of" mean the same then.
      const some = [...new Set(items)]
      query[name] = property.items?.type === 'integer' ? some.map(toInteger) : some
    } else if (property.type === 'integer') query[name] = toInteger(value)
  }
}

/** Plain digits as a number; anything else as it stands, for the schema to refuse. */
function toInteger(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
}

/** How many values a body may have in all; no schema takes half as many, and each that is wrong costs a rule's words. */
export const mostValues = 2000

/**
 * Refuses a NUL or half a surrogate pair in any string, which no store keeps and none may drop in silence, and a body
 * nested or filled beyond what any schema takes.
 */
export function refuseBrokenText(value: unknown, where: FieldError['in']): void {
  let values = 0
  walk(value, '', 0)

  function walk(item: unknown, pointer: string, depth: number): void {
    if (++values > mostValues) throw tooManyValues(where)
    if (typeof item === 'string') refuseBrokenString(item, where, pointer)
    if (typeof item !== 'object' || item === null) return
    if (depth > 10) throw fieldError({ in: where, pointer, code: 'too-deep', detail: 'is nested too deeply' })
    for (const [name, part] of Object.entries(item)) {
      refuseBrokenString(name, where, pointer)
      walk(part, `${pointer}/${name.replace(/~/g, '~0').replace(/\//g, '~1')}`, depth + 1)
    }
  }
}

/** 400: a body, a query or a path has too many values. */
export function tooManyValues(where: FieldError['in']): DomainError {
  return fieldError({ in: where, pointer: '/', code: 'too-many', detail: `has over ${mostValues} values` })
}

function refuseBrokenString(value: string, where: FieldError['in'], pointer: string): void {
  const rule = value.includes('\0')
    ? 'contains a NUL character'
    : value.isWellFormed()
      ? undefined
      : 'contains half a surrogate pair'
  if (rule) throw fieldError({ in: where, pointer: pointer || '/', code: 'broken-text', detail: rule })
}

/** What is wrong with an instant, in words; undefined for a good one. */
export function instantRule(value: unknown): string | undefined {
  const parsed = parseInstant(String(value))
  return typeof parsed === 'number' ? undefined : parsed.rule
}

/** Reads the query as the route's schema has it, and refuses broken text before anything is validated. */
export function addGrammar(app: FastifyInstance): void {
  addCheck(app, 'preValidation', request => {
    // A preflight asks about another request, whose query it has; and an unknown address has no parameters.
    if (request.is404 || request.method === 'OPTIONS') return
    const query = request.query as Query
    if (query[malformed] !== undefined) {
      throw new DomainError(
        'malformed-request',
        `The query has a broken percent-encoding at "${query[malformed]}".`,
      )
    }
    if (!request.routeOptions.schema?.querystring) {
      for (const name of Object.keys(query)) {
        throw fieldError({
          in: 'query',
          pointer: `/${name}`,
          code: 'unknown-field',
          detail: 'is not a parameter of this route',
        })
      }
    }
    shapeQuery(query, request.routeOptions.schema?.querystring as QuerySchema | undefined)
    refuseBrokenText(query, 'query')
    refuseBrokenText(request.params, 'path')
    if (request.body === undefined || request.body === null) return
    if (!request.routeOptions.schema?.body)
      throw fieldError({ in: 'body', pointer: '/', code: 'unknown-field', detail: 'is not taken here' })
    refuseBrokenText(request.body, 'body')
  })
}
