import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { minute, openHolds, story, withheld } from './support/holds.ts'
import type { Json } from './support/newsroom.ts'

type Holds = Awaited<ReturnType<typeof openHolds>>
type Said = {
  status: 'usable' | 'withheld' | 'canceled'
  version: number | undefined
  hour: number | undefined
}

const versions = [1, 2, undefined]
const hours = [undefined, 1, 2]
const everyOf = (statuses: readonly Said['status'][]): Said[] =>
  statuses.flatMap(status => versions.flatMap(version => hours.map(hour => ({ status, version, hour }))))

function* sequences(): Generator<Said[]> {
  const all = everyOf(['usable', 'withheld', 'canceled'])
  for (const first of all) for (const second of all) yield [first, second]
  const two = everyOf(['usable', 'withheld'])
  let count = 0
  // Every 11th of those in which a usable item follows two others: 11 divides none of the lengths.
  for (const first of two)
    for (const second of two)
      for (const third of everyOf(['usable'])) if (count++ % 11 === 0) yield [first, second, third]
}

/** Whether no doubt is left that the usable item at `at` is later than the withheld one at `from`. */
function isSurelyLater(items: readonly Said[], at: number, from: number): boolean {
  const [one, other] = [items[at], items[from]] as [Said, Said]
  const version = one.version ?? 1
  const isTimed = one.hour !== undefined && other.hour !== undefined
  if (other.version !== undefined) {
    if (version === other.version) return isTimed && Number(one.hour) > Number(other.hour)
    return version > other.version && !(isTimed && Number(one.hour) < Number(other.hour))
  }
  if (other.hour !== undefined) return isTimed && Number(one.hour) > other.hour
  // With neither it takes back what came before it, so a later version has to come after it.
  const before = items.slice(0, from).filter(({ status }) => status !== 'canceled')
  return at > from && before.length > 0 && before.every(known => version > (known.version ?? 1))
}

async function listPublic(desk: Holds): Promise<Map<string, number>> {
  const shown = new Map<string, number>()
  for (let url: string | undefined = '/v1/articles?limit=100'; url !== undefined; ) {
    const { data, page }: Json = (await desk.get(url)).body
    for (const { headline } of data) {
      const [uri, at] = headline.split(' ')
      shown.set(uri, Number(at))
    }
    url = page.next?.replace(/^https?:\/\/[^/]+/, '')
  }
  return shown
}

t.test(
  'no order of usable and withheld items shows a story that is perhaps withheld, nor a second run',
  async t => {
    const desk = await openHolds(t)
    const all = [...sequences()]
    const feed = all.flatMap((items, i) =>
      items.map(({ status, version, hour }, at) => ({
        ...story,
        uri: `urn:x:${i}`,
        headline: `urn:x:${i} ${at}`,
        pubstatus: status,
        version: version === undefined ? null : String(version),
        versioncreated: hour === undefined ? null : `2024-07-12T0${hour}:00:00Z`,
      })),
    )
    await desk.take(...feed)
    const shown = await listPublic(desk)
    const leaks: string[] = []
    for (const [uri, at] of shown) {
      const items = all[Number(uri.slice('urn:x:'.length))] as Said[]
      const isDoubtful = ({ status }: Said, from: number) =>
        status === 'withheld' && !isSurelyLater(items, at, from)
      if (items.some(isDoubtful)) leaks.push(`${at} of ${JSON.stringify(items)}`)
    }
    t.same(leaks, [])
    t.ok(shown.size > all.length / 5, 'what nobody withholds is public')
    const etag = (await desk.get('/v1/changes')).headers.etag
    await desk.take(...feed)
    t.equal((await desk.get('/v1/changes')).headers.etag, etag, 'the log is as long as before')
    const again = await listPublic(desk)
    t.same([...again], [...shown])
  },
)

