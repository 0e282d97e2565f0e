import type { DeskReader, Writer } from '../../db/db.ts'
import { DomainError, type FieldError, fieldError } from '../../errors.ts'
import type { Match } from '../../revision.ts'
import { firstFreeSlug, slugify } from '../../slug.ts'
import type { Action, VersionKind } from '../../words.ts'
import {
  findPublicationFacts,
  findSibling,
  findSlugOwner,
  type HistoryRow,
  insertEmbargo,
  insertSlug,
  type Publication,
  type PublicationRow,
  takePublication,
} from '../articles/publications.store.ts'
import { putPublication } from '../articles/publications.ts'
import { measureBody } from './body.ts'
import { insertVersion, type WorkingCopy } from './desk.store.ts'
import { beginMove, recordDraft, saveMoved, slugTaken } from './desk.ts'
import { snapshotOf } from './render-copy.ts'
import type { Review } from './workflow.ts'

export type Publish = {
  kind?: 'update' | 'correction'
  note?: string
  /** At the first publish: an earlier instant (epoch milliseconds), for archives and imports. */
  publishedAt?: number
  /** Of an import: the instant of the sender's version (epoch milliseconds); the commit's otherwise. */
  updatedAt?: number
  /** The instant (epoch milliseconds) before which no reader sees it; null lifts the embargo that there is. */
  embargoedUntil?: number | null
}

const actionOf: Record<VersionKind, Action> = {
  publish: 'published',
  update: 'updated',
  correction: 'corrected',
}

/**
 * Makes the working copy a version and the version the publication, in one transaction with its change row; or lets it
 * wait under embargo, out of every reader's reach.
 * Throws 404, 412, 409 (`move-impossible`, `not-ready`, `slug-taken`, `translation-exists`), 400.
 */
export async function publishArticle(
  tx: Writer,
  id: string,
  publish: Publish,
  match: Match,
  review: Review = 'optional',
): Promise<WorkingCopy> {
  const { before } = await beginMove(tx, id, 'publish', match, review)
  return publishCopy(tx, before, publish, tx.actor.by === 'key' ? tx.actor.keyId : null)
}

/** Publishes what `draftArticle` gave, without saving it first. Throws what `publishArticle` throws. */
export async function publishDraft(tx: Writer, draft: WorkingCopy, publish: Publish): Promise<WorkingCopy> {
  await recordDraft(tx, draft)
  return publishCopy(tx, draft, publish, null, false)
}

/** What `publishArticle` does once the move is allowed; `keyId` is the key in whose name, `isSaved` false for a draft. */
export async function publishCopy(
  tx: Writer,
  before: WorkingCopy,
  publish: Publish,
  keyId: string | null,
  isSaved = true,
): Promise<WorkingCopy> {
  const until = readEmbargo(before, publish, tx.at)
  const kind = kindOf(publish, before.publishedAt !== null)
  const { sectionId, bodyHtml } = requireReady(before)
  // Nobody else can tell the story that a draft is the first of.
  if (isSaved || before.storyId !== before.id) await requireOnlyOfLanguage(tx, before)
  const isHeld = before.liveStatus === 'held'
  const waits = isHeld || before.embargoedUntil !== null
  const unseen = waits ? await takePublication(tx, isHeld ? 'held' : 'embargoed', before.id) : undefined
  const live = before.version === 0 ? undefined : await findPublicationFacts(tx, before.id)
  const publishedAt = before.publishedAt ?? (until === undefined ? readPublishedAt(publish, tx.at) : null)
  const slug = await chooseSlug(tx, before, live?.slug ?? unseen?.row.slug)

  const copy: WorkingCopy = {
    ...before,
    slug,
    deskStatus: 'draft',
    publishAt: null,
    schedule: null,
    liveStatus: until !== undefined && before.liveStatus !== 'live' ? 'embargoed' : 'live',
    embargoedUntil: until ?? null,
    version: before.version + 1,
    publishedAt,
  }
  const past = unseen ? publicHistory(unseen, before) : []
  const lastCorrection = past.findLast(row => row.kind === 'correction')?.at ?? null
  const note = publish.note ?? null
  const at = kind === 'publish' && publishedAt !== null ? publishedAt : tx.at
  const version = { articleId: copy.id, number: copy.version, kind, at, note }
  const said = { ...(publish.kind && { kind: publish.kind }), ...(note !== null && { note }) }
  const save = () => saveMoved(tx, before, copy, 'publish', said, isSaved)
  // A version refers to its article, so a draft goes first; else it is the last, as where tags are merged.
  const draft = isSaved ? undefined : await save()
  await insertVersion(tx, { ...version, keyId, snapshot: snapshotOf(copy) })
  const updatedAt = publish.updatedAt ?? at
  const publication = publicationOf(copy, {
    sectionId,
    bodyHtml,
    // Under embargo it stands in lists where it will be: at its lapse.
    publishedAt: publishedAt ?? until ?? tx.at,
    updatedAt: Math.max(updatedAt, publishedAt ?? updatedAt),
    correctedAt: kind === 'correction' ? at : live ? live.correctedAt : lastCorrection,
    history: [...past, version],
  })
  await putPublication(tx, until === undefined ? 'live' : 'embargoed', publication)
  if (until === undefined) {
    if (slug !== live?.slug) await insertSlug(tx, slug, copy.id, before.publishedAt !== null)
    if (before.publishedAt !== null && before.liveStatus !== 'live')
      tx.change('article', copy.id, 'restored', copy.version)
    tx.change('article', copy.id, actionOf[kind], copy.version)
  } else await insertEmbargo(tx, copy.id, until)
  return draft ?? save()
}

