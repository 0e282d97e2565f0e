import type { Db, Writer } from '../../src/db/db.ts'
import { eq } from '../../src/db/drizzle.ts'
import type { AllTables } from '../../src/db/tables.ts'
import { formVersion } from '../../src/features/articles/articles.schema.ts'
import { writeForm } from '../../src/features/articles/form.ts'
import type { StoredRendition } from '../../src/words.ts'

/** What a corpus of so many articles has: the same for the same number, on every machine. */
export type Corpus = {
  slugs: string[]
  day: string
  tag: string
  places: [publishedAt: number, id: string][]
}

const minute = 60_000
/** 120 articles a day, the last at the end of this one. */
const end = Date.UTC(2024, 6, 13)
const apart = 12 * minute
const sections = 8
const topics = 200
const pictures = 500
const chunk = 500

/** A generator of numbers from 0 to 1, always the same (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const syllables = {
  en: [
    'ba',
    'con',
    'der',
    'el',
    'fi',
    'gra',
    'in',
    'lo',
    'mer',
    'no',
    'or',
    'pra',
    'ri',
    'sta',
    'tor',
    'ven',
  ],
  bg: ['ба', 'ве', 'го', 'да', 'же', 'за', 'ка', 'ли', 'мо', 'на', 'пра', 'ре', 'ста', 'то', 'ще', 'ят'],
}

function words(random: () => number, language: 'en' | 'bg', count: number): string {
  const some = syllables[language]
  const one = () =>
    Array.from({ length: 1 + Math.floor(random() * 3) }, () => some[Math.floor(random() * some.length)]).join(
      '',
    )
  return Array.from({ length: count }, one).join(' ')
}

const idOf = (kind: number, n: number) =>
  `0190a3c0-${kind.toString(16).padStart(4, '0')}-7000-8000-${n.toString(16).padStart(12, '0')}`

const presets = [
  ['original', 1600, 1200],
  ['w320', 320, 240],
  ['w640', 640, 480],
  ['w1280', 1280, 960],
] as const

function pictureOf(n: number) {
  const renditions: StoredRendition[] = presets.map(([name, width, height]) => ({
    name,
    extension: 'jpg',
    contentType: 'image/jpeg',
    width,
    height,
    bytes: width * 100,
  }))
  return {
    id: idOf(2, n),
    type: 'picture' as const,
    caption: `The harbour at dawn, picture ${n}, Varna, July 11, 2024`,
    credit: `Dateline Photo/Number ${n}`,
    alt: 'A harbour',
    photographer: null,
    rights: null,
    contentHash: n.toString(16).padStart(32, '0'),
    contentType: 'image/jpeg',
    extension: 'jpg',
    width: 1600,
    height: 1200,
    bytes: 160_000,
    renditions,
  }
}

type Row<Name extends keyof AllTables> = AllTables[Name]['$inferInsert']

/** Whether a newsroom is filled with so many articles: when the first was published tells their number. */
export async function hasCorpus(db: Db, count: number): Promise<boolean> {
  const { publications, liveMedia } = db.desk.tables
  const { sql } = db.desk
  const [first] = await sql.select().from(publications).where(eq(publications.slug, 'story-0'))
  // What is live of tags and pictures comes last.
  const [last] = await sql.select().from(liveMedia).limit(1)
  return first?.publishedAt === end - count * apart && last !== undefined
}

/** Fills an empty newsroom with `count` articles, in the tables themselves: the rules would take hours for a million. */
export async function makeCorpus(db: Db, count: number, onStep: (made: number) => void): Promise<void> {
  const random = randomOf(7)
  const uses = { tags: new Map<string, number>(), media: new Map<string, number>() }
  const count1 = (map: Map<string, number>, id: string) => map.set(id, (map.get(id) ?? 0) + 1)
  const from = end - count * apart

  for (let start = 0; start < count; start += chunk) {
    const made = Array.from({ length: Math.min(chunk, count - start) }, (_, i) =>
      articleOf(start + i, from, random),
    )
    for (const one of made) {
      for (const { tagId } of one.publicationTags) count1(uses.tags, tagId)
      count1(uses.media, one.publication.leadMediaId as string)
    }
    await db.write({ by: 'command' }, async tx => {
      if (start === 0) await insertTags(tx)
      if (start === 0) await insertPictures(tx)
      const { tables: to, sql } = tx
      await sql.insert(to.articles).values(made.map(one => one.article))
      await sql.insert(to.articleTags).values(made.flatMap(one => one.articleTags))
      await sql.insert(to.articleMedia).values(made.map(one => one.articleMedia))
      await sql.insert(to.versions).values(made.map(one => one.version))
      await sql.insert(to.publications).values(made.map(one => one.publication))
      await sql.insert(to.publicationBodies).values(made.map(one => one.body))
      await sql.insert(to.publicationTags).values(made.flatMap(one => one.publicationTags))
      await sql.insert(to.publicationMedia).values(made.map(one => one.articleMedia))
      await sql.insert(to.history).values(made.map(one => one.history))
      await sql.insert(to.slugs).values(made.map(one => one.slug))
      for (const { article } of made) tx.change('article', article.id, 'published', 1)
    })
    onStep(start + made.length)
  }
  await db.write({ by: 'command' }, tx => insertLive(tx, uses.tags, uses.media))
}