t.test('an item that perhaps is withheld is told, and one that surely is later ends the hold', async t => {
  const blind = { uri: 'urn:x:1', pubstatus: 'withheld' }
  const at = (time: string) => ({ versioncreated: `2024-07-12T${time}:00Z` })
  const none = { version: null, versioncreated: null }
  const perhaps = { outcome: 'refused', rule: /^its sender perhaps withheld version / }
  for (const [said, before, doubtful, sure] of [
    [
      'a version without time',
      [
        { ...story, version: '2' },
        { ...takeback('3'), versioncreated: 'yesterday' },
      ],
      { version: '3', ...at('05:00') },
      { version: '4', ...at('05:00') },
    ],
    [
      'a version without time, unknown before',
      [takeback('1')],
      { version: '1', ...at('05:00') },
      { version: '2', versioncreated: null },
    ],
    ['neither, unknown before', [blind], { version: '2', ...at('05:00') }, { version: '2', ...at('06:01') }],
    ['neither, and a usable one of neither', [blind], none, { ...none, ...at('06:01') }],
    [
      'a time alone, and a version alone',
      [story, { ...blind, ...at('03:00') }],
      { version: '2', versioncreated: null },
      { version: '2', ...at('03:01') },
    ],
    [
      'a later version of an earlier time',
      [story, { ...takeback('2'), ...at('03:00') }],
      { version: '3', ...at('02:59') },
      { version: '3', ...at('03:00') },
    ],
  ] as const) {
    await t.test(said, async t => {
      const desk = await openHolds(t)
      await desk.take(...before)
      for (const run of [1, 2]) {
        t.match(await desk.take({ ...story, ...doubtful }), [perhaps], `run ${run}`)
        t.same((await desk.get('/v1/articles')).body.data, [])
      }
      await desk.wait(2 * minute)
      const [entry] = await desk.take({ ...story, headline: 'Sure', ...sure })
      t.match(entry?.outcome, /^(imported|updated)$/)
      t.match((await desk.get('/v1/articles')).body.data, [{ headline: 'Sure' }])
    })
  }
})

const takeback = (version: string) => ({ uri: 'urn:x:1', version, pubstatus: 'withheld' })

t.test('a takeback counts however its status is written', async t => {
  const desk = await openHolds(t)
  let count = 0
  for (const [said, outcome] of [
    [{ pubstatus: ['withheld'] }, 'held'],
    [{ pubstatus: ['usable', 'Withheld'] }, 'held'],
    [{ pubstatus: ['withheld', 'canceled'] }, 'withdrawn'],
    [{ pubstatus: ['unheard', 'withhold'] }, 'held'],
    [{ pubstatus: ' WITHHOLD ' }, 'held'],
    [{ pubstatus: 'stat: withheld' }, 'held'],
    [{ pubstatus: 'Killed' }, 'withdrawn'],
    [{ pubstatus: 'kill' }, 'withdrawn'],
    [{ pubstatus: 'withdrawn' }, 'withdrawn'],
    [{ pubstatus: 'CANCELLED' }, 'withdrawn'],
    [{ pubstatus: 'usable', pubStatus: 'canceled' }, 'withdrawn'],
    [{ pubStatus: 'canceled', pubstatus: 'usable' }, 'withdrawn'],
    [{ pubstatus: 'usable', PubStatus: 'usable', PUBSTATUS: 'withheld' }, 'held'],
    [{ pubstatus: 'withheld', pubStatus: 'canceled' }, 'withdrawn'],
    [{ pubstatus: 7, pubStatus: 'canceled' }, 'withdrawn'],
    [{ pubstatus: 'unheard' }, 'refused'],
    [{ pubstatus: ['unheard'] }, 'refused'],
    [{ pubstatus: [] }, 'refused'],
    [{ pubstatus: { literal: 'unheard' } }, 'refused'],
    [{ pubstatus: ['usable'] }, 'updated'],
    [{ pubstatus: '' }, 'updated'],
    [{ pubstatus: null, pubStatus: 'usable' }, 'updated'],
  ] as const) {
    const uri = `urn:x:${count++}`
    await desk.take({ ...story, uri })
    const name = JSON.stringify(said)
    t.match(await desk.take({ ...story, uri, version: '2', ...said }), [{ outcome }], name)
    const isPublic = ['refused', 'updated'].includes(outcome)
    const { data } = (await desk.get('/v1/articles')).body
    t.equal(data.length, isPublic ? 1 : 0, name)
    if (isPublic) await desk.move(data[0].id, 'withdraw', { notice: 'N', reason: 'R' })
  }
})

