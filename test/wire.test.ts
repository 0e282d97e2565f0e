import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import sharp from 'sharp'
import t from 'tap'
import { fireDue } from '../src/features/desk/clock.ts'
import { patchArticle } from '../src/features/desk/desk.ts'
import { compareVersions } from '../src/features/imports/versions.ts'
import { type Json, makeTag, type Newsroom, openNewsroom } from './support/newsroom.ts'
import { closeEarly, run } from './support/process.ts'
import { item, takeItems } from './support/wire.ts'

/** The entries of items that come in together. */
const take = (newsroom: Newsroom, ...items: object[]) => takeItems(newsroom, items)

async function ask(newsroom: Newsroom, path: string, body: object, method = 'POST'): Promise<Json> {
  const options = { key: newsroom.key, match: '*', body }
  const reply = await newsroom.request(method, `/v1/editorial${path}`, options)
  if (reply.status >= 300) throw new Error(reply.text)
  return reply.body
}

async function copyOf(newsroom: Newsroom): Promise<Json> {
  const { key } = newsroom
  const [{ id }] = (await newsroom.get('/v1/editorial/articles', { key })).body.data
  return (await newsroom.get(`/v1/editorial/articles/${id}`, { key })).body
}

/** Schedules the one copy there is for a minute from now; its id. */
async function schedule(newsroom: Newsroom, more: object = {}): Promise<string> {
  const { id } = await copyOf(newsroom)
  const publishAt = new Date(newsroom.clock.now + 60_000).toISOString()
  await ask(newsroom, `/articles/${id}/schedule`, { publishAt, ...more })
  return id
}

/** What goes out in that minute. */
async function fire(newsroom: Newsroom): Promise<readonly string[]> {
  newsroom.clock.now += 60_000
  return (await fireDue(newsroom.db, newsroom.clock.now)).published
}

t.test('a takedown is heeded whatever else it says, or leaves out', async t => {
  for (const kill of [
    { version: '2' },
    { version: '1' },
    { version: '2', type: 'composite' },
    { version: '2', type: 'planning' },
    { version: '2', type: 'text', urgency: 0, language: '!', versioncreated: 'yesterday', ednote: 7 },
    { version: '2', headline: 'x', renditions: { a: { href: 'a', mimetype: 'image/jpeg' } } },
    { version: 2.5 },
    { version: {} },
    {},
  ]) {
    const newsroom = await openNewsroom(t)
    await take(newsroom, item())
    const entries = await take(newsroom, { uri: 'urn:test:1', pubstatus: 'canceled', ...kill })
    t.match(entries, [{ outcome: 'withdrawn', uri: 'urn:test:1' }], JSON.stringify(kill))
    t.equal((await newsroom.get('/v1/articles')).body.data.length, 0)
    t.match(await take(newsroom, item()), [{ outcome: /unchanged|skipped/ }], 'and stays so')
  }
})

t.test('a picture that its sender took back is told to an editor, and does not come back', async t => {
  const newsroom = await openNewsroom(t)
  const picture = { uri: 'urn:test:p', type: 'picture', creditline: 'Lake Photo' }
  await take(newsroom, { ...picture, version: '1' }, item({ associations: { main: picture } }))
  const { id, leadMedia } = (await newsroom.get('/v1/articles')).body.data[0]
  const canceled = { uri: 'urn:test:p', version: '2', pubstatus: 'canceled' }
  const told = {
    outcome: 'refused',
    rule: new RegExp(`media ${leadMedia.id} is canceled, and it is in ${id}`),
  }
  t.match(await take(newsroom, canceled), [told])
  const again = item({ uri: 'urn:test:2', associations: { main: picture } })
  t.match(await take(newsroom, canceled, { ...picture, version: '1' }, again), [
    { outcome: 'unchanged' },
    { outcome: 'skipped', rule: 'version 1 was canceled by its sender' },
    { outcome: 'imported', rule: 'urn:test:p was canceled, and is left out' },
  ])
  const anew = [{ ...picture, version: '3' }, item({ uri: 'urn:test:3', associations: { main: picture } })]
  const entries = await take(newsroom, ...anew)
  t.match(entries, [{ outcome: 'updated' }, { outcome: 'imported' }], 'unless it is sent anew')
  t.equal(entries[1]?.rule, undefined)
})

