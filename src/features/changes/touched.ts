import type { LiveReader } from '../../db/db.ts'
import { touchedByAny } from '../../words.ts'
import { listStoriesOf } from '../articles/articles.store.ts'
import { type ChangeRow, listChangeRows } from './changes.store.ts'

/** The last of some changes, how many they are, and the cache tags of what they touch. */
type Touched = { last: number; count: number; tags: Set<string> }

/** What at most `most` changes after a sequence number touch. */
export async function listTouched(live: LiveReader, after: number, most: number): Promise<Touched> {
  const rows = await listChangeRows(live, after, most)
  return { last: rows.at(-1)?.seq ?? after, count: rows.length, tags: await touchedBy(live, rows) }
}

/**
 * The cache tags of what changes touch: see `tags` and `also` of the delivery answers. A tag of the newsroom is named by its
 * id, as `also` has it: the log has no slug of it, and once it is merged there is none.
 */
async function touchedBy(live: LiveReader, rows: readonly ChangeRow[]): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const tags = new Set<string>(touchedByAny)
  for (const { subjectType, subjectId } of rows) {
    tags.add(`${subjectType}-${subjectId}`)
    // How many articles a tag has changes with those.
    tags.add(subjectType === 'media' ? 'media' : 'tags')
  }
  const articles = rows.filter(row => row.subjectType === 'article').map(row => row.subjectId)
  // Its translations name it: those that were there before it knew nothing of it but their story.
  for (const story of await listStoriesOf(live, [...new Set(articles)])) tags.add(`story-${story}`)
  return tags
}
