import { Temporal } from 'temporal-polyfill'
import type { Writer } from '../../db/db.ts'
import { listArticleRows } from '../../features/desk/desk.store.ts'
import { createArticle, patchArticle, prepare } from '../../features/desk/desk.ts'
import { createPreviewLink } from '../../features/desk/preview.ts'
import { publishArticle } from '../../features/desk/publish.ts'
import { withdrawArticle } from '../../features/desk/takedown.ts'
import { findImport, hasArticlesFromElsewhere, saveImport } from '../../features/imports/imports.store.ts'
import { createMedia } from '../../features/media/media.ts'
import { type PictureFiles, storePicture } from '../../features/media/picture-files.ts'
import { createTag } from '../../features/tags/tags.ts'
import { newsDayOf, newsDayWindow } from '../../features/today/newsday.ts'
import type { Newsroom } from '../newsroom.ts'
import {
  archiveDate,
  archiveStories,
  dailyStories,
  demoPictures,
  demoTags,
  recentStories,
} from './content.ts'
import { drawScene } from './scenes.ts'
import type { ArchiveStory, DailyStory, DemoStory } from './types.ts'

const origin = 'urn:dateline:demo:'
const archiveZone = 'Europe/Sofia'
/** As in the document's example. */
const previewLinkId = '0190a3c0-0000-7000-b000-000000000001'

/**
 * Fills an empty newsroom with the demo content, in one transaction; adds the day's twenty stories to one that has
 * nothing but demo content and lacks them. Any other newsroom is left alone.
 */
export async function loadDemo(
  { db, files, config }: Pick<Newsroom, 'db' | 'files' | 'config'>,
  now: () => number = Date.now,
): Promise<void> {
  const zone = config.TIME_ZONE
  const [article] = await listArticleRows(db.desk, { limit: 1 })
  if (!article) {
    console.log('Loading the demo newsroom ...')
    const pictures = await Promise.all(
      demoPictures.map(async picture => ({
        picture,
        stored: await storePicture(files, picture.id, await drawScene(picture.scene)),
      })),
    )
    await db.write({ by: 'command' }, async tx => {
      for (const tag of demoTags) await createTag(tx, tag)
      for (const { picture, stored } of pictures) await addPicture(tx, picture, stored)
      for (const story of archiveStories) {
        await addStory(tx, story, story.id, clockOf(archiveDate, story.at, archiveZone))
      }
      for (const story of archiveStories) await followUp(tx, story)
      // For the list of them to have something in it; its secret is kept by nobody.
      await createPreviewLink(tx, (archiveStories[0] as ArchiveStory).id, undefined, previewLinkId)
      for (const story of recentStories) {
        const date = Temporal.PlainDate.from(newsDayOf(now(), zone)).subtract({ days: story.daysAgo })
        await addStory(tx, story, story.id, clockOf(date.toString(), story.at, zone))
      }
      await addDay(tx, newsDayOf(now(), zone), zone)
    })
    return
  }
  const date = newsDayOf(now(), zone)
  const first = dailyStories[0] as DailyStory
  if (await findImport(db.desk, dailyUri(first, date))) return
  if (await hasArticlesFromElsewhere(db.desk, origin)) return
  console.log(`Adding the demo's stories of ${date} ...`)
  await db.write({ by: 'command' }, tx => addDay(tx, date, zone))
}

type DemoPicture = (typeof demoPictures)[number]

async function addPicture(tx: Writer, picture: DemoPicture, stored: PictureFiles): Promise<void> {
  const { id, scene: _scene, ...words } = picture
  await createMedia(tx, { id, type: 'picture', words, stored })
}

/** What became of an archive story: its correction, update or withdrawal. */
async function followUp(tx: Writer, story: ArchiveStory): Promise<void> {
  const { correction, update, withdrawal } = story
  if (correction) {
    const { note, at: _at, ...mended } = correction
    if (Object.keys(mended).length > 0) await patchArticle(tx, story.id, await prepare(mended), 'any')
    await publishArticle(tx, story.id, { kind: 'correction', note }, 'any')
  }
  if (update) {
    await patchArticle(tx, story.id, await prepare({ body: update.body }), 'any')
    await publishArticle(
      tx,
      story.id,
      { kind: 'update', ...(update.note ? { note: update.note } : {}) },
      'any',
    )
  }
  if (withdrawal) await withdrawArticle(tx, story.id, withdrawal, 'any')
}

/** The twenty stories of a day, spread over what has passed of it. */
async function addDay(tx: Writer, date: string, zone: string): Promise<void> {
  const { from, to } = newsDayWindow(date, zone)
  const passed = Math.min(tx.at, to - 1) - from
  for (const [i, template] of dailyStories.entries()) {
    const at = from + Math.floor((passed * i) / dailyStories.length)
    const { key, ...story } = template
    const dated: DemoStory = {
      ...story,
      slug: `${key}-${date}`,
      headline: fillDate(story.headline, date, story.language),
      summary: fillDate(story.summary, date, story.language),
      body: fillDate(story.body, date, story.language),
    }
    await addStory(tx, dated, dailyId(from, i), at, dailyUri(template, date))
  }
}

async function addStory(
  tx: Writer,
  story: DemoStory & { id?: string; at?: string; daysAgo?: number },
  id: string,
  publishedAt: number,
  uri = `${origin}${story.slug}`,
): Promise<void> {
  const { slug, language, headline, summary, body, section, tags, signOff } = story
  const { kind, shortHeadline, dateline, byline, leadMedia, media, urgency, access, source, usageTerms } =
    story
  const rest = {
    kind,
    shortHeadline,
    dateline,
    byline,
    leadMedia,
    media,
    urgency,
    access,
    source,
    usageTerms,
    story: story.story,
  }
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  const sent = { slug, language, headline, summary, body, section, tags, signOff, ...given }
  await createArticle(tx, await prepare(sent), id)
  await publishArticle(tx, id, { publishedAt }, 'any')
  await saveImport(tx, {
    uri,
    version: '1',
    versionCreated: null,
    subjectType: 'article',
    subjectId: id,
    importedAt: tx.at,
  })
}

const dailyUri = ({ key }: DailyStory, date: string) => `${origin}${date}:${key}`

/** A UUIDv7 of the day's start and the story's number: the same on every machine. */
function dailyId(from: number, i: number): string {
  const time = from.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${String(i + 1).padStart(12, '0')}`
}

function clockOf(date: string, clock: string, zone: string): number {
  return Temporal.PlainDateTime.from(`${date}T${clock}`).toZonedDateTime(zone).epochMilliseconds
}

function fillDate(text: string, date: string, language: string): string {
  const day = Temporal.PlainDate.from(date)
  const weekday = day.toLocaleString(language, { weekday: 'long' })
  const [year, month, dayOfMonth] = date.split('-')
  return text.replaceAll('{date}', `${dayOfMonth}.${month}.${year}`).replaceAll('{weekday}', weekday)
}