t.test('a picture known by an article alone, taken back without a version, does not come back', async t => {
  const newsroom = await openNewsroom(t)
  const picture = { uri: 'urn:test:p', type: 'picture', creditline: 'Lake Photo', version: '5' }
  await take(newsroom, item({ associations: { main: picture } }))
  t.match(await take(newsroom, { uri: 'urn:test:p', pubstatus: 'canceled' }, picture), [
    { outcome: 'refused', rule: /is canceled, and it is in/ },
    { outcome: 'skipped' },
  ])
  t.match(await take(newsroom, item({ uri: 'urn:test:2', associations: { main: picture } })), [
    { outcome: 'imported', rule: 'urn:test:p was canceled, and is left out' },
  ])
})

t.test('a picture that has its version from an item is taken back by whatever its own says', async t => {
  const main = { uri: 'urn:test:p', type: 'picture', creditline: 'Lake Photo' }
  const first = item({ version: '5', versionCreated: '2024-07-12T05:00:00Z', associations: { main } })
  for (const more of [{ version: '2' }, { versionCreated: '2024-07-12T04:00:00Z' }, {}]) {
    const newsroom = await openNewsroom(t)
    await take(newsroom, first)
    const canceled = { uri: 'urn:test:p', pubstatus: 'canceled', ...more }
    t.match(await take(newsroom, canceled), [{ outcome: 'refused', rule: /is canceled, and it is in/ }])
    t.match(await take(newsroom, canceled), [{ outcome: 'unchanged' }], 'told once')
    t.match(await take(newsroom, item({ uri: 'urn:test:2', version: '9', associations: { main } })), [
      { outcome: 'imported', rule: 'urn:test:p was canceled, and is left out' },
    ])
  }
})

t.test('a picture whose part came first is made whole by its own version', async t => {
  const newsroom = await openNewsroom(t)
  const main = { uri: 'urn:test:p', type: 'picture', version: '0', representationtype: 'partial' }
  await take(newsroom, item({ associations: { main } }))
  await take(newsroom, { uri: 'urn:test:p', type: 'picture', version: '0', creditline: 'Lake Photo' })
  t.equal((await newsroom.get('/v1/articles')).body.data[0].leadMedia.credit, 'Lake Photo')
})

t.test('a picture that has the name of its item comes with it', async t => {
  const newsroom = await openNewsroom(t)
  const main = { uri: 'urn:test:1', type: 'picture', creditline: 'Lake Photo' }
  await take(newsroom, item({ pubStatus: 'withheld', associations: { main } }))
  await take(newsroom, { uri: 'urn:test:1', version: '1', pubstatus: 'canceled' })
  const [entry] = await take(newsroom, item({ version: '2', associations: { main } }))
  t.equal(entry?.outcome, 'imported')
  t.equal(entry?.rule, undefined)
  t.equal((await newsroom.get('/v1/articles')).body.data[0].leadMedia.credit, 'Lake Photo')
})

t.test('what was taken back stays so, whatever comes of the same version', async t => {
  const kill = { uri: 'urn:test:1', pubstatus: 'canceled' }
  const picture = { uri: 'urn:test:1', type: 'picture', creditline: 'Lake Photo', version: '1' }
  const time = { versionCreated: '2024-07-12T03:00:00Z' }
  for (const [said, first, ...rest] of [
    ['before it came', kill, item()],
    ['a working copy', item({ pubStatus: 'withheld', versionCreated: null }), kill, item()],
    ['a picture', picture, kill, { ...picture, ...time }],
    ['of the same version', picture, { ...kill, version: '1' }, { ...picture, ...time }],
  ] as const) {
    const newsroom = await openNewsroom(t)
    await take(newsroom, first)
    for (const [i, one] of rest.entries()) {
      const isLast = i === rest.length - 1
      t.match(await take(newsroom, one), [{ outcome: isLast ? 'skipped' : /skipped|refused/ }], said)
    }
    t.match(
      await take(newsroom, { ...kill, version: '1' }),
      [{ outcome: said === 'before it came' ? 'skipped' : 'unchanged' }],
      'told once',
    )
    t.equal((await newsroom.get('/v1/articles')).body.data.length, 0)
  }
})

const kill = { uri: 'urn:test:1', pubstatus: 'canceled' }
const at = (time: string) => ({ versionCreated: `2024-07-12T${time}:00Z` })
const withheld = { pubStatus: 'withheld' }

