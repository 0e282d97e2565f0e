import type { DeskReader, EmbargoReader, LiveReader, Writer } from '../../db/db.ts'
import { and, asc, desc, eq, gt, isNotNull, isNull, lt, sql } from '../../db/drizzle.ts'
import type { AllTables, LiveTables } from '../../db/tables.ts'

export type MediaRow = AllTables['media']['$inferSelect']
export type LiveMediaRow = LiveTables['liveMedia']['$inferSelect']
/** What a picture is and says, without the desk's own columns. */
export type MediaFacts = Omit<LiveMediaRow, 'uses'>

export async function findMedia(reader: DeskReader, id: string): Promise<MediaRow | undefined> {
  const { media } = reader.tables
  const build = () =>
    reader.sql
      .select()
      .from(media)
      .where(eq(media.id, sql.placeholder('id')))
  const [row] = await reader.prepared('media by id', build, { id })
  return row
}

/** Which of the ids are media. */
export async function listMediaIds(reader: DeskReader, ids: readonly string[]): Promise<string[]> {
  const { media } = reader.tables
  const build = () => reader.sql.select({ id: media.id }).from(media).where(reader.isIn(media.id, 'ids'))
  const rows = await reader.prepared('media ids', build, { ids: reader.list(ids) })
  return rows.map(row => row.id)
}

/** Media newest first, from below `beforeId`. */
export async function listMediaRows(
  reader: DeskReader,
  limit: number,
  beforeId?: string,
): Promise<MediaRow[]> {
  const { media } = reader.tables
  const below = beforeId === undefined ? undefined : lt(media.id, beforeId)
  return reader.sql.select().from(media).where(below).orderBy(desc(media.id)).limit(limit)
}

/** Media with files whose bare original was not made yet, by id, from above `afterId`; by the index `media_not_bare`. */
export async function listMediaNotBare(
  reader: DeskReader,
  limit: number,
  afterId: string,
): Promise<MediaRow[]> {
  const { media } = reader.tables
  const isDue = and(isNotNull(media.contentHash), isNull(media.bareBytes), gt(media.id, afterId))
  return reader.sql.select().from(media).where(isDue).orderBy(asc(media.id)).limit(limit)
}

export async function insertMedia(tx: Writer, row: MediaRow): Promise<void> {
  await tx.sql.insert(tx.tables.media).values(row)
}

export async function updateMedia(tx: Writer, row: MediaRow): Promise<void> {
  const { media } = tx.tables
  await tx.sql.update(media).set(row).where(eq(media.id, row.id))
}

export async function deleteMediaRow(tx: Writer, id: string): Promise<void> {
  const { media } = tx.tables
  await tx.sql.delete(media).where(eq(media.id, id))
}

/** Up to 20 of the articles that use it, as working copies or publications, those not live included. */
export async function listMediaUsers(reader: DeskReader, id: string): Promise<string[]> {
  const { articleMedia, publicationMedia, embargoedMedia, heldMedia } = reader.tables
  const usersIn = (used: typeof publicationMedia) =>
    reader.sql.select({ id: used.articleId }).from(used).where(eq(used.mediaId, id))
  // One statement: what moves from the one to the other meanwhile is in either.
  const rows = await usersIn(articleMedia as unknown as typeof publicationMedia)
    .unionAll(usersIn(publicationMedia))
    .unionAll(usersIn(embargoedMedia))
    .unionAll(usersIn(heldMedia))
    .limit(60)
  const users = rows.map(row => row.id)
  return [...new Set(users)].slice(0, 20)
}

/** Media that something live uses. */
export async function findLiveMedia(reader: LiveReader, id: string): Promise<LiveMediaRow | undefined> {
  const { liveMedia } = reader.tables
  const build = () =>
    reader.sql
      .select()
      .from(liveMedia)
      .where(eq(liveMedia.id, sql.placeholder('id')))
  const [row] = await reader.prepared('one of live media', build, { id })
  return row
}

