import MarkdownIt, { type Token } from 'markdown-it'
import type { Placer } from './body-parse.ts'

/** HTML to be cleaned, and where its positions lie in the text it was made from. */
export type BodySource = { html: string; placeOf: Placer }

const markdown = new MarkdownIt({ html: true, linkify: false, typographer: false })
// markdown-it would leave a javascript: link standing as text; here it meets the same refusal as in HTML.
markdown.validateLink = () => true

/** HTML as it came; its positions are the source's own. */
export function htmlSource(html: string): BodySource {
  return { html, placeOf: ({ line, column }) => ({ line, column }) }
}

/** Plain text as HTML: a blank line ends a paragraph, a single newline is a line break. */
export function textSource(text: string): BodySource {
  const escaped = text
    .replace(/\r\n?/g, '\n')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
  const paragraphs = escaped.split(/\n(?:[ \t]*\n)+/).map(lines => `<p>${lines.replaceAll('\n', '<br>')}</p>`)
  return { html: paragraphs.join('\n'), placeOf: () => ({ line: 1, column: 1 }) }
}

type Piece = { offset: number; line: number }

/** CommonMark with tables as HTML. Lines are the source's; columns too where a tag was written as HTML, else 1. */
export function markdownSource(source: string): BodySource {
  const tokens = markdown.parse(source, {})
  const pieces: Piece[] = []
  let html = ''
  // Rendered token by token, for the offset in the HTML of each source line that a block began on.
  for (const [index, token] of tokens.entries()) {
    if (token.map) pieces.push({ offset: html.length, line: token.map[0] })
    html += renderToken(tokens, index, token)
  }
  let lines: string[] | undefined
  return {
    html,
    placeOf({ offset }, element) {
      lines ??= source.split(/\r\n?|\n/)
      const piece = lastBefore(pieces, offset)
      const line = piece.line + html.slice(piece.offset, offset).split('\n').length - 1
      const column = (lines[line] ?? '').toLowerCase().indexOf(`<${element}`)
      return { line: line + 1, column: Math.max(column, 0) + 1 }
    },
  }
}

function renderToken(tokens: Token[], index: number, token: Token): string {
  const { renderer, options } = markdown
  if (token.type === 'inline') return renderer.renderInline(token.children ?? [], options, {})
  const rule = renderer.rules[token.type]
  return rule ? rule(tokens, index, options, {}, renderer) : renderer.renderToken(tokens, index, options)
}

function lastBefore(pieces: readonly Piece[], offset: number): Piece {
  let low = 0
  let high = pieces.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((pieces[middle]?.offset ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  return pieces[low - 1] ?? { offset: 0, line: 0 }
}
