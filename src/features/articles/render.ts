import type { Static } from 'typebox'
import type { EmbargoReader, Head, LiveReader } from '../../db/db.ts'
import { formatInstant } from '../../instant.ts'
import type { MediaFacts } from '../media/media.store.ts'
import type { ArticleField, TombstoneSchema } from './articles.schema.ts'
import { type Listed, listWholeById } from './articles.store.ts'
import { type Filing, filingOf, filingsAt, mediaAt } from './facts.ts'
import { writeForm } from './form.ts'
import {
  type ArticleReader,
  listBodiesOf,
  listCorrectionsOf,
  listEmbargoesOf,
  listMediaOf,
  listMoreMediaIdsOf,
  listSiblings,
  listTagIdsOf,
  listTagsOf,
  type TombstoneRow,
} from './relations.store.ts'
import type { View } from './view.ts'
import { type ArticleSettings, isWithheld, type Relations, writeArticle } from './write-article.ts'

/** An article as JSON, and what it was written from. */
export type Article = { row: Listed; relations: Relations; parts: readonly Buffer[] }

/**
 * Publications as readers get them, in their order: one statement for each relation that is shown. `embargo` is given
 * where the rows are of what waits under embargo.
 */
export async function renderArticles(
  live: LiveReader,
  settings: ArticleSettings,
  rows: readonly Listed[],
  view: View,
  head: Head,
  embargo?: EmbargoReader,
): Promise<Article[]> {
  if (rows.length === 0) return []
  const reader: ArticleReader = embargo ?? live
  const shows = (field: ArticleField) => view.shown.has(field)
  const readable = shows('body') ? rows.filter(row => !isWithheld(row, view)) : []
  const unread = idsOf(readable.filter(row => row.body === undefined))
  const filings = shows('tags') || shows('section') ? await filingsOf(live, head, rows, embargo) : []
  const pictures =
    shows('leadMedia') || shows('media') ? await mediaOf(live, head, rows, shows('media'), embargo) : []
  const bodies = unread.length > 0 ? await listBodiesOf(reader, unread, view.bodyFormat) : []
  const translated = shows('translations') ? rows.filter(row => row.isTranslated ?? true) : []
  const siblings =
    translated.length > 0
      ? await listSiblings(
          live,
          translated.map(row => row.storyId),
        )
      : []
  const embargoes = embargo ? await listEmbargoesOf(embargo, idsOf(rows)) : []

  const bodyOf = new Map([...readable, ...bodies].map(item => [item.articleId, item.body]))
  const siblingsOf = group(siblings, item => item.storyId)
  const untilOf = new Map(embargoes.map(item => [item.articleId, item.until]))
  const address = { base: `${settings.publicUrl}/v1/media` }
  const made = await makeForms(live, rows, untilOf, embargo)

  const articles: Article[] = []
  for (const [i, row] of rows.entries()) {
    const form = row.form ?? made.get(row.articleId)
    // It went while it was read: the log moved, so this answer is none.
    if (!form) continue
    const { section, tags } = filings[i] ?? unfiled
    const { leadMedia, media } = pictures[i] ?? unpictured
    const relations: Relations = {
      section,
      tags,
      leadMedia,
      media,
      body: bodyOf.get(row.articleId),
      siblings: siblingsOf.get(row.storyId) ?? [],
      embargoedUntil: untilOf.get(row.articleId),
    }
    articles.push({ row, relations, parts: writeArticle(form, row, relations, settings, view, address) })
  }
  return articles
}

/** The forms of publications of which none is kept, made of their rows. */
async function makeForms(
  live: LiveReader,
  rows: readonly Listed[],
  untilOf: ReadonlyMap<string, number>,
  embargo: EmbargoReader | undefined,
): Promise<Map<string, Buffer>> {
  const forms = new Map<string, Buffer>()
  const missing = idsOf(rows.filter(row => !row.form))
  if (missing.length === 0) return forms
  const whole = await listWholeById(embargo ?? live, missing)
  const corrected = idsOf(whole.filter(row => row.correctedAt !== null))
  const corrections = await listCorrectionsOf(live, corrected)
  if (embargo) corrections.push(...(await listCorrectionsOf(embargo, corrected)))
  const correctionsOf = group(corrections, item => item.articleId)
  for (const row of whole) {
    // What has not been public yet stands in lists where it is to be.
    const isFirst = untilOf.get(row.articleId) === row.publishedAt
    const times = isFirst ? { publishedAt: null, updatedAt: null } : {}
    forms.set(row.articleId, writeForm({ ...row, ...times }, correctionsOf.get(row.articleId) ?? []))
  }
  return forms
}

