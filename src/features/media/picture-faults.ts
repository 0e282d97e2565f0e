import { DomainError } from '../../errors.ts'

/** The refusal of a picture, 400 `picture-invalid`. `detail` goes on from "The file". */
export function refuse(code: string, detail: string): DomainError {
  return new DomainError('picture-invalid', `The file ${detail}.`, {
    errors: [{ in: 'body', pointer: '/file', code, detail }],
  })
}

/** Refuses a picture that its decoder cannot read. */
export function sayDamaged(): never {
  throw refuse('damaged', 'is damaged or cut short: it cannot be decoded to its end')
}

/** Our own want, and no fault of a picture: memory, disk, descriptors. */
const ours = /memory|allocat|no space left|ENOSPC|too many open files|EMFILE/i

/**
 * For a catch behind sharp, which throws plain errors for whatever it cannot do with a picture. Throws the picture's fault
 * as 400; an error of ours as it is.
 */
export function sayFault(error: unknown): never {
  const isOfSharp = error instanceof Error && error.constructor === Error
  if (!isOfSharp || ours.test(error.message)) throw error
  if (/^timeout/.test(error.message)) throw refuse('too-slow', 'takes longer than 30 seconds to decode')
  sayDamaged()
}
