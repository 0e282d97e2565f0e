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

/**
 * Errors of this machine, not of the picture: memory, disk, descriptors. The texts are those of libvips and libjpeg, from
 * the start of a line: other libraries also say "memory" of a picture that is over a limit.
 */
const ours: readonly string[] = [
  'out of memory -',
  'Insufficient memory (case ',
  'unix error: ',
  'system error: ',
]

/** Whether a line of an error is one of ours, behind the name of the part that says it, if there is one. */
function isOurs(line: string): boolean {
  const part = line.slice(line.indexOf(': ') + 2)
  return ours.some(words => line.startsWith(words) || part.startsWith(words))
}

/**
 * For a catch behind sharp, which throws plain errors for whatever it cannot do with a picture. Throws the picture's fault
 * as 400; an error of ours as it is.
 */
export function sayFault(error: unknown): never {
  const isOfSharp = error instanceof Error && error.constructor === Error && !('code' in error)
  if (!isOfSharp || error.message.split('\n').some(isOurs)) throw error
  if (/^timeout/.test(error.message)) throw refuse('too-slow', 'takes longer than 30 seconds to decode')
  sayDamaged()
}
