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
export type Article = { row: Listed; relations: Relations; bytes: Buffer }

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
  const tags = shows('tags') || shows('section') ? await tagsOfAll(live, head, rows, embargo) : []
  const media =
    shows('leadMedia') || shows('media') ? await mediaOfAll(live, head, rows, shows('media'), embargo) : []
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

  const tagsOf = group(tags, item => item.articleId)
  const mediaOf = group(media, item => item.articleId)
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
    const relations: Relations = {
      tags: tagsOf.get(row.articleId) ?? [],
      media: mediaOf.get(row.articleId) ?? [],
      ...(body === undefined ? {} : { body }),
      siblings: siblingsOf.get(row.storyId) ?? [],
      ...(until === undefined ? {} : { embargoedUntil: until }),
    }
    return [{ row, relations, bytes: writeArticle(form, row, relations, settings, view, address) }]
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

async function tagsOfAll(
  live: LiveReader,
  head: Head,
  rows: readonly Listed[],
  embargo: EmbargoReader | undefined,
): Promise<{ articleId: string; position: number; tag: TagFacts }[]> {
  if (embargo) return listTagsOf(embargo, idsOf(rows))
  const filed = rows.flatMap(({ articleId, tagIds }) =>
    tagIds === null ? [] : tagIds.split(' ').map((id, position) => ({ articleId, position, id })),
  )
  const others = rows.filter(row => row.tagIds === null)
  if (others.length > 0) filed.push(...(await listTagIdsOf(live, idsOf(others))))
  const facts = await tagsAt(
    live,
    head,
    filed.map(item => item.id),
  )
  return filed.flatMap(({ articleId, position, id }) => {
    const tag = facts.get(id)
    return tag ? [{ articleId, position, tag }] : []
  })
}

/** The media of articles; without `more` only what leads them, which their rows name. */
async function mediaOfAll(
  live: LiveReader,
  head: Head,
  rows: readonly Listed[],
  more: boolean,
  embargo: EmbargoReader | undefined,
): Promise<{ articleId: string; position: number; media: MediaFacts }[]> {
  if (embargo) return listMediaOf(embargo, idsOf(rows), !more)
  const used = rows.flatMap(({ articleId, leadMediaId: id }) =>
    id === null ? [] : [{ articleId, position: 0, id }],
  )
  for (const { articleId, mediaIds } of more ? rows : []) {
    const ids = mediaIds ? mediaIds.split(' ') : []
    used.push(...ids.map((id, i) => ({ articleId, position: i + 1, id })))
  }
  const others = more ? rows.filter(row => row.mediaIds === null || row.mediaIds === undefined) : []
  if (others.length > 0) used.push(...(await listMoreMediaIdsOf(live, idsOf(others))))
  const facts = await mediaAt(
    live,
    head,
    used.map(item => item.id),
  )
  return used.flatMap(({ articleId, position, id }) => {
    const media = facts.get(id)
    return media ? [{ articleId, position, media }] : []
  })
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
