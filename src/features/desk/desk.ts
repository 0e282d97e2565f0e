import { randomUUIDv7 } from 'node:crypto'
import type { DeskReader, Writer } from '../../db/db.ts'
import { DomainError, fieldError } from '../../errors.ts'
import { type Match, requireRevision } from '../../revision.ts'
import { slugRule } from '../../slug.ts'
import type { Access, ArticleKind, ArticleMove, DeskStatus, Mutation } from '../../words.ts'
import { findSlugOwner } from '../articles/publications.store.ts'
import { recordMutation } from '../audit/audit.ts'
import type { TagReference } from '../tags/tags.store.ts'
import type { BodyFormat, BodyWarning, CleanBody } from './body.ts'
import { readBody } from './body-reader.ts'
import { deleteArticleRow, findArticle, isStory, saveArticle, type WorkingCopy } from './desk.store.ts'
import { resolveMedia, resolveTags } from './references.ts'
import { factsOf } from './render-copy.ts'
import { makeMove, type Review } from './workflow.ts'

/** The fields of a working copy as they are sent; a body is in `bodyFormat`, HTML unless said. */
export type ArticleInput = {
  headline: string
  language: string
  kind?: ArticleKind
  tags?: readonly string[]
  media?: readonly string[]
  urgency?: number
  access?: Access
  story?: string
  bodyFormat?: BodyFormat
} & { [K in Removable]?: string }

/** A merge patch: null removes. */
export type ArticlePatch = Partial<Omit<ArticleInput, Removable>> & { [K in Removable]?: string | null }

/**
 * What was sent with its body read. That comes before the transaction, which others wait for: a long body may take
 * seconds.
 */
export type Prepared<Sent> = Omit<Sent, 'body' | 'bodyFormat'> & {
  body?: Pick<CleanBody, 'html' | 'warnings'> | null
}

/** Reads the body of what was sent, by the key `owner`. Throws 400 for one that is refused, or a format of none. */
export async function prepare<Sent extends { body?: string | null; bodyFormat?: BodyFormat }>(
  sent: Sent,
  owner?: string,
): Promise<Prepared<Sent>> {
  const { body, bodyFormat, ...rest } = sent
  if (typeof body === 'string') return { ...rest, body: await readBody(body, bodyFormat ?? 'html', owner) }
  if (bodyFormat !== undefined)
    throw fault('/bodyFormat', 'without-body', 'says what a body is written in, and there is none')
  return body === undefined ? rest : { ...rest, body }
}

/** Plain texts that a working copy may lack. */
export const plainRemovable = [
  'shortHeadline',
  'summary',
  'dateline',
  'byline',
  'signOff',
  'source',
  'usageTerms',
  'slug',
  'editorialNote',
] as const
type Removable = (typeof plainRemovable)[number] | 'body' | 'section' | 'leadMedia'

/** What a working copy always has. */
export const lasting = ['headline', 'language', 'kind', 'urgency', 'access'] as const

/** Something that was not kept, in the field that is named; the body unless said. */
export type Warning = Pick<BodyWarning, 'code' | 'detail'> & { pointer?: string }
export type Saved = { copy: WorkingCopy; warnings: readonly Warning[] }

/** Makes a working copy at revision 1. Throws 400 for what it refers to and is not there. */
export async function createArticle(tx: Writer, input: Prepared<ArticleInput>, id?: string): Promise<Saved> {
  const draft = await draftArticle(tx, input, id)
  await saveDraft(tx, draft.copy)
  return draft
}

/** Saves what `draftArticle` gave. */
export async function saveDraft(tx: Writer, draft: WorkingCopy): Promise<void> {
  await saveArticle(tx, draft)
  await recordDraft(tx, draft)
}

/** Writes into the audit trail that a working copy was made. */
export async function recordDraft(tx: Writer, draft: WorkingCopy): Promise<void> {
  await recordMutation(tx, { subject: 'article', id: draft.id, move: 'create', after: factsOf(draft) })
}

/** A working copy as it would be made, not yet saved; `tags` as for `resolveTags`. Throws what `createArticle` throws. */
export async function draftArticle(
  tx: Writer,
  input: Prepared<ArticleInput>,
  id: string = randomUUIDv7(),
  tags: readonly TagReference[] = [],
): Promise<Saved> {
  const blank: WorkingCopy = {
    id,
    revision: 0,
    deskStatus: 'draft',
    liveStatus: 'never',
    language: input.language,
    kind: 'story',
    headline: input.headline,
    shortHeadline: null,
    summary: null,
    dateline: null,
    byline: null,
    signOff: null,
    urgency: 5,
    access: 'public',
    storyId: id,
    source: null,
    usageTerms: null,
    slug: null,
    sectionId: null,
    bodyHtml: null,
    editorialNote: null,
    version: 0,
    createdAt: tx.at,
    editedAt: tx.at,
    publishedAt: null,
    publishAt: null,
    schedule: null,
    embargoedUntil: null,
    heldBy: null,
    publicVersion: 0,
    sectionSlug: null,
    tags: [],
    leadMediaId: null,
    mediaIds: [],
  }
  return applyPatch(tx, blank, input, tags)
}

/**
 * Changes a working copy; readers see it at the next publish. It is a draft again, and off its schedule. `tags` as for
 * `resolveTags`. Throws 404, 412, 400.
 */
