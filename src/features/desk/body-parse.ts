import { type DefaultTreeAdapterTypes as Dom, defaultTreeAdapter, html, Parser, type Token } from 'parse5'
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

const voidsDropped = new Set(['area', 'basefont', 'bgsound', 'col', 'keygen', 'source', 'track', 'wbr'])

/**
 * Parses a body as the innerHTML of a div, as browsers do. Every start tag is judged as the tokenizer meets it, before
 * the tree builder may ignore, move or copy it (`<body onload>` never reaches a tree), and keeps only its good
 * attributes. Without `placeOf` nothing has a place. Throws 400 `active-content` with all refusals, or
 * `validation-failed` past a limit of depth or number.
 */
export function parseBody(source: string, findings: Findings, placeOf?: Placer): Dom.DocumentFragment {
  const spend = elementBudget()
  const treeAdapter: typeof defaultTreeAdapter = {
    ...defaultTreeAdapter,
    createElement(name, namespace, attributes) {
      spend()
      return defaultTreeAdapter.createElement(name, namespace, attributes)
    },
    // Where elements end is never asked, and keeping it is a tenth of the time.
    updateNodeSourceCodeLocation() {},
  }
  const div = defaultTreeAdapter.createElement('div', html.NS.HTML, [])
  const parser = Parser.getFragmentParser(div, {
    sourceCodeLocationInfo: placeOf !== undefined,
    treeAdapter,
  })
  const { onStartTag, onComment, onDoctype } = Parser.prototype

  const place = (location: Token.Location | null | undefined, element: string): Place =>
    location && placeOf
      ? placeOf(
          { line: location.startLine, column: location.startCol, offset: location.startOffset },
          element,
        )
      : { line: 1, column: 1 }

  parser.onStartTag = token => {
    judgeTag(token, findings, place)
    // The stack holds the html root too, so its top is the number of elements open.
    if (parser.openElements.stackTop >= deepest) throw tooDeep(place(token.location, token.tagName))
    onStartTag.call(parser, token)
  }
  parser.onComment = token => {
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

type PlaceOfToken = (location: Token.Location | null | undefined, element: string) => Place

/** Refuses what is active in a start tag, warns of what is lost, and leaves it only the attributes that stay. */
function judgeTag(token: Token.TagToken, findings: Findings, place: PlaceOfToken): void {
  const { tagName, location } = token
  if (isRefusedElement(tagName)) {
    findings.refuse('active-element', `the element <${tagName}>`, place(location, tagName))
  }
  for (const { name, value } of token.attrs) {
    const code = refusedAttribute(name, value)
    if (code === undefined) continue
    const what = `the attribute ${name} of <${tagName}>${code === 'active-link' ? ', a link that runs or embeds,' : ''}`
    findings.refuse(code, what, place(location?.attrs?.[name] ?? location, tagName))
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
