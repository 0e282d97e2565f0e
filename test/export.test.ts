import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, lstat, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sharp from 'sharp'
import t from 'tap'
import { openTarget } from '../src/cli/target.ts'
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
import { closeEarly, run } from './support/process.ts'
import { rowsOf, storeOf } from './support/store.ts'
import { depsOf } from './support/wire.ts'

const patient = { timeout: 120_000 }

/** Imports what was exported. */
async function take(newsroom: Newsroom, items: readonly object[]): Promise<Json> {
  const file = join(newsroom.folder, 'exported.ndjson')
  await writeFile(file, items.map(item => `${JSON.stringify(item)}\n`).join(''))
  return importItems(depsOf(newsroom), readItems([file]), () => undefined)
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
  const [whole] = await exportAll(newsroom)
  t.match(whole, { representationType: 'full', bodies: [{ value: full.body }, {}] })

  const other = await openNewsroom(t, { now: newsroom.clock.now, folder: join(newsroom.folder, 'other') })
  t.match(await take(other, [open]), { skipped: 1 }, 'a summary would look whole in its place')
  t.match(await take(other, [whole]), { imported: 1 })
  t.match(await take(other, [{ ...open, version: '2' }]), { skipped: 1 })
  const key = await other.makeKey(['articles:subscribers'])
  t.equal((await other.get('/v1/articles?include=body', { key })).body.data[0].body, full.body)
  for (const rightsInfo of ['n', [], { langId: 5 }, { linkedRights: 'https://r.example' }]) {
    const foreign = { ...whole, uri: `urn:f:${JSON.stringify(rightsInfo)}`, rightsInfo }
    t.match(await take(other, [foreign]), { imported: 1 }, 'what others say of rights is theirs')
  }
  const wrong = { ...whole, uri: 'urn:w', rightsInfo: { ...whole.rightsInfo, encodedRights: 'none' } }
  t.match(await take(other, [wrong]), { refused: 1 })
})

t.test('what was exported here is not taken for another’s', async t => {
  const { newsroom } = await openFull(t)
  const { id } = await publishNew(newsroom, full)
  await publishNew(newsroom, { headline: 'Two' })
  const items = await exportAll(newsroom)
  await move(newsroom, id, 'withdraw', { notice: 'Gone.', reason: 'So.' })
  t.match(await take(newsroom, items), { skipped: 2, imported: 0 })
  t.equal((await newsroom.get('/v1/articles')).body.data.length, 1)
})

/** The properties that ninjs 3.1 has, of those that are written. */
const known: Record<string, string[]> = {
  item: [
    ...[
      'standard',
      'uri',
      'altIds',
      'type',
      'representationType',
      'version',
      'pubStatus',
      'language',
      'urgency',
    ],
    ...['firstCreated', 'versionCreated', 'headlines', 'descriptions', 'bodies', 'edNote', 'by', 'located'],
    ...['people', 'subjects', 'organisations', 'places', 'events', 'genres', 'infoSources', 'usageTerms'],
    ...['rightsInfo', 'renditions', 'associations', 'name', 'rel'],
  ],
  texts: ['role', 'contentType', 'value', 'wordCount', 'charCount'],
  concepts: ['name', 'rel', 'uri', 'literal'],
  renditions: ['name', 'href', 'contentType', 'width', 'height', 'sizeInBytes'],
}
const types = ['text', 'audio', 'video', 'picture', 'graphic', 'composite', 'component', undefined]

