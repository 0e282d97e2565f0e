const [open, close, comma] = ['[', ']', ','].map(text => Buffer.from(text)) as [Buffer, Buffer, Buffer]

/** A JSON list of items that are JSON already. */
export function writeList(items: readonly Buffer[]): Buffer {
  const parts = [open]
  for (const item of items) parts.push(item, comma)
  if (items.length > 0) parts.pop()
  parts.push(close)
  return Buffer.concat(parts)
}