/**
 * Shows what waited under embargo, or was held with one that has passed meanwhile: it is published by this commit, and
 * its times are this commit's. Gives the working copy as it is to be saved.
 */
export async function showWaiting(tx: Writer, copy: WorkingCopy, waiting: Publication): Promise<WorkingCopy> {
  const version = waiting.history.find(row => row.number === waiting.row.version)
  if (!version) throw new Error(`version ${waiting.row.version} of ${copy.id} is in no history`)
  const { kind } = version
  const publishedAt = copy.publishedAt ?? tx.at
  const { row } = waiting
  const correctedAt = kind === 'correction' ? tx.at : row.correctedAt
  const history = waiting.history.map(item => (item === version ? { ...version, at: tx.at } : item))
  await insertSlug(tx, row.slug, copy.id, copy.publishedAt !== null)
  await putPublication(tx, 'live', {
    ...waiting,
    row: { ...row, publishedAt, updatedAt: tx.at, correctedAt },
    history,
  })
  if (copy.publishedAt !== null && copy.liveStatus !== 'live')
    tx.change('article', copy.id, 'restored', row.version)
  tx.change('article', copy.id, actionOf[kind], row.version)
  return { ...copy, liveStatus: 'live', embargoedUntil: null, publishedAt }
}

/** What of an unseen publication's history readers saw: the version that waits, or was held while it did, is not of it. */
export function publicHistory(unseen: Publication, { embargoedUntil }: WorkingCopy): HistoryRow[] {
  return unseen.history.filter(row => embargoedUntil === null || row.number !== unseen.row.version)
}

/**
 * The embargo a publish is under; undefined for none. A version that waits under one is not shown by mistake: what
 * takes its place has to say until when, or null. Throws 400.
 */
export function readEmbargo(
  copy: Pick<WorkingCopy, 'embargoedUntil'>,
  publish: Publish,
  at: number,
): number | undefined {
  const { embargoedUntil: until } = publish
  if (until === undefined) {
    if (copy.embargoedUntil === null || copy.embargoedUntil <= at) return undefined
    const detail = 'must say until when, or null to lift it: a version of this article is under embargo'
    throw fault('/embargoedUntil', 'missing', detail)
  }
  if (until === null) return undefined
  if (until <= at) throw fault('/embargoedUntil', 'past', 'must be ahead of the publication')
  if (publish.publishedAt !== undefined)
    throw fault('/publishedAt', 'with-embargo', 'cannot be said of what is under embargo')
  return until
}

