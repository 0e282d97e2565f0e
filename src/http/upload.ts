import type { FastifyError, FastifyRequest } from 'fastify'
import { DomainError, fieldError } from '../errors.ts'
import { refuseBrokenText } from './grammar.ts'

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
  const words: Record<string, string> = {}
  let bytes: Buffer | undefined
  for await (const part of request.parts({
    limits: { fileSize: limit, files: 1, fields: 20, fieldSize: 100_000 },
  })) {
    if (part.type === 'file') {
      if (part.fieldname !== 'file')
        throw formError(part.fieldname, 'unknown-field', 'is not a file field here')
      bytes = await part.toBuffer()
    } else {
      if (part.fieldname in words) throw formError(part.fieldname, 'repeated', 'stands twice in the form')
      if (part.valueTruncated) throw formError(part.fieldname, 'maxLength', 'is too long')
      words[part.fieldname] = String(part.value)
    }
  }
  refuseBrokenText(words, 'body')
  const validate = request.compileValidationSchema(schema)
  if (!validate(words)) {
    const error = new Error('the form is not valid') as FastifyError
    throw Object.assign(error, { validation: validate.errors, validationContext: 'body' })
  }
  if (!bytes) throw formError('file', 'missing', 'is missing')
  return { bytes, words: words as Words }
}

function formError(name: string, code: string, detail: string): DomainError {
  return fieldError({ in: 'body', pointer: `/${name}`, code, detail })
}
