import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { requestPurge, startPurge } from '../src/features/purge/purge.ts'
import { makeForm, makeTag, openNewsroom, publishNew } from './support/newsroom.ts'

type Purge = { headers: IncomingMessage['headers']; method: string; tags: string[] }

/** A cache that is told what to forget; it answers with the status that `answer` gives. */
async function openCache(t: Test, answer: (n: number) => number = () => 200) {
  const purges: Purge[] = []
  let asked = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const status = answer(asked++)
    const { tags } = JSON.parse(Buffer.concat(chunks).toString()) as { tags: string[] }
    if (status === 200) purges.push({ headers: request.headers, method: request.method ?? '', tags })
    response.writeHead(status).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { purges, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/purge` }
}

async function follow(t: Test, url: string, againMs = 60_000) {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  await makeTag(newsroom, 'energy', 'topic')
  const errors: unknown[] = []
  const stop = startPurge({
    db: newsroom.db,
    send: (tags, signal) => requestPurge(url, { 'Fastly-Key': 'secret' }, tags, signal),
    onError: error => errors.push(error),
    lookMs: 10,
    againMs,
  })
  t.teardown(stop)
  return { ...newsroom, errors, stop }
}

t.test('it looks at the log for itself, and not for requests of the same turn', async t => {
  const { purges, url } = await openCache(t)
  const { db } = await openNewsroom(t)
  const shared = () => {
    throw new Error('what requests share is theirs')
  }
  const stop = startPurge({
    db: { ...db, head: shared, primary: { ...db.primary, head: shared } },
    send: (tags, signal) => requestPurge(url, {}, tags, signal),
    onError: error => t.fail(String(error)),
    lookMs: 10,
  })
  t.teardown(stop)
  t.ok(await until(() => purges.length === 1))
})

async function until(isSo: () => boolean): Promise<boolean> {
  for (let i = 0; i < 500; i++) {
    if (isSo()) return true
    await delay(10)
  }
  return false
}

t.test('what a change touches is purged, and nothing else', async t => {
  const { purges, url } = await openCache(t)
  const newsroom = await follow(t, url)
  const { key, request } = newsroom
  t.ok(await until(() => purges.length === 1))
  t.same(purges[0]?.tags, ['all', 'bytes'], 'at the start it is unknown what is kept')
  t.equal(purges[0]?.headers['surrogate-key'], 'all bytes')
  t.equal(purges[0]?.headers['fastly-key'], 'secret')
  t.equal(purges[0]?.method, 'POST')

  const first = await publishNew(newsroom, { tags: ['energy'] })
  t.ok(await until(() => purges.length === 2))
  t.same(purges[1]?.tags, ['all'], 'tags that come into use stand in other answers')

  const second = await publishNew(newsroom, { tags: ['energy'], story: first.id, language: 'bg' })
  t.ok(await until(() => purges.length === 3))
  const { story } = (await request('GET', `/v1/articles/${second.id}`)).body
  t.same(
    purges[2]?.tags.toSorted(),
    [`article-${second.id}`, 'changes', 'list', `story-${story}`, 'tags'].toSorted(),
  )
  const tagsOf = async (path: string) => String((await request('GET', path)).headers['cache-tag']).split(',')
  t.ok((await tagsOf(`/v1/articles/${first.id}`)).includes(`story-${story}`), 'its translation is among them')
  for (const path of [
    '/v1/articles',
    '/v1/today',
    '/v1/articles?tag=energy',
    `/v1/articles/${second.id}/related`,
  ])
    t.ok((await tagsOf(path)).includes('list'), path)
  for (const path of ['/v1/tags', '/v1/tags/energy']) t.ok((await tagsOf(path)).includes('tags'), path)
  t.ok((await tagsOf('/v1/changes')).includes('changes'))

  await request('POST', `/v1/editorial/articles/${second.id}/withdraw`, {
    key,
    match: '*',
    body: { reason: 'R', notice: 'N' },
  })
  t.ok(await until(() => purges.length === 4))
  t.ok(purges[3]?.tags.includes(`article-${second.id}`))
  t.ok((await tagsOf(`/v1/articles/${second.id}`)).includes(`article-${second.id}`), 'its tombstone too')
  const draft = await newsroom.request('POST', '/v1/editorial/articles', {
    key,
    body: { headline: 'A draft', language: 'en', section: 'world', body: '<p>Text.</p>' },
  })
  await delay(100)
  t.equal(purges.length, 4, 'what no reader sees purges nothing')
  const { id: old } = await publishNew(newsroom, { tags: ['energy'] })
  await request('POST', `/v1/editorial/articles/${old}/withdraw`, {
    key,
    match: '*',
    body: { reason: 'R', notice: 'N', replacement: draft.body.id },
  })
  t.notOk((await tagsOf(`/v1/articles/${old}`)).includes(`article-${draft.body.id}`))
  const before = purges.length
  await request('POST', `/v1/editorial/articles/${draft.body.id}/publish`, { key, match: '*', body: {} })
  t.ok(await until(() => purges.slice(before).some(purge => purge.tags.includes(`article-${draft.body.id}`))))
  t.ok(
    purges.slice(before).some(purge => purge.tags.includes(`article-${old}`)),
    'what it replaces names it now',
  )
  t.same(newsroom.errors, [])
})

t.test('the bytes of a picture that is taken down are purged with it', async t => {
  const { purges, url } = await openCache(t)
  const newsroom = await follow(t, url)
  const { key, request } = newsroom
  const picture = await sharp({ create: { width: 16, height: 12, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer()
  const form = makeForm(picture, { caption: 'C' })
  const { id: media } = (await request('POST', '/v1/editorial/media', { key, ...form })).body
  const { id } = await publishNew(newsroom, { leadMedia: media })
  const shown = (await request('GET', `/v1/media/${media}`)).body.renditions[0].url as string
  const bytes = await request('GET', new URL(shown).pathname)
  t.equal(bytes.headers['surrogate-key'], `media-${media} bytes`)
  t.ok(await until(() => purges.some(purge => purge.tags.includes(`media-${media}`))))
  purges.length = 0
  await request('PATCH', `/v1/editorial/media/${media}`, { key, match: '*', body: { caption: 'D' } })
  t.ok(await until(() => purges.length === 1))
  t.same(
    purges[0]?.tags.toSorted(),
    ['changes', 'list', 'media', `media-${media}`],
    'what shows it, and no more',
  )
  for (const path of [`/v1/articles/${id}`, `/v1/media/${media}`, '/v1/articles', '/v1/media']) {
    const tags = String((await request('GET', path)).headers['cache-tag']).split(',')
    t.ok(
      tags.some(tag => purges[0]?.tags.includes(tag)),
      path,
    )
  }
  purges.length = 0
  await request('POST', `/v1/editorial/articles/${id}/withdraw`, {
    key,
    match: '*',
    body: { reason: 'R', notice: 'N' },
  })
  t.ok(await until(() => purges.some(purge => purge.tags.includes(`media-${media}`))))
})

t.test('what was not acknowledged is purged again until it is, and what was, once more', async t => {
  const { purges, url } = await openCache(t, n => (n > 0 && n < 4 ? 503 : 200))
  const newsroom = await follow(t, url, 300)
  t.ok(await until(() => purges.length === 1))
  await publishNew(newsroom, { tags: ['energy'] })
  const { id } = await publishNew(newsroom, { tags: ['energy'] })
  t.ok(await until(() => purges.slice(1).some(purge => purge.tags.includes('all'))))
  t.equal(newsroom.errors.length, 3)
  // Until that was sent once more.
  await delay(700)
  const { id: last } = await publishNew(newsroom, { tags: ['energy'] })
  const isOf = (purge: Purge) => purge.tags.includes(`article-${last}`)
  t.ok(await until(() => purges.filter(isOf).length === 2), 'for what was being answered meanwhile')
  await delay(600)
  t.equal(purges.filter(isOf).length, 2)
  t.ok(id)
})

t.test('what everything stands for when it is sent once more is sent again after it', async t => {
  let isDown = false
  const { purges, url } = await openCache(t, () => (isDown ? 503 : 200))
  const newsroom = await follow(t, url, 300)
  const isOfAll = (purge: Purge) => purge.tags.includes('all')
  await publishNew(newsroom, { tags: ['energy'] })
  // Until all of that was sent once more.
  await delay(700)
  const before = purges.length
  await makeTag(newsroom, 'sport', 'topic')
  await publishNew(newsroom, { tags: ['sport'] })
  t.ok(await until(() => purges.slice(before).some(isOfAll)))
  isDown = true
  t.ok(await until(() => newsroom.errors.length > 0), 'everything, once more, was not acknowledged')
  await publishNew(newsroom, { tags: ['energy'] })
  isDown = false
  t.ok(await until(() => purges.slice(before).filter(isOfAll).length === 3))
})
