const [open, close, comma] = ['[', ']', ','].map(text => Buffer.from(text)) as [Buffer, Buffer, Buffer]

/** The parts of a JSON list, of items that are JSON already, each in parts. */
export function listParts(items: readonly (readonly Buffer[])[]): Buffer[] {
  const parts = [open]
  for (const item of items) {
    if (parts.length > 1) parts.push(comma)
    parts.push(...item)
  }
  parts.push(close)
  return parts
}
