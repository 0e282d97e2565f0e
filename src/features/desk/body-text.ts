import type { DefaultTreeAdapterTypes as Dom } from 'parse5'
import { kindOf } from './body-rules.ts'

type Options = { listMarkers: boolean; depth?: number }

/** Lists within lists are set in so often and so far: each line of a text pays for every one around it. */
const mostSetIn = 6
const widestSetIn = 4

/**
 * The plain text of a cleaned body: blocks apart by a blank line, `- ` or `1. ` before list items, cells apart by tabs.
 * Without `listMarkers` it holds only words of the author's, to be counted.
 */
export function textOfBody(fragment: Dom.ParentNode, options: Options): string {
  return blocksOf(fragment, options).join('\n\n')
}

function blocksOf(parent: Dom.ParentNode, options: Options): string[] {
  const blocks: string[] = []
  let run = ''
  const endRun = () => {
    const text = run.replace(/^\n+/, '').trimEnd()
    if (text !== '') blocks.push(text)
    run = ''
  }
  for (const node of parent.childNodes) {
    if ('tagName' in node && isBlock(node.tagName)) {
      endRun()
      blocks.push(...textOfBlock(node, options).filter(text => text !== ''))
    } else run += inlineText(node)
  }
  endRun()
  return blocks
}

function isBlock(name: string): boolean {
  const kind = kindOf(name)
  return kind === 'text' || kind === 'box' || name === 'hr'
}

function inlineText(node: Dom.ChildNode): string {
  if ('value' in node) return node.value
  if (!('tagName' in node)) return ''
  if (node.tagName === 'br') return '\n'
  let text = ''
  for (const child of node.childNodes) text += inlineText(child)
  return text
}

function textOfBlock(element: Dom.Element, options: Options): string[] {
  switch (element.tagName) {
    case 'ul':
    case 'ol':
      return [textOfList(element, options)]
    case 'dl':
      return [
        childElements(element)
          .map(item => blocksOf(item, options).join('\n'))
          .join('\n'),
      ]
    case 'table':
      return [
        rowsOf(element, options)
          .filter(row => row.trim() !== '')
          .join('\n'),
      ]
    default:
      return blocksOf(element, options)
  }
}

function textOfList(list: Dom.Element, options: Options): string {
  const items = childElements(list)
  const attribute = (name: string) => list.attrs.find(attr => attr.name === name)?.value
  const step = attribute('reversed') === undefined ? 1 : -1
  let number = Number(attribute('start') ?? (step === 1 ? 1 : items.length))
  const { depth = 0 } = options
  const lines: string[] = []
  for (const item of items) {
    const marker = !options.listMarkers ? '' : list.tagName === 'ul' ? '- ' : `${number}. `
    const text = blocksOf(item, { ...options, depth: depth + 1 }).join('\n')
    const setIn = depth < mostSetIn ? ' '.repeat(Math.min(marker.length, widestSetIn)) : ''
    lines.push(marker + (setIn === '' ? text : text.replaceAll('\n', `\n${setIn}`)))
    number += step
  }
  return lines.join('\n')
}

/** The caption and the rows of a table, one line each, in document order. */
function rowsOf(table: Dom.Element, options: Options): string[] {
  const lines: string[] = []
  for (const part of childElements(table)) {
    if (part.tagName === 'caption') lines.push(blocksOf(part, options).join(' '))
    else if (part.tagName === 'tr')
      lines.push(
        childElements(part)
          .map(cell => cellText(cell, options))
          .join('\t'),
      )
    else lines.push(...rowsOf(part, options))
  }
  return lines
}

function cellText(cell: Dom.Element, options: Options): string {
  return blocksOf(cell, options)
    .join(' ')
    .replace(/[\t\n]+/g, ' ')
}

function childElements(parent: Dom.Element): Dom.Element[] {
  return parent.childNodes.filter((node): node is Dom.Element => 'tagName' in node)
}
