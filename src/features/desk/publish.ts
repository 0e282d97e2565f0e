import type { DeskReader, Writer } from '../../db/db.ts'
import { DomainError } from '../../errors.ts'
import type { Match } from '../../revision.ts'
import { firstFreeSlug, slugify } from '../../slug.ts'
import type { Holder } from '../../words.ts'
import {
  findPublicationFacts,
  findSibling,
  findSlugOwner,
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
import {
  actionOf,
  firstPublishedAt,
  kindOf,
  type Publish,
  readEmbargo,
  requireReady,
} from './publish-rules.ts'
import { snapshotOf } from './render-copy.ts'
import { publicHistory } from './show-waiting.ts'
import type { Review } from './workflow.ts'

/**
 * Makes the working copy a version and the version the publication, in one transaction with its change row; or lets it
 * wait, out of every reader's reach, until its embargo ends or its held article is released.
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
  const heldBy = holderAfter(before, publish)
  const kind = kindOf(publish, before.publishedAt !== null)
  const { sectionId, bodyHtml } = requireReady(before)
  // Nobody else can tell the story that a draft is the first of.
  if (isSaved || before.storyId !== before.id) await requireOnlyOfLanguage(tx, before)
  const isHeld = before.liveStatus === 'held'
  const place = heldBy !== null ? 'held' : until === undefined ? 'live' : 'embargoed'
  const hiddenBy = heldBy !== null ? 'hold' : until === undefined ? undefined : 'embargo'
  const waits = isHeld || before.embargoedUntil !== null
  const unseen = waits ? await takePublication(tx, isHeld ? 'held' : 'embargoed', before.id) : undefined
  const live = before.version === 0 ? undefined : await findPublicationFacts(tx, before.id)
  const publishedAt = firstPublishedAt(before, publish, tx.at, hiddenBy)
  const slug = await chooseSlug(tx, before, live?.slug ?? unseen?.row.slug)

  const copy: WorkingCopy = {
    ...before,
    slug,
    deskStatus: 'draft',
    publishAt: null,
    schedule: null,
    liveStatus: place === 'embargoed' && before.liveStatus === 'live' ? 'live' : place,
    heldBy,
    embargoedUntil: until ?? null,
    version: before.version + 1,
    publicVersion: place === 'live' ? before.version + 1 : before.publicVersion,
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
    // Lists show an embargoed article where it will be: at its lapse. A release sets the time of a held one.
    publishedAt: publishedAt ?? until ?? tx.at,
    updatedAt: Math.max(updatedAt, publishedAt ?? updatedAt),
    correctedAt: kind === 'correction' ? at : live ? live.correctedAt : lastCorrection,
    history: [...past, version],
  })
  await putPublication(tx, place, publication)
  if (place === 'live') {
    if (slug !== live?.slug) await insertSlug(tx, slug, copy.id, before.publishedAt !== null)
    if (before.publishedAt !== null && before.liveStatus !== 'live')
      tx.change('article', copy.id, 'restored', copy.version)
    tx.change('article', copy.id, actionOf[kind], copy.version)
  } else if (place === 'embargoed' && until !== undefined) await insertEmbargo(tx, copy.id, until)
  return draft ?? save()
}

/** Who holds the article after a publish: an editor's hold stays, and the sender's unless this is his usable version. */
function holderAfter({ liveStatus, heldBy }: WorkingCopy, { endsSenderHold }: Publish): Holder | null {
  // A process of an earlier release held it, and wrote no holder.
  if (heldBy === null) return liveStatus === 'held' ? 'editor' : null
  if (!endsSenderHold) return heldBy
  return heldBy === 'sender' ? null : 'editor'
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
    `Article ${sibling} is the ${language} version of this story, live or under embargo.`,
    { extra: { article: sibling } },
  )
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