t.test('a takedown without a version is of what was before it', async t => {
  const picture = { uri: 'urn:test:1', type: 'picture', version: '2' }
  const ahead = (minutes: number) => ({
    versionCreated: new Date(Date.now() + minutes * 60_000).toISOString(),
  })
  for (const [said, live, ...steps] of [
    [
      'what was made after it',
      1,
      [{ ...kill, ...at('04:00') }, 'skipped'],
      [item({ version: '2', ...at('05:00') }), 'imported'],
    ],
    [
      'a number that came late',
      0,
      [{ ...kill, ...at('04:00') }, 'skipped'],
      [item({ version: '2' }), 'skipped'],
    ],
    [
      'a clock for a number',
      0,
      [item(withheld), 'workingCopy'],
      [{ ...kill, ...at('04:00') }, 'skipped'],
      [item({ version: '20240712033000', ...at('03:30') }), 'skipped'],
      [item({ version: '1', ...at('03:30') }), 'skipped'],
    ],
    ['no time at all', 0, [item(withheld), 'workingCopy'], [kill, 'skipped'], [item(at('03:30')), 'skipped']],
    [
      'an older number',
      0,
      [item({ version: '5', ...withheld }), 'workingCopy'],
      [kill, 'skipped'],
      [item({ version: '3', ...at('03:30') }), 'skipped'],
    ],
    [
      'a newer number',
      1,
      [item(withheld), 'workingCopy'],
      [kill, 'skipped'],
      [item({ version: '2' }), 'imported'],
    ],
    ['a picture', 0, [picture, 'imported'], [kill, 'refused'], [{ ...picture, ...at('03:30') }, 'skipped']],
    ['nothing that is known', 0, [kill, 'skipped'], [item(), 'skipped'], [item({ version: '2' }), 'skipped']],
    [
      'nothing that is known, after another',
      0,
      [{ ...kill, version: '1' }, 'skipped'],
      [kill, 'skipped'],
      [kill, 'unchanged'],
      [item({ version: '2' }), 'skipped'],
    ],
    ['what was made since', 1, [kill, 'skipped'], [item({ version: '2', ...ahead(1) }), 'imported']],
    [
      'a number taken back before',
      0,
      [item({ version: '2', ...withheld }), 'workingCopy'],
      [{ ...kill, version: '2' }, 'skipped'],
      [{ ...kill, ...at('04:00') }, 'skipped'],
      [item({ version: '2', ...at('04:30') }), 'skipped'],
    ],
    [
      'a number taken back after',
      0,
      [{ ...kill, ...at('04:00') }, 'skipped'],
      [{ ...kill, version: '2' }, 'skipped'],
      [item({ version: '2', ...at('05:00') }), 'skipped'],
    ],
    [
      'the first of all times',
      0,
      [item(), 'imported'],
      [{ ...kill, versionCreated: '0001-01-01T00:00:00Z' }, 'withdrawn'],
    ],
    [
      'no time, and another before all',
      0,
      [{ ...kill, versionCreated: '1900-01-01T00:00:00Z' }, 'skipped'],
      [item({ versionCreated: null }), 'skipped'],
    ],
    [
      'a clock that ran ahead',
      1,
      [item({ versionCreated: '2099-01-01T00:00:00Z' }), 'imported'],
      [{ ...kill, ...ahead(0) }, 'refused'],
    ],
    [
      'the time of the first of two',
      1,
      [item({ version: null }), 'imported'],
      [item({ version: null, ...at('05:00') }), 'updated'],
      [{ ...kill, ...at('03:00') }, 'refused'],
    ],
    [
      'a picture of later',
      0,
      [{ ...picture, ...at('05:00') }, 'imported'],
      [{ ...kill, ...at('04:00') }, 'refused'],
    ],
    [
      'a copy of later',
      0,
      [item({ ...withheld, ...at('05:00') }), 'workingCopy'],
      [{ ...kill, ...at('04:00') }, 'skipped'],
      [item({ version: '2', ...at('03:30') }), 'skipped'],
    ],
    [
      'an item of another name',
      0,
      [kill, 'skipped'],
      [item({ uri: 'canceled urn:test:1', version: '0.5', ...withheld }), 'workingCopy'],
      [item(), 'skipped'],
    ],
  ] as const) {
    const newsroom = await openNewsroom(t)
    for (const [one, outcome] of steps) t.match(await take(newsroom, one), [{ outcome }], said)
    t.equal((await newsroom.get('/v1/articles')).body.data.length, live, said)
  }
})

