import { LRUCache } from 'lru-cache'
import { type DefaultTreeAdapterTypes as Dom, parseFragment, serialize } from 'parse5'
import { type BodyWarning, collectFindings, type Findings, type Place } from './body-findings.ts'
import { type Placer, parseBody } from './body-parse.ts'
import { type BodySource, htmlSource, markdownSource, textSource } from './body-source.ts'
import { textOfBody } from './body-text.ts'
import { buildBody } from './body-tree.ts'

export type { BodyWarning } from './body-findings.ts'

export type BodyFormat = 'html' | 'markdown' | 'text'

/** What is derived of a body: its plain text and its length. */
export type Measured = { text: string; wordCount: number; readingMinutes: number }
export type CleanBody = Measured & { html: string; warnings: BodyWarning[] }

const sources: Record<BodyFormat, (source: string) => BodySource> = {
  html: htmlSource,
  markdown: markdownSource,
  text: textSource,
}

/**
 * The canonical HTML of a body, its plain text, its length, and a warning for all that was taken out. Cleaning what it
 * gives changes nothing and warns of nothing. Throws 400 `active-content`, each entry of `errors` naming an element and
 * its line and column; 400 `validation-failed` when elements nest over 100 deep or there are over 100,000 of them.
 */
export function cleanBody(source: string, format: BodyFormat): CleanBody {
  const { html: given, placeOf } = sources[format](source)
  const findings = collectFindings()
  const { tree, html } = settle(given, findings, placeOf)
  return { html, ...measure(tree), warnings: findings.warnings() }
}

/** Of the bodies that were read last, most of which are soon published: some 8 MB at the most. */
const measured = new LRUCache<string, Measured>({
  maxSize: 4_000_000,
  sizeCalculation: ({ text }, html) => html.length + text.length + 100,
})

/** Keeps what was derived of a body for when it is published. */
export function keepMeasured({ html, text, wordCount, readingMinutes }: CleanBody): void {
  measured.set(html, { text, wordCount, readingMinutes })
}

/** What is derived of a body that `cleanBody` gave: less work than cleaning it again, where it was not kept. */
export function measureBody(html: string): Measured {
  return measured.get(html) ?? measure(parseFragment(html))
}

function measure(tree: Dom.DocumentFragment): Measured {
  const wordCount = countWords(textOfBody(tree, { listMarkers: false }))
  // 200 words a minute, a minute at the least; nothing to read takes none.
  return {
    text: textOfBody(tree, { listMarkers: true }),
    wordCount,
    readingMinutes: Math.ceil(wordCount / 200),
  }
}

type Cleaned = { tree: Dom.DocumentFragment; html: string }

/**
 * Cleans until a parser reads back exactly what was written: markup that changes its meaning on the second parse
 * (mXSS) cannot be stored. One repeat proves it; 150,000 random bodies never needed a second.
 */
function settle(given: string, findings: Findings, placeOf: Placer): Cleaned {
  let cleaned = cleanOnce(given, findings, placeOf)
  // What came out as it went in comes out so again; and so does plain text in paragraphs, which no parser takes otherwise.
  if (cleaned.html === given || /^(?:<p>[^<\r\0]*<\/p>\n?)*$/.test(cleaned.html)) return cleaned
  for (let turn = 0; turn < 4; turn++) {
    const again = cleanOnce(cleaned.html, collectFindings())
    if (again.html === cleaned.html) return cleaned
    cleaned = again
  }
  throw new Error('the body did not settle into a canonical form')
}

function cleanOnce(given: string, findings: Findings, placeOf?: Placer): Cleaned {
  const parsed = parseBody(given, findings, placeOf)
  const tree = buildBody(parsed, findings, node => placeOfNode(node, placeOf))
  // A block a line: a change of one paragraph is a change of one line.
  const html = tree.childNodes.map(node => serialize({ ...tree, childNodes: [node] })).join('\n')
  return { tree, html }
}

function placeOfNode(node: Dom.ChildNode, placeOf: Placer | undefined): Place {
  const at = node.sourceCodeLocation
  if (!at || !placeOf) return { line: 1, column: 1 }
  return placeOf({ line: at.startLine, column: at.startCol, offset: at.startOffset }, node.nodeName)
}

const segmenter = new Intl.Segmenter('en', { granularity: 'word' })

/** Words as Unicode parts them (UAX 29), the same for every language. */
export function countWords(text: string): number {
  if (!unplain.test(text)) return text.match(plainWord)?.length ?? 0
  let count = 0
  // In one go: each call costs some 15 microseconds, so line by line would be slower.
  for (const { isWordLike } of segmenter.segment(text)) if (isWordLike) count++
  return count
}

// Most texts are of these characters alone. For those UAX 29 comes to an expression, which is much faster than segments are.
const letter = 'A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f\u0400-\u045f'
const unplain = new RegExp(`[^\\t\\n -^\`-~\u00a0«»–—‘’“”„…€№${letter}]`)
const letters = `[${letter}]+(?:[.:'‘’][${letter}]+)*`
const digits = "[0-9]+(?:[.,;'‘’][0-9]+)*"
const plainWord = new RegExp(`(?:${letters}|${digits})+`, 'g')
