import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { exportItems } from '../src/features/exports/export.ts'
import { importItems } from '../src/features/imports/import.ts'
import { readItems } from '../src/features/imports/sources.ts'
import {
  exportAll,
  type Json,
  makeForm,
  makeTag,
  type Newsroom,
  openNewsroom,
  publishNew,
} from './support/newsroom.ts'
import { run } from './support/process.ts'

const patient = { timeout: 120_000 }

/** Imports what was exported. */
async function take({ db, files, clock, folder }: Newsroom, items: readonly object[]): Promise<Json> {
  const file = join(folder, 'exported.ndjson')
  await writeFile(file, items.map(item => `${JSON.stringify(item)}\n`).join(''))
  const deps = { db, files, now: () => clock.now, defaults: { language: 'en', section: 'newswire' } }
  return importItems(deps, readItems([file]), () => undefined)
}

async function move(newsroom: Newsroom, id: string, name: string, body: object): Promise<void> {
  const options = { key: newsroom.key, match: '*', body }
  const reply = await newsroom.request('POST', `/v1/editorial/articles/${id}/${name}`, options)
  if (reply.status !== 200) throw new Error(reply.text)
}

async function openFull(
  t: Parameters<typeof openNewsroom>[0],
): Promise<{ newsroom: Newsroom; media: string }> {
  const newsroom = await openNewsroom(t, { now: Date.parse('2024-07-12T09:00:00Z') })
  await makeTag(newsroom, 'world', 'section', { mediaTopic: 'medtop:20000287' })
  for (const kind of ['topic', 'place', 'person', 'organisation', 'event', 'series'])
    await makeTag(newsroom, `a-${kind}`, kind)
  await makeTag(newsroom, 'sofia', 'place', { wikidata: 'Q472', names: { en: 'Sofia', bg: 'София' } })
  const words = {
    caption: 'The "ferry" & its crew',
    credit: 'Lake Photo/V. Koleva',
    alt: 'A ferry',
    rights: 'Once',
  }
  const picture = await sharp({ create: { width: 32, height: 24, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer()
  const sent = { key: newsroom.key, ...makeForm(picture, { ...words, photographer: 'V. Koleva' }) }
  const { body } = await newsroom.request('POST', '/v1/editorial/media', sent)
  return { newsroom, media: body.id }
}

const full = {
  headline: 'Ferry returns to the lake & stays',
  shortHeadline: 'Ferry returns',
  summary: 'The ferry <returned>.',
  dateline: 'OHRID, July 12',
  byline: 'By Vera Koleva',
  signOff: '/VK/',
  kind: 'analysis',
  urgency: 3,
  source: 'Lake News',
  usageTerms: 'Not for resale',
  access: 'subscribers',
  body: '<p>The <strong>ferry</strong> returned.</p>\n<p>It stays.</p>',
  tags: ['a-topic', 'a-place', 'a-person', 'a-organisation', 'a-event', 'a-series', 'sofia'],
}

t.test('what one newsroom exports another imports, and has the same articles', patient, async t => {
  const { newsroom, media } = await openFull(t)
  const english = await publishNew(newsroom, { ...full, leadMedia: media })
  const bulgarian = { headline: 'Фериботът се върна', language: 'bg', story: english.story, tags: ['sofia'] }
  await publishNew(newsroom, bulgarian, { publishedAt: '2019-01-01T00:00:00Z' })
  const items = await exportAll(newsroom)
  t.same(
    items.map(item => item.language),
    ['bg', 'en'],
    'first published first',
  )
  t.match(items[1], {
    uri: new RegExp(`^urn:newsml:api\\.example:\\d{8}:${english.id}$`),
    version: '1',
    firstCreated: '2024-07-12T09:00:00.000Z',
    headlines: [{ value: full.headline }, { role: 'short', value: full.shortHeadline }],
    people: [{ rel: 'creator', literal: '/VK/' }, { name: 'a-person' }],
    places: [{ name: 'a-place' }, { name: 'Sofia', uri: 'http://www.wikidata.org/entity/Q472' }],
    renditions: [{ href: `https://site.example/en/${english.slug}` }],
    associations: [
      { name: 'lead', type: 'picture' },
      { rel: 'translation', language: 'bg' },
    ],
  })
  t.notMatch(JSON.stringify(items), /null/, 'what is absent has no key')

  const other = await openNewsroom(t, { now: newsroom.clock.now, folder: join(newsroom.folder, 'other') })
  t.match(await take(other, items), { imported: 2, media: 1, tags: 8, refused: 0, remarks: 0 })
  t.match(await take(other, items), { imported: 0, unchanged: 2 }, 'and once only')
  const shown = async (from: Newsroom) => {
    const key = await from.makeKey(['articles:subscribers'])
    const { body } = await from.get('/v1/articles?include=body,tags,section&sort=publishedAt', { key })
    return body.data.map((article: Json) => {
      const {
        id: _id,
        slug: _slug,
        story: _story,
        canonicalUrl: _url,
        leadMedia,
        section,
        tags,
        ...own
      } = article
      const { id: _media, width: _width, height: _height, renditions: _all, ...picture } = leadMedia ?? {}
      // A tag is named in the language that an item came in first; its code stays.
      const tagOf = ({ kind, name, mediaTopic, wikidata }: Json) =>
        [kind, mediaTopic ?? wikidata ?? name].join()
      return { ...own, picture, section: tagOf(section), tags: tags.map(tagOf).sort() }
    })
  }
  t.same(await shown(other), await shown(newsroom))
})

t.test('what is for subscribers keeps its body to itself unless it is asked for', async t => {
  const { newsroom } = await openFull(t)
  await publishNew(newsroom, full)
  const [open] = await exportAll(newsroom, false)
  t.match(open, { representationType: 'partial', headlines: [{ value: full.headline }] })
  t.notMatch(JSON.stringify(open), /It stays/)
  t.match((await exportAll(newsroom))[0], { representationType: 'full', bodies: [{ value: full.body }, {}] })
})

t.test('corrections and withdrawals reach whoever imports what is exported again', patient, async t => {
  const { newsroom } = await openFull(t)
  const { id } = await publishNew(newsroom, full)
  const other = await openNewsroom(t, { now: newsroom.clock.now, folder: join(newsroom.folder, 'other') })
  await take(other, await exportAll(newsroom))
  const [{ id: there }] = (await other.get('/v1/articles')).body.data

  for (const each of [newsroom, other]) each.clock.now += 60_000
  await move(newsroom, id, 'publish', { kind: 'correction', note: 'The lake is Ohrid.' })
  t.match(await take(other, await exportAll(newsroom)), { updated: 1 })
  const corrected = (await other.get(`/v1/articles/${there}`)).body
  t.match(corrected, { version: 2, corrections: [{ note: 'The lake is Ohrid.' }], access: 'subscribers' })

  for (const each of [newsroom, other]) each.clock.now += 60_000
  await move(newsroom, id, 'publish', { kind: 'update' })
  t.match(await take(other, await exportAll(newsroom)), { updated: 1 })
  t.equal((await other.get(`/v1/articles/${there}`)).body.corrections.length, 1, 'an update corrects nothing')

  for (const each of [newsroom, other]) each.clock.now += 60_000
  await move(newsroom, id, 'withdraw', { notice: 'It was another ferry.', reason: 'A mistake.' })
  const items = await exportAll(newsroom)
  t.match(items, [{ pubStatus: 'canceled', version: '3', edNote: 'It was another ferry.' }])
  t.notMatch(JSON.stringify(items), /Ferry returns|A mistake/)
  t.match(await take(other, items), { withdrawn: 1 })
  const gone = await other.get(`/v1/articles/${there}`)
  t.equal(gone.status, 410)
  t.equal(gone.body.tombstone.notice, 'It was another ferry.')
})

t.test('an export is of one moment, however much is written while it goes', patient, async t => {
  const { newsroom } = await openFull(t)
  const ids: string[] = []
  for (let i = 0; i < 101; i++) ids.push((await publishNew(newsroom, { headline: `Number ${i}` })).id)
  const settings = {
    publicUrl: 'https://api.example',
    articleUrl: undefined,
    language: 'en',
    subscribers: true,
  }
  const { seq } = await newsroom.db.primary.headNow()
  const items = await newsroom.db.snapshot(async (live, head) => {
    t.equal(head.seq, seq)
    const items: Json[] = []
    let parts = 0
    for await (const part of exportItems(live, settings)) {
      items.push(...part.articles, ...part.withdrawn)
      if (++parts > 1) continue
      await move(newsroom, ids[100] as string, 'withdraw', { notice: 'Gone.', reason: 'So.' })
      await publishNew(newsroom, { headline: 'Later' }, { publishedAt: '2010-01-01T00:00:00Z' })
      await publishNew(newsroom, { headline: 'Later still' })
    }
    t.ok(parts > 1, 'in parts')
    return items
  })
  t.same(items.map(item => item.headlines?.[0].value).sort(), ids.map((_, i) => `Number ${i}`).sort())
  t.equal((await exportAll(newsroom)).length, 103, '102 live, one withdrawn')
})

t.test('the command writes a file whole or not at all', patient, async t => {
  const { newsroom } = await openFull(t)
  for (const headline of ['One', 'Two']) await publishNew(newsroom, { headline })
  const { folder } = newsroom
  const file = join(folder, 'news.ndjson')
  const wrote = await run(folder, ['export', file], '', { PUBLIC_URL: 'https://api.example' })
  t.equal(wrote.code, 0)
  t.match(JSON.parse(wrote.out), { summary: { articles: 2, withdrawn: 0 } })
  const written = await readFile(file, 'utf8')
  const lines = written
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.same(lines.map(line => line.headlines[0].value).sort(), ['One', 'Two'])
  t.notOk((await readdir(folder)).some(name => name.endsWith('.part')))

  const piped = await run(folder, ['export', '-'], '', { PUBLIC_URL: 'https://api.example' })
  t.equal(piped.out, written, 'the same into a pipe, and nothing else')

  const lost = await run(folder, ['export', join(folder, 'none', 'news.ndjson')])
  t.equal(lost.code, 1)
  t.match(lost.err, /cannot be written: ENOENT/)
  for (const args of [[], [file, file], [file, '--everything']]) {
    const refused = await run(folder, ['export', ...args])
    t.equal(refused.code, 2)
    t.match(refused.err, /Usage:/)
  }
})

t.test('a reader that ends first ends the export, without a word', patient, async t => {
  const { newsroom } = await openFull(t)
  const body = `<p>${'The ferry sails again. '.repeat(2000)}</p>`
  for (let i = 0; i < 20; i++) await publishNew(newsroom, { body })
  const main = new URL('../src/main.ts', import.meta.url).pathname
  const env = { ...process.env, DATA_DIR: newsroom.folder, ...databaseOf(newsroom) }
  const child = spawn(process.execPath, [main, 'export', '-'], { env, stdio: 'pipe' })
  const said: Buffer[] = []
  child.stderr.on('data', chunk => said.push(chunk))
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const [code] = await once(child, 'exit')
  t.equal(code, 1)
  t.equal(Buffer.concat(said).toString(), '')
})

const databaseOf = ({ config }: Newsroom) =>
  config.DATABASE_URL?.engine === 'postgres' ? { DATABASE_URL: config.DATABASE_URL.url } : {}
