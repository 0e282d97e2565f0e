import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { fireDue } from '../src/features/desk/clock.ts'
import { importItems } from '../src/features/imports/import.ts'
import { readItem } from '../src/features/imports/read-item.ts'
import type { Entry } from '../src/features/imports/report.ts'
import { readItems } from '../src/features/imports/sources.ts'
import { type Newsroom, openNewsroom } from './support/newsroom.ts'
import { run } from './support/process.ts'
import { depsOf, item } from './support/wire.ts'

/** Imports items of one file in the newsroom's folder. */
async function take(
  newsroom: Newsroom,
  items: unknown[],
  name = 'items.json',
): Promise<{ entries: Entry[]; report: Record<string, number> }> {
  return takeFile(newsroom, name, JSON.stringify(items))
}

async function takeFile(newsroom: Newsroom, name: string, content: string): ReturnType<typeof take> {
  const folder = join(newsroom.folder, 'wire')
  await mkdir(folder, { recursive: true })
  const file = join(folder, name)
  await writeFile(file, content)
  const entries: Entry[] = []
  const report = await importItems(depsOf(newsroom), readItems([file]), entry => entries.push(entry))
  return { entries, report }
}

t.test('a text item is served as it was sent, and a second run changes nothing', async t => {
  const newsroom = await openNewsroom(t)
  const subjects = [{ name: 'Lakes', uri: 'http://cv.iptc.org/newscodes/mediatopic/20000441' }]
  const associations = [
    {
      name: 'main',
      uri: 'urn:test:p',
      type: 'picture',
      by: 'V. Koleva',
      descriptions: [
        { role: 'caption', value: ' The "ferry" ' },
        { role: 'creditline', value: 'Lake Photo/V. Koleva' },
      ],
    },
  ]
  const items = [item({ subjects, associations })]
  const first = await take(newsroom, items)
  t.match(first.report, { imported: 1, media: 1, tags: 1 })
  const { body: list } = await newsroom.get('/v1/articles?include=body,tags')
  const [article] = list.data
  t.match(article, {
    headline: 'Ferry returns to the lake',
    byline: 'By Vera Koleva',
    body: '<p>The ferry returned.</p>',
    publishedAt: '2024-07-12T02:21:00.000Z',
    updatedAt: '2024-07-12T03:00:00.000Z',
    section: { slug: 'newswire' },
    tags: [{ name: 'Lakes', mediaTopic: 'medtop:20000441' }],
    leadMedia: { caption: ' The "ferry" ', credit: 'Lake Photo/V. Koleva', renditions: [] },
  })
  const { seq } = await newsroom.db.primary.headNow()
  const second = await take(newsroom, items)
  t.match(second.report, { imported: 0, unchanged: 1, media: 0, tags: 0 })
  t.equal((await newsroom.db.primary.headNow()).seq, seq)
})

t.test('a newer version updates, an older one is passed over, and a correction is one', async t => {
  const newsroom = await openNewsroom(t)
  await take(newsroom, [item({ version: '9' })])
  const newer = await take(newsroom, [
    item({ version: '10', headlines: [{ role: 'main', value: 'Ferry is back' }], by: undefined }),
  ])
  t.match(newer.report, { updated: 1 })
  const [article] = (await newsroom.get('/v1/articles')).body.data
  t.equal(article.headline, 'Ferry is back')
  t.notOk('byline' in article, 'what the new version lacks is gone')
  t.equal(article.publishedAt, '2024-07-12T02:21:00.000Z')
  const older = await take(newsroom, [item({ version: '2' })])
  t.match(older.entries, [{ outcome: 'skipped', rule: /older/ }])
})

