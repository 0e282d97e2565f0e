import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { type Holds, minute, openHolds, story, withheld } from './support/holds.ts'
import type { Json } from './support/newsroom.ts'
import { run } from './support/process.ts'

const embargoed = { ...story, embargoed: '2024-07-12T06:00:10Z' }
const takeback = { uri: 'urn:x:1', version: '2', pubstatus: 'withheld' }
const later = '2024-07-12T05:00:00Z'

/** How a withheld version 2 may come. */
const forms = {
  sound: withheld,
  'no headline': takeback,
  'of another type': { ...withheld, type: 'planning' },
  'with faulty fields': {
    ...withheld,
    urgency: 0,
    language: '!',
    versioncreated: 'yesterday',
    associations: 7,
  },
  'with a body that is refused': { ...withheld, body_html: '<script>1</script>' },
  'with an unknown access': {
    ...withheld,
    rightsinfo: { langid: 'urn:dateline:access', encodedrights: 'x' },
  },
  'with a caption too long beside a sound picture': {
    ...withheld,
    associations: {
      a: { uri: 'urn:x:a', type: 'picture' },
      b: { uri: 'urn:x:b', type: 'picture', description_caption: 'x'.repeat(2001) },
    },
  },
  partial: { ...withheld, representationtype: 'partial' },
  expired: { ...withheld, expires: '2024-07-12T03:00:00Z' },
  'a picture now': { ...withheld, type: 'picture' },
  'with a version that is none': { ...withheld, version: {} },
  'without a version': { ...takeback, version: null },
  'version and word as others write them': { ...withheld, version: 2, pubstatus: 'stat:Withheld ' },
}

/** How the article may be when it comes. */
const states: Record<string, (desk: Holds, usable: typeof story) => Promise<unknown>> = {
  live: (desk, usable) => desk.take(usable),
  embargoed: (desk, usable) => desk.take({ ...usable, embargoed: desk.iso(10_000) }),
  async 'live with an embargoed update'(desk, usable) {
    await desk.take(usable)
    const { id } = await desk.copy()
    await desk.move(id, 'publish', { kind: 'update', embargoedUntil: desk.iso(10_000) })
  },
  async 'live and edited here'(desk, usable) {
    await desk.take(usable)
    await desk.edit((await desk.copy()).id, { headline: 'Of the desk' })
  },
  async 'live and scheduled here'(desk, usable) {
    await desk.take(usable)
    const { id } = await desk.copy()
    await desk.edit(id, { headline: 'Of the desk' })
    await desk.move(id, 'schedule', { kind: 'update', publishAt: desk.iso(10_000) })
  },
  async 'held by an editor'(desk, usable) {
    await desk.take(usable)
    await desk.move((await desk.copy()).id, 'hold', { reason: 'Legal.' })
  },
}
const isOurs = (state: string) => /^live (with|and)/.test(state)
/** They are of the version that is here, so they bring no fields. */
const withoutVersion = ['without a version', 'with a version that is none']

for (const [state, make] of Object.entries(states)) {
  t.test(`an article that is ${state} is held when its sender withholds it, in any form`, async t => {
    const desk = await openHolds(t)
    const entitled = await desk.makeKey(['articles:embargoed'])
    for (const [form, given] of Object.entries(forms)) {
      const uri = `urn:x:${form.replaceAll(' ', '-')}`
      const one = { ...given, uri }
      await make(desk, { ...story, uri })
      const before = await desk.copy()
      const [entry] = await desk.take(one)
      t.match(entry, { outcome: 'held', rule: /its sender withholds it/ }, form)
      const copy = await desk.copy()
      const heldBy = state === 'held by an editor' ? 'both' : 'sender'
      t.match(copy, { id: before.id, liveStatus: 'held', heldBy }, form)
      t.notOk('schedule' in copy, form)
      const isTaken = !isOurs(state) && /^sound|^version and/.test(form)
      t.equal(copy.headline, isTaken ? 'W' : before.headline, form)
      const isLeft = !isTaken && !withoutVersion.includes(form)
      t.equal(/its fields were not taken/.test(entry?.rule ?? ''), isLeft, form)
      await desk.wait(minute)
      t.same((await desk.get('/v1/articles', { key: entitled })).body.data, [], form)
      for (const key of [undefined, entitled]) {
        const reply = await desk.get(`/v1/articles/${before.id}`, key ? { key } : {})
        t.equal(reply.status, 404, form)
      }
      t.same(await desk.actions(before.id), before.publishedAt ? ['published', 'suspended'] : [], form)
      t.match(JSON.stringify(await desk.audit(before.id)), `"Withheld by its sender: ${uri}."`)
      t.match(await desk.take(one), [{ outcome: 'unchanged' }], `${form}, told once`)
    }
  })
}

