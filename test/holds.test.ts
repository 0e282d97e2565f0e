import t from 'tap'
import { type Holds, minute, openHolds, story, withheld } from './support/holds.ts'
import type { Json } from './support/newsroom.ts'

/** Makes the story live and has the holder hold it. Gives the article's id. */
async function makeHeld(desk: Holds, heldBy: 'editor' | 'sender' | 'both', first: object = story) {
  await desk.take(first)
  const { id } = await desk.copy()
  if (heldBy !== 'sender') await desk.move(id, 'hold', { reason: 'Legal.' })
  if (heldBy !== 'editor') await desk.take(withheld)
  const copy = await desk.read(id)
  if (copy.liveStatus !== 'held' || copy.heldBy !== heldBy) throw new Error(JSON.stringify(copy))
  return id as string
}

const holders = ['editor', 'sender', 'both'] as const

t.test('a version published while its article is held is seen by nobody until the release', async t => {
  for (const heldBy of holders) {
    for (const [said, publish, last] of [
      ['update', { kind: 'update' }, 'updated'],
      ['correction', { kind: 'correction', note: 'A name.' }, 'corrected'],
      ['under embargo', { kind: 'update', embargoedUntil: '2024-07-12T07:00:00Z' }, 'updated'],
    ] as const) {
      await t.test(`${said}, held by ${heldBy}`, async t => {
        const desk = await openHolds(t)
        const id = await makeHeld(desk, heldBy)
        const before = await desk.traces()
        const { publishedAt } = await desk.read(id)
        await desk.edit(id, { headline: 'Mended' })
        const made = await desk.move(id, 'publish', publish)
        t.match(made, { liveStatus: 'held', heldBy, version: 2, publishedAt })
        t.match(made.warnings, [
          { code: 'held', pointer: '/liveStatus', detail: /readers see version 2 after/ },
        ])
        t.same(await desk.traces(), before, 'no reader can tell')
        t.equal((await desk.get(`/v1/articles/${id}`)).status, 404)
        await desk.wait(minute)
        t.same(await desk.traces(), before, 'no timer shows it')

        let released = await desk.move(id, 'release', { reason: 'Cleared.' })
        t.notOk('heldBy' in released)
        if (said === 'under embargo') {
          t.match(released, { liveStatus: 'embargoed', embargoedUntil: '2024-07-12T07:00:00.000Z' })
          t.equal((await desk.get(`/v1/articles/${id}`)).status, 404)
          await desk.wait(60 * minute)
          released = await desk.read(id)
        }
        t.match(released, { liveStatus: 'live', version: 2, publishedAt })
        const shown = (await desk.get(`/v1/articles/${id}`)).body
        t.match(shown, { headline: 'Mended', publishedAt, updatedAt: desk.iso() })
        t.equal(shown.correctedAt, said === 'correction' ? desk.iso() : undefined)
        const { data } = (await desk.get(`/v1/articles/${id}/versions`)).body
        t.match(data, [{ number: 1 }, { number: 2, kind: publish.kind, at: desk.iso() }])
        t.same(await desk.actions(id), ['published', 'suspended', 'restored', last])
        const polled = await desk.get(`/v1/articles?updatedSince=${desk.iso()}`)
        t.equal(polled.status, 200)
        t.match(polled.body.data, [{ id }], 'a partner who polls by time gets it')
      })
    }
  }
})

t.test(
  'a slug of a version that nobody saw leads nowhere, and a new one works from the release on',
  async t => {
    for (const heldBy of holders) {
      await t.test(`held by ${heldBy}`, async t => {
        const desk = await openHolds(t)
        const id = await makeHeld(desk, heldBy)
        const { slug: old } = await desk.read(id)
        const slugs = [old, 'unseen', 'third']
        const statuses = async () => {
          const replies = []
          for (const slug of slugs) replies.push(await desk.get(`/v1/articles/${slug}`))
          return replies.map(({ status, headers }) => [status, headers.location])
        }
        const before = await desk.traces(slugs)
        for (const slug of ['unseen', 'third']) {
          await desk.edit(id, { slug })
          await desk.move(id, 'publish', { kind: 'update' })
          t.same(await desk.traces(slugs), before, slug)
        }
        t.match(await statuses(), [[404], [404], [404]])
        await desk.move(id, 'release')
        t.match(await statuses(), [[301, /\/v1\/articles\/third$/], [404], [200]])
      })
    }
  },
)