/** The live media of the ids, in no order. */
export async function listLiveMediaById(reader: LiveReader, ids: readonly string[]): Promise<LiveMediaRow[]> {
  const { liveMedia } = reader.tables
  const build = () => reader.sql.select().from(liveMedia).where(reader.isIn(liveMedia.id, 'ids'))
  return ids.length === 0 ? [] : reader.prepared('live media by id', build, { ids: reader.list(ids) })
}

/** Media that something under embargo uses. */
export async function findEmbargoedMedia(reader: EmbargoReader, id: string): Promise<MediaFacts | undefined> {
  const { publicationMedia: used, liveMedia: media } = reader.tables
  const [row] = await reader.sql
    .select({ media })
    .from(used)
    .innerJoin(media, eq(media.id, used.mediaId))
    .where(eq(used.mediaId, id))
    .limit(1)
  return row?.media
}

/** Which of the ids are media, as the desk has them, in no order. */
export async function listMediaById(reader: DeskReader, ids: readonly string[]): Promise<MediaRow[]> {
  const { media } = reader.tables
  const build = () => reader.sql.select().from(media).where(reader.isIn(media.id, 'ids'))
  return ids.length === 0 ? [] : reader.prepared('all of media by id', build, { ids: reader.list(ids) })
}

/** Live media newest first, from below `beforeId`. */
export async function listLiveMediaRows(
  reader: LiveReader,
  limit: number,
  beforeId?: string,
): Promise<LiveMediaRow[]> {
  const { liveMedia } = reader.tables
  const below = beforeId === undefined ? undefined : lt(liveMedia.id, beforeId)
  return reader.sql.select().from(liveMedia).where(below).orderBy(desc(liveMedia.id)).limit(limit)
}

/** Counts publications gained and lost by media; what comes into use, or goes out of it, becomes or stops being live. */
export async function countMediaUses(
  tx: Writer,
  gained: readonly string[],
  lost: readonly string[],
): Promise<void> {
  const { liveMedia, media } = tx.tables
  // What comes into use is shown as it is now: its words may be changing at this very moment.
  for (const id of gained.toSorted()) await tx.lock(`media ${id}`)
  for (const id of gained) {
    if ((await raiseMediaUses(tx, id, 1)) !== undefined) continue
    const [row] = await tx.sql.select().from(media).where(eq(media.id, id))
    if (!row) throw new Error(`media ${id} is gone`)
    await tx.sql.insert(liveMedia).values({ ...factsOf(row), uses: 1 })
    tx.change('media', id, 'changed')
  }
  for (const id of lost) {
    if ((await raiseMediaUses(tx, id, -1)) !== 0) continue
    await tx.sql.delete(liveMedia).where(eq(liveMedia.id, id))
    tx.change('media', id, 'removed')
  }
}

/** Adds to the count of live media; gives what it is then, and undefined for media that is not live. */
async function raiseMediaUses(tx: Writer, id: string, count: number): Promise<number | undefined> {
  const { liveMedia } = tx.tables
  const build = () =>
    tx.sql
      .update(liveMedia)
      .set({ uses: sql`${liveMedia.uses} + ${sql.placeholder('count')}` })
      .where(eq(liveMedia.id, sql.placeholder('id')))
      .returning({ uses: liveMedia.uses })
  const [row] = await tx.prepared('raise uses of media', build, { id, count })
  return row?.uses
}

/** Shows the media as it is now, if it is live. */
export async function refreshLiveMedia(tx: Writer, row: MediaRow): Promise<void> {
  const { liveMedia } = tx.tables
  const shown = await tx.sql
    .update(liveMedia)
    .set(factsOf(row))
    .where(eq(liveMedia.id, row.id))
    .returning({ id: liveMedia.id })
  if (shown.length > 0) tx.change('media', row.id, 'changed')
}

function factsOf(row: MediaRow): MediaFacts {
  const { revision: _revision, createdAt: _created, updatedAt: _updated, ...facts } = row
  return facts
}