t.test('a feed that has a takedown comes to the same when it is run again', async t => {
  const soon = (minutes: number) => ({
    versionCreated: new Date(Date.now() + minutes * 60_000).toISOString(),
  })
  for (const [said, again, ...feed] of [
    ['by time', 'unchanged', { ...kill, ...at('04:00') }, item({ version: '2', ...at('05:00') })],
    ['by number', 'skipped', item(withheld), { ...kill, version: '1' }, item({ version: '2' })],
    [
      'by a clock ahead',
      'unchanged',
      item({ ...withheld, ...soon(50) }),
      { ...kill, ...soon(60) },
      item({ version: '2', ...soon(61) }),
    ],
    ['by neither', 'refused', item(withheld), kill, item({ version: '2' })],
  ] as const) {
    const newsroom = await openNewsroom(t)
    await take(newsroom, ...feed)
    const { id } = (await newsroom.get('/v1/articles')).body.data[0]
    const trail = () => newsroom.get(`/v1/editorial/articles/${id}/audit`, { key: newsroom.key })
    const before = (await trail()).text
    const entries = await take(newsroom, ...feed)
    t.equal(entries.at(-2)?.outcome, again, said)
    t.equal(entries.at(-1)?.outcome, 'unchanged')
    t.equal((await trail()).text, before)
  }
})

t.test('a takedown that names nothing is not of what was sent anew since another', async t => {
  const newsroom = await openNewsroom(t)
  const feed = [item(withheld), kill, item({ version: '2', ...withheld })]
  await take(newsroom, ...feed)
  t.match(await take(newsroom, ...feed), [{}, { outcome: 'skipped' }, { outcome: 'unchanged' }])
  const usable = item({ version: '2', ...at('04:00') })
  t.match(await take(newsroom, usable), [{ outcome: 'imported' }], 'nor is it remembered as such')
  const picture = { uri: 'urn:test:p', type: 'picture', creditline: 'Lake Photo' }
  const canceled = { uri: 'urn:test:p', pubstatus: 'canceled' }
  const pictures = [{ ...picture, version: '1' }, canceled, { ...picture, version: '2' }]
  await take(newsroom, ...pictures)
  const again = await take(newsroom, ...pictures)
  t.match(again, [{}, { outcome: 'refused', rule: /for an editor/ }, { outcome: 'unchanged' }])
})

t.test('a takedown of what is on its way out, and may be newer, is for an editor', async t => {
  const newsroom = await openNewsroom(t)
  await take(newsroom, item({ ...withheld, ...at('05:00') }))
  await schedule(newsroom)
  t.match(await take(newsroom, { ...kill, ...at('04:00') }), [{ outcome: 'refused', rule: /for an editor/ }])
  await take(newsroom, { ...kill, version: '1' })
  t.equal((await copyOf(newsroom)).deskStatus, 'draft', 'what is sure is heeded')
  await schedule(newsroom)
  const again = await take(newsroom, { ...kill, version: '1' })
  t.match(again, [{ outcome: 'refused', rule: /scheduled or sent for review here after/ }])
})

t.test('a takedown of what readers see is not lost because a later version waits', async t => {
  for (const [said, ...items] of [
    ['live', item(), item({ version: '2', ...withheld, ...at('05:00') })],
    ['under embargo', item({ embargoedUntil: '2990-01-01T00:00:00Z' }), item({ version: '2', ...withheld })],
  ] as const) {
    const newsroom = await openNewsroom(t)
    await take(newsroom, ...items)
    const told = [{ outcome: 'refused', rule: /version 1 is canceled, which readers may see/ }]
    t.match(await take(newsroom, { ...kill, version: '1' }), told, said)
    t.match(await take(newsroom, { ...kill, version: '2' }), [{ outcome: 'withdrawn' }])
  }
})

t.test('an article does not become a picture, nor a picture an article', async t => {
  const newsroom = await openNewsroom(t)
  const picture = { uri: 'urn:test:1', type: 'picture', version: '2' }
  await take(newsroom, item())
  t.match(await take(newsroom, picture), [{ outcome: 'refused', rule: /became an article here/ }])
  t.match(await take(newsroom, { ...kill, version: '3' }), [{ outcome: 'withdrawn' }])
  const other = await openNewsroom(t)
  await take(other, { ...picture, version: '1' })
  t.match(await take(other, item({ version: '2' })), [{ outcome: 'refused', rule: /became media here/ }])
})

