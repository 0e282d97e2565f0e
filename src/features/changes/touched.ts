import type { LiveReader } from '../../db/db.ts'
import type { LogPlace, Touched } from '../../log-place.ts'
import { touchedByAny } from '../../words.ts'
import { listStoriesOf } from '../articles/articles.store.ts'
import type { ChangeRow } from './changes.store.ts'
import { listChangesAfter } from './changes.ts'

/**
 * At most `most` changes after a place of the log, with the cache tags that they touch; undefined where the log has no
 * such place, since a backup was restored.
 */
export async function listTouched(
  live: LiveReader,
  after: LogPlace,
  most: number,
): Promise<Touched | undefined> {
  const rows = await listChangesAfter(live, after, most)
  if (!rows) return undefined
  const { epoch } = after
  const { seq, mark } = rows.at(-1) ?? after
  return {
    last: { epoch, seq, mark },
    marks: rows.map(row => [row.seq, row.mark] as const),
    tags: await touchedBy(live, rows),
  }
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
