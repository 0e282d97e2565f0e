import { DomainError, isOutage } from '../../errors.ts'
import { type CleanBody, cleanBody } from '../desk/body.ts'
import { isQuick } from '../desk/body-reader.ts'
import { type ArticleTexts, articleTexts } from './import-fields.ts'
import { readNinjs, uriOf, type WireItem } from './ninjs.ts'
import { ItemError } from './ninjs-fields.ts'

/**
 * An item as far as it can be read without the newsroom; without `wire`, or of a `rule` that it breaks, it is refused, by
 * its `uri` where it says one.
 */
export type ItemRead = { wire?: WireItem; uri?: string; rule?: string; texts?: ItemTexts }

/** An article's own words: a body that was cleaned is in `body`, any other still in the fields. */
export type ItemTexts = { remarks: readonly string[] } & (
  | { fields: ArticleTexts }
  | { fields: Omit<ArticleTexts, 'body' | 'bodyFormat'>; body: CleanBody }
)

/** An item to be read; of one that was imported before, and is likely to be unchanged, the body is left as it is. */
export type Reading = { value: unknown; isKnown: boolean }

/** Reads the words of an item, and cleans a body that is quick to clean. */
export function readItem({ value, isKnown }: Reading): ItemRead {
  let wire: WireItem | undefined
  try {
    wire = readNinjs(value)
    if (wire.fault !== undefined) return { wire, rule: wire.fault }
    const isArticle = wire.kind === 'text' && wire.headline !== undefined && wire.status !== 'canceled'
    if (!isArticle) return { wire }
    const { body: _body, ...rest } = wire
    return { wire: rest, texts: readTexts(wire, isKnown) }
  } catch (error) {
    const rule = ruleOf(error)
    if (rule === undefined) throw error
    const uri = uriOf(value)
    return { ...(wire && { wire }), ...(uri !== undefined && { uri }), rule }
  }
}

function readTexts(wire: WireItem, isKnown: boolean): ItemTexts {
  const { fields, remarks } = articleTexts(wire)
  const { body, bodyFormat = 'html', ...rest } = fields
  if (isKnown || typeof body !== 'string' || !isQuick(body, bodyFormat)) return { fields, remarks }
  return { fields: rest, body: cleanBody(body, bodyFormat), remarks }
}

/** The rule that an item breaks; undefined for an error that is no item's fault. */
export function ruleOf(error: unknown): string | undefined {
  if (error instanceof ItemError) return error.rule
  return error instanceof DomainError && !isOutage(error) ? error.message : undefined
}
