import type { Static } from 'typebox'
import type { Head, LiveReader } from '../../db/db.ts'
import { formatInstant } from '../../instant.ts'
import type { Listed, PlaceInList } from '../articles/articles.store.ts'
import { countBySection, findEdge, listPublicationRows } from '../articles/articles.store.ts'
import { tagsAt } from '../articles/facts.ts'
import type { ArticleFilter } from '../articles/walk.store.ts'
import { tagName } from '../tags/tags.ts'
import { asOfLabel, newsDayOf, newsDayWindow } from './newsday.ts'
import type { DaySchema } from './today.schema.ts'

export type DayRequest = {
  /** YYYY-MM-DD */
  date: string
  timeZone: string
  /** An instant in epoch milliseconds; the time of the last change unless given. */
  asOf: number | undefined
  filter: ArticleFilter
  limit: number
  after: PlaceInList | undefined
  /** The language of the label and of section names. */
  language: string
}

type DayMeta = Static<typeof DaySchema>['meta']

/** The publications of a news day, newest first, and the facts of the whole day. */
export async function readDay(
  reader: LiveReader,
  head: Head,
  request: DayRequest,
): Promise<{ rows: Listed[]; meta: DayMeta }> {
  const { date, timeZone, language } = request
  const { from, to } = newsDayWindow(date, timeZone)
  const cut = request.asOf ?? head.at
  const filter: ArticleFilter = {
    ...request.filter,
    publishedFrom: from,
    publishedBefore: to,
    ...(request.asOf === undefined ? {} : { asOf: request.asOf }),
  }
  const rows = await listPublicationRows(reader, filter, request.limit, request.after)
  const counts = await countBySection(reader, filter)
  const tags = await tagsAt(
    reader,
    head,
    counts.map(row => row.sectionId),
  )
  const sections = counts
    .flatMap(({ count }, i) => {
      const tag = tags[i]
      return tag ? [{ tag: tag.slug, name: tagName(tag.names, language), count }] : []
    })
    .sort((a, b) => b.count - a.count || (a.tag < b.tag ? -1 : 1))

  const previous = await findEdge(reader, { ...request.filter, publishedBefore: from }, 'last')
  const next = await findEdge(reader, { ...request.filter, publishedFrom: to }, 'first')
  // Held within the window; its end is already the next day.
  const asOf = Math.min(Math.max(cut, from), to - 1)
  return {
    rows,
    meta: {
      date,
      timeZone,
      window: { from: formatInstant(from), to: formatInstant(to) },
      asOf: formatInstant(asOf),
      label: asOfLabel(asOf, timeZone, language),
      total: counts.reduce((sum, row) => sum + row.count, 0),
      sections,
      ...(previous === undefined ? {} : { previous: newsDayOf(previous, timeZone) }),
      ...(next === undefined ? {} : { next: newsDayOf(next, timeZone) }),
    },
  }
}
