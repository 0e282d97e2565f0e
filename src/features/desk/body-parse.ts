import { type DefaultTreeAdapterTypes as Dom, defaultTreeAdapter, html, Parser, type Token } from 'parse5'
import { type DomainError, fieldError } from '../../errors.ts'
import {
  deepest,
  elementBudget,
  type Findings,
  type Place,
  tooDeep,
  warnOfControls,
} from './body-findings.ts'
import {
  hasControls,
  isRefusedElement,
  keepAttributes,
  keptName,
  kindOf,
  refusedAttribute,
} from './body-rules.ts'

/** Turns a position in the HTML parsed into one in what the caller sent. */
export type Placer = (at: Place & { offset: number }, element: string) => Place

/** A tree that refuses to grow beyond what any article has, whatever a parser makes of misnested markup. */
export function boundedTree(): typeof defaultTreeAdapter {
  const spend = elementBudget()
  return {
    ...defaultTreeAdapter,
    createElement(name, namespace, attributes) {
      spend()
      return defaultTreeAdapter.createElement(name, namespace, attributes)
    },
    // Where elements end is never asked, and keeping it is a tenth of the time.
    updateNodeSourceCodeLocation() {},
  }
}

/** What a parser says of markup that never ends; it would drop all that comes after the beginning of it. */
const unclosed = new Set<string>(['eof-in-tag', 'eof-in-comment', 'eof-in-cdata'])

const voidsDropped = new Set(['area', 'basefont', 'bgsound', 'col', 'keygen', 'source', 'track', 'wbr'])

/**
 * Parses a body as the innerHTML of a div, as browsers do. Every start tag is judged as the tokenizer meets it, before
 * the tree builder may ignore, move or copy it (`<body onload>` never reaches a tree), and keeps only its good
 * attributes. Without `placeOf` nothing has a place. Throws 400 `active-content` with all refusals, or
 * `validation-failed` past a limit of depth or number.
 */
export function parseBody(source: string, findings: Findings, placeOf?: Placer): Dom.DocumentFragment {
  const div = defaultTreeAdapter.createElement('div', html.NS.HTML, [])
  const parser = Parser.getFragmentParser(div, {
    sourceCodeLocationInfo: placeOf !== undefined,
    treeAdapter: boundedTree(),
    onParseError(error) {
      if (error.code === 'duplicate-attribute')
        findings.warn('attribute-dropped', '', 'an attribute that stood twice was dropped', place(error, ''))
      if (unclosed.has(error.code)) throw neverEnds(openedAt(source, lastEnd, placeOf))
    },
  })
  const { onStartTag, onEndTag, onComment, onDoctype } = Parser.prototype
  /** Where the last whole piece of markup ended. */
  let lastEnd = 0

  const place: PlaceOfToken = (location, element) => () =>
    location && placeOf
      ? placeOf(
          { line: location.startLine, column: location.startCol, offset: location.startOffset },
          element,
        )
      : { line: 1, column: 1 }

  parser.onStartTag = token => {
    lastEnd = token.location?.endOffset ?? 0
    judgeTag(token, findings, place)
    // The stack holds the html root too, so its top is the number of elements open.
    if (parser.openElements.stackTop >= deepest) throw tooDeep(place(token.location, token.tagName)())
    onStartTag.call(parser, token)
  }
  parser.onEndTag = token => {
    lastEnd = token.location?.endOffset ?? 0
    onEndTag.call(parser, token)
  }
  parser.onComment = token => {
    lastEnd = token.location?.endOffset ?? 0
    findings.warn('comment-removed', '#comment', 'a comment was removed', place(token.location, '!--'))
    onComment.call(parser, token)
  }
  parser.onDoctype = token => {
    findings.warn('doctype-removed', '#doctype', 'a doctype was removed', place(token.location, '!doctype'))
    onDoctype.call(parser, token)
  }
  parser.tokenizer.write(source, true)
  findings.throwRefusals()
  return parser.getFragment()
}

/** The place of the markup that begins after `from` and never ends. */
function openedAt(source: string, from: number, placeOf: Placer | undefined): Place {
  const offset = from + Math.max(source.slice(from).search(/<[a-z/!]/i), 0)
  const before = source.slice(0, offset)
  const line = before.split('\n').length
  const at = { line, column: offset - before.lastIndexOf('\n'), offset }
  return placeOf ? placeOf(at, '') : at
}

function neverEnds({ line, column }: Place): DomainError {
  const detail = `has a tag or comment that begins at line ${line}, column ${column} and never ends; write &lt; for a <`
  return fieldError({ in: 'body', pointer: '/body', code: 'unclosed', detail })
}

type PlaceOfToken = (location: Token.Location | null | undefined, element: string) => () => Place

/** Refuses what is active in a start tag, warns of what is lost, and leaves it only the attributes that stay. */
function judgeTag(token: Token.TagToken, findings: Findings, place: PlaceOfToken): void {
  const { tagName, location } = token
  if (isRefusedElement(tagName)) {
    findings.refuse('active-element', `the element <${tagName}>`, place(location, tagName)())
  }
  for (const { name, value } of token.attrs) {
    const code = refusedAttribute(name, value)
    if (code === undefined) continue
    const what = `the attribute ${name} of <${tagName}>${code === 'active-link' ? ', a link that runs or embeds,' : ''}`
    findings.refuse(code, what, place(location?.attrs?.[name] ?? location, tagName)())
  }
  const element = keptName(tagName)
  if (element !== tagName) {
    findings.warn('element-renamed', tagName, `<${tagName}> became <${element}>`, place(location, tagName))
  }
  const kind = kindOf(element)
  if (kind === 'seam' || kind === 'through' || kind === 'gone') {
    const removed = kind === 'gone' || voidsDropped.has(tagName)
    const [code, what] = removed ? ['element-removed', 'was removed'] : ['element-unwrapped', 'was unwrapped']
    findings.warn(code, tagName, `<${tagName}> ${what}`, place(location, tagName))
    token.attrs = []
    return
  }
  if (token.attrs.some(({ value }) => hasControls(value))) {
    warnOfControls(findings, tagName, place(location, tagName))
  }
  const { kept, dropped } = keepAttributes(element, token.attrs)
  for (const name of dropped) {
    const at = place(location?.attrs?.[name] ?? location, tagName)
    findings.warn('attribute-dropped', tagName, `${name} of <${tagName}> was dropped`, at)
  }
  token.attrs = kept
  if (element === 'a' && !kept.some(({ name }) => name === 'href')) {
    findings.warn(
      'element-unwrapped',
      tagName,
      '<a> without a usable href was unwrapped',
      place(location, tagName),
    )
  }
  if (element === 'img' && !kept.some(({ name }) => name === 'src')) {
    findings.warn(
      'element-removed',
      tagName,
      '<img> without a usable src was removed',
      place(location, tagName),
    )
  }
}
