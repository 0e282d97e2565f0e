import type { LiveReader } from '../../db/db.ts'
import type { PlaceInList } from '../articles/articles.store.ts'
import type { PublicationRow } from '../articles/publications.store.ts'
import {
  listBodiesOf,
  listCorrectionsOf,
  listMediaOf,
  listSiblings,
  listTagsOf,
} from '../articles/relations.store.ts'
import type { ArticleSettings } from '../articles/write-article.ts'
import { listWholePublications, listWithdrawals } from './exports.store.ts'
import { type Exported, type Ninjs, writeCancel, writeItem } from './write-ninjs.ts'

/** How much is exported: `subscribers` for the bodies of what is for subscribers. */
export type ExportSettings = ArticleSettings & { subscribers: boolean }

/** Items that were read together. */
export type ExportedPart = { articles: Ninjs[]; withdrawn: Ninjs[] }

/** So many are in memory at once. */
const pages = { articles: 50, withdrawals: 1000 }

/**
 * Every live article as an item of ninjs 3.1, first published first, and behind them what was withdrawn, as canceled.
 * What waits under embargo, is held, or was withdrawn under embargo is not in the tables that are read.
 */
export async function* exportItems(
  live: LiveReader,
  settings: ExportSettings,
  lengths = pages,
): AsyncGenerator<ExportedPart> {
  let after: PlaceInList | undefined
  for (;;) {
    const rows = await listWholePublications(live, lengths.articles, after)
    const last = rows.at(-1)
    if (!last) break
    after = [last.publishedAt, last.articleId]
    const articles = await gather(live, rows, settings)
    yield { articles: articles.map(article => writeItem(article, settings)), withdrawn: [] }
  }
  let afterSeq = 0
  for (;;) {
    const rows = await listWithdrawals(live, lengths.withdrawals, afterSeq)
    const last = rows.at(-1)
    if (!last) return
    afterSeq = last.seq
    yield { articles: [], withdrawn: rows.map(row => writeCancel(row, settings)) }
  }
}

/** Articles with what belongs to them: one statement for each relation. */
async function gather(
  live: LiveReader,
  rows: readonly PublicationRow[],
  { subscribers }: ExportSettings,
): Promise<Exported[]> {
  const ids = rows.map(row => row.articleId)
  const readable = rows.filter(row => subscribers || row.access === 'public').map(row => row.articleId)
  const corrected = rows.filter(row => row.correctedAt !== null).map(row => row.articleId)
  const htmls = await listBodiesOf(live, readable, 'html')
  const texts = await listBodiesOf(live, readable, 'text')
  const htmlOf = new Map(htmls.map(item => [item.articleId, item.body]))
  const textOf = new Map(texts.map(item => [item.articleId, item.body]))
  const tagsOf = Map.groupBy(await listTagsOf(live, ids), item => item.articleId)
  const mediaOf = Map.groupBy(await listMediaOf(live, ids, false), item => item.articleId)
  const correctionsOf = Map.groupBy(await listCorrectionsOf(live, corrected), item => item.articleId)
  const siblings = await listSiblings(live, [...new Set(rows.map(row => row.storyId))])
  const siblingsOf = Map.groupBy(siblings, item => item.storyId)
  return rows.map(row => {
    const { articleId, storyId, version } = row
    const [html, text] = [htmlOf.get(articleId), textOf.get(articleId)]
    return {
      row,
      body: html === undefined || text === undefined ? undefined : { html, text },
      tags: (tagsOf.get(articleId) ?? []).map(item => item.tag),
      media: eachOnce((mediaOf.get(articleId) ?? []).map(item => item.media)),
      correction: correctionsOf.get(articleId)?.find(item => item.number === version),
      translations: (siblingsOf.get(storyId) ?? []).filter(item => item.articleId !== articleId),
    }
  })
}

/** The first of each: a lead may stand further down once more. */
function eachOnce<Item extends { id: string }>(items: readonly Item[]): Item[] {
  const seen = new Set<string>()
  return items.filter(({ id }) => !seen.has(id) && seen.add(id))
}
