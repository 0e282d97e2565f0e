import { type DefaultTreeAdapterTypes as Dom, defaultTreeAdapter as dom, html } from 'parse5'
import {
  deepest,
  elementBudget,
  type Findings,
  type Place,
  tooDeep,
  warnOfControls,
} from './body-findings.ts'
import { impliedIn, isPlacedByParent, takes } from './body-model.ts'
import { hasControls, keptName, kindOf, plainText } from './body-rules.ts'
import { isBlank, trimTail } from './body-trim.ts'

// Twice bold is bold; a quotation in a quotation or a subscript of a subscript means something.
const pointlessTwice = new Set(['strong', 'b', 'em', 'i', 'u', 's', 'mark', 'code', 'kbd'])

type Box = { node: Dom.ParentNode; name: string; implied: boolean }

/**
 * Builds the canonical tree out of a parsed one: blocks never within inline elements or within a paragraph, inline
 * content never loose at the top, nothing empty, whitespace collapsed. What it gives, a parser reads back unchanged.
 */
export function buildBody(
  parsed: Dom.DocumentFragment,
  findings: Findings,
  placeOf: (node: Dom.ChildNode) => Place,
): Dom.DocumentFragment {
  const spend = elementBudget()
  const root = dom.createDocumentFragment()
  const boxes: Box[] = [{ node: root, name: '', implied: false }]
  /** Inline elements of the source around the present content, and those of the output still open for it. */
  let wanted: readonly Dom.Element[] = []
  let open: { source: Dom.Element; node: Dom.Element }[] = []
  let runIsEmpty = true
  let endsInSpace = true

  const top = () => boxes.at(-1) as Box
  const isInText = () => kindOf(top().name) === 'text' && !top().implied

  function create(name: string, attrs: Dom.Element['attrs'], parent: Dom.ParentNode): Dom.Element {
    spend()
    if (boxes.length + open.length > deepest) throw tooDeep()
    const node = dom.createElement(name, html.NS.HTML, attrs)
    dom.appendChild(parent, node)
    return node
  }

  function startRun(): void {
    open = []
    runIsEmpty = true
    endsInSpace = true
  }

  function pushBox(name: string, attrs: Dom.Element['attrs'], implied: boolean): void {
    boxes.push({ node: create(name, attrs, top().node), name, implied })
    startRun()
  }

  function endRun(): void {
    if (top().name !== 'pre') trimTail(top().node, true)
    startRun()
    if (top().implied && top().name === 'p') popBox()
  }

  function popBox(): void {
    const { node, name } = top()
    if (name !== 'pre') trimTail(node, true)
    boxes.pop()
    startRun()
    if (name !== 'td' && name !== 'th' && isBlank(node)) dom.detachNode(node as Dom.Element)
  }

  /** Makes the box that inline content or a block may stand in, as HTML's content models ask. */
  function imply(forBlock: boolean): void {
    for (;;) {
      const around = impliedIn(top().name)
      if (around === undefined || (forBlock && around === 'p')) return
      pushBox(around, [], true)
    }
  }

  /** Opens in the output the inline elements wanted, keeping those that are open already. */
  function innermost(): Dom.ParentNode {
    imply(false)
    let same = 0
    while (same < open.length && open[same]?.source === wanted[same]) same++
    open.length = same
    for (const source of wanted.slice(same)) {
      const parent = open.at(-1)?.node ?? top().node
      open.push({ source, node: create(source.tagName, [...source.attrs], parent) })
    }
    return open.at(-1)?.node ?? top().node
  }

  function addText(source: Dom.TextNode): void {
    if (hasControls(source.value)) warnOfControls(findings, '#text', () => placeOf(source))
    let text = plainText(source.value)
    if (top().name === 'pre') {
      // A parser drops the first newline of a pre.
      if (runIsEmpty) text = text.replace(/^\n+/, '')
    } else {
      text = text.replace(/[ \t\n]+/g, ' ')
      if (endsInSpace && text.startsWith(' ')) text = text.slice(1)
    }
    if (text === '') return
    dom.insertText(innermost(), text)
    runIsEmpty = false
    endsInSpace = text.endsWith(' ')
  }

  function addBreak(): void {
    if (runIsEmpty) return
    if (top().name !== 'pre') trimTail(top().node, false)
    while (open.length > 0 && open.at(-1)?.node.parentNode === null) open.pop()
    create('br', [], innermost())
    endsInSpace = true
  }

  function addLeaf(element: Dom.Element): void {
    if (element.tagName === 'br') addBreak()
    else if (element.tagName === 'img') {
      if (!element.attrs.some(({ name }) => name === 'src')) return
      create('img', [...element.attrs], innermost())
      runIsEmpty = false
      endsInSpace = false
    } else if (enterBlock('hr')) create('hr', [...element.attrs], top().node)
  }

  /** Makes room for a block; false where none may stand (in a heading, or an li outside a list): there it is a seam. */
  function enterBlock(name: string): boolean {
    if (isInText()) return false
    endRun()
    if (!isPlacedByParent(name)) {
      imply(true)
      return true
    }
    while (top().implied && !takes(top().name, name)) popBox()
    return takes(top().name, name)
  }

  /** Parts what comes before from what comes after: another paragraph, or in a heading a line break. */
  function addSeam(): void {
    if (isInText()) {
      if (!endsInSpace || runIsEmpty) addBreak()
    } else endRun()
  }

  function visitInline(element: Dom.Element): void {
    const { tagName, attrs } = element
    const before = wanted
    const twice =
      pointlessTwice.has(tagName) && attrs.length === 0 && before.some(outer => outer.tagName === tagName)
    const unlinked = tagName === 'a' && !attrs.some(({ name }) => name === 'href')
    if (!twice && !unlinked) {
      // A parser ends a link where another begins.
      wanted = [...before.filter(outer => tagName !== 'a' || outer.tagName !== 'a'), element]
    }
    visitAll(element)
    wanted = before
  }

  function visitBlock(element: Dom.Element, name: string): void {
    if (!enterBlock(name)) {
      const where = `<${element.tagName}> cannot stand in ${top().name === '' ? 'the body itself' : `<${top().name}>`}; it was unwrapped`
      findings.warn('element-unwrapped', element.tagName, where, () => placeOf(element))
      visitSeam(element)
      return
    }
    pushBox(name, [...element.attrs], false)
    const depth = boxes.length
    visitAll(element)
    while (boxes.length >= depth) popBox()
  }

  function visitSeam(element: Dom.Element): void {
    addSeam()
    visitAll(element)
    addSeam()
  }

  // Recursion is safe: the parser has refused what stands deeper than a hundred elements.
  function visitAll(parent: Dom.ParentNode): void {
    for (const node of parent.childNodes) {
      if (node.nodeName === '#text') addText(node as Dom.TextNode)
      else if ('tagName' in node) visitElement(node)
    }
  }

  function visitElement(element: Dom.Element): void {
    const name = keptName(element.tagName)
    const kind = kindOf(name)
    if (kind === 'inline') visitInline(element)
    else if (kind === 'text' || kind === 'box') visitBlock(element, name)
    else if (kind === 'leaf') addLeaf(element)
    else if (kind === 'seam') visitSeam(element)
    else if (kind === 'through') visitAll(element)
  }

  visitAll(parsed)
  while (boxes.length > 1) popBox()
  return root
}
