import multipart from '@fastify/multipart'
import type { FastifyError, FastifyRequest } from 'fastify'
import { DomainError, fieldError } from '../errors.ts'
import type { App } from './app-type.ts'
import { refuseBrokenText } from './grammar.ts'

/** Lets the routes of this scope read forms. */
export async function addForms(app: App): Promise<void> {
  await app.register(multipart)
}

/**
 * Reads a form of one file and some words (RFC 7578), and checks the words by the schema. Throws 415 for another
 * content type, 413 past `limit` bytes, 400 for a repeated or unknown field or a missing file.
 */
export async function readUpload<Words>(
  request: FastifyRequest,
  limit: number,
  schema: object,
): Promise<{ bytes: Buffer; words: Words }> {
  if (!request.isMultipart())
    throw new DomainError('unsupported-media-type', 'Send a form: multipart/form-data.')
  const { bytes, words } = await readParts(request, limit)
  refuseBrokenText(words, 'body')
  const validate = request.compileValidationSchema(schema)
  if (!validate(words)) {
    const error = new Error('the form is not valid') as FastifyError
    throw Object.assign(error, { validation: validate.errors, validationContext: 'body' })
  }
  if (!bytes) throw formError('file', 'missing', 'is missing')
  return { bytes, words: words as Words }
}

type Parts = { bytes: Buffer | undefined; words: Record<string, string> }

async function readParts(request: FastifyRequest, limit: number): Promise<Parts> {
  const words: Record<string, string> = {}
  let bytes: Buffer | undefined
  try {
    const limits = { fileSize: limit, files: 2, fields: 20, fieldSize: 100_000 }
    for await (const part of request.parts({ limits })) {
      const { fieldname } = part
      if (part.type === 'file') {
        if (fieldname !== 'file') throw formError(fieldname, 'unknown-field', 'is not a file field here')
        if (bytes) throw formError('file', 'repeated', 'stands twice in the form')
        bytes = await part.toBuffer()
      } else {
        if (Object.hasOwn(words, fieldname))
          throw formError(fieldname, 'repeated', 'stands twice in the form')
        if (part.valueTruncated) throw formError(fieldname, 'maxLength', 'is too long')
        words[fieldname] = readWord(fieldname, part.value)
      }
    }
    return { bytes, words }
  } catch (error) {
    if (error instanceof DomainError) throw error
    const { statusCode, code, message } = error as FastifyError
    if (code === 'FST_REQ_FILE_TOO_LARGE')
      throw new DomainError('too-large', `A picture may have ${limit} bytes.`)
    if (statusCode === 413)
      throw new DomainError('malformed-request', `The form has too many parts: ${message}`)
    if (statusCode !== undefined && statusCode >= 500) throw error
    // What the parser of forms says of bytes that are none has no status.
    throw new DomainError('malformed-request', `The form cannot be read: ${message}`)
  }
}

/** A field of text as it stands; one that calls itself JSON, or was not UTF-8, would not be what was sent. */
function readWord(name: string, value: unknown): string {
  if (typeof value !== 'string') throw formError(name, 'type', 'must be text')
  if (value.includes('\ufffd')) throw formError(name, 'broken-text', 'is not UTF-8')
  return value
}

function formError(name: string, code: string, detail: string): DomainError {
  return fieldError({ in: 'body', pointer: `/${name}`, code, detail })
}