t.test('a usable version ends the hold of its sender unless the desk made the article its own', async t => {
  const ahead = '2024-07-12T07:00:00Z'
  for (const [said, edit, publish, outcome, liveStatus] of [
    ['untouched', undefined, undefined, 'updated', 'live'],
    ['published again', undefined, { kind: 'update' }, 'updated', 'live'],
    ['edited', { headline: 'Of the desk' }, undefined, 'refused', 'held'],
    ['edited and published', { headline: 'Of the desk' }, { kind: 'update' }, 'refused', 'held'],
    ['published under embargo', undefined, { kind: 'update', embargoedUntil: ahead }, 'refused', 'held'],
  ] as const) {
    await t.test(said, async t => {
      const desk = await openHolds(t)
      const id = await makeHeld(desk, 'sender')
      if (edit) await desk.edit(id, edit)
      if (publish) await desk.move(id, 'publish', publish)
      t.match(await desk.take({ ...story, version: '3' }), [{ outcome }])
      t.match(await desk.read(id), { liveStatus, ...(liveStatus === 'held' && { heldBy: 'sender' }) })
    })
  }
})

t.test('a release shows what the public saw, or publishes what it did not', async t => {
  const correction = { kind: 'correction', note: 'A name.' }
  const ahead = '2024-07-12T07:00:00Z'
  for (const [said, embargoed, steps, live, versions, actions] of [
    ['a version that was seen', false, [], 'live', [[1, 'publish']], ['restored']],
    [
      'an unseen update',
      false,
      [{ kind: 'update' }],
      'live',
      [
        [1, 'publish'],
        [2, 'update'],
      ],
      ['restored', 'updated'],
    ],
    [
      'an unseen correction',
      false,
      [correction],
      'live',
      [
        [1, 'publish'],
        [2, 'correction'],
      ],
      ['restored', 'corrected'],
    ],
    [
      'a correction replaced unseen by an update',
      false,
      [correction, { kind: 'update' }],
      'live',
      [
        [1, 'publish'],
        [3, 'update'],
      ],
      ['restored', 'updated'],
    ],
    ['never public, its embargo ahead', true, [], 'embargoed', undefined, []],
    ['never public, its embargo kept', true, [{ embargoedUntil: ahead }], 'embargoed', undefined, []],
    [
      'never public, its embargo lifted',
      true,
      [{ embargoedUntil: null }],
      'live',
      [[2, 'publish']],
      ['published'],
    ],
    ['never public, its embargo past', true, ['wait'], 'live', [[1, 'publish']], ['published']],
    [
      'never public, republished past its embargo',
      true,
      ['wait', {}],
      'live',
      [[2, 'publish']],
      ['published'],
    ],
  ] as const) {
    await t.test(said, async t => {
      const desk = await openHolds(t)
      const id = await makeHeld(desk, 'editor', embargoed ? { ...story, embargoed: ahead } : story)
      const before = (await desk.actions(id)).length
      for (const step of steps) {
        if (step === 'wait') await desk.wait(90 * minute)
        else
          t.match(await desk.move(id, 'publish', step), { liveStatus: 'held', warnings: [{ code: 'held' }] })
      }
      await desk.wait(minute)
      t.match(await desk.move(id, 'release'), {
        liveStatus: live,
        ...(embargoed && live === 'live' ? { publishedAt: desk.iso() } : {}),
      })
      t.same((await desk.actions(id)).slice(before), actions)
      const { status, body } = await desk.get(`/v1/articles/${id}/versions`)
      t.same(status === 404 ? undefined : body.data.map((row: Json) => [row.number, row.kind]), versions)
      const article = (await desk.get(`/v1/articles/${id}`)).body
      t.equal(
        article.corrections?.length,
        versions?.some(([, kind]) => kind === 'correction') ? 1 : undefined,
      )
    })
  }
})

t.test('a withdrawal of a held article names the version that the public saw last', async t => {
  const desk = await openHolds(t)
  const id = await makeHeld(desk, 'editor')
  await desk.move(id, 'publish', { kind: 'update' })
  await desk.move(id, 'publish', { kind: 'correction', note: 'N' })
  t.same(
    (await desk.get(`/v1/editorial/articles/${id}/preview`, { key: desk.key })).body.corrections,
    undefined,
  )
  t.notOk('heldBy' in (await desk.move(id, 'withdraw', { notice: 'N', reason: 'R' })))
  const { data } = (await desk.get('/v1/changes?limit=100')).body
  t.match(data.at(-1), { action: 'withdrawn', version: 1 })
})