t.test('a story that waits under embargo is never public once its sender withholds it', async t => {
  const desk = await openHolds(t)
  await desk.take(embargoed, withheld)
  t.same(await desk.wait(10_000), { published: [], lapsed: [], refused: [], failed: [] })
  await desk.wait(60 * minute)
  t.same((await desk.get('/v1/articles')).body.data, [])
  t.same((await desk.get('/v1/changes')).body.data, [])
  const usable = { ...story, version: '3', versioncreated: later }
  t.match(await desk.take(usable), [{ outcome: 'updated' }])
  const [shown] = (await desk.get('/v1/articles')).body.data
  t.equal(shown.publishedAt, desk.iso(), 'it was not public before')
  t.same(await desk.actions(shown.id), ['published'])
})

t.test('a withheld copy that was never published goes off its way', async t => {
  for (const [said, moves, deskStatus] of [
    ['a draft', [], 'draft'],
    ['in review', ['submit'], 'draft'],
    ['approved', ['submit', 'approve'], 'draft'],
    ['scheduled', ['schedule'], 'draft'],
  ] as const) {
    for (const form of ['sound', 'with faulty fields', 'partial', 'expired'] as const) {
      await t.test(`${said}, ${form}`, async t => {
        const desk = await openHolds(t)
        await desk.take({ ...story, pubstatus: 'withheld' })
        const { id } = await desk.copy()
        for (const move of moves)
          await desk.move(id, move, move === 'schedule' ? { publishAt: desk.iso(minute) } : {})
        const [entry] = await desk.take(forms[form])
        const isTaken = form === 'sound' && said !== 'scheduled'
        const way = said === 'a draft' ? undefined : 'skipped'
        const refusal = form === 'with faulty fields' ? 'refused' : 'skipped'
        t.match(entry, { outcome: isTaken ? 'workingCopy' : (way ?? refusal), rule: /withheld/ })
        t.match(await desk.copy(), { id, deskStatus, liveStatus: 'never', headline: isTaken ? 'W' : 'H' })
        t.same((await desk.wait(2 * minute)).published, [])
        t.match(await desk.take(forms[form]), [{ outcome: 'unchanged' }])
        t.match(await desk.take(story), [{ outcome: 'skipped' }], 'an older version does not publish it')
        t.equal((await desk.copy()).liveStatus, 'never')
      })
    }
  }
})

