import { DomainError } from '../../errors.ts'
import { serveThread } from '../../thread.ts'
import { cleanBody } from './body.ts'
import type { BodyJob, BodyResult } from './body-reader.ts'

// The thread of body-reader.ts. A refusal is an answer: an error that crosses threads keeps only its words.
serveThread<BodyJob, BodyResult>(({ source, format }) => {
  try {
    return { body: cleanBody(source, format) }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { refusal: { code: error.code, detail: error.message, parts: error.parts } }
  }
})