t.test('a takedown that comes again is of what was published meanwhile', async t => {
  const newsroom = await openNewsroom(t)
  const first = { ...kill, version: '1' }
  await take(newsroom, item(withheld), first)
  const { id } = await copyOf(newsroom)
  await ask(newsroom, `/articles/${id}/publish`, {})
  t.match(await take(newsroom, first), [{ outcome: 'refused', rule: /published here after.*for an editor/ }])
  t.equal((await newsroom.get('/v1/articles')).body.data.length, 1)
  const again = { ...kill, version: '2' }
  t.match(await take(newsroom, again), [{ outcome: 'withdrawn' }], 'a later one is heeded')
  t.match(await take(newsroom, again), [{ outcome: 'unchanged' }])
})

t.test('a copy that was scheduled here goes out no more once its sender took it back', async t => {
  const newsroom = await openNewsroom(t)
  await take(newsroom, item({ pubStatus: 'withheld' }))
  await schedule(newsroom)
  await take(newsroom, { uri: 'urn:test:1', version: '1', pubstatus: 'canceled' })
  t.same(await fire(newsroom), [])
})

t.test('an embargo that an editor scheduled is not lifted', async t => {
  const newsroom = await openNewsroom(t)
  await take(newsroom, item({ pubStatus: 'withheld' }))
  await schedule(newsroom, { embargoedUntil: '2990-01-01T00:00:00Z' })
  await fire(newsroom)
  t.equal((await copyOf(newsroom)).liveStatus, 'embargoed')
  t.match(await take(newsroom, item({ version: '2' })), [{ outcome: 'refused', rule: /under embargo here/ }])
  t.equal((await newsroom.get('/v1/articles')).body.data.length, 0)
})

t.test('an edit that is being made is not written over', async t => {
  const newsroom = await openNewsroom(t)
  await take(newsroom, item())
  const { id } = await copyOf(newsroom)
  const { id: keyId } = (await newsroom.get('/v1/editorial/keys', { key: newsroom.key })).body.data[0]
  // SQLite writes one after the other as it is; on PostgreSQL the lock has them wait.
  const edited = newsroom.db.write({ by: 'key', keyId }, async tx => {
    await patchArticle(tx, id, { headline: 'Of the desk' }, 'any')
    await delay(300)
  })
  await delay(100)
  const entries = await take(newsroom, item({ version: '2', headlines: [{ value: 'Of the wire' }] }))
  await edited
  t.match(entries, [{ outcome: 'refused', rule: /edited here/ }])
  t.equal((await copyOf(newsroom)).headline, 'Of the desk')
})

t.test('what is not whole is not published for whole', async t => {
  const newsroom = await openNewsroom(t)
  const skipped = [{ outcome: 'skipped', rule: 'it is partial, and would look whole' }]
  for (const representationType of ['partial', 'incomplete', 'Partial '])
    t.match(await take(newsroom, item({ representationType })), skipped, representationType)
  t.match(await take(newsroom, item({ representationType: 'partial', headlines: null })), skipped)
  const picture = { uri: 'urn:test:p', type: 'picture', description_caption: 'A ferry', creditline: 'Lake' }
  await take(newsroom, item({ associations: { main: picture } }))
  const part = { uri: 'urn:test:p', type: 'picture', version: '2', representationtype: 'partial' }
  t.match(await take(newsroom, part), skipped)
  const main = { ...part, version: '3' }
  t.match(await take(newsroom, item({ version: '2', associations: { main } })), [{ outcome: 'updated' }])
  t.equal((await newsroom.get('/v1/articles')).body.data[0].leadMedia.credit, 'Lake', 'nor takes words away')
})