t.test('of two items that may be of one version the takeback counts, and an older one does not', async t => {
  const usable = (more: object) => ({ ...story, ...more })
  const back = (more: object) => ({ ...takeback, version: null, ...more })
  const earlier = { versioncreated: '2024-07-12T01:00:00Z' }
  const at5 = { versioncreated: later }
  for (const [said, live, steps] of [
    [
      'an older version',
      true,
      [
        [usable({ version: '3' }), 'imported'],
        [withheld, 'skipped'],
      ],
    ],
    [
      'the same version',
      false,
      [
        [story, 'imported'],
        [back({ version: '1' }), 'held'],
        [story, 'unchanged'],
      ],
    ],
    [
      'the same, of the same time',
      false,
      [
        [story, 'imported'],
        [{ ...withheld, version: '1' }, 'held'],
        [story, 'unchanged'],
      ],
    ],
    [
      'the same, made before',
      true,
      [
        [usable(at5), 'imported'],
        [{ ...withheld, version: '1' }, 'skipped'],
      ],
    ],
    [
      'the same, made later',
      false,
      [
        [story, 'imported'],
        [{ ...withheld, ...at5, version: '1' }, 'held'],
        [story, 'unchanged'],
      ],
    ],
    [
      'a usable one made later',
      true,
      [
        [{ ...withheld, version: '1' }, 'workingCopy'],
        [usable(at5), 'imported'],
      ],
    ],
    [
      'no version',
      false,
      [
        [usable({ version: '7' }), 'imported'],
        [back({}), 'held'],
        [usable({ version: '7' }), 'unchanged'],
      ],
    ],
    [
      'no version, made before',
      true,
      [
        [story, 'imported'],
        [back(earlier), 'skipped'],
      ],
    ],
    [
      'no version, made later',
      false,
      [
        [usable({ version: '7' }), 'imported'],
        [back(at5), 'held'],
        [usable({ version: '7' }), 'unchanged'],
      ],
    ],
    [
      'no version, and a newer version since',
      true,
      [
        [story, 'imported'],
        [back({}), 'held'],
        [usable({ version: '2' }), 'updated'],
      ],
    ],
    [
      'a withheld version without a time',
      false,
      [
        [story, 'imported'],
        [takeback, 'held'],
        [usable({ version: '2' }), 'refused'],
      ],
    ],
    [
      'a version without a time, and a time before the takeback came',
      false,
      [
        [story, 'imported'],
        [takeback, 'held'],
        [usable({ version: '2', ...at5 }), 'refused'],
      ],
    ],
    [
      'a version without a time, and a time after the takeback came',
      true,
      [
        [story, 'imported'],
        [takeback, 'held'],
        [usable({ version: '2', versioncreated: '2024-07-12T06:00:01Z' }), 'updated'],
      ],
    ],
    [
      'a version without a time, and a later version',
      true,
      [
        [story, 'imported'],
        [takeback, 'held'],
        [usable({ version: '3' }), 'updated'],
      ],
    ],
    [
      'canceled before',
      undefined,
      [
        [story, 'imported'],
        [{ ...takeback, pubstatus: 'canceled' }, 'withdrawn'],
        [withheld, 'skipped'],
        [{ ...withheld, version: '3' }, 'skipped'],
      ],
    ],
    [
      'canceled after',
      undefined,
      [
        [story, 'imported'],
        [withheld, 'held'],
        [{ ...takeback, pubstatus: 'canceled' }, 'withdrawn'],
      ],
    ],
    [
      'the first of all',
      undefined,
      [
        [withheld, 'workingCopy'],
        [story, 'skipped'],
      ],
    ],
    [
      'the first of all, faulty',
      undefined,
      [
        [forms['of another type'], 'refused'],
        [story, 'skipped'],
        [usable({ version: '2' }), 'skipped'],
      ],
    ],
    [
      'the first of all, expired',
      undefined,
      [
        [forms.expired, 'skipped'],
        [forms.expired, 'unchanged'],
        [story, 'skipped'],
      ],
    ],
    [
      'the first of all, faulty, and a later one',
      true,
      [
        [takeback, 'refused'],
        [usable({ version: '3' }), 'imported'],
      ],
    ],
    [
      'the first of all, without a version',
      undefined,
      [
        [back(at5), 'refused'],
        [usable({ version: '4' }), 'skipped'],
      ],
    ],
    [
      'the first of all, without a version, and a later one',
      true,
      [
        [back(at5), 'refused'],
        [usable({ version: '4', versioncreated: '2024-07-12T05:30:00Z' }), 'imported'],
      ],
    ],
    [
      'canceled after a first of all without version',
      undefined,
      [
        [back({}), 'refused'],
        [back({ pubstatus: 'canceled' }), 'skipped'],
        [story, 'skipped'],
      ],
    ],
  ] as const) {
    await t.test(said, async t => {
      const desk = await openHolds(t)
      for (const [one, outcome] of steps) t.match(await desk.take(one), [{ outcome }], JSON.stringify(one))
      t.equal((await desk.get('/v1/articles')).body.data.length, live ? 1 : 0)
      const copy = await desk.copy()
      if (live === false) t.match(copy, { liveStatus: 'held', heldBy: 'sender' })
      else t.equal(copy?.heldBy, undefined)
    })
  }
})

t.test('a feed with a withheld item comes to the same when it is run again', async t => {
  const usable = (version: string) => ({ ...story, version })
  for (const [said, outcomes, feed] of [
    ['a newer version', ['skipped', 'unchanged'], [story, withheld]],
    ['the same version', ['unchanged', 'unchanged'], [story, { ...withheld, version: '1' }]],
    ['a usable one since', ['skipped', 'skipped', 'unchanged'], [story, withheld, usable('3')]],
    ['no version, no time', ['unchanged', 'unchanged'], [story, { uri: 'urn:x:1', pubstatus: 'withheld' }]],
    [
      'no version, no time, and a usable one since',
      ['skipped', 'refused', 'unchanged'],
      [story, { uri: 'urn:x:1', pubstatus: 'withheld' }, usable('2')],
    ],
  ] as const) {
    await t.test(said, async t => {
      const desk = await openHolds(t)
      await desk.take(...feed)
      const { id, liveStatus } = await desk.copy()
      t.equal(liveStatus, feed.length === 2 ? 'held' : 'live')
      const trail = await desk.audit(id)
      const before = await desk.traces()
      t.match(
        await desk.take(...feed),
        outcomes.map(outcome => ({ outcome })),
      )
      t.same(await desk.audit(id), trail)
      t.same(await desk.traces(), before)
      if (liveStatus !== 'held') return
      await desk.move(id, 'release')
      t.match(
        await desk.take(...feed),
        outcomes.map(outcome => ({ outcome })),
        'also after a release',
      )
      t.equal((await desk.read(id)).liveStatus, 'live')
      const again = { ...withheld, version: '4' }
      t.match(await desk.take(again), [{ outcome: 'held' }], 'a later one counts again')
    })
  }
})

