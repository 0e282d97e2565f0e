import { spawn } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { importItems } from '../src/features/imports/import.ts'
import type { Entry } from '../src/features/imports/report.ts'
import { readItems } from '../src/features/imports/sources.ts'
import { type Newsroom, openNewsroom } from './support/newsroom.ts'

const item = (more: object = {}) => ({
  uri: 'urn:test:1',
  version: '1',
  type: 'text',
  language: 'en',
  firstCreated: '2024-07-12T02:21:00Z',
  versionCreated: '2024-07-12T03:00:00Z',
  by: 'By Vera Koleva',
  headlines: [{ role: 'main', value: 'Ferry returns to the lake' }],
  bodies: [{ role: 'main', contentType: 'text/html', value: '<p>The ferry returned.</p>' }],
  ...more,
})

/** Imports items of one file in the newsroom's folder. */
async function take(
  newsroom: Newsroom,
  items: unknown[],
  name = 'items.json',
): Promise<{ entries: Entry[]; report: Record<string, number> }> {
  const folder = join(newsroom.folder, 'wire')
  await mkdir(folder, { recursive: true })
  const file = join(folder, name)
  await writeFile(file, JSON.stringify(items))
  const entries: Entry[] = []
  const { db, files, clock } = newsroom
  const deps = { db, files, now: () => clock.now, defaults: { language: 'en', section: 'newswire' } }
  const report = await importItems(deps, readItems([file]), entry => entries.push(entry))
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
  const { seq } = newsroom.db.headNow()
  const second = await take(newsroom, items)
  t.match(second.report, { imported: 0, unchanged: 1, media: 0, tags: 0 })
  t.equal(newsroom.db.headNow().seq, seq)
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
  'what may not be public yet is a working copy, what expired is skipped, what is unfit is refused by rule',
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
    t.match(outcome('urn:b'), { outcome: 'workingCopy', rule: /embargo/ })
    t.match(outcome('urn:c'), { outcome: 'skipped', rule: /expired/ })
    t.match(outcome('urn:d'), { outcome: 'refused', rule: /script/ })
    t.match(outcome('urn:e'), { outcome: 'refused', rule: /headline is longer/ })
    t.match(outcome('urn:f'), { outcome: 'refused', rule: /ahead/ })
    t.ok(
      entries.some(entry => entry.item === 7 && entry.outcome === 'refused'),
      'an item with no uri is named by its place',
    )
    t.equal(report.imported, 1)
    t.equal((await newsroom.get('/v1/articles')).body.data.length, 1)
    const { body } = await newsroom.get('/v1/editorial/articles', { key: newsroom.key })
    t.equal(body.data.length, 3, 'a refused item leaves no working copy')
  },
)

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

t.test('the command reads NDJSON, names a bad line, goes on, and tells by its exit code', async t => {
  const folder = t.testdir({
    'wire.ndjson': `${JSON.stringify(item())}\n{broken\n${JSON.stringify(item({ uri: 'urn:test:2' }))}\n`,
  })
  const run = (args: string[]) =>
    new Promise<{ code: number | null; out: string }>(resolve => {
      const main = new URL('../src/main.ts', import.meta.url).pathname
      const child = spawn(process.execPath, [main, 'import', ...args], {
        env: { ...process.env, DATA_DIR: join(folder, 'data') },
      })
      let out = ''
      child.stdout.on('data', chunk => {
        out += chunk
      })
      child.on('exit', code => resolve({ code, out }))
    })
  const { code, out } = await run([join(folder, 'wire.ndjson')])
  t.equal(code, 1)
  const lines = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.match(lines.at(-1), { summary: { imported: 2, unreadable: 1 } })
  t.ok(lines.some(line => line.outcome === 'unreadable' && line.item === 2))
  t.equal((await run([])).code, 2)
})