t.test('a held article takes no time of publication and no schedule', async t => {
  const desk = await openHolds(t)
  const id = await makeHeld(desk, 'editor', { ...story, embargoed: '2024-07-12T07:00:00Z' })
  const publish = { embargoedUntil: null, publishedAt: '2024-07-12T01:00:00Z' }
  t.match((await desk.tryMove(id, 'publish', publish)).body.errors, [
    { pointer: '/publishedAt', code: 'held' },
  ])
  const schedule = { publishAt: desk.iso(minute), embargoedUntil: null }
  t.match((await desk.tryMove(id, 'schedule', schedule)).body, { code: 'move-impossible' })
})

t.test('an editor holds what its sender withholds, and only a release ends that', async t => {
  const desk = await openHolds(t)
  const id = await makeHeld(desk, 'sender')
  const before = await desk.traces()
  t.match(await desk.move(id, 'hold', { reason: 'Legal too.' }), { liveStatus: 'held', heldBy: 'both' })
  const again = await desk.tryMove(id, 'hold', { reason: 'Again.' })
  t.match(again.body, { code: 'move-impossible', possible: /release/ })
  t.notOk(again.body.possible.includes('hold'))
  t.same(await desk.traces(), before)
  const entries = (await desk.audit(id)).filter(entry => entry.action === 'hold' || entry.move === 'hold')
  t.equal(entries.length, 2)
  t.match(JSON.stringify(entries), /Withheld by its sender: urn:x:1/)
  t.match(JSON.stringify(entries), /"heldBy":"both"/)
  t.match(await desk.move(id, 'release'), { liveStatus: 'live' })
})

t.test('the next usable version ends what its sender holds, and no more', async t => {
  for (const [heldBy, next, outcome, liveStatus, after] of [
    ['sender', { version: '3' }, 'updated', 'live', undefined],
    ['sender', { version: '2', versioncreated: '2024-07-12T05:00:00Z' }, 'updated', 'live', undefined],
    ['sender', { version: '2' }, 'unchanged', 'held', 'sender'],
    ['sender', { version: '1' }, 'skipped', 'held', 'sender'],
    ['sender', { version: '3', embargoed: '2024-07-12T07:00:00Z' }, 'updated', 'embargoed', undefined],
    ['sender', { version: '3', body_html: '' }, 'workingCopy', 'held', 'sender'],
    ['both', { version: '3' }, 'updated', 'held', 'editor'],
    ['both', { version: '3', embargoed: '2024-07-12T07:00:00Z' }, 'updated', 'held', 'editor'],
    ['both', { version: '2' }, 'unchanged', 'held', 'both'],
    ['both', { version: '3', body_html: '' }, 'workingCopy', 'held', 'both'],
    ['editor', { version: '3' }, 'workingCopy', 'held', 'editor'],
  ] as const) {
    await t.test(`${heldBy}, ${JSON.stringify(next)}`, async t => {
      const desk = await openHolds(t)
      const id = await makeHeld(desk, heldBy)
      const before = await desk.traces()
      t.match(await desk.take({ ...story, headline: 'Next', ...next }), [{ outcome }])
      const copy = await desk.read(id)
      t.equal(copy.liveStatus, liveStatus)
      t.equal(copy.heldBy, after)
      if (liveStatus === 'live') {
        t.equal((await desk.get(`/v1/articles/${id}`)).body.headline, 'Next')
        t.same(await desk.actions(id), ['published', 'suspended', 'restored', 'updated'])
      } else {
        t.equal((await desk.get(`/v1/articles/${id}`)).status, 404)
        if (liveStatus === 'held') t.same(await desk.traces(), before)
      }
      if (heldBy === 'both' && after === 'editor' && !('embargoed' in next)) {
        await desk.move(id, 'release')
        t.match((await desk.get(`/v1/articles/${id}`)).body, { headline: 'Next', updatedAt: desk.iso() })
      }
    })
  }
})

t.test('a hold that a sender ends does not make two articles of one language', async t => {
  const desk = await openHolds(t)
  const id = await makeHeld(desk, 'sender')
  await desk.take({ ...story, uri: 'urn:x:2' })
  const sibling = (await desk.get('/v1/articles')).body.data[0].id
  await desk.edit(sibling, { story: id })
  await desk.move(sibling, 'publish', { kind: 'update' })
  t.match(await desk.take({ ...story, version: '3' }), [{ outcome: 'refused', rule: new RegExp(sibling) }])
  t.match(await desk.read(id), { liveStatus: 'held', heldBy: 'sender' })
  t.equal((await desk.tryMove(id, 'release')).body.code, 'translation-exists')
  await desk.move(sibling, 'withdraw', { notice: 'N', reason: 'R' })
  t.match(await desk.take({ ...story, version: '3' }), [{ outcome: 'updated' }])
  t.equal((await desk.read(id)).liveStatus, 'live')
})