t.test('a picture that its sender withholds is told to an editor once, and left out later', async t => {
  const picture = { uri: 'urn:x:p', type: 'picture', version: '1', creditline: 'Lake Photo' }
  const associations = { main: { ...picture, version: null } }
  const away = { uri: 'urn:x:p', version: '2', pubstatus: 'withheld' }
  for (const [said, first, one, used] of [
    ['by itself and used', [picture, { ...story, associations }], { ...picture, ...away }, true],
    ['faulty', [picture, { ...story, associations }], away, true],
    ['known by an article alone', [{ ...story, version: '5', associations }], { ...picture, ...away }, true],
    ['used by none', [picture], { ...picture, ...away }, false],
    ['the same version', [picture, { ...story, associations }], { ...away, version: '1' }, true],
  ] as const) {
    await t.test(said, async t => {
      const desk = await openHolds(t)
      await desk.take(...first)
      const before = await desk.traces()
      const [entry] = await desk.take(one)
      const ids = (await desk.get('/v1/articles')).body.data.map((article: Json) => article.id)
      t.match(entry, { outcome: 'refused', rule: /^media [0-9a-f-]{36} is withheld, and / })
      t.match(entry?.rule, used ? `it is in ${ids[0]}` : 'no article uses it')
      t.same(await desk.traces(), before, 'articles stay as they are')
      t.match(await desk.take(one), [{ outcome: 'unchanged' }])
      t.match(await desk.take({ ...story, uri: 'urn:x:2', associations }), [
        { outcome: 'imported', rule: 'urn:x:p was withheld, and is left out' },
      ])
      const [anew] = await desk.take({ ...picture, version: '6' })
      t.equal(anew?.outcome, 'updated')
      const [shown] = await desk.take({ ...story, uri: 'urn:x:3', associations })
      t.equal(shown?.rule, undefined)
    })
  }
  const desk = await openHolds(t)
  t.match(await desk.take({ ...picture, ...away }), [
    { outcome: 'skipped', rule: 'its pubStatus is withheld' },
  ])
  t.match(await desk.take({ ...story, associations }), [
    { outcome: 'imported', rule: 'urn:x:p was withheld, and is left out' },
  ])
  t.match(await desk.take({ ...picture, ...away }, picture), [
    { outcome: 'unchanged' },
    { outcome: 'skipped' },
  ])
  t.match(await desk.take({ ...picture, version: '3' }), [{ outcome: 'imported' }])
})

t.test('the command says what it held, and asks for an editor where it could not', async t => {
  const folder = t.testdir()
  const take = async (...items: object[]) => {
    const file = join(folder, 'items.ndjson')
    await writeFile(file, items.map(one => JSON.stringify(one)).join('\n'))
    const { code, out } = await run(join(folder, 'data'), ['import', file])
    return {
      code,
      lines: out
        .trim()
        .split('\n')
        .map(line => JSON.parse(line)) as Json[],
    }
  }
  const picture = { uri: 'urn:x:p', type: 'picture', version: '1', creditline: 'Lake Photo' }
  await take(picture, { ...story, associations: { main: picture } })
  const held = await take(withheld)
  t.equal(held.code, 0)
  t.match(held.lines, [
    { outcome: 'held', rule: /its sender withholds it/ },
    { summary: { held: 1, refused: 0 } },
  ])
  const away = { ...picture, version: '2', pubstatus: 'withheld' }
  t.match(await take(away), { code: 1, lines: [{ outcome: 'refused', rule: /it is in/ }] })
  t.match(await take(away), { code: 0, lines: [{ outcome: 'unchanged' }, { summary: { unchanged: 1 } }] })
})
