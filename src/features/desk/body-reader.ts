import { DomainError, fieldError, type ProblemCode, type ProblemParts } from '../../errors.ts'
import { openThread } from '../../thread.ts'
import { type BodyFormat, type CleanBody, cleanBody, keepMeasured } from './body.ts'

export type BodyJob = { source: string; format: BodyFormat }
export type BodyResult =
  | { body: CleanBody }
  | { refusal: { code: ProblemCode; detail: string; parts: ProblemParts } }

/** HTML of 30,000 characters, five times an article, takes some 10 ms; a small Markdown table can make a million cells. */
const longestHere = 30_000
const mostMilliseconds = 10_000
/** Past it the caller had better try again: two bodies that are given up take as long. */
const longestWait = 2 * mostMilliseconds

const thread = openThread<BodyJob, BodyResult>({
  module: new URL('./body-thread.ts', import.meta.url),
  timeout: mostMilliseconds,
  longestWait,
  tooLong: () =>
    fieldError({
      in: 'body',
      pointer: '/body',
      code: 'too-costly',
      detail: `takes longer than ${mostMilliseconds / 1000} seconds to read`,
    }),
  tooMany: () =>
    new DomainError('busy', 'Too many long bodies are being read.', { headers: { 'retry-after': '5' } }),
})

/**
 * `cleanBody` where it holds up nobody: at once for a body that costs little, else on a thread. Throws what that
 * throws, 400 for a body that takes too long itself, and 503 `busy` where too many wait. `owner` is the key that asks.
 */
export async function readBody(source: string, format: BodyFormat, owner?: string): Promise<CleanBody> {
  const body = await clean(source, format, owner)
  keepMeasured(body)
  return body
}

/** Whether a body costs so little that it may be cleaned at once. */
export const isQuick = (source: string, format: BodyFormat) =>
  format !== 'markdown' && source.length <= longestHere

async function clean(source: string, format: BodyFormat, owner?: string): Promise<CleanBody> {
  if (isQuick(source, format)) return cleanBody(source, format)
  const result = await thread.run({ source, format }, owner)
  if ('body' in result) return result.body
  const { code, detail, parts } = result.refusal
  throw new DomainError(code, detail, parts)
}