t.test('canceled withdraws, and a usable version does not revive it', async t => {
  const newsroom = await openNewsroom(t)
  await take(newsroom, [item()])
  const { id } = (await newsroom.get('/v1/articles')).body.data[0]
  t.match((await take(newsroom, [item({ version: '2', pubStatus: 'canceled' })])).report, { withdrawn: 1 })
  t.equal((await newsroom.get(`/v1/articles/${id}`)).status, 410)
  t.match((await take(newsroom, [item({ version: '3' })])).entries, [{ outcome: 'skipped', rule: /revive/ }])
  t.match((await take(newsroom, [item({ uri: 'urn:test:x', pubStatus: 'canceled' })])).entries, [
    { outcome: 'skipped' },
  ])
})

t.test(
  'what is withheld is a working copy, what expired is skipped, what is unfit is refused by rule',
  async t => {
    const newsroom = await openNewsroom(t)
    const { entries, report } = await take(newsroom, [
      item({ uri: 'urn:a', pubStatus: 'withheld' }),
      item({ uri: 'urn:b', embargoedUntil: '2999-01-01T00:00:00Z' }),
      item({ uri: 'urn:c', expires: '2020-01-01T00:00:00Z' }),
      item({
        uri: 'urn:d',
        bodies: [{ role: 'main', contentType: 'text/html', value: '<script>1</script>' }],
      }),
      item({ uri: 'urn:e', headlines: [{ role: 'main', value: 'x'.repeat(400) }] }),
      item({ uri: 'urn:f', firstCreated: '2999-01-01T00:00:00Z' }),
      { version: '1' },
      item({ uri: 'urn:g' }),
    ])
    const outcome = (uri: string) => entries.find(entry => entry.uri === uri)
    t.match(outcome('urn:a'), { outcome: 'workingCopy', rule: /withheld/ })
    t.match(outcome('urn:b'), { outcome: 'imported', rule: /under embargo until 2999-01-01/ })
    t.match(outcome('urn:c'), { outcome: 'skipped', rule: /expired/ })
    t.match(outcome('urn:d'), { outcome: 'refused', rule: /script/ })
    t.match(outcome('urn:e'), { outcome: 'refused', rule: /headline is longer/ })
    t.match(outcome('urn:f'), { outcome: 'refused', rule: /ahead/ })
    t.ok(
      entries.some(entry => entry.item === 7 && entry.outcome === 'refused'),
      'an item with no uri is named by its place',
    )
    t.equal(report.imported, 2)
    t.equal((await newsroom.get('/v1/articles')).body.data.length, 1, 'one of them is under embargo')
    const { body } = await newsroom.get('/v1/editorial/articles', { key: newsroom.key })
    t.equal(body.data.length, 3, 'a refused item leaves no working copy')
  },
)

t.test('what its sender canceled is not published by a clock', async t => {
  const newsroom = await openNewsroom(t)
  const { key, clock } = newsroom
  await take(newsroom, [item({ uri: 'urn:a', version: '1', pubStatus: 'withheld' })])
  const [{ id }] = (await newsroom.get('/v1/editorial/articles', { key })).body.data
  const body = { publishAt: new Date(clock.now + 1000).toISOString() }
  await newsroom.request('POST', `/v1/editorial/articles/${id}/schedule`, { key, match: '*', body })
  const { entries } = await take(newsroom, [item({ uri: 'urn:a', version: '2', pubStatus: 'canceled' })])
  t.match(entries, [{ outcome: 'skipped', rule: /a draft again/ }])
  clock.now += 1000
  t.same((await fireDue(newsroom.db, clock.now)).published, [])
  t.match((await newsroom.get(`/v1/editorial/articles/${id}`, { key })).body, { deskStatus: 'draft' })
})

