/** HTML's content models, as far as a body's elements have them: `''` is the body itself. */
const boxes: Record<string, { takes: readonly string[]; implied?: string }> = {
  '': { takes: [], implied: 'p' },
  blockquote: { takes: [], implied: 'p' },
  ul: { takes: ['li'], implied: 'li' },
  ol: { takes: ['li'], implied: 'li' },
  dl: { takes: ['dt', 'dd'], implied: 'dd' },
  figure: { takes: ['figcaption'] },
  table: { takes: ['caption', 'thead', 'tbody', 'tfoot'], implied: 'tbody' },
  thead: { takes: ['tr'], implied: 'tr' },
  tbody: { takes: ['tr'], implied: 'tr' },
  tfoot: { takes: ['tr'], implied: 'tr' },
  tr: { takes: ['th', 'td'], implied: 'td' },
}

const placed = new Set(Object.values(boxes).flatMap(({ takes }) => takes))

/** What is put around content that a box cannot hold bare: a paragraph in a quotation, an item in a list. */
export function impliedIn(box: string): string | undefined {
  return boxes[box]?.implied
}

/** Whether an element stands only in boxes of its own kind, as an item does in a list. */
export function isPlacedByParent(name: string): boolean {
  return placed.has(name)
}

/** Whether a box is the kind that such an element stands in. */
export function takes(box: string, name: string): boolean {
  return boxes[box]?.takes.includes(name) === true
}
