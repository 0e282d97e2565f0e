import type { Writer } from '../../db/db.ts'
import { DomainError, type FieldError, fieldError } from '../../errors.ts'
import { type Match, requireRevision } from '../../revision.ts'
import { firstFreeSlug, slugify } from '../../slug.ts'
import type { Action, VersionKind } from '../../words.ts'
import {
  findPublicationFacts,
  findSibling,
  findSlugOwner,
  insertHistory,
  insertSlug,
  insertTombstone,
  type PublicationRow,
  removePublication,
  savePublication,
} from '../articles/publications.store.ts'
import { measureBody } from './body.ts'
import { findArticle, insertVersion, insertWithdrawal, saveArticle, type WorkingCopy } from './desk.store.ts'
import { lockArticle, slugTaken } from './desk.ts'
import { renderCopy } from './render-copy.ts'
import { requireMove } from './workflow.ts'

export type Publish = {
  kind?: 'update' | 'correction'
  note?: string
  /** At the first publish: an earlier instant (epoch milliseconds), for archives and imports. */
  publishedAt?: number
  /** Of an import: the instant of the sender's version (epoch milliseconds); the commit's otherwise. */
  updatedAt?: number
}

const actionOf: Record<VersionKind, Action> = {
  publish: 'published',
  update: 'updated',
  correction: 'corrected',
}

/**
 * Makes the working copy a version and the version the publication, in one transaction with its change row.
 * Throws 404, 412, 409 (`move-impossible`, `not-ready`, `slug-taken`, `translation-exists`), 400.
 */
export async function publishArticle(
  tx: Writer,
  id: string,
  publish: Publish,
  match: Match,
  keyId?: string,
): Promise<WorkingCopy> {
  const before = await lockArticle(tx, id)
  requireRevision(match, before.revision)
  requireMove('publish', before.liveStatus)
  const kind = kindOf(publish, before)
  const { sectionId, bodyHtml } = requireReady(before)
  await requireOnlyOfLanguage(tx, before)
  const publishedAt = before.publishedAt ?? readPublishedAt(publish, tx.at)
  const live = await findPublicationFacts(tx, id)
  const slug = await chooseSlug(tx, before, live?.slug)

  const copy: WorkingCopy = {
    ...before,
    slug,
    revision: before.revision + 1,
    deskStatus: 'draft',
    liveStatus: 'live',
    version: before.version + 1,
    publishedAt,
    editedAt: tx.at,
  }
  await saveArticle(tx, copy, false)
  const note = publish.note ?? null
  const at = kind === 'publish' ? publishedAt : tx.at
  const version = { articleId: id, number: copy.version, kind, at, note }
  await insertVersion(tx, { ...version, keyId: keyId ?? null, snapshot: snapshotOf(copy) })
  await insertHistory(tx, version)

  const { text, wordCount, readingMinutes } = measureBody(bodyHtml)
  const updatedAt = publish.updatedAt ?? at
  const row: PublicationRow = {
    articleId: id,
    slug,
    language: copy.language,
    kind: copy.kind,
    headline: copy.headline,
    shortHeadline: copy.shortHeadline,
    summary: copy.summary,
    dateline: copy.dateline,
    byline: copy.byline,
    signOff: copy.signOff,
    urgency: copy.urgency,
    access: copy.access,
    storyId: copy.storyId,
    source: copy.source,
    usageTerms: copy.usageTerms,
    sectionId,
    leadMediaId: copy.leadMediaId,
    wordCount,
    readingMinutes,
    version: copy.version,
    publishedAt,
    updatedAt: Math.max(updatedAt, publishedAt),
    correctedAt: kind === 'correction' ? at : (live?.correctedAt ?? null),
  }
  await savePublication(tx, {
    row,
    html: bodyHtml,
    text,
    tagIds: [sectionId, ...copy.tags.map(tag => tag.id)],
    mediaIds: copy.mediaIds,
  })
  tx.change('article', id, actionOf[kind], copy.version)
  return copy
}

export type Withdraw = { notice: string; reason: string; replacement?: string }

