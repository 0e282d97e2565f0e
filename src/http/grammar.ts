import type { FastifyInstance, FastifyRequest } from 'fastify'
import { DomainError, type FieldError, fieldError } from '../errors.ts'
import { parseInstant } from '../instant.ts'

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
      query[malformed] = part.slice(0, 100)
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
      query[name] = property.items?.type === 'integer' ? items.map(toInteger) : items
    } else if (property.type === 'integer') query[name] = toInteger(value)
  }
}

/** Plain digits as a number; anything else as it stands, for the schema to refuse. */
function toInteger(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
}

/** Refuses a NUL or half a surrogate pair in any string: no store keeps them, and none may be dropped in silence. */
export function refuseBrokenText(value: unknown, where: FieldError['in'], pointer = '', depth = 0): void {
  if (typeof value === 'string') {
    const rule = value.includes('\0')
      ? 'contains a NUL character'
      : value.isWellFormed()
        ? undefined
        : 'contains half a surrogate pair'
    if (rule) throw fieldError({ in: where, pointer: pointer || '/', code: 'broken-text', detail: rule })
  } else if (typeof value === 'object' && value !== null) {
    if (depth > 10) throw fieldError({ in: where, pointer, code: 'too-deep', detail: 'is nested too deeply' })
    for (const [name, item] of Object.entries(value)) {
      refuseBrokenText(name, where, pointer, depth)
      refuseBrokenText(item, where, `${pointer}/${name.replace(/~/g, '~0').replace(/\//g, '~1')}`, depth + 1)
    }
  }
}

/** What is wrong with an instant, in words; undefined for a good one. */
export function instantRule(value: unknown): string | undefined {
  const parsed = parseInstant(String(value))
  return typeof parsed === 'number' ? undefined : parsed.rule
}

/** Reads the query as the route's schema has it, and refuses broken text before anything is validated. */
export function addGrammar(app: FastifyInstance): void {
  app.addHook('preValidation', async (request: FastifyRequest) => {
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
    if (request.body !== undefined) refuseBrokenText(request.body, 'body')
  })
}
