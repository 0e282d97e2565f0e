import { randomUUIDv7 } from 'node:crypto'
import type { DeskReader, LiveReader, Writer } from '../../db/db.ts'
import { DomainError, fieldError } from '../../errors.ts'
import { type Match, requireRevision } from '../../revision.ts'
import { firstFreeSlug, slugify } from '../../slug.ts'
import { mostNames, type Names, type TagKind } from '../../words.ts'
import { recordMutation } from '../audit/audit.ts'
import {
  addTagUses,
  findLiveTag,
  findTagRedirect,
  foldName,
  type LiveTagRow,
  listLiveTagRows,
  listLiveTagRowsByName,
  refreshLiveTag,
  removeLiveTag,
  tagTree,
} from './live-tags.store.ts'
import {
  deleteTagRow,
  findTag,
  findTagById,
  insertTag,
  insertTagRedirect,
  isTagSlugTaken,
  listTagUsers,
  moveTagUses,
  type TagRow,
  updateTag,
} from './tags.store.ts'

export type TagInput = {
  id?: string
  slug?: string
  kind: TagKind
  names: Names
  parent?: string
  mediaTopic?: string
  wikidata?: string
}

/** Null removes; a language left out of `names` stays as it is. */
export type TagPatch = {
  names?: Record<string, string | null>
  parent?: string | null
  mediaTopic?: string | null
  wikidata?: string | null
}

/** Makes a tag. Throws 409 `tag-exists` for a slug that is or was a tag's, 400 for a parent that is not there. */
export async function createTag(tx: Writer, input: TagInput): Promise<TagRow> {
  await tx.lock(tagTree)
  const slug = input.slug ?? (await freeSlug(tx, input))
  if (await isTagSlugTaken(tx, slug)) {
    throw new DomainError('tag-exists', `There is or was a tag "${slug}".`, {
      errors: [{ in: 'body', pointer: '/slug', code: 'taken', detail: 'is or was the slug of a tag' }],
    })
  }
  const row: TagRow = {
    id: input.id ?? randomUUIDv7(),
    slug,
    kind: input.kind,
    names: input.names,
    parentId: input.parent === undefined ? null : await parentIdOf(tx, input.parent),
    mediaTopic: input.mediaTopic ?? null,
    wikidata: input.wikidata ?? null,
    revision: 1,
    shownAt: null,
    createdAt: tx.at,
    updatedAt: tx.at,
  }
  await insertTag(tx, row)
  await recordMutation(tx, { subject: 'tag', id: row.id, move: 'create', after: factsOf(row) })
  return row
}

/** What the audit trail keeps of a tag. */
function factsOf(row: TagRow): Record<string, unknown> {
  const { id: _id, shownAt: _shown, createdAt: _created, updatedAt: _updated, ...facts } = row
  return facts
}

/** Changes a tag; where it is live, readers see it at once. Throws 404, 412, 400. */
export async function patchTag(tx: Writer, slug: string, patch: TagPatch, match: Match): Promise<TagRow> {
  await tx.lock(tagTree)
  const tag = await getTag(tx, slug)
  requireRevision(match, tag.revision)
  const merged = { ...tag.names, ...patch.names }
  const names = Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== null),
  )
  if (Object.keys(names).length === 0) {
    throw fieldError({ in: 'body', pointer: '/names', code: 'minProperties', detail: 'must keep one name' })
  }
  if (Object.keys(names).length > mostNames) {
    const detail = `must have at most ${mostNames} names, those there are included`
    throw fieldError({ in: 'body', pointer: '/names', code: 'maxProperties', detail })
  }
  const row: TagRow = { ...tag, names, revision: tag.revision + 1, updatedAt: tx.at }
  if (patch.parent !== undefined)
    row.parentId = patch.parent === null ? null : await parentIdOf(tx, patch.parent, tag.id)
  if (patch.mediaTopic !== undefined) row.mediaTopic = patch.mediaTopic
  if (patch.wikidata !== undefined) row.wikidata = patch.wikidata
  await updateTag(tx, row)
  await refreshLiveTag(tx, row)
  tx.changeEmbargo()
  await recordMutation(tx, {
    subject: 'tag',
    id: tag.id,
    move: 'edit',
    before: factsOf(tag),
    after: factsOf(row),
  })
  return row
}

/** Deletes a tag that nothing uses. Throws 404, 412, and 409 `in-use` with the users. */
export async function deleteTag(tx: Writer, slug: string, match: Match): Promise<void> {
  await tx.lock(tagTree)
  const tag = await getTag(tx, slug)
  requireRevision(match, tag.revision)
  const users = await listTagUsers(tx, tag.id)
  if (users.articles.length + users.tags.length > 0) {
    throw new DomainError('in-use', 'Articles or tags use it.', { extra: { users } })
  }
  await deleteTagRow(tx, tag.id)
  await recordMutation(tx, { subject: 'tag', id: tag.id, move: 'delete', before: factsOf(tag) })
}