const unfiled: Filing = { section: undefined, tags: [] }

/** What each publication is filed under, in their order. */
async function filingsOf(
  live: LiveReader,
  head: Head,
  rows: readonly Listed[],
  embargo: EmbargoReader | undefined,
): Promise<(Filing | undefined)[]> {
  if (embargo) {
    const tags = place(await listTagsOf(embargo, idsOf(rows)), item => item.tag)
    return rows.map(row => filingOf(tags.get(row.articleId) ?? []))
  }
  const others = idsOf(rows.filter(row => row.tagIds === null))
  const ids = place(others.length > 0 ? await listTagIdsOf(live, others) : [], item => item.id)
  const lists = rows.map(row => row.tagIds ?? (ids.get(row.articleId) ?? []).join(' '))
  return filingsAt(live, head, lists)
}

type Pictures = Pick<Relations, 'leadMedia' | 'media'>
const unpictured: Pictures = { leadMedia: undefined, media: [] }

/** The media of each publication, in their order; without `more` only what leads them, which their rows name. */
async function mediaOf(
  live: LiveReader,
  head: Head,
  rows: readonly Listed[],
  more: boolean,
  embargo: EmbargoReader | undefined,
): Promise<Pictures[]> {
  if (embargo) {
    const media = place(await listMediaOf(embargo, idsOf(rows), !more), item => item.media)
    return rows.map(row => picturesOf(media.get(row.articleId) ?? []))
  }
  const others = more ? idsOf(rows.filter(row => typeof row.mediaIds !== 'string')) : []
  const moreIds = place(others.length > 0 ? await listMoreMediaIdsOf(live, others) : [], item => item.id)
  const ids = rows.map(({ articleId, leadMediaId, mediaIds }) => {
    const [, ...rest] = moreIds.get(articleId) ?? []
    return [leadMediaId ?? undefined, ...rest, ...(more && mediaIds ? mediaIds.split(' ') : [])]
  })
  const known = await mediaAt(live, head, ids.flat())
  let from = 0
  return ids.map(({ length }) => {
    from += length
    return picturesOf(known.slice(from - length, from))
  })
}

function picturesOf([leadMedia, ...media]: readonly (MediaFacts | undefined)[]): Pictures {
  return { leadMedia, media: media.filter(isThere) }
}

const isThere = <Row>(row: Row | undefined) => row !== undefined

/** What articles have at each position, by the article's id. */
function place<Item extends { articleId: string; position: number }, Value>(
  items: readonly Item[],
  pick: (item: Item) => Value,
): Map<string, (Value | undefined)[]> {
  const placed = new Map<string, (Value | undefined)[]>()
  for (const item of items) {
    const values = placed.get(item.articleId) ?? []
    values[item.position] = pick(item)
    placed.set(item.articleId, values)
  }
  return placed
}

/** What is left of a withdrawn article, for its 410 and for the change log. */
export function renderTombstone(row: TombstoneRow): Static<typeof TombstoneSchema> {
  return {
    id: row.articleId,
    withdrawnAt: formatInstant(row.withdrawnAt),
    notice: row.notice,
    ...(row.replacementId !== null && row.replacementSlug !== null
      ? { replacement: { id: row.replacementId, slug: row.replacementSlug } }
      : {}),
  }
}

const idsOf = (rows: readonly { articleId: string }[]) => rows.map(row => row.articleId)

function group<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    const list = groups.get(key)
    if (list) list.push(item)
    else groups.set(key, [item])
  }
  return groups
}