t.test('every item is what the standard has, whatever is in the article', async t => {
  const newsroom = await openNewsroom(t, { settings: { ARTICLE_URL: 'https://сайт.example/новини/{slug}' } })
  await makeTag(newsroom, 'world', 'section', { names: { bg: 'Свят' } })
  const { folder } = newsroom
  const media = ['picture', 'graphic', 'video', 'audio', 'document'].map((type, i) => ({
    ...{ name: `m${i}`, uri: `urn:m:${i}`, type },
    descriptions: [{ role: 'caption', value: `😀 ${type}` }],
  }))
  const odd = {
    ...{ uri: 'urn:a', type: 'text', headline: 'Odd 😀 \u0001', body_text: 'a < b && 😀' },
    associations: media,
  }
  await writeFile(join(folder, 'odd.json'), JSON.stringify({ ...odd, firstcreated: '1931-01-01T00:00:00Z' }))
  await importItems(
    { ...depsOf(newsroom), defaults: { language: 'en', section: 'world' } },
    readItems([join(folder, 'odd.json')]),
    () => undefined,
  )
  const items = await exportAll(newsroom)
  t.equal(items.length, 1)
  const look = (item: Json) => {
    const unknown = (of: string, object: object) =>
      t.same(
        Object.keys(object).filter(key => !known[of]?.includes(key)),
        [],
        `${of} has nothing else`,
      )
    unknown('item', item)
    t.ok(types.includes(item.type), item.type)
    for (const list of ['headlines', 'descriptions', 'bodies'])
      for (const one of item[list] ?? []) unknown('texts', one)
    for (const list of ['people', 'subjects', 'organisations', 'places', 'events'])
      for (const one of item[list] ?? []) unknown('concepts', one)
    for (const one of item.renditions ?? []) {
      unknown('renditions', one)
      t.match(one.href, /^https:\/\/[\x21-\x7e]+$/)
    }
    for (const one of item.associations ?? []) look(one)
  }
  for (const item of items) look(item)
  t.equal(items[0].associations.length, 5)
  t.equal(items[0].bodies[1].charCount, [...items[0].bodies[1].value].length, 'in characters')
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
  // Another may commit between the beginning and the end of a withdrawal, whose change is later than its tombstone then.
  await rowsOf(newsroom.folder, 'UPDATE tombstones SET withdrawn_at = withdrawn_at - 5')
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
  for (const id of ids.slice(0, 2)) await move(newsroom, id, 'withdraw', { notice: 'Gone.', reason: 'So.' })
  const one = await newsroom.db.snapshot(async live => {
    const told: Json[] = []
    for await (const part of exportItems(live, settings, { articles: 1, withdrawals: 1 }))
      told.push(...part.articles, ...part.withdrawn)
    return told.map(item => item.pubStatus)
  })
  t.same(one, [...Array(100).fill('usable'), ...Array(3).fill('canceled')], 'page after page')
  t.same(items.map(item => item.headlines?.[0].value).sort(), ids.map((_, i) => `Number ${i}`).sort())
  t.equal((await exportAll(newsroom)).length, 103)
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

const longBody = `<p>${'The ferry sails again. '.repeat(2000)}</p>`

t.test('a write that fails, or is stopped, leaves the file that was there and nothing beside it', async t => {
  const folder = t.testdir({ 'news.ndjson': 'yesterday' })
  const file = join(folder, 'news.ndjson')
  async function* lines(end: () => void): AsyncGenerator<string> {
    yield 'today'
    end()
    yield 'and more'
  }
  const stopping = new AbortController()
  const fail = () => {
    throw new Error('no more')
  }
  for (const [end, error] of [
    [fail, { message: 'no more' }],
    [() => stopping.abort(), { name: 'AbortError' }],
  ] as const) {
    const target = await openTarget(file)
    await t.rejects(target(lines(end), stopping.signal), error)
    t.equal(await readFile(file, 'utf8'), 'yesterday')
    t.same(await readdir(folder), ['news.ndjson'])
  }
})

t.test('a file is written where its link leads, with the rights it had', patient, async t => {
  const { newsroom } = await openFull(t)
  await publishNew(newsroom)
  const file = join(newsroom.folder, 'news.ndjson')
  await writeFile(file, 'yesterday')
  await chmod(file, 0o664)
  await writeFile(`${file}.part`, 'mine')
  const link = join(newsroom.folder, 'latest')
  await symlink(file, link)
  t.equal((await run(newsroom.folder, ['export', link])).code, 0)
  t.equal(JSON.parse(await readFile(file, 'utf8')).pubStatus, 'usable')
  t.equal((await stat(file)).mode & 0o777, 0o664, 'for those it was for')
  t.ok((await lstat(link)).isSymbolicLink())
  const ahead = join(newsroom.folder, 'ahead')
  await symlink('tomorrow.ndjson', ahead)
  t.equal((await run(newsroom.folder, ['export', ahead])).code, 0)
  t.ok((await lstat(ahead)).isSymbolicLink(), 'also one that leads to none yet')
  t.ok((await stat(join(newsroom.folder, 'tomorrow.ndjson'))).isFile())
  t.equal(await readFile(`${file}.part`, 'utf8'), 'mine')
})

t.test('links are followed to their end, as the system follows them', async t => {
  const folder = t.testdir({
    a: { deep: {} },
    b: { dir: t.fixture('symlink', '../a/deep'), 'out.ndjson': 'of another' },
    one: t.fixture('symlink', 'two'),
    two: t.fixture('symlink', 'three'),
    round: t.fixture('symlink', 'about'),
    about: t.fixture('symlink', 'round'),
  })
  async function* lines() {
    yield 'ours'
  }
  const write = async (path: string) =>
    (await openTarget(join(folder, path)))(lines(), AbortSignal.timeout(5000))
  await symlink('../out.ndjson', join(folder, 'a/deep/latest'))
  await write('b/dir/latest')
  t.equal(await readFile(join(folder, 'a/out.ndjson'), 'utf8'), 'ours')
  t.equal(await readFile(join(folder, 'b/out.ndjson'), 'utf8'), 'of another')
  await write('one')
  t.ok((await lstat(join(folder, 'two'))).isSymbolicLink())
  t.equal(await readFile(join(folder, 'three'), 'utf8'), 'ours')
  await t.rejects(write('round'), { code: 'ELOOP' })
  t.ok((await lstat(join(folder, 'about'))).isSymbolicLink())
})

t.test(
  'a pipe is written into, and what is no place for a file is told before anything is read',
  patient,
  async t => {
    const { newsroom } = await openFull(t)
    await publishNew(newsroom)
    const pipe = join(newsroom.folder, 'pipe')
    await once(spawn('mkfifo', [pipe]), 'exit')
    const [read, wrote] = await Promise.all([readFile(pipe, 'utf8'), run(newsroom.folder, ['export', pipe])])
    t.equal(wrote.code, 0)
    t.equal(JSON.parse(read).pubStatus, 'usable')
    const env = { ...process.env, DATA_DIR: newsroom.folder, ...(await storeOf(newsroom.folder)) }
    const command = `"${process.execPath}" src/main.ts export /dev/stdout | head -n 1`
    const piped = await promisify(execFile)('sh', ['-c', command], { env })
    t.equal(JSON.parse(piped.stdout).pubStatus, 'usable', 'also by a link to it')
    const folder = await run(newsroom.folder, ['export', newsroom.folder])
    t.equal(folder.code, 2)
    t.match(folder.err, /is a folder/)
    const nowhere = { DATABASE_URL: `sqlite:${join(newsroom.folder, 'none.sqlite')}` }
    const lost = await run(newsroom.folder, ['export', '-'], '', nowhere)
    t.equal(lost.code, 2)
    t.match(lost.err, /no newsroom/)
  },
)

t.test('a reader that ends first ends the export, without a word', patient, async t => {
  const { newsroom } = await openFull(t)
  for (let i = 0; i < 20; i++) await publishNew(newsroom, { body: longBody })
  t.same(await closeEarly(newsroom.folder, ['export', '-']), { code: 1, err: '' })
})
