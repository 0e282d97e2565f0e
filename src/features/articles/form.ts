import { formatInstant } from '../../instant.ts'
import type { ArticleField } from './articles.schema.ts'
import type { HistoryRow, PublicationRow } from './publications.store.ts'

/** An article's own row; what was never published has no times and perhaps no address. */
export type ArticleRow = Omit<PublicationRow, 'slug' | 'publishedAt' | 'updatedAt' | 'sectionId'> & {
  slug: string | null
  publishedAt: number | null
  updatedAt: number | null
}

const text = (value: string | null) => (value === null ? undefined : JSON.stringify(value))
const instant = (at: number | null) => (at === null ? undefined : `"${formatInstant(at)}"`)

type Source = ArticleRow & { corrections: readonly HistoryRow[] }

/** The fields that are an article's own, and change with nothing but a publish, as JSON; undefined where one is absent. */
const own = {
  id: row => text(row.articleId),
  slug: row => text(row.slug),
  language: row => text(row.language),
  kind: row => text(row.kind),
  headline: row => text(row.headline),
  shortHeadline: row => text(row.shortHeadline),
  summary: row => text(row.summary),
  dateline: row => text(row.dateline),
  byline: row => text(row.byline),
  signOff: row => text(row.signOff),
  urgency: row => String(row.urgency),
  access: row => text(row.access),
  story: row => text(row.storyId),
  source: row => text(row.source),
  usageTerms: row => text(row.usageTerms),
  wordCount: row => String(row.wordCount),
  readingMinutes: row => String(row.readingMinutes),
  version: row => String(row.version),
  publishedAt: row => instant(row.publishedAt),
  updatedAt: row => instant(row.updatedAt),
  correctedAt: row => instant(row.correctedAt),
  corrections: ({ corrections }) =>
    corrections.length === 0 ? undefined : JSON.stringify(corrections.map(correctionOf)),
} satisfies Partial<Record<ArticleField, (row: Source) => string | undefined>>

const correctionOf = ({ number, at, note }: HistoryRow) => {
  return { version: number, at: formatInstant(at), note: note ?? '' }
}

export type OwnField = keyof typeof own
export const ownFields = Object.keys(own) as OwnField[]

/**
 * The form of an article: its own fields as the JSON of ArticleSchema has them, without the braces around them. Its
 * corrections are those readers saw, first to last.
 */
export function writeForm(row: ArticleRow, corrections: readonly HistoryRow[]): Buffer {
  const source = { ...row, corrections }
  const parts = ownFields.flatMap(field => {
    const value = own[field](source)
    return value === undefined ? [] : [`"${field}":${value}`]
  })
  return Buffer.from(parts.join(','))
}

/** Of a form only these fields. */
export function pickForm(form: Buffer, fields: ReadonlySet<ArticleField>): Buffer {
  const all = JSON.parse(`{${form}}`) as Record<OwnField, unknown>
  const kept = Object.entries(all).filter(([field]) => fields.has(field as OwnField))
  return Buffer.from(JSON.stringify(Object.fromEntries(kept)).slice(1, -1))
}
