import { type DefaultTreeAdapterTypes, parse, parseFragment, serialize } from 'parse5'
import { DomainError } from '../../errors.ts'
import { boundedTree } from '../desk/body-parse.ts'
import { type Fields, fieldsOf, ItemError, idOf, listOf, textOf } from './ninjs-fields.ts'

/**
 * One headline, description or body: role '' is the main one. 1.x says role and form in the property's name
 * (`description_caption_xhtml`), 2.x and 3.x in an entry of a list.
 */
export type Wording = { path: string; role: string; form: Form; value: string }
type Form = 'text' | 'html' | 'other' | 'unknown'

const formOfWord = new Map<string, Form>([
  ['text', 'text'],
  ['xhtml', 'html'],
  ['html', 'html'],
  ['html5', 'html'],
  ['nitf', 'other'],
  ['xml', 'other'],
])

function formOfType(contentType: string | undefined): Form | undefined {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  if (!type) return undefined
  if (type === 'text/plain') return 'text'
  return type === 'text/html' || type === 'application/xhtml+xml' ? 'html' : 'other'
}

/** Role and form of a role word or a 1.x suffix: `caption_xhtml` is the caption in HTML, `text` the main text. */
function roleAndForm(word: string): { role: string; form: Form } {
  const parts = word.toLowerCase().split('_')
  const form = formOfWord.get(parts.at(-1) ?? '')
  const role = (form ? parts.slice(0, -1) : parts).join('_')
  return { role: role === 'main' ? '' : role, form: form ?? (role.endsWith('html5') ? 'html' : 'unknown') }
}

/** Every wording of a kind: `one` is the 1.x property or its prefix, `many` the list of 2.x and 3.x. */
export function readWordings(fields: Fields, one: string, many: string): Wording[] {
  const found: Wording[] = []
  for (const [name, field] of fields.byName) {
    if (name !== one && !name.startsWith(`${one}_`)) continue
    const { role, form } = roleAndForm(name.slice(one.length + 1))
    // A sender's own extension may hold structure (`body_sections`); what has a standard form must be a string.
    if (typeof field.value !== 'string' && role !== '') continue
    const value = textOf(fields, name)
    if (value !== undefined) found.push({ path: field.path, role, form, value })
  }
  for (const entry of listOf(fields, many)) {
    const inner = fieldsOf(entry)
    const value = textOf(inner, 'value')
    const { role, form } = roleAndForm(idOf(inner, 'role') ?? '')
    const typed = formOfType(idOf(inner, 'contenttype', 'mimetype'))
    if (value !== undefined) found.push({ path: entry.path, role, form: typed ?? form, value })
  }
  return found
}

/** The first wording of these roles as plain text: verbatim, or the text of what is there only as HTML. */
export function pickText(wordings: readonly Wording[], roles: readonly string[]): string | undefined {
  for (const role of roles) {
    const here = wordings.filter(wording => wording.role === role)
    const plain = here.find(({ form }) => form === 'text' || form === 'unknown')
    if (plain) return plain.value
    for (const { form, value } of here) {
      const text = form === 'html' ? textOfHtml(value) : ''
      if (text !== '') return text
    }
  }
  return undefined
}

export type WireBody = { format: 'html' | 'text'; value: string }

const startOfTag = /<\/?(?:p|div|br|h[1-6]|ul|ol|li|section|article|body|html|a|em|strong|b|i)\b/i

/** Whether a text has a tag of HTML. Two searches: one pattern for the whole tag would cost the square of the length. */
function hasMarkup(text: string): boolean {
  const at = text.search(startOfTag)
  return at >= 0 && text.lastIndexOf('>') > at
}

/** HTML before plain text, the main role before others; throws ItemError when every body is in another form. */
export function pickBody(wordings: readonly Wording[]): WireBody | undefined {
  const ranked = wordings
    .map(wording => {
      const told = wording.form === 'unknown' && wording.role === ''
      return told
        ? { ...wording, form: hasMarkup(wording.value) ? ('html' as const) : ('text' as const) }
        : wording
    })
    .toSorted((a, b) => Number(a.role !== '') - Number(b.role !== ''))
  const html = ranked.find(({ form }) => form === 'html')
  if (html) return { format: 'html', value: insideOfDocument(html.value) }
  const text = ranked.find(({ form }) => form === 'text')
  if (text) return { format: 'text', value: text.value }
  if (ranked[0]) throw new ItemError(`${ranked[0].path} is neither HTML nor plain text, and no other body is`)
  return undefined
}

/** Agencies send whole documents as a body; of those, what stands inside `<body>`, without the `<title>`. */
function insideOfDocument(value: string): string {
  if (!/<(?:html|head|body)[\s>]/i.test(value)) return value
  const root = bounded(value, treeAdapter => parse(value, { treeAdapter })).childNodes.find(
    node => node.nodeName === 'html',
  )
  const body = root && 'childNodes' in root && root.childNodes.find(node => node.nodeName === 'body')
  return body && 'childNodes' in body ? serialize(body) : value
}

/** The longest wording that is parsed: a body may have a million characters, and a document somewhat more around it. */
const longestMarkup = 2_000_000

/** Parses a sender's markup, whose elements a parser may multiply; throws ItemError past what any article has. */
function bounded<T>(value: string, parsed: (tree: ReturnType<typeof boundedTree>) => T): T {
  if (value.length > longestMarkup)
    throw new ItemError(`its markup is longer than ${longestMarkup} characters`)
  try {
    return parsed(boundedTree())
  } catch (error) {
    throw error instanceof DomainError ? new ItemError(error.message) : error
  }
}

const breaks = new Set<string>([
  'br',
  'p',
  'div',
  'li',
  'tr',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'blockquote',
])
const silent = new Set<string>(['script', 'style', 'title', 'template'])

/** By a list of its own, not by recursion: markup nested to exhaust the stack must cost no more than its length. */
function textOfHtml(value: string): string {
  let text = ''
  const left: DefaultTreeAdapterTypes.ChildNode[] = bounded(value, treeAdapter =>
    parseFragment(value, { treeAdapter }),
  ).childNodes.toReversed()
  for (let node = left.pop(); node; node = left.pop()) {
    if (node.nodeName === '#text' && 'value' in node) text += node.value
    if (!('childNodes' in node) || silent.has(node.nodeName)) continue
    if (breaks.has(node.nodeName) && text !== '' && !text.endsWith('\n')) text += '\n'
    for (let at = node.childNodes.length - 1; at >= 0; at--) left.push(node.childNodes[at] as typeof node)
  }
  return text.trim()
}