/** The kind of the version that a publish makes. Throws 400. */
export function kindOf(publish: Publish, wasPublic: boolean): VersionKind {
  if (!wasPublic) {
    if (publish.kind !== undefined)
      throw fault('/kind', 'first-publish', 'must be absent until it has been public')
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

/** What a version cannot do without. Throws 409 `not-ready`. */
export function requireReady(copy: WorkingCopy): { sectionId: string; bodyHtml: string } {
  const { sectionId, bodyHtml } = copy
  if (sectionId !== null && bodyHtml !== null) return { sectionId, bodyHtml }
  const errors: FieldError[] = []
  if (sectionId === null)
    errors.push({ in: 'body', pointer: '/section', code: 'missing', detail: 'is missing' })
  if (bodyHtml === null) errors.push({ in: 'body', pointer: '/body', code: 'missing', detail: 'is missing' })
  const names = errors.map(error => error.pointer.slice(1)).join(' and a ')
  throw new DomainError('not-ready', `The working copy needs a ${names}.`, { errors })
}

/** Throws 409 when another article that is live, or will be, tells the story in the language. */
export async function requireOnlyOfLanguage(
  tx: Writer,
  { id, storyId, language }: { id: string; storyId: string; language: string },
): Promise<void> {
  // One that is live and one under embargo are in two tables, which no unique key spans.
  await tx.lock(`story ${storyId}`)
  const sibling = await findSibling(tx, storyId, language, id)
  if (sibling === undefined) return
  throw new DomainError(
    'translation-exists',
    `Article ${sibling} already tells this story in ${language}, or is to once its embargo lapses.`,
    { extra: { article: sibling } },
  )
}

function readPublishedAt(publish: Publish, at: number): number {
  if (publish.publishedAt === undefined) return at
  if (publish.publishedAt > at) throw fault('/publishedAt', 'future', 'must not be ahead of now')
  return publish.publishedAt
}

/** The slug to be published under: the editor's, the one it has, or a free one made of the headline. */
async function chooseSlug(tx: Writer, copy: WorkingCopy, known: string | undefined): Promise<string> {
  const wanted = copy.slug ?? known
  if (wanted !== undefined) {
    await requireFreeSlug(tx, wanted, copy.id)
    return wanted
  }
  // Two of one headline at the same moment: the second is to find the first's slug taken.
  return proposeSlug(tx, copy, slug => tx.lock(`slug ${slug}`))
}

/** A free slug made of the headline; `lock` is told of each one before it is looked at. */
export async function proposeSlug(
  reader: DeskReader,
  { headline, kind, language }: WorkingCopy,
  lock: (slug: string) => Promise<void> = async () => undefined,
): Promise<string> {
  return firstFreeSlug(slugify(headline, kind, language), async slug => {
    await lock(slug)
    return (await findSlugOwner(reader, slug)) !== undefined
  })
}

/** Throws 409 for a slug that is or was another article's, and keeps it free until the transaction ends. */
export async function requireFreeSlug(tx: Writer, slug: string, articleId: string): Promise<void> {
  await tx.lock(`slug ${slug}`)
  const owner = await findSlugOwner(tx, slug)
  if (owner !== undefined && owner !== articleId) throw slugTaken(slug)
}

type Printed = Pick<PublicationRow, 'publishedAt' | 'updatedAt' | 'correctedAt' | 'sectionId'> &
  Pick<Publication, 'history'> & { bodyHtml: string }

/** The publication that a working copy makes. */
function publicationOf(copy: WorkingCopy, { bodyHtml, history, ...printed }: Printed): Publication {
  const { text, wordCount, readingMinutes } = measureBody(bodyHtml)
  const row: PublicationRow = {
    articleId: copy.id,
    slug: copy.slug ?? '',
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
    leadMediaId: copy.leadMediaId,
    wordCount,
    readingMinutes,
    version: copy.version,
    ...printed,
  }
  const tagIds = [printed.sectionId, ...copy.tags.map(tag => tag.id)]
  return { row, html: bodyHtml, text, tagIds, mediaIds: copy.mediaIds, history }
}

function fault(pointer: string, code: string, detail: string): DomainError {
  return fieldError({ in: 'body', pointer, code, detail })
}
