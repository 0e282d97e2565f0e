import { Compile } from 'typebox/compile'
import { DomainError } from '../../errors.ts'
import type { ArticleKind } from '../../words.ts'
import { cleanBody } from '../desk/body.ts'
import { ArticleInputSchema } from '../desk/desk.schema.ts'
import type { ArticleInput } from '../desk/desk.ts'
import type { WireItem } from './ninjs.ts'
import { Passed, ruleOf } from './report.ts'

/** The fields of an item's working copy but what refers to tags and media, and what to report of them. */
export type Story = { fields: ArticleInput; remarks: string[] }

const schema = Compile(ArticleInputSchema)
const longestName = 2000

/** Refuses names too long to be known by. */
export function checkNames({ uri, version }: { uri: string; version: string }): void {
  for (const [name, value] of Object.entries({ uri, version })) {
    if (value.length > longestName)
      throw new Passed('refused', `${name} must not have more than ${longestName} characters`)
  }
}

/**
 * A text item as an article, by the rules of the editorial API; `language` is for one that names none. Throws Passed
 * for a field that breaks one: nothing is cut, and no story loses a part of its body, in silence.
 */
export function readStory(wire: WireItem, language: string): Story {
  if (wire.headline === undefined) throw new Passed('refused', 'headline is missing')
  const { headline, shortHeadline, summary, dateline, byline, signOff, urgency, editorialNote } = wire
  const { body, kind, remarks } = readBody(wire)
  const given = {
    headline,
    language: wire.language ?? language,
    kind,
    shortHeadline,
    summary,
    body,
    dateline,
    byline,
    signOff,
    urgency,
    source: wire.source ?? wire.copyrightHolder,
    usageTerms: rightsOf(wire),
    editorialNote,
  }
  const fields = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const [first] = schema.Errors(fields)
  if (first) throw new Passed('refused', ruleOfField(first))
  return { fields: fields as ArticleInput, remarks }
}

/** What may be done with an item: its terms, then its notice, verbatim. */
export function rightsOf(wire: { usageTerms?: string; copyrightNotice?: string }): string | undefined {
  const texts = [wire.usageTerms, wire.copyrightNotice].filter(text => text !== undefined)
  return texts.length === 0 ? undefined : [...new Set(texts)].join('\n')
}

/** A broken rule of a schema, in words that begin with the name of the field. */
export function ruleOfField(error: { instancePath: string; keyword: string; message: string }): string {
  const field = error.instancePath.slice(1)
  if (field === 'language') return 'language is not a BCP 47 tag of language, script, region and variants'
  return `${field} ${error.keyword === 'pattern' ? 'must not be blank' : error.message}`
}

function readBody(wire: WireItem): { body?: string; kind: ArticleKind; remarks: string[] } {
  const kind = kindOf(wire)
  const remarks: string[] = []
  if (wire.body) {
    const body = clean(wire.body.value, wire.body.format)
    remarks.push(...body.warnings.map(({ detail }) => `body: ${detail}`))
    if (body.html !== '') return { body: body.html, kind, remarks }
  }
  if (wire.summary === undefined) return { kind, remarks }
  remarks.push('it has no body: its summary stands in for one')
  const escaped = wire.summary.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return { body: `<p>${escaped}</p>`, kind: 'brief', remarks }
}

function clean(value: string, format: 'html' | 'text') {
  try {
    return cleanBody(value, format)
  } catch (error) {
    if (error instanceof DomainError) throw new Passed('refused', ruleOf(error))
    throw error
  }
}

const kindOfGenre = new Map<string, ArticleKind>([
  ['analysis', 'analysis'],
  ['interview', 'interview'],
  ['opinion', 'opinion'],
  ['advisory', 'advisory'],
])

function kindOf({ genres }: WireItem): ArticleKind {
  for (const { name } of genres) {
    const kind = kindOfGenre.get(name?.trim().toLowerCase() ?? '')
    if (kind) return kind
  }
  return 'story'
}