function articleOf(n: number, from: number, random: () => number) {
  const language = n % 2 === 0 ? 'en' : 'bg'
  const id = idOf(1, n)
  const at = from + n * apart
  const text = Array.from({ length: 5 }, () => words(random, language, 30))
  const html = text.map(paragraph => `<p>${paragraph}.</p>`).join('')
  const sectionId = idOf(3, n % sections)
  // Few topics have many articles, and many have few.
  const tagIds = [...new Set([0, 1, 2].map(() => idOf(4, Math.floor(topics * random() ** 2))))]
  const mediaId = idOf(2, Math.floor(random() * pictures))
  const story = {
    language,
    kind: 'story' as const,
    headline: words(random, language, 8),
    summary: words(random, language, 25),
    signOff: '/EM/',
    urgency: 5,
    access: 'public' as const,
    storyId: id,
  }
  const slug = `story-${n}`
  const article: Row<'articles'> = {
    ...story,
    id,
    revision: 2,
    deskStatus: 'draft',
    liveStatus: 'live',
    slug,
    sectionId,
    bodyHtml: html,
    version: 1,
    createdAt: at,
    editedAt: at,
    publishedAt: at,
  }
  const row = {
    ...story,
    shortHeadline: null,
    dateline: null,
    byline: null,
    source: null,
    usageTerms: null,
    correctedAt: null,
    articleId: id,
    slug,
    sectionId,
    leadMediaId: mediaId,
    wordCount: 150,
    readingMinutes: 1,
    version: 1,
    publishedAt: at,
    updatedAt: at,
  }
  const history: Row<'history'> = { articleId: id, number: 1, kind: 'publish', at }
  const filed = [sectionId, ...tagIds]
  const publication: Row<'publications'> = {
    ...row,
    form: writeForm(row, []),
    formVersion,
    tagIds: filed.join(' '),
    mediaIds: '',
  }
  return {
    article,
    articleTags: tagIds.map((tagId, i) => ({ articleId: id, position: i + 1, tagId })),
    articleMedia: { articleId: id, position: 0, mediaId },
    version: { ...history, snapshot: { id, headline: story.headline } } satisfies Row<'versions'>,
    publication,
    body: { articleId: id, html, text: text.join('\n\n') },
    publicationTags: filed.map((tagId, position) => ({
      articleId: id,
      position,
      tagId,
      language,
      publishedAt: at,
    })),
    history,
    slug: { slug, articleId: id },
  }
}

const tagOf = (kind: 'section' | 'topic', n: number) => ({
  id: idOf(kind === 'section' ? 3 : 4, n),
  slug: `${kind}-${n}`,
  kind,
  names: { en: `The ${kind} ${n}`, bg: `Тема ${n}` },
})

async function insertTags(tx: Writer): Promise<void> {
  const times = { revision: 1, shownAt: 0, createdAt: 0, updatedAt: 0 }
  const all = [
    ...Array.from({ length: sections }, (_, n) => tagOf('section', n)),
    ...Array.from({ length: topics }, (_, n) => tagOf('topic', n)),
  ]
  await tx.sql.insert(tx.tables.tags).values(all.map(tag => ({ ...tag, ...times })))
}

async function insertPictures(tx: Writer): Promise<void> {
  const times = { revision: 1, createdAt: 0, updatedAt: 0 }
  const all = Array.from({ length: pictures }, (_, n) => ({ ...pictureOf(n), ...times }))
  await tx.sql.insert(tx.tables.media).values(all)
}

async function insertLive(tx: Writer, tags: Map<string, number>, media: Map<string, number>): Promise<void> {
  const live = [
    ...Array.from({ length: sections }, (_, n) => tagOf('section', n)),
    ...Array.from({ length: topics }, (_, n) => tagOf('topic', n)),
  ].flatMap(tag => (tags.has(tag.id) ? [{ ...tag, uses: tags.get(tag.id) ?? 0 }] : []))
  await tx.sql.insert(tx.tables.liveTags).values(live)
  const names = live.flatMap(tag =>
    Object.values(tag.names).map(name => ({ tagId: tag.id, folded: name.toLowerCase() })),
  )
  await tx.sql.insert(tx.tables.liveTagNames).values(names)
  const shown = Array.from({ length: pictures }, (_, n) => pictureOf(n)).flatMap(picture =>
    media.has(picture.id) ? [{ ...picture, uses: media.get(picture.id) ?? 0 }] : [],
  )
  await tx.sql.insert(tx.tables.liveMedia).values(shown)
}

/** What to ask a corpus of so many articles for. */
export function describeCorpus(count: number): Corpus {
  const random = randomOf(11)
  const some = (n: number) => Array.from({ length: n }, () => Math.floor(random() * count))
  const from = end - count * apart
  const middle = new Date(end - Math.floor(count / 240) * 24 * 60 * minute).toISOString().slice(0, 10)
  return {
    slugs: some(200).map(n => `story-${n}`),
    day: middle,
    tag: 'topic-20',
    places: some(200).map(n => [from + n * apart, idOf(1, n)]),
  }
}
