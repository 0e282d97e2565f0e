import type { FastifyInstance, FastifyRequest } from 'fastify'
import { visit } from 'jsonc-parser'
import { DomainError, fieldError } from '../errors.ts'
import { jsonTypes } from './framing.ts'
import { mostValues, tooManyValues } from './grammar.ts'

const deepest = 20
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Takes JSON and merge patches (RFC 7396) as UTF-8 (RFC 8259 8.1), and nothing else. What a parser would put right in
 * silence is refused: bytes that are not UTF-8, another charset or coding, and a name that stands twice in one object.
 */
export function addJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('text/plain')
  for (const type of jsonTypes) {
    app.addContentTypeParser<Buffer>(type, { parseAs: 'buffer' }, (request, bytes, done) => {
      // No bytes are no body, whatever the header says: a schema that wants one refuses that.
      if (bytes.length === 0) return done(null, undefined)
      const read = () => parse(request, readText(request, bytes), done)
      try {
        read()
      } catch (error) {
        done(error as Error)
      }
    })
  }
  // Only bodies in chunks come here, on routes that take none: whether there is a body shows with its first byte.
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.once('data', () => {
      done(fieldError({ in: 'body', pointer: '/', code: 'unknown-field', detail: 'is not taken here' }))
    })
    payload.once('end', () => done(null, undefined))
  })
  app.addHook('preParsing', async request => {
    const coding = request.headers['content-encoding']
    if (coding !== undefined && coding.toLowerCase() !== 'identity')
      throw new DomainError('unsupported-media-type', `Send the body without Content-Encoding: ${coding}.`)
  })
}

function readText(request: FastifyRequest, bytes: Buffer): string {
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(request.headers['content-type'] ?? '')?.[1]
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8')
    throw new DomainError('unsupported-media-type', `Send JSON as UTF-8, not ${charset}.`)
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    throw new DomainError('malformed-request', 'The body is not UTF-8.')
  }
  scan(text)
  return text
}

/** Stops the scan at a syntax error: the parser reports it. */
const notJson = Symbol('not JSON')

/**
 * Refuses names that repeat, and a body that is too deep or has too many values, as soon as the scan meets them: only a
 * body that passes is made into objects.
 */
function scan(text: string): void {
  try {
    visitAll(text)
  } catch (error) {
    if (error !== notJson) throw error
  }
}

function visitAll(text: string): void {
  const open: Set<string>[] = []
  let values = 0
  const count = () => {
    if (++values > mostValues) throw tooManyValues('body')
  }
  const stop = () => {
    throw notJson
  }
  const enter = () => {
    count()
    // The reader is recursive: what no schema takes must not reach the end of its stack.
    if (open.push(new Set()) > deepest)
      throw fieldError({ in: 'body', pointer: '/', code: 'too-deep', detail: 'is nested too deeply' })
  }
  const leave = () => void open.pop()
  visit(text, {
    onObjectBegin: enter,
    onObjectEnd: leave,
    onArrayBegin: enter,
    onArrayEnd: leave,
    onLiteralValue: count,
    onError: stop,
    onComment: stop,
    onObjectProperty(name, _offset, _length, _line, _character, pathTo) {
      const names = open.at(-1)
      const refuse = (code: string, detail: string) => {
        const pointer = [...pathTo(), name].map(
          part => `/${String(part).replace(/~/g, '~0').replace(/\//g, '~1')}`,
        )
        return fieldError({ in: 'body', pointer: pointer.join(''), code, detail })
      }
      // The parser takes these for an attack, and would not say which.
      if (name === '__proto__' || name === 'constructor') throw refuse('unknown-field', 'is not a field here')
      if (names?.has(name)) throw refuse('repeated', 'stands twice in its object')
      names?.add(name)
    },
  })
}