/** What readers get of the picture that they see. */
async function pictureOf(desk: Holds): Promise<unknown> {
  const [{ id }] = (await desk.get('/v1/articles')).body.data
  const { leadMedia } = (await desk.get(`/v1/articles/${id}`)).body
  return { caption: leadMedia.caption, renditions: leadMedia.renditions?.map((one: Json) => one.url) }
}

t.test('readers see no words and no bytes of an item that they may not see yet', async t => {
  const embargo = { embargoed: '2024-07-12T06:10:00Z' }
  for (const [said, hidden, isOwn] of [
    ['withheld, and unknown before', { pubstatus: 'withheld' }, false],
    ['under embargo', embargo, false],
    ['withheld, of the article itself', { pubstatus: 'withheld' }, true],
  ] as const) {
    for (const withBytes of [false, true]) {
      await t.test(`${said}${withBytes ? ', with new bytes' : ''}`, async t => {
        const desk = await openHolds(t)
        await picture(desk, 'old.png', 'red')
        await picture(desk, 'new.png', 'blue')
        const main = (caption: string, href: string, version?: string) => ({
          main: {
            uri: 'urn:pic',
            type: 'picture',
            ...(version && { version }),
            description_caption: caption,
            ...(withBytes && { renditions: { a: { href, mimetype: 'image/png' } } }),
          },
        })
        await desk.take({ ...story, associations: main('old', 'old.png') })
        const before = await pictureOf(desk)
        t.match(before, { caption: 'old' })
        const log = (await desk.get('/v1/changes')).headers.etag
        const uri = isOwn ? story.uri : 'urn:x:2'
        const item = { ...story, uri, version: '5', headline: 'Hidden', ...hidden }
        const [entry] = await desk.take({ ...item, associations: main('NEVER USABLE', 'new.png') })
        t.match(entry?.rule, /urn:pic keeps its words and bytes/)
        if (isOwn) {
          const { id } = await desk.copy()
          await desk.move(id, 'release')
        }
        t.same(await pictureOf(desk), before)
        if (!isOwn) t.equal((await desk.get('/v1/changes')).headers.etag, log)
        await desk.wait(11 * minute)
        t.same(await pictureOf(desk), before, 'nor when the embargo ends: the next version brings them')
        await desk.take({
          ...item,
          pubstatus: 'usable',
          embargoed: null,
          version: '6',
          associations: main('Usable now', 'new.png'),
        })
        t.match(await pictureOf(desk), { caption: 'Usable now' })
      })
    }
  }
})

t.test('media that a hidden item brings has its newest words, and gives none to other articles', async t => {
  const desk = await openHolds(t)
  const main = (caption: string) => ({
    associations: { main: { uri: 'urn:pic', type: 'picture', description_caption: caption } },
  })
  const embargoed = { ...story, embargoed: '2024-07-12T06:10:00Z' }
  await desk.take({ ...embargoed, version: '5', ...main('first') })
  await desk.take({ ...embargoed, version: '6', ...main('second') })
  await desk.wait(11 * minute)
  t.match(await pictureOf(desk), { caption: 'second' }, 'an update under embargo')
  const other = await openHolds(t)
  await other.take({ ...withheld, version: '5', ...main('NEVER USABLE') })
  await other.take({ ...story, uri: 'urn:x:2', version: '1', ...main('of the usable item') })
  t.match(await pictureOf(other), { caption: 'of the usable item' })
})

async function picture(desk: Holds, name: string, background: string): Promise<void> {
  const bytes = await sharp({ create: { width: 64, height: 48, channels: 3, background } })
    .png()
    .toBuffer()
  await writeFile(join(desk.folder, name), bytes)
}