t.test('what an editor wrote or timed is not overtaken by a newer version', async t => {
  const later = item({ version: '2', headlines: [{ role: 'main', value: 'Of the wire' }] })
  const at = '2990-01-01T00:00:00Z'
  for (const [pubStatus, method, path, body, rule] of [
    ['usable', 'PATCH', '', { editorialNote: 'Call first' }, 'it was edited'],
    ['withheld', 'POST', '/schedule', { publishAt: at }, 'it is scheduled'],
    ['withheld', 'POST', '/publish', { embargoedUntil: at }, 'it was put under embargo'],
  ] as const) {
    const newsroom = await openNewsroom(t)
    await take(newsroom, item({ pubStatus }))
    const { id } = await copyOf(newsroom)
    const made = await ask(newsroom, `/articles/${id}${path}`, body, method)
    t.match(await take(newsroom, later), [
      { outcome: 'refused', rule: `${rule} here: taking version 2 over is for an editor` },
    ])
    t.same(await copyOf(newsroom), made, 'all is as it was')
    const entries = await take(newsroom, { uri: 'urn:test:1', version: '3', pubstatus: 'canceled' })
    t.match(entries, [{ outcome: /withdrawn|skipped/ }], 'but it can be taken back')
  }
  const newsroom = await openNewsroom(t)
  await take(newsroom, item({ pubStatus: 'withheld' }))
  const { id } = await copyOf(newsroom)
  await ask(newsroom, `/articles/${id}/publish`, {})
  t.match(
    await take(newsroom, later),
    [{ outcome: 'updated' }],
    'what was published as it came is the wire’s still',
  )
})

t.test('a note too long is cut between characters, and that is told', async t => {
  const newsroom = await openNewsroom(t)
  const long = `${'a'.repeat(999)}😀 and more`
  await take(newsroom, item())
  const { id } = (await newsroom.get('/v1/articles')).body.data[0]
  const descriptions = [{ role: 'correction', value: long }]
  t.match(await take(newsroom, item({ version: '2', descriptions })), [
    { outcome: 'updated', rule: 'its correctionNote was cut at 1000 characters' },
  ])
  const { corrections } = (await newsroom.get(`/v1/articles/${id}`)).body
  t.equal(corrections[0].note, `${'a'.repeat(999)}😀`)
  const entries = await take(newsroom, {
    uri: 'urn:test:1',
    version: '3',
    pubstatus: 'canceled',
    descriptions,
  })
  t.match(entries, [{ outcome: 'withdrawn', rule: 'its correctionNote was cut at 1000 characters' }])
  t.equal((await newsroom.get(`/v1/articles/${id}`)).body.tombstone.notice, `${'a'.repeat(999)}😀`)
})

t.test('a name too long for an index refuses its item alone', async t => {
  const newsroom = await openNewsroom(t)
  const long = Array.from({ length: 500 }, (_, i) => `я${i}`).join('')
  const uri = `urn:${long}`
  const named = item({ uri: 'urn:tag', subjects: [{ name: 'A', uri }] })
  const pictured = item({ uri: 'urn:pic', associations: [{ name: 'main', type: 'picture', uri }] })
  const most = item({ uri: `urn:${'я'.repeat(748)}` })
  t.match(await take(newsroom, item({ uri: 'urn:a' }), item({ uri }), named, pictured, most), [
    { outcome: 'imported' },
    { outcome: 'refused', rule: 'uri is longer than 1500 bytes' },
    { outcome: 'refused', rule: 'subjects[0].uri is longer than 1500 bytes' },
    { outcome: 'refused', rule: 'associations[0].uri is longer than 1500 bytes' },
    { outcome: 'imported' },
  ])
})

t.test('a section that was merged takes what has none into the one it became', async t => {
  const newsroom = await openNewsroom(t)
  await take(newsroom, item({ uri: 'urn:a' }))
  await makeTag(newsroom, 'society')
  await ask(newsroom, '/tags/newswire/merge', { into: 'society' })
  t.match(await take(newsroom, item({ uri: 'urn:b' }), item({ uri: 'urn:c' })), [
    { outcome: 'imported' },
    { outcome: 'imported' },
  ])
  t.equal((await newsroom.get('/v1/articles?section=society')).body.data.length, 3)
})