export async function patchArticle(
  tx: Writer,
  id: string,
  patch: Prepared<ArticlePatch>,
  match: Match,
  tags: readonly TagReference[] = [],
): Promise<Saved> {
  const before = await lockArticle(tx, id)
  requireRevision(match, before.revision)
  const saved = await applyPatch(tx, before, patch, tags)
  await saveArticle(tx, saved.copy, before)
  await recordMutation(tx, {
    subject: 'article',
    id,
    move: 'edit',
    before: factsOf(before),
    after: factsOf(saved.copy),
  })
  return saved
}

/** Deletes a working copy that was never published. Throws 404, 412, 409 `was-published`. */
export async function deleteArticle(
  tx: Writer,
  id: string,
  match: Match,
  review: Review = 'optional',
): Promise<void> {
  const { before } = await beginMove(tx, id, 'delete', match, review)
  await deleteArticleRow(tx, id)
  await recordMutation(tx, { subject: 'article', id, move: 'delete', before: factsOf(before) })
}

/**
 * Saves the working copy as a move left it, a revision further, and writes the move into the audit trail. `more` is
 * what the move said beside the copy's own fields; a draft that was not saved before is saved with it. Gives the copy as
 * saved.
 */
export async function saveMoved(
  tx: Writer,
  before: WorkingCopy,
  after: WorkingCopy,
  move: Mutation,
  more: { reason?: string | undefined } & Record<string, unknown> = {},
  isSaved = true,
): Promise<WorkingCopy> {
  const copy: WorkingCopy = { ...after, revision: before.revision + 1, editedAt: tx.at }
  await saveArticle(tx, copy, isSaved ? before : undefined)
  const { reason, ...said } = more
  await recordMutation(tx, {
    subject: 'article',
    id: copy.id,
    move,
    before: factsOf(before),
    after: factsOf(copy),
    said,
    ...(reason === undefined ? {} : { reason }),
  })
  return copy
}

/** The working copy. Throws 404. */
export async function getArticle(reader: DeskReader, id: string): Promise<WorkingCopy> {
  const copy = await findArticle(reader, id)
  if (!copy) throw new DomainError('not-found', 'There is no such article.')
  return copy
}

/** The working copy, which nobody else changes until the transaction ends. Throws 404. */
export async function lockArticle(tx: Writer, id: string): Promise<WorkingCopy> {
  await tx.lock(`article ${id}`)
  return getArticle(tx, id)
}

/**
 * What every move begins with: the working copy, which nobody else changes until the transaction ends, and its desk status
 * after the move. Throws 404, 412, 409 where the move does not lead out of its state.
 */
export async function beginMove(
  tx: Writer,
  id: string,
  move: ArticleMove,
  match: Match,
  review: Review,
): Promise<{ before: WorkingCopy; deskStatus: DeskStatus }> {
  const before = await lockArticle(tx, id)
  requireRevision(match, before.revision)
  return { before, deskStatus: makeMove(move, before, review) }
}

/** The working copy with a patch applied, not yet saved. Throws 400, 409 `slug-taken`. */
export async function applyPatch(
  tx: Writer,
  before: WorkingCopy,
  patch: Prepared<ArticlePatch>,
  tags: readonly TagReference[] = [],
): Promise<Saved> {
  // What was approved, or is scheduled, is not what it says from now on.
  const draft = { deskStatus: 'draft', publishAt: null, schedule: null } as const
  const copy: WorkingCopy = { ...before, ...draft, revision: before.revision + 1, editedAt: tx.at }
  for (const name of plainRemovable) {
    const value = patch[name]
    if (value !== undefined) copy[name] = value
  }
  Object.assign(
    copy,
    Object.fromEntries(lasting.flatMap(name => (patch[name] === undefined ? [] : [[name, patch[name]]]))),
  )

  await checkSlug(tx, copy, patch.slug)
  if (patch.story !== undefined && patch.story !== before.storyId) {
    if (patch.story !== copy.id && !(await isStory(tx, patch.story)))
      throw fault('/story', 'unknown-story', 'is not a story')
    copy.storyId = patch.story
  }
  Object.assign(copy, await resolveTags(tx, patch, tags), await resolveMedia(tx, patch))

  // A body of nothing is none.
  if (patch.body !== undefined) copy.bodyHtml = patch.body?.html || null
  return { copy, warnings: patch.body?.warnings ?? [] }
}

async function checkSlug(tx: Writer, copy: WorkingCopy, slug: string | null | undefined): Promise<void> {
  if (typeof slug !== 'string') return
  const rule = slugRule(slug)
  if (rule !== undefined) throw fault('/slug', 'slug', rule)
  const owner = await findSlugOwner(tx, slug)
  if (owner !== undefined && owner !== copy.id) throw slugTaken(slug)
}

/** 409: the slug is or was another article's. */
export function slugTaken(slug: string): DomainError {
  return new DomainError('slug-taken', `"${slug}" is or was the slug of another article.`, {
    errors: [
      { in: 'body', pointer: '/slug', code: 'slug-taken', detail: 'is or was the slug of another article' },
    ],
  })
}

function fault(pointer: string, code: string, detail: string): DomainError {
  return fieldError({ in: 'body', pointer, code, detail })
}
