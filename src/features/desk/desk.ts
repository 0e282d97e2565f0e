import { randomUUIDv7 } from 'node:crypto'
import type { DeskReader, Writer } from '../../db/db.ts'
import { DomainError, type FieldError, fieldError } from '../../errors.ts'
import { type Match, requireRevision } from '../../revision.ts'
import { slugRule } from '../../slug.ts'
import type { Access, ArticleKind } from '../../words.ts'
import { findSlugOwner } from '../articles/publications.store.ts'
import { listMediaIds } from '../media/media.store.ts'
import { listTagsBySlug } from '../tags/tags.store.ts'
import type { BodyFormat, BodyWarning, CleanBody } from './body.ts'
import { readBody } from './body-reader.ts'
import { deleteArticleRow, findArticle, isStory, saveArticle, type WorkingCopy } from './desk.store.ts'
import { requireMove } from './workflow.ts'

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
export type Prepared<Sent> = Omit<Sent, 'body' | 'bodyFormat'> & { body?: CleanBody | null }

/** Reads the body of what was sent. Throws 400 for one that is refused, or a format of none. */
export async function prepare<Sent extends { body?: string | null; bodyFormat?: BodyFormat }>(
  sent: Sent,
): Promise<Prepared<Sent>> {
  const { body, bodyFormat, ...rest } = sent
  if (typeof body === 'string') return { ...rest, body: await readBody(body, bodyFormat ?? 'html') }
  if (bodyFormat !== undefined)
    throw fault('/bodyFormat', 'without-body', 'says what a body is written in, and there is none')
  return body === undefined ? rest : { ...rest, body }
}

const plainRemovable = [
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

const lasting = ['headline', 'language', 'kind', 'urgency', 'access'] as const

export type Saved = { copy: WorkingCopy; warnings: readonly BodyWarning[] }

/** Makes a working copy at revision 1. Throws 400 for what it refers to and is not there. */
export async function createArticle(
  tx: Writer,
  input: Prepared<ArticleInput>,
  id: string = randomUUIDv7(),
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
    sectionSlug: null,
    tags: [],
    leadMediaId: null,
    mediaIds: [],
  }
  const saved = await applyPatch(tx, blank, input)
  await saveArticle(tx, saved.copy, true)
  return saved
}

/** Changes a working copy; readers see it at the next publish. Throws 404, 412, 400. */
export async function patchArticle(
  tx: Writer,
  id: string,
  patch: Prepared<ArticlePatch>,
  match: Match,
): Promise<Saved> {
  const before = await lockArticle(tx, id)
  requireRevision(match, before.revision)
  const saved = await applyPatch(tx, before, patch)
  await saveArticle(tx, saved.copy, false)
  return saved
}

/** Deletes a working copy that was never published. Throws 404, 412, 409 `was-published`. */
export async function deleteArticle(tx: Writer, id: string, match: Match): Promise<void> {
  const copy = await lockArticle(tx, id)
  requireRevision(match, copy.revision)
  requireMove('delete', copy.liveStatus)
  await deleteArticleRow(tx, id)
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

async function applyPatch(tx: Writer, before: WorkingCopy, patch: Prepared<ArticlePatch>): Promise<Saved> {
  const copy: WorkingCopy = { ...before, revision: before.revision + 1, editedAt: tx.at, deskStatus: 'draft' }
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
  Object.assign(copy, await resolveTags(tx, patch), await resolveMedia(tx, patch))

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

async function resolveTags(tx: Writer, patch: Prepared<ArticlePatch>): Promise<Partial<WorkingCopy>> {
  const slugs = [...(patch.tags ?? []), ...(patch.section ? [patch.section] : [])]
  const found = new Map((await listTagsBySlug(tx, slugs)).map(tag => [tag.slug, tag]))
  const errors: FieldError[] = []
  const changed: {
    sectionId?: string | null
    sectionSlug?: string | null
    tags?: { id: string; slug: string }[]
  } = {}
  if (patch.section !== undefined) {
    const section = patch.section === null ? null : found.get(patch.section)
    if (section === undefined)
      errors.push(field('/section', 'unknown-tag', `"${patch.section}" is not a tag`))
    else if (section && section.kind !== 'section') {
      errors.push(field('/section', 'wrong-kind', `"${patch.section}" is not of the kind section`))
    }
    changed.sectionId = section?.id ?? null
    changed.sectionSlug = section?.slug ?? null
  }
  if (patch.tags !== undefined) {
    changed.tags = patch.tags.flatMap((slug, i) => {
      const tag = found.get(slug)
      if (!tag) errors.push(field(`/tags/${i}`, 'unknown-tag', `"${slug}" is not a tag`))
      else if (tag.kind === 'section') {
        errors.push(
          field(
            `/tags/${i}`,
            'wrong-kind',
            `"${slug}" is a section: an article stands under one, in "section"`,
          ),
        )
      }
      return tag ? [{ id: tag.id, slug: tag.slug }] : []
    })
  }
  if (errors.length > 0) throw refusal(errors)
  return changed
}

async function resolveMedia(tx: Writer, patch: Prepared<ArticlePatch>): Promise<Partial<WorkingCopy>> {
  const ids = [...(patch.media ?? []), ...(patch.leadMedia ? [patch.leadMedia] : [])]
  const found = new Set(ids.length === 0 ? [] : await listMediaIds(tx, ids))
  const errors: FieldError[] = []
  if (patch.leadMedia && !found.has(patch.leadMedia)) {
    errors.push(field('/leadMedia', 'unknown-media', `${patch.leadMedia} is not the id of media`))
  }
  for (const [i, id] of (patch.media ?? []).entries()) {
    if (!found.has(id)) errors.push(field(`/media/${i}`, 'unknown-media', `${id} is not the id of media`))
  }
  if (errors.length > 0) throw refusal(errors)
  return {
    ...(patch.leadMedia === undefined ? {} : { leadMediaId: patch.leadMedia }),
    ...(patch.media === undefined ? {} : { mediaIds: patch.media }),
  }
}

function field(pointer: string, code: string, detail: string): FieldError {
  return { in: 'body', pointer, code, detail }
}

function fault(pointer: string, code: string, detail: string): DomainError {
  return fieldError(field(pointer, code, detail))
}

function refusal(errors: readonly FieldError[]): DomainError {
  const first = errors[0] as FieldError
  return new DomainError('validation-failed', `${first.pointer} ${first.detail}`, { errors })
}