/** Takes a published article down for good: readers get 410 and a tombstone. Throws 404, 412, 409, 400. */
export async function withdrawArticle(
  tx: Writer,
  id: string,
  withdraw: Withdraw,
  match: Match,
  keyId?: string,
): Promise<WorkingCopy> {
  const before = await lockArticle(tx, id)
  requireRevision(match, before.revision)
  requireMove('withdraw', before.liveStatus)
  const { notice, reason, replacement } = withdraw
  if (replacement !== undefined && (replacement === id || !(await findArticle(tx, replacement)))) {
    const detail = replacement === id ? 'is the article itself' : 'is not the id of an article'
    throw fieldError({ in: 'body', pointer: '/replacement', code: 'unknown-article', detail })
  }
  await removePublication(tx, id)
  await insertTombstone(tx, { articleId: id, withdrawnAt: tx.at, notice, replacementId: replacement ?? null })
  await insertWithdrawal(tx, { articleId: id, reason, keyId: keyId ?? null })
  const copy: WorkingCopy = {
    ...before,
    liveStatus: 'withdrawn',
    revision: before.revision + 1,
    editedAt: tx.at,
  }
  await saveArticle(tx, copy, false)
  tx.change('article', id, 'withdrawn', before.version)
  return copy
}

function kindOf(publish: Publish, copy: WorkingCopy): VersionKind {
  if (copy.version === 0) {
    if (publish.kind !== undefined)
      throw fault('/kind', 'first-publish', 'must be absent at the first publish')
    return 'publish'
  }
  if (publish.kind === undefined)
    throw fault('/kind', 'missing', 'must say update or correction: it was published before')
  if (publish.publishedAt !== undefined)
    throw fault('/publishedAt', 'never-moves', 'never moves once it is public')
  if (publish.kind === 'correction' && publish.note === undefined) {
    throw fault('/note', 'missing', 'must say, for readers, what is corrected')
  }
  return publish.kind
}

function requireReady(copy: WorkingCopy): { sectionId: string; bodyHtml: string } {
  const { sectionId, bodyHtml } = copy
  if (sectionId !== null && bodyHtml !== null) return { sectionId, bodyHtml }
  const errors: FieldError[] = []
  if (sectionId === null)
    errors.push({ in: 'body', pointer: '/section', code: 'missing', detail: 'is missing' })
  if (bodyHtml === null) errors.push({ in: 'body', pointer: '/body', code: 'missing', detail: 'is missing' })
  const names = errors.map(error => error.pointer.slice(1)).join(' and a ')
  throw new DomainError('not-ready', `The working copy needs a ${names}.`, { errors })
}

async function requireOnlyOfLanguage(tx: Writer, copy: WorkingCopy): Promise<void> {
  const sibling = await findSibling(tx, copy.storyId, copy.language, copy.id)
  if (sibling === undefined) return
  throw new DomainError(
    'translation-exists',
    `Article ${sibling} already tells this story in ${copy.language}.`,
    {
      extra: { article: sibling },
    },
  )
}

function readPublishedAt(publish: Publish, at: number): number {
  if (publish.publishedAt === undefined) return at
  if (publish.publishedAt > at) throw fault('/publishedAt', 'future', 'must not be ahead of now')
  return publish.publishedAt
}

/** The slug to be live under: the editor's, the one it is live under, or a free one made of the headline. */
async function chooseSlug(tx: Writer, copy: WorkingCopy, liveSlug: string | undefined): Promise<string> {
  const wanted = copy.slug ?? liveSlug
  // Two of one headline at the same moment: the second is to find the first's slug taken.
  await tx.lock(`slug ${wanted ?? slugify(copy.headline, copy.kind, copy.language)}`)
  if (wanted !== undefined) {
    const owner = await findSlugOwner(tx, wanted)
    if (owner !== undefined && owner !== copy.id) throw slugTaken(wanted)
    if (owner === undefined) await insertSlug(tx, wanted, copy.id)
    return wanted
  }
  const base = slugify(copy.headline, copy.kind, copy.language)
  const slug = await firstFreeSlug(base, async text => (await findSlugOwner(tx, text)) !== undefined)
  await insertSlug(tx, slug, copy.id)
  return slug
}

/** What was printed, as the versions keep it: the fields an editor sends, so that they can be sent again. */
function snapshotOf(copy: WorkingCopy): Record<string, unknown> {
  const {
    revision: _revision,
    deskStatus: _desk,
    liveStatus: _live,
    editorialNote: _note,
    ...printed
  } = renderCopy(copy)
  return printed
}

function fault(pointer: string, code: string, detail: string): DomainError {
  return fieldError({ in: 'body', pointer, code, detail })
}