t.test('a picture beside the item comes with its bytes, one outside the folder does not', async t => {
  const newsroom = await openNewsroom(t)
  const folder = join(newsroom.folder, 'wire')
  await mkdir(folder, { recursive: true })
  const picture = await sharp({ create: { width: 400, height: 300, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer()
  await writeFile(join(folder, 'lake.jpg'), picture)
  await writeFile(join(newsroom.folder, 'secret.jpg'), picture)
  await symlink(join(newsroom.folder, 'secret.jpg'), join(folder, 'link.jpg'))
  const withPicture = (n: number, href: string) =>
    item({
      uri: `urn:p:${n}`,
      associations: [
        {
          name: 'main',
          uri: `urn:m:${n}`,
          type: 'picture',
          renditions: [{ name: 'large', href, contentType: 'image/jpeg', width: 400 }],
        },
      ],
    })
  const { entries } = await take(newsroom, [
    withPicture(1, 'lake.jpg'),
    withPicture(2, '../secret.jpg'),
    withPicture(3, 'link.jpg'),
    withPicture(4, 'none.jpg'),
  ])
  t.equal(entries[0]?.rule, undefined)
  t.match(entries[1]?.rule, /outside/)
  t.match(entries[2]?.rule, /outside/)
  t.match(entries[3]?.rule, /cannot be read/)
  const { data } = (await newsroom.get('/v1/articles?sort=publishedAt')).body
  const renditions = data
    .map((article: { leadMedia: { renditions: unknown[] } }) => article.leadMedia.renditions.length)
    .sort()
  t.same(renditions, [0, 0, 0, 7])
})

t.test('a takedown is heeded however it comes, and its note to editors stays inside', async t => {
  const newsroom = await openNewsroom(t)
  await take(newsroom, [item()])
  const { id } = (await newsroom.get('/v1/articles')).body.data[0]
  const kill = { pubStatus: 'canceled', ednote: 'KILL: our source lied', expires: '2024-01-01T00:00:00Z' }
  t.match((await take(newsroom, [item({ version: '2', ...kill })])).report, { withdrawn: 1 }, 'expired too')
  for (const url of [`/v1/articles/${id}`, '/v1/changes']) {
    const { text } = await newsroom.get(url)
    t.match(text, 'The sender withdrew this story.')
    t.notMatch(text, 'our source')
  }
  const early = { uri: 'urn:test:early' }
  t.match((await take(newsroom, [item({ ...early, version: '3', ...kill })])).entries, [
    { outcome: 'skipped' },
  ])
  t.match((await take(newsroom, [item({ ...early, version: '2' })])).entries, [
    { rule: 'version 2 was canceled by its sender' },
  ])
  t.match((await take(newsroom, [item({ ...early, version: '3', ...kill })])).entries, [
    { outcome: 'unchanged' },
  ])
  t.equal((await newsroom.get('/v1/articles')).body.data.length, 0)
  t.match((await take(newsroom, [item({ ...early, version: '4' })])).report, { imported: 1 }, 'sent anew')
})

t.test('versions are numbers with points, and a version ahead of now is taken as now', async t => {
  const newsroom = await openNewsroom(t)
  await take(newsroom, [item({ version: '1.9' })])
  const ahead = await take(newsroom, [item({ version: '1.10', versionCreated: '2099-01-01T00:00:00Z' })])
  t.match(ahead.entries, [{ outcome: 'updated', rule: /ahead of now/ }])
  const [{ updatedAt }] = (await newsroom.get('/v1/articles')).body.data
  t.equal(updatedAt, new Date(newsroom.clock.now).toISOString())
})

t.test('a credit put right in a new version of the item is put right', async t => {
  const newsroom = await openNewsroom(t)
  const shown = (creditline: string) => ({ associations: { mainpic: { type: 'picture', creditline } } })
  await take(newsroom, [item(shown('WRONG'))])
  await take(newsroom, [item({ version: '2', ...shown('Right/V. Koleva') })])
  t.equal((await newsroom.get('/v1/articles')).body.data[0].leadMedia.credit, 'Right/V. Koleva')
})

t.test('a name is one tag, whatever letters it has', async t => {
  const newsroom = await openNewsroom(t)
  const named = ['Österreich', 'Киев', '北京', '上海', `${'Lange '.repeat(20)}Name`]
  const items = [1, 2, 3].map(n =>
    item({ uri: `urn:test:${n}`, language: 'de', subjects: named.map(name => ({ name })) }),
  )
  const { report } = await take(newsroom, items)
  t.equal(report.tags, named.length)
  const { data } = (await newsroom.get('/v1/tags?kind=topic')).body
  t.same(
    data.map((tag: { count: number }) => tag.count),
    named.map(() => 3),
  )
})

t.test('markup that a parser multiplies refuses its item alone', async t => {
  const newsroom = await openNewsroom(t)
  const tags = Array.from({ length: 3000 }, (_, i) => `<b id=${i}>`).join('')
  const bomb = `<html><body><p>${tags}${'<p>x'.repeat(5000)}`
  const { entries } = await take(newsroom, [
    item({ uri: 'urn:test:a', bodies: [{ role: 'main', contentType: 'text/html', value: bomb }] }),
    item({ uri: 'urn:test:b', headlines: [{ role: 'main', contentType: 'text/html', value: bomb }] }),
    item({ uri: 'urn:test:c', subjects: [{ name: 'x'.repeat(1000) }] }),
    item({ uri: 'urn:test:d' }),
  ])
  t.same(entries.map(entry => entry.outcome).sort(), ['imported', 'refused', 'refused', 'refused'])
})

t.test('many items, which are read on a thread, come out as they would alone', async t => {
  const newsroom = await openNewsroom(t)
  const lines = Array.from({ length: 650 }, (_, n) =>
    JSON.stringify(item({ uri: `urn:many:${n}`, by: `By ${n}` })),
  )
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  lines[20] = '{"uri": '
  lines[30] = JSON.stringify(
    item({ uri: 'urn:many:30', headlines: [{ role: 'main', value: 'x'.repeat(301) }] }),
  )
  lines[40] = JSON.stringify(item({ uri: undefined }))
  lines[50] = JSON.stringify(
    item({ uri: 'urn:many:50', bodies: [{ contentType: 'text/html', value: '<script>1</script>' }] }),
  )
  lines[60] = JSON.stringify(item({ uri: 'urn:many\0:60' }))
  lines[600] = JSON.stringify(item({ uri: 'urn:many:600', by: 'By 600' })).replace(/}$/, `,"more":${deep}}`)
  const { entries, report } = await takeFile(newsroom, 'many.ndjson', lines.join('\n'))
  t.match(report, { imported: 645, refused: 4, unreadable: 1 })
  const told = (line: number) => entries.find(entry => entry.item === line)
  t.equal(entries.length, 650)
  t.match(told(21), { outcome: 'unreadable', rule: /^is not JSON/ })
  t.match(told(31), {
    outcome: 'refused',
    uri: 'urn:many:30',
    rule: 'its headline is longer than 300 characters',
  })
  t.match(told(41), { outcome: 'refused', rule: 'uri is missing' })
  t.match(told(51), { outcome: 'refused', rule: /script/ })
  t.match(told(61), { outcome: 'refused', rule: /NUL/ })
  t.match(told(601), { outcome: 'imported', uri: 'urn:many:600' }, 'one that nests too deep for a thread too')
  const taken = entries.filter(entry => entry.outcome === 'imported').map(entry => entry.item)
  t.same(
    taken,
    taken.toSorted((a, b) => Number(a) - Number(b)),
    'in their order',
  )
  const { body } = await newsroom.get('/v1/articles?limit=100&fields=byline,body,wordCount')
  for (const { byline, body: html, wordCount } of body.data) {
    t.match(byline, /^By \d+$/)
    t.match([html, wordCount], ['<p>The ferry returned.</p>', 3])
  }
  t.equal(
    new Set(body.data.map((one: { byline: string }) => one.byline)).size,
    100,
    'each with its own words',
  )
  t.match((await takeFile(newsroom, 'many.ndjson', lines.join('\n'))).report, { imported: 0, unchanged: 645 })
})

t.test('a feed that pauses holds up nothing, and one that fails loses nothing that came before', async t => {
  const newsroom = await openNewsroom(t)
  // Each item has a transaction of its own, which is all that so short a time allows.
  let transactions = 0
  const { write } = newsroom.db
  const counted: typeof write = (actor, work) => {
    transactions++
    return write(actor, work)
  }
  const deps = { ...depsOf(newsroom), db: { ...newsroom.db, write: counted }, longestMs: 0 }
  const told: string[] = []
  let resume = () => {}
  const paused = new Promise<void>(resolve => {
    resume = resolve
  })
  async function* feed() {
    for (let n = 0; n < 130; n++) {
      if (n === 120) await paused
      yield { file: '-', item: n, value: item({ uri: `urn:feed:${n}` }), bytesRead: n }
    }
    throw new Error('the line is dead')
  }
  const importing = importItems(deps, feed(), ({ outcome, uri }) => {
    told.push(`${outcome} ${uri}`)
    if (told.length === 120) resume()
  })
  await t.rejects(importing, { message: 'the line is dead' })
  t.same(
    told,
    Array.from({ length: 130 }, (_, n) => `imported urn:feed:${n}`),
  )
  t.ok(transactions > 65, `in ${transactions} transactions`)
})

t.test('the body of what was imported before is left as it is until it is known to be newer', async t => {
  const value = item({ bodies: [{ contentType: 'text/html', value: '<p>One</p><script>1</script>' }] })
  t.match(readItem({ value, isKnown: true }), { texts: { fields: { bodyFormat: 'html' } } })
  t.match(readItem({ value, isKnown: false }), { rule: /script/ })
  const newsroom = await openNewsroom(t)
  await take(newsroom, [item()])
  t.match((await take(newsroom, [value])).report, { unchanged: 1, refused: 0 })
  t.match((await take(newsroom, [{ ...value, version: '2' }])).report, { unchanged: 0, refused: 1 })
})

t.test('tags that items share are made once, and one that was undone is made again', async t => {
  const newsroom = await openNewsroom(t)
  const tagged = (uri: string, more: object = {}) =>
    item({ uri, subjects: [{ name: 'Ferries', uri: 'cv:ferries' }], ...more })
  // The first is refused once its tag was made.
  const ahead = { firstCreated: '2100-01-01T00:00:00Z', versionCreated: '2100-01-01T00:00:00Z' }
  const { report } = await take(newsroom, [tagged('urn:a', ahead), tagged('urn:b'), tagged('urn:c')])
  t.match(report, { refused: 1, imported: 2, tags: 1 })
  const { body } = await newsroom.get('/v1/tags?kind=topic')
  t.match(body.data, [{ slug: 'ferries', count: 2 }])
  t.equal(body.data.length, 1)
})

t.test('what was undone with an item is not taken for there by those after it', async t => {
  const newsroom = await openNewsroom(t)
  await newsroom.request('POST', '/v1/editorial/tags', {
    key: newsroom.key,
    body: { slug: 'world', kind: 'topic', names: { en: 'World' } },
  })
  const deps = { ...depsOf(newsroom), defaults: { language: 'en', section: 'world' } }
  const tagged = (uri: string, names: string[], more: object = {}) => ({
    file: '-',
    item: 1,
    bytesRead: 0,
    value: item({ uri, subjects: names.map(name => ({ name })), ...more }),
  })
  const section = { service: [{ name: 'Sport' }] }
  async function* feed() {
    yield tagged('urn:1', ['Music'], section)
    // No section, and "world" is none: refused once its tag was made, tried again, and refused.
    yield tagged('urn:2', ['C++'])
    yield tagged('urn:3', ['C', 'C++'], section)
  }
  const outcomes: string[] = []
  await importItems(deps, feed(), entry => outcomes.push(entry.outcome))
  t.same(outcomes, ['imported', 'refused', 'imported'])
  const { body } = await newsroom.get('/v1/tags?kind=topic')
  t.same(body.data.map((tag: { name: string }) => tag.name).sort(), ['C', 'C++', 'Music'])
})

t.test('a tag that is only coded is known by its code', async t => {
  const newsroom = await openNewsroom(t)
  for (const [slug, mediaTopic] of [
    ['arts', 'medtop:01000000'],
    ['crime', 'medtop:02000000'],
  ])
    await newsroom.request('POST', '/v1/editorial/tags', {
      key: newsroom.key,
      body: { slug, kind: 'topic', names: { en: slug }, mediaTopic },
    })
  const coded = (uri: string, literal: string) => item({ uri, subjects: [{ literal }] })
  await take(newsroom, [coded('urn:a', 'medtop:01000000'), coded('urn:b', 'medtop:02000000')])
  const { body } = await newsroom.get('/v1/articles?sort=publishedAt&fields=tags')
  const slugs = body.data.map((one: { tags: { slug: string }[] }) => one.tags.map(tag => tag.slug))
  t.same(slugs.flat().sort(), ['arts', 'crime'])
})

t.test('pictures are stored once, under the id of their row, and none is left that no row has', async t => {
  const newsroom = await openNewsroom(t)
  const folder = join(newsroom.folder, 'wire')
  await mkdir(folder, { recursive: true })
  for (const [name, background] of [
    ['a.jpg', 'teal'],
    ['b.jpg', 'red'],
  ] as const) {
    const picture = sharp({ create: { width: 40, height: 30, channels: 3, background } })
    await writeFile(join(folder, name), await picture.jpeg().toBuffer())
  }
  const pictured = (uri: string, version: string, href: string, more: object = {}) =>
    item({
      uri,
      associations: [{ name: 'main', uri: 'urn:m', version, type: 'picture', renditions: [{ href }] }],
      ...more,
    })
  const items = [
    pictured('urn:1', '1', 'a.jpg'),
    pictured('urn:2', '2', 'b.jpg'),
    pictured('urn:3', '1', 'a.jpg', { expires: '2020-01-01T00:00:00Z' }),
    pictured('urn:4', '1', 'a.jpg', { bodies: [{ contentType: 'text/html', value: '<script>1</script>' }] }),
  ]
  for (const run of ['first', 'second']) {
    await take(newsroom, items)
    const { renditions } = (await newsroom.get('/v1/articles')).body.data[0].leadMedia
    for (const { url } of renditions) t.equal((await newsroom.get(new URL(url).pathname)).status, 200, run)
    const files = await readdir(join(newsroom.folder, 'media'), { recursive: true, withFileTypes: true })
    t.equal(
      files.filter(file => file.isFile()).length,
      renditions.length + 1,
      `${run}: the upload is one more`,
    )
  }
  const shared = Array.from({ length: 3 }, (_, n) => pictured(`urn:shared:${n}`, '3', 'a.jpg'))
  const before = (await newsroom.get('/v1/changes')).body.meta.latest
  await take(newsroom, shared)
  const { data } = (await newsroom.get(`/v1/changes?cursor=${before}`)).body
  const ofMedia = data.filter((change: { subject: { type: string } }) => change.subject.type === 'media')
  t.equal(ofMedia.length, 1, 'a picture of three items changes once')
})

t.test('the command reads NDJSON, names a bad line, goes on, and tells by its exit code', async t => {
  const folder = t.testdir({
    'wire.ndjson': `${JSON.stringify(item())}\n{broken\n${JSON.stringify(item({ uri: 'urn:test:2' }))}\n`,
  })
  const take = (...args: string[]) => run(join(folder, 'data'), ['import', ...args])
  const { code, out } = await take(join(folder, 'wire.ndjson'))
  t.equal(code, 1)
  const lines = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.match(lines.at(-1), { summary: { imported: 2, unreadable: 1 } })
  t.ok(lines.some(line => line.outcome === 'unreadable' && line.item === 2))
  t.equal((await take()).code, 2)
})
