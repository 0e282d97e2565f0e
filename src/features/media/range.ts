/**
 * The bytes a `Range` header asks for of a file of `size` bytes, `end` inclusive (RFC 9110 14.1.2, 14.2). Other
 * units, several ranges and malformed headers are ignored, as the RFC allows: `whole`, a plain 200. A range outside
 * the file is `unsatisfiable`, a 416.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'whole' | 'unsatisfiable' {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'whole'
  if (first === '') {
    if (Number(last) === 0) return 'unsatisfiable'
    // A suffix of an empty file is satisfiable, but Content-Range has no way to write no bytes.
    return size === 0 ? 'whole' : { start: Math.max(0, size - Number(last)), end: size - 1 }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return 'whole'
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}
