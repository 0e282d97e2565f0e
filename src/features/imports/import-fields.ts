import { articleKinds } from '../../words.ts'
import type { ArticleInput } from '../desk/desk.ts'
import type { WireItem } from './ninjs.ts'
import { ItemError } from './ninjs-fields.ts'

/** What items that say nothing get: a language (BCP 47) and the slug of a section. */
export type ImportDefaults = { language: string; section: string }

/** The longest each field may be, as the editorial schema has it. */
const longest = {
  headline: 300,
  shortHeadline: 120,
  summary: 2000,
  body: 1_000_000,
  dateline: 200,
  byline: 300,
  signOff: 100,
  source: 200,
  usageTerms: 2000,
  editorialNote: 5000,
} as const

/** The longest that readers are told of a correction or takedown, and that the newsroom keeps of a reason, in characters. */
const longestCut = { correctionNote: 1000, reason: 2000 } as const

/**
 * A text that must not keep up what it comes with, a correction or a takedown: it is cut where it is too long, and
 * `remark` says so.
 */
export function cutText(text: string, name: keyof typeof longestCut): { text: string; remark?: string } {
  const limit = longestCut[name]
  const letters = [...text]
  if (letters.length <= limit) return { text }
  return { text: letters.slice(0, limit).join(''), remark: `its ${name} was cut at ${limit} characters` }
}

/** The words of an item as an article has them; tags, section and media come with the transaction. */
export type ArticleTexts = Omit<ArticleInput, 'language' | 'section' | 'tags' | 'media' | 'leadMedia'>

/** An item's words as fields of a working copy. Throws ItemError for a field too long: nothing is cut in silence. */
export function articleTexts(wire: WireItem): { fields: ArticleTexts; remarks: string[] } {
  const remarks: string[] = []
  const terms = [wire.usageTerms, wire.copyrightNotice].filter(text => text !== undefined).join('\n')
  const texts = {
    shortHeadline: wire.shortHeadline,
    summary: wire.summary,
    body: wire.body?.value,
    dateline: wire.dateline,
    byline: wire.byline,
    signOff: wire.signOff,
    source: wire.source ?? wire.copyrightHolder,
    usageTerms: terms === '' ? undefined : terms,
    editorialNote: wire.editorialNote,
  }
  const kind = articleKinds.find(word => wire.genres.some(genre => genre.code === word))
  const fields: ArticleTexts = {
    headline: wire.headline ?? '',
    ...(kind === undefined ? {} : { kind }),
    ...(wire.access === undefined ? {} : { access: wire.access }),
    ...(wire.urgency === undefined ? {} : { urgency: wire.urgency }),
    ...Object.fromEntries(
      Object.entries(texts).filter(([, text]) => text !== undefined && text.trim() !== ''),
    ),
  }
  if (fields.body !== undefined) fields.bodyFormat = wire.body?.format ?? 'html'
  else if (typeof fields.summary === 'string') {
    fields.body = fields.summary
    fields.bodyFormat = 'text'
    fields.kind = 'brief'
    remarks.push('it has no body: its summary was taken for one')
  }
  for (const [name, limit] of Object.entries(longest)) {
    const text = fields[name as keyof typeof longest]
    if (typeof text === 'string' && [...text].length > limit) {
      throw new ItemError(`its ${name} is longer than ${limit} characters`)
    }
  }
  return { fields, remarks }
}