/** Files everything under `slug` under `into` instead; the old address redirects if the public knew it. */
export async function mergeTag(tx: Writer, slug: string, into: string, match: Match): Promise<TagRow> {
  await tx.lock(tagTree)
  const tag = await getTag(tx, slug)
  requireRevision(match, tag.revision)
  const target = await findTag(tx, into)
  if (!target || target.id === tag.id || target.kind !== tag.kind) {
    const detail = !target
      ? 'is not a tag'
      : target.id === tag.id
        ? 'is the same tag'
        : `is not of the kind ${tag.kind}`
    throw fieldError({ in: 'body', pointer: '/into', code: 'unknown-tag', detail })
  }
  if (await isBeneath(tx, target, tag.id)) {
    throw fieldError({
      in: 'body',
      pointer: '/into',
      code: 'circle',
      detail: 'lies beneath the tag that would go',
    })
  }
  const row: TagRow = { ...target, revision: target.revision + 1, updatedAt: tx.at }
  await updateTag(tx, row)
  // Shown before it is counted: a tag that only now comes into use is noted once.
  await refreshLiveTag(tx, row)
  const gained = await moveTagUses(tx, tag.id, target.id)
  if (gained > 0) await addTagUses(tx, target.id, gained)
  await removeLiveTag(tx, tag.id)
  if (tag.shownAt !== null) await insertTagRedirect(tx, tag.slug, target.id)
  await deleteTagRow(tx, tag.id)
  tx.changeEmbargo()
  const merged = { from: tag.slug, into: target.slug }
  await recordMutation(tx, {
    subject: 'tag',
    id: tag.id,
    move: 'merge',
    before: factsOf(tag),
    said: merged,
  })
  await recordMutation(tx, {
    subject: 'tag',
    id: target.id,
    move: 'merge',
    before: factsOf(target),
    after: factsOf(row),
    said: merged,
  })
  return row
}

/** The tag as the desk has it. Throws 404. */
export async function getTag(reader: DeskReader, slug: string): Promise<TagRow> {
  const tag = await findTag(reader, slug)
  if (!tag) throw new DomainError('not-found', `There is no tag "${slug}".`)
  return tag
}

/** The live tag of a slug, or the slug it redirects to. Throws 404. */
export async function getLiveTag(
  reader: LiveReader,
  slug: string,
): Promise<LiveTagRow | { redirect: string }> {
  const tag = await findLiveTag(reader, slug)
  if (tag) return tag
  const redirect = await findTagRedirect(reader, slug)
  if (redirect === undefined) throw new DomainError('not-found', 'There is no such tag.')
  return { redirect }
}

export type LiveTagQuery = {
  kinds?: readonly TagKind[]
  /** The slug of the broader tag. */
  parent?: string
  /** The beginning of a name, in any language and case. */
  name?: string
  limit: number
}

/** Live tags by slug, or by name when a prefix is given; `after` is the place in that order. */
export async function listLiveTags(
  reader: LiveReader,
  query: LiveTagQuery,
  after: readonly [string, string] | undefined,
): Promise<(LiveTagRow & { place: readonly [string, string] })[]> {
  const parent = query.parent === undefined ? undefined : await findLiveTag(reader, query.parent)
  if (query.parent !== undefined && !parent) return []
  const filter = {
    limit: query.limit,
    ...(query.kinds ? { kinds: query.kinds } : {}),
    ...(parent ? { parentId: parent.id } : {}),
  }
  if (query.name === undefined) {
    const rows = await listLiveTagRows(reader, { ...filter, ...(after ? { after: after[0] } : {}) })
    return rows.map(row => ({ ...row, place: [row.slug, row.id] as const }))
  }
  const prefix = foldName(query.name)
  const rows = await listLiveTagRowsByName(reader, { ...filter, prefix, ...(after ? { after } : {}) })
  return rows.map(row => ({ ...row, place: [row.folded, row.id] as const }))
}

/** A tag's name in the first of the languages it has one in, else in any. */
export function tagName(names: Names, ...languages: readonly (string | undefined)[]): string {
  for (const language of languages) {
    if (language === undefined) continue
    const name = names[language] ?? names[language.split('-')[0] ?? '']
    if (name !== undefined) return name
  }
  return Object.values(names)[0] ?? ''
}

async function freeSlug(tx: Writer, input: TagInput): Promise<string> {
  return firstFreeSlug(slugify(tagName(input.names, 'en'), input.kind), slug => isTagSlugTaken(tx, slug))
}

async function parentIdOf(tx: Writer, slug: string, childId?: string): Promise<string> {
  const parent = await findTag(tx, slug)
  if (!parent)
    throw fieldError({
      in: 'body',
      pointer: '/parent',
      code: 'unknown-tag',
      detail: `"${slug}" is not a tag`,
    })
  if (childId !== undefined && (parent.id === childId || (await isBeneath(tx, parent, childId)))) {
    throw fieldError({
      in: 'body',
      pointer: '/parent',
      code: 'circle',
      detail: 'is the tag itself or lies beneath it',
    })
  }
  return parent.id
}

async function isBeneath(tx: Writer, tag: TagRow, ancestorId: string): Promise<boolean> {
  let at: TagRow | undefined = tag
  while (at?.parentId) {
    if (at.parentId === ancestorId) return true
    at = await findTagById(tx, at.parentId)
  }
  return false
}
