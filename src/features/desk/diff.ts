import { type ArrayChange, diffArrays } from 'diff'
import type { Static } from 'typebox'
import type { DeskReader } from '../../db/db.ts'
import { getArticle } from './desk.ts'
import { snapshotOf } from './render-copy.ts'
import { getVersion } from './restore.ts'
import type { DiffSchema } from './versions.schema.ts'

type Diff = Static<typeof DiffSchema>
type Change = Diff['changes'][number]

/** What a version says of itself and not of the article. */
const aside: readonly string[] = ['id', 'version', 'createdAt', 'editedAt', 'publishedAt']
/** Fields of prose: these are compared word by word. */
const prose: readonly string[] = ['headline', 'shortHeadline', 'summary', 'body', 'usageTerms']
/** Comparing yields to the event loop as it goes; past this it is given up and both texts stand alone. */
const mostMilliseconds = 1000
/** Tags of HTML, words, and the space between them. A tag ends before the next `<`: text of `<` alone costs one pass. */
const tokens = /<[^<>]*>|\s+|[^<\s]+|</g

/** What differs between version `from` and version `to`, or the working copy. Throws 404. */
export async function diffVersions(
  reader: DeskReader,
  id: string,
  from: number,
  to: number | undefined,
): Promise<Diff> {
  const copy = await getArticle(reader, id)
  const before = (await getVersion(reader, id, from)).snapshot
  const after = to === undefined ? snapshotOf(copy) : (await getVersion(reader, id, to)).snapshot
  const changes: Change[] = []
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (aside.includes(field)) continue
    const [was, is] = [before[field], after[field]]
    if (JSON.stringify(was) === JSON.stringify(is)) continue
    const change: Change = { field }
    if (was !== undefined) change.before = was
    if (is !== undefined) change.after = is
    if (prose.includes(field) && typeof was === 'string' && typeof is === 'string') {
      const parts = await compareTexts(was, is)
      if (parts) change.parts = parts
    }
    changes.push(change)
  }
  return { from, ...(to === undefined ? {} : { to }), changes }
}

async function compareTexts(before: string, after: string): Promise<Change['parts']> {
  const split = (text: string) => text.match(tokens) ?? []
  const found = await new Promise<ArrayChange<string>[] | undefined>(resolve => {
    diffArrays(split(before), split(after), { timeout: mostMilliseconds, callback: resolve })
  })
  return found?.map(({ value, added, removed }) => ({
    op: added ? 'added' : removed ? 'removed' : 'same',
    text: value.join(''),
  }))
}
