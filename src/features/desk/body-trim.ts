import { type DefaultTreeAdapterTypes as Dom, defaultTreeAdapter as dom } from 'parse5'
import { kindOf } from './body-rules.ts'

/**
 * Takes the whitespace, and with `breaks` the line breaks, off the end of an inline run, with the inline elements that
 * this leaves empty. No-break spaces stay: somebody meant them.
 */
export function trimTail(block: Dom.ParentNode, breaks: boolean): void {
  for (;;) {
    const last = lastLeaf(block)
    if (last === undefined) return
    if (last.nodeName === '#text') {
      const text = last as Dom.TextNode
      text.value = withoutTail(text.value)
      if (text.value !== '') return
    } else if (kindOf(last.nodeName) !== 'inline' && !(breaks && last.nodeName === 'br')) return
    dom.detachNode(last)
  }
}

/** The text without spaces, tabs and line ends at its end. A pattern would try each run of spaces inside the text. */
function withoutTail(text: string): string {
  let end = text.length
  while (end > 0 && ' \t\n'.includes(text[end - 1] as string)) end--
  return text.slice(0, end)
}

/** The last text, break, picture, block or empty inline element of a run. */
function lastLeaf(block: Dom.ParentNode): Dom.ChildNode | undefined {
  let last = block.childNodes.at(-1)
  while (last && 'tagName' in last && kindOf(last.tagName) === 'inline' && last.childNodes.length > 0) {
    last = last.childNodes.at(-1)
  }
  return last
}

/** Whether a block shows nothing: no picture, no rule, no block in it, and no text but spaces of any kind. */
export function isBlank(node: Dom.ParentNode): boolean {
  return node.childNodes.every(child => {
    if (child.nodeName === '#text') return (child as Dom.TextNode).value.trim() === ''
    return (
      child.nodeName === 'br' || ('tagName' in child && kindOf(child.tagName) === 'inline' && isBlank(child))
    )
  })
}