t.test('times and languages that nobody could ask for are refused', async t => {
  const newsroom = await openNewsroom(t)
  for (const [wrong, rule] of [
    [{ firstCreated: '0000-01-01T00:00:00+14:00' }, /^firstCreated is not from 0001-01-03/],
    [{ firstCreated: '0001-01-01T00:00:00Z' }, /^firstCreated is not from 0001-01-03/],
    [{ embargoedUntil: '9999-12-31T23:59:59-05:00' }, /^embargoedUntil is not from .* to 9999-12-28/],
    [{ embargoedUntil: '', embargoed: '9999-12-31T23:59:59Z' }, /^embargoed is not from/],
    [{ language: 'English' }, 'language is not a BCP 47 tag: "English"'],
    [{ language: 'en-x-foo' }, 'language is not a BCP 47 tag: "en-x-foo"'],
  ] as const)
    t.match(await take(newsroom, item(wrong)), [{ outcome: 'refused', rule }])
  const odd = { expires: '9999-12-31T23:59:59Z', embargoedUntil: '0001-01-01T00:00:00Z', language: 'de-1996' }
  const media = {
    name: 'm',
    uri: 'urn:m',
    type: 'picture',
    language: 'English',
    versionCreated: '0001-01-01T00:00:00Z',
  }
  const hidden = { ...media, name: 'n', uri: 'urn:n', embargoedUntil: '9999-12-31T23:59:59Z' }
  const taken = await take(newsroom, item({ ...odd, associations: [media, hidden] }))
  t.match(taken, [{ outcome: 'imported' }], 'never, none, and what is not kept')
  t.equal((await newsroom.get('/v1/articles?language=de-1996')).body.data.length, 1)
  const refused = await run(newsroom.folder, ['import', '-', '--language', 'en-us'])
  t.equal(refused.code, 2)
  t.match(refused.err, /--language must be a language tag/)
})

t.test('a version is as long as a clock writes it', async t => {
  t.ok(compareVersions('20240712052100122', '20240712052100121') > 0)
  t.ok(compareVersions('20240712052100121999999', '20240712052100122000000') < 0)
  t.equal(compareVersions('007', '7'), 0)
})

t.test('two imports of one picture leave none without its bytes', async t => {
  const newsroom = await openNewsroom(t)
  const { db, files, folder } = newsroom
  const bytes = await sharp({ create: { width: 40, height: 30, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer()
  await writeFile(join(folder, 'lake.jpg'), bytes)
  const renditions = [{ name: 'large', href: 'lake.jpg', contentType: 'image/jpeg' }]
  const picture = { name: 'main', uri: 'urn:test:p', type: 'picture' }
  const ours = item({ uri: 'urn:a', associations: [{ ...picture, renditions }] })
  const theirs = item({ uri: 'urn:b', associations: [picture] })
  // Theirs is written after ours was made ready, and before it is written.
  let isFirst = true
  const between = {
    ...db,
    write: (async (actor, work) => {
      if (isFirst) {
        isFirst = false
        await take(newsroom, theirs)
      }
      return db.write(actor, work)
    }) as typeof db.write,
  }
  const entries = await take({ ...newsroom, db: between, files }, ours)
  t.match(entries, [{ outcome: 'refused', rule: /another import took urn:test:p .* import it again/ }])
  t.match(await take(newsroom, ours), [{ outcome: 'imported' }])
  const shown = (await newsroom.get('/v1/articles?include=media')).body.data
  const urls = shown.flatMap((article: Json) => article.leadMedia.renditions.map((one: Json) => one.url))
  t.ok(urls.length > 0)
  for (const url of urls) t.equal((await newsroom.get(new URL(url).pathname)).status, 200, url)
})

t.test('the note of a scheduled first publish is told', async t => {
  const newsroom = await openNewsroom(t)
  await take(newsroom, item({ pubStatus: 'withheld' }))
  const id = await schedule(newsroom, { note: 'For readers' })
  await fire(newsroom)
  const { data } = (await newsroom.get(`/v1/articles/${id}/versions`)).body
  t.match(data, [{ number: 1, kind: 'publish', note: 'For readers' }])
})

t.test('an import goes on when nobody reads its report any more', { timeout: 120_000 }, async t => {
  const newsroom = await openNewsroom(t)
  // Together more than a pipe holds: whoever prints it sees the reader go.
  const long = 'x'.repeat(1400)
  const items = Array.from({ length: 150 }, (_, i) => JSON.stringify(item({ uri: `urn:test:${long}${i}` })))
  await writeFile(join(newsroom.folder, 'many.ndjson'), items.join('\n'))
  const ended = await closeEarly(newsroom.folder, ['import', join(newsroom.folder, 'many.ndjson')])
  t.same(ended, { code: 0, err: '' })
  t.equal((await newsroom.get('/v1/articles?count=exact')).body.meta.total, 150)
})
