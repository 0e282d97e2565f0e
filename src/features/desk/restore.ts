import type { DeskReader, Writer } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import type { Match } from '../../revision.ts'
import { listMediaIds } from '../media/media.store.ts'
import { findMergedTag, listTagsBySlug, type TagReference } from '../tags/tags.store.ts'
import { findVersion, type VersionRow } from './desk.store.ts'
import {
  type ArticlePatch,
  applyPatch,
  beginMove,
  lasting,
  type Prepared,
  plainRemovable,
  type Saved,
  saveMoved,
  type Warning,
} from './desk.ts'
import type { Review } from './workflow.ts'

/** The fields of an article as a version keeps them. */
type Snapshot = Omit<ArticlePatch, 'bodyFormat'> & { [K in 'tags' | 'media']: string[] } & {
  body?: string
  section?: string
  leadMedia?: string
}

/** What restoring a version removes where it had none. Its address stays what it is now, and no version has a note. */
const removable = plainRemovable.filter(name => name !== 'slug' && name !== 'editorialNote')

/**
 * Makes the working copy say again what a version said. A tag merged since is what it became; a tag or media deleted
 * since is left out with a warning. Throws 404, 412, 409.
 */
export async function restoreVersion(
  tx: Writer,
  id: string,
  { version: number, reason }: { version: number; reason?: string },
  match: Match,
  review: Review = 'optional',
): Promise<Saved> {
  const { before } = await beginMove(tx, id, 'restore-version', match, review)
  const version = await getVersion(tx, id, number)
  const warnings: Warning[] = []
  const patch = await patchOf(tx, version.snapshot as Snapshot, warnings)
  const { copy } = await applyPatch(tx, before, patch)
  const more = { version: number, reason }
  return { copy: await saveMoved(tx, before, copy, 'restore-version', more), warnings }
}

/** A version of an article. Throws 404. */
export async function getVersion(reader: DeskReader, id: string, number: number): Promise<VersionRow> {
  const version = await findVersion(reader, id, number)
  if (!version) throw new DomainError('not-found', `The article has no version ${number}.`)
  return version
}

async function patchOf(tx: Writer, snapshot: Snapshot, warnings: Warning[]): Promise<Prepared<ArticlePatch>> {
  const warn = (pointer: string, name: string) =>
    warnings.push({ code: 'gone', pointer, detail: `${name} is not there any more: it is left out` })

  const current = await currentTags(tx, [...snapshot.tags, ...(snapshot.section ? [snapshot.section] : [])])
  const tags: string[] = []
  for (const slug of snapshot.tags) {
    const now = current.get(slug)
    if (now === undefined || now.kind === 'section') warn('/tags', slug)
    else if (!tags.includes(now.slug)) tags.push(now.slug)
  }
  const section = snapshot.section === undefined ? undefined : current.get(snapshot.section)
  const isSection = section?.kind === 'section'
  if (snapshot.section !== undefined && !isSection) warn('/section', snapshot.section)

  const wanted = [...snapshot.media, ...(snapshot.leadMedia ? [snapshot.leadMedia] : [])]
  const there = new Set(wanted.length === 0 ? [] : await listMediaIds(tx, wanted))
  for (const mediaId of wanted) {
    if (!there.has(mediaId)) warn(mediaId === snapshot.leadMedia ? '/leadMedia' : '/media', mediaId)
  }
  const lead = snapshot.leadMedia
  return {
    ...Object.fromEntries(lasting.map(name => [name, snapshot[name]])),
    ...Object.fromEntries(removable.map(name => [name, snapshot[name] ?? null])),
    // It was cleaned when it was written.
    body: snapshot.body === undefined ? null : { html: snapshot.body, warnings: [] },
    tags,
    section: isSection ? section.slug : null,
    media: snapshot.media.filter(mediaId => there.has(mediaId)),
    leadMedia: lead !== undefined && there.has(lead) ? lead : null,
  }
}

/** The tag of each slug now: its own, or the one that was merged into. */
async function currentTags(tx: Writer, slugs: readonly string[]): Promise<Map<string, TagReference>> {
  const found = new Map((await listTagsBySlug(tx, slugs)).map(tag => [tag.slug, tag]))
  for (const slug of slugs) {
    const merged = found.has(slug) ? undefined : await findMergedTag(tx, slug)
    if (merged) found.set(slug, merged)
  }
  return found
}
