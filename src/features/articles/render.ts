import type { Static } from 'typebox'
import type { EmbargoReader, Head, LiveReader } from '../../db/db.ts'
import { formatInstant } from '../../instant.ts'
import type { MediaFacts } from '../media/media.store.ts'
import type { TagFacts } from '../tags/live-tags.store.ts'
import type { ArticleField, TombstoneSchema } from './articles.schema.ts'
import { type Listed, listWholeById } from './articles.store.ts'
import { mediaAt, tagsAt } from './facts.ts'
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
  const tagsOf = shows('tags') || shows('section') ? await tagsOfAll(live, head, rows, embargo) : none
  const mediaOf =
    shows('leadMedia') || shows('media') ? await mediaOfAll(live, head, rows, shows('media'), embargo) : none
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
  const forms = await formsOf(live, rows, untilOf, embargo)

  return rows.flatMap(row => {
    const form = forms.get(row.articleId)
    // It went while it was read: the log moved, so this answer is none.
    if (!form) return []
    const body = bodyOf.get(row.articleId)
    const until = untilOf.get(row.articleId)
    const [section, ...tags] = tagsOf.get(row.articleId) ?? []
    const [leadMedia, ...media] = mediaOf.get(row.articleId) ?? []
    const relations: Relations = {
      section,
      tags: tags.filter(isThere),
      leadMedia,
      media: media.filter(isThere),
      ...(body === undefined ? {} : { body }),
      siblings: siblingsOf.get(row.storyId) ?? [],
      ...(until === undefined ? {} : { embargoedUntil: until }),
    }
    return [{ row, relations, parts: writeArticle(form, row, relations, settings, view, address) }]
  })
}

/** The forms of publications: those that are kept, and of the others those that their rows make. */
async function formsOf(
  live: LiveReader,
  rows: readonly Listed[],
  untilOf: ReadonlyMap<string, number>,
  embargo: EmbargoReader | undefined,
): Promise<Map<string, Buffer>> {
  const forms = new Map<string, Buffer>()
  const missing: string[] = []
  for (const { articleId, form } of rows) {
    if (form) forms.set(articleId, form)
    else missing.push(articleId)
  }
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

/** What an article has at each position, by the article's id: of its tags the section is at 0, of its media the lead. */
type Placed<Row> = Map<string, (Row | undefined)[]>
const none: Placed<never> = new Map()
const isThere = <Row>(row: Row | undefined) => row !== undefined

async function tagsOfAll(
  live: LiveReader,
  head: Head,
  rows: readonly Listed[],
  embargo: EmbargoReader | undefined,
): Promise<Placed<TagFacts>> {
  if (embargo) return place(await listTagsOf(embargo, idsOf(rows)), item => item.tag)
  const others = rows.filter(row => row.tagIds === null)
  const ids = place(others.length > 0 ? await listTagIdsOf(live, idsOf(others)) : [], item => item.id)
  for (const { articleId, tagIds } of rows) if (tagIds !== null) ids.set(articleId, tagIds.split(' '))
  return lookUp(ids, all => tagsAt(live, head, all))
}

/** The media of articles; without `more` only what leads them, which their rows name. */
async function mediaOfAll(
  live: LiveReader,
  head: Head,
  rows: readonly Listed[],
  more: boolean,
  embargo: EmbargoReader | undefined,
): Promise<Placed<MediaFacts>> {
  if (embargo) return place(await listMediaOf(embargo, idsOf(rows), !more), item => item.media)
  const others = more ? rows.filter(row => row.mediaIds === null || row.mediaIds === undefined) : []
  const ids = place(others.length > 0 ? await listMoreMediaIdsOf(live, idsOf(others)) : [], item => item.id)
  for (const { articleId, leadMediaId, mediaIds } of rows) {
    const those = ids.get(articleId) ?? [undefined, ...(more && mediaIds ? mediaIds.split(' ') : [])]
    those[0] = leadMediaId ?? undefined
    ids.set(articleId, those)
  }
  return lookUp(ids, all => mediaAt(live, head, all))
}

function place<Item extends { articleId: string; position: number }, Value>(
  items: readonly Item[],
  pick: (item: Item) => Value,
): Placed<Value> {
  const placed: Placed<Value> = new Map()
  for (const item of items) {
    const values = placed.get(item.articleId) ?? []
    values[item.position] = pick(item)
    placed.set(item.articleId, values)
  }
  return placed
}

async function lookUp<Row>(
  ids: Placed<string>,
  find: (ids: readonly string[]) => Promise<ReadonlyMap<string, Row>>,
): Promise<Placed<Row>> {
  const facts = await find([...ids.values()].flat().filter(isThere))
  const found: Placed<Row> = new Map()
  for (const [articleId, those] of ids) {
    const rows = those.map(id => (id === undefined ? undefined : facts.get(id)))
    found.set(articleId, rows)
  }
  return found
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
