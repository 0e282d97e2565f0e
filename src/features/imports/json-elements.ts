/**
 * Cuts a byte stream into items without parsing it, so that one bad item costs no other and memory follows the
 * longest item, not the file. stream-json was weighed: it gives tokens, and the first fault ends its stream.
 * `end` is the offset in the file after the piece.
 */
export type Piece =
  | { end: number; item: number; bytes: Buffer }
  | { end: number; item?: number; fault: string }

/** Takes a file chunk by chunk; `finish` gives what the end of the file completes or shows to be broken. */
export type Splitter = { push(chunk: Buffer): Iterable<Piece>; finish(): Iterable<Piece> }

const newline = 0x0a
const comma = 0x2c
const listEnd = 0x5d
const quote = 0x22
const backslash = 0x5c

function isOpening(byte: number): boolean {
  return byte === 0x5b || byte === 0x7b
}

function isClosing(byte: number): boolean {
  return byte === 0x5d || byte === 0x7d
}

/** Space, tab, line ends; and the three bytes of a BOM, which is tolerated wherever white space is. */
export function isBlank(bytes: Buffer): boolean {
  return bytes.every(
    byte => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || [0xef, 0xbb, 0xbf].includes(byte),
  )
}

/** Gathers the slices of one piece; past `max` bytes it keeps none, only the knowledge that it was too long. */
function gather(max: number) {
  let slices: Buffer[] = []
  let length = 0
  return {
    add(slice: Buffer): void {
      length += slice.length
      if (length > max) slices = []
      else if (slice.length) slices.push(slice)
    },
    take(item: number, end: number, word: string): Piece | undefined {
      const bytes = slices.length === 1 && slices[0] ? slices[0] : Buffer.concat(slices)
      const piece: Piece =
        length > max
          ? { end, item, fault: `${word} ${item} is longer than ${max.toLocaleString('en')} bytes` }
          : { end, item, bytes }
      slices = []
      length = 0
      return 'bytes' in piece && isBlank(piece.bytes) ? undefined : piece
    },
  }
}

/** One item a line; `item` is the line's number, so that an editor finds it. Blank lines give nothing. */
export function splitLines(max: number): Splitter {
  const piece = gather(max)
  let offset = 0
  let line = 1
  return {
    *push(chunk) {
      let from = 0
      for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
        piece.add(chunk.subarray(from, at))
        from = at + 1
        const whole = piece.take(line++, offset + from, 'line')
        if (whole) yield whole
      }
      piece.add(chunk.subarray(from))
      offset += chunk.length
    },
    *finish() {
      const last = piece.take(line, offset, 'line')
      if (last) yield last
    },
  }
}

/** The whole file as one item. */
export function splitWhole(max: number): Splitter {
  const piece = gather(max)
  let offset = 0
  return {
    push(chunk) {
      piece.add(chunk)
      offset += chunk.length
      return []
    },
    *finish() {
      yield piece.take(1, offset, 'item') ?? { end: offset, fault: 'the file is empty' }
    },
  }
}

/**
 * The elements of one top-level array, found by depth and string state alone. An element with a bad bracket or quote
 * is still cut out as long as its brackets balance; `item` counts from 1.
 */
export function splitArray(max: number): Splitter {
  const piece = gather(max)
  let offset = 0
  let item = 1
  let depth = 0
  let state: 'plain' | 'string' | 'escape' = 'plain'
  let closed = false
  let after = false
  return {
    *push(chunk) {
      let from = 0
      for (let at = 0; at < chunk.length; at++) {
        const byte = chunk[at] as number
        if (closed) {
          after ||= !isBlank(chunk.subarray(at))
          break
        }
        if (state === 'escape') state = 'string'
        else if (state === 'string') {
          if (byte === backslash) state = 'escape'
          else if (byte === quote) state = 'plain'
        } else if (byte === quote) state = 'string'
        else if (isOpening(byte)) {
          if (depth++ === 0) from = at + 1
        } else if (depth === 1 && (byte === comma || byte === listEnd)) {
          piece.add(chunk.subarray(from, at))
          from = at + 1
          closed = byte !== comma
          const whole = piece.take(item, offset + from, 'item')
          if (whole) yield whole
          else if (!closed || item > 1) yield { end: offset + from, item, fault: `item ${item} is empty` }
          item++
        } else if (isClosing(byte) && depth > 1) depth--
      }
      if (!closed && depth > 0) piece.add(chunk.subarray(from))
      offset += chunk.length
    },
    *finish() {
      if (!closed) yield { end: offset, item, fault: `the file ends inside item ${item} of its list` }
      else if (after) yield { end: offset, fault: 'more follows the list' }
    },
  }
}

/** Whether a line closes every bracket it opens: then it may be an item by itself, else it begins a longer one. */
export function isBalanced(line: Buffer): boolean {
  let depth = 0
  let state: 'plain' | 'string' | 'escape' = 'plain'
  for (const byte of line) {
    if (state === 'escape') state = 'string'
    else if (state === 'string') state = byte === backslash ? 'escape' : byte === quote ? 'plain' : 'string'
    else if (byte === quote) state = 'string'
    else if (isOpening(byte)) depth++
    else if (isClosing(byte)) depth--
  }
  return depth === 0 && state === 'plain'
}
