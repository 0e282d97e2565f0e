import { createHash, randomBytes, randomUUIDv7, timingSafeEqual } from 'node:crypto'
import type { DeskReader, LiveReader, Writer } from '../../db/db.ts'
import { DomainError, fieldError } from '../../errors.ts'
import { formatInstant } from '../../instant.ts'
import { writeForm } from '../articles/form.ts'
import { listPublicCorrections } from '../articles/publications.store.ts'
import { listSiblings } from '../articles/relations.store.ts'
import type { View } from '../articles/view.ts'
import { type ArticleSettings, type MediaAddress, writeArticle } from '../articles/write-article.ts'
import { recordMutation } from '../audit/audit.ts'
import { listMediaById } from '../media/media.store.ts'
import { listTagsById } from '../tags/tags.store.ts'
import { measureBody } from './body.ts'
import type { WorkingCopy } from './desk.store.ts'
import { getArticle, lockArticle } from './desk.ts'
import {
  findPreviewLink,
  insertPreviewLink,
  type PreviewLinkRow,
  revokePreviewLinks,
} from './preview.store.ts'
import { proposeSlug } from './publish.ts'

const longestMs = 24 * 60 * 60 * 1000

/** The working copy as readers would get it, were it published at `now`, as JSON: what it lacks is absent. */
export async function renderPreview(
  { desk, live, now }: { desk: DeskReader; live: LiveReader; now: number },
  settings: ArticleSettings,
  copy: WorkingCopy,
  view: View,
  address: MediaAddress,
): Promise<Buffer> {
  const { html, text, wordCount, readingMinutes } = {
    html: copy.bodyHtml ?? '',
    ...measureBody(copy.bodyHtml ?? ''),
  }
  const corrections = await listPublicCorrections(desk, copy)
  const tagIds = [...(copy.sectionId === null ? [] : [copy.sectionId]), ...copy.tags.map(tag => tag.id)]
  const tags = await listTagsById(desk, tagIds)
  const mediaIds = [...(copy.leadMediaId === null ? [] : [copy.leadMediaId]), ...copy.mediaIds]
  const media = await listMediaById(desk, mediaIds)
  const row = {
    ...copy,
    articleId: copy.id,
    slug: copy.slug ?? (await proposeSlug(desk, copy)),
    wordCount,
    readingMinutes,
    version: copy.version + 1,
    publishedAt: copy.publishedAt ?? now,
    updatedAt: now,
    correctedAt: corrections.at(-1)?.at ?? null,
  }
  const relations = {
    section: tags.find(tag => tag.id === copy.sectionId),
    tags: copy.tags.flatMap(({ id }) => tags.find(tag => tag.id === id) ?? []),
    leadMedia: media.find(item => item.id === copy.leadMediaId),
    media: copy.mediaIds.flatMap(id => media.find(item => item.id === id) ?? []),
    body: copy.bodyHtml === null ? undefined : view.bodyFormat === 'text' ? text : html,
    siblings: await listSiblings(live, [copy.storyId]),
    embargoedUntil: undefined,
  }
  return Buffer.concat(writeArticle(writeForm(row, corrections), row, relations, settings, view, address))
}

/**
 * Makes an address that shows the working copy, as it is whenever it is asked for, to whoever has it: until `expiresAt`
 * (epoch milliseconds), at most a day. The token is given here and never again. Throws 404, 400, 409 once withdrawn.
 */
export async function createPreviewLink(
  tx: Writer,
  articleId: string,
  expiresAt: number = tx.at + longestMs,
  id: string = randomUUIDv7(),
): Promise<{ row: PreviewLinkRow; token: string }> {
  const copy = await lockArticle(tx, articleId)
  if (copy.liveStatus === 'withdrawn') {
    const { deskStatus, liveStatus } = copy
    throw new DomainError('move-impossible', 'What was withdrawn is shown to nobody any more.', {
      extra: { deskStatus, liveStatus, possible: [] },
    })
  }
  if (expiresAt <= tx.at || expiresAt > tx.at + longestMs) {
    const detail = 'must be ahead of now, by 24 hours at most'
    throw fieldError({ in: 'body', pointer: '/expiresAt', code: 'out-of-range', detail })
  }
  const token = randomBytes(32).toString('base64url')
  const row: PreviewLinkRow = {
    id,
    articleId,
    hash: hashOf(token),
    keyId: tx.actor.by === 'key' ? tx.actor.keyId : null,
    createdAt: tx.at,
    expiresAt,
    revokedAt: null,
  }
  await insertPreviewLink(tx, row)
  await recordMutation(tx, {
    subject: 'article',
    id: articleId,
    move: 'share-preview',
    said: { previewLink: row.id, expiresAt: formatInstant(expiresAt) },
  })
  return { row, token }
}

/** Ends a preview link at once. Throws 404. */
export async function revokePreviewLink(tx: Writer, articleId: string, id: string): Promise<PreviewLinkRow> {
  const row = await findPreviewLink(tx, id)
  if (row?.articleId !== articleId)
    throw new DomainError('not-found', 'The article has no such preview link.')
  if (row.revokedAt !== null) return row
  await revokePreviewLinks(tx, articleId, tx.at, id)
  await recordMutation(tx, {
    subject: 'article',
    id: articleId,
    move: 'revoke-preview',
    said: { previewLink: id, expiresAt: formatInstant(row.expiresAt) },
  })
  return { ...row, revokedAt: tx.at }
}

/** The working copy that a preview link shows. Throws 404 for one that is unknown, over, revoked, or not so signed. */
export async function openPreview(
  desk: DeskReader,
  id: string,
  token: string,
  now: number,
): Promise<WorkingCopy> {
  const row = await findPreviewLink(desk, id)
  // An unknown link is compared too, so that the time taken tells nothing.
  const isRight = timingSafeEqual(Buffer.from(hashOf(token)), Buffer.from(row?.hash ?? hashOf('')))
  if (!row || !isRight || row.revokedAt !== null || row.expiresAt <= now) throw noPreview()
  return getArticle(desk, row.articleId)
}

/** 404: the link shows nothing, whatever the reason; no cache keeps even that. */
export function noPreview(): DomainError {
  return new DomainError('not-found', 'This preview link shows nothing, or nothing any more.', {
    headers: { 'cache-control': 'private, no-store' },
  })
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
