import t from 'tap'
import { type Json, makeTag, openNewsroom, publishNew } from './support/newsroom.ts'

const articles = '/v1/editorial/articles'
const tags = '/v1/editorial/tags'

t.test('readers are told of a live tag whose parent they begin or cease to see', async t => {
  const newsroom = await openNewsroom(t)
  const { key } = newsroom
  await makeTag(newsroom, 'world')
  await makeTag(newsroom, 'above', 'topic')
  await makeTag(newsroom, 'below', 'topic', { parent: 'above' })
  await publishNew(newsroom, { tags: ['below'] })
  const below = (await newsroom.get('/v1/tags/below')).body
  t.notOk('parent' in below)
  const latest = async () => (await newsroom.get('/v1/changes')).body.meta.latest
  const since = async (cursor: string) => (await newsroom.get(`/v1/changes?cursor=${cursor}`)).body.data
  const told = (changes: Json[]) => changes.some(change => change.subject.id === below.id)

  let cursor = await latest()
  const above = await publishNew(newsroom, { tags: ['above'] })
  t.equal((await newsroom.get('/v1/tags/below')).body.parent, 'above')
  t.ok(told(await since(cursor)), 'when the parent comes into use')
  cursor = await latest()
  const body = { notice: 'N', reason: 'R' }
  await newsroom.request('POST', `${articles}/${above.id}/withdraw`, { key, match: '*', body })
  t.notOk('parent' in (await newsroom.get('/v1/tags/below')).body)
  t.ok(told(await since(cursor)), 'when it goes out of it')
})

t.test('a tag once shown redirects after a merge, also when nothing used it any more', async t => {
  const newsroom = await openNewsroom(t)
  const { key } = newsroom
  await makeTag(newsroom, 'world')
  for (const slug of ['shown', 'never', 'into']) await makeTag(newsroom, slug, 'topic')
  const { id } = await publishNew(newsroom, { tags: ['shown', 'into'] })
  await newsroom.request('PATCH', `${articles}/${id}`, { key, match: '*', body: { tags: ['into'] } })
  await newsroom.request('POST', `${articles}/${id}/publish`, { key, match: '*', body: { kind: 'update' } })
  t.equal((await newsroom.get('/v1/tags/shown')).status, 404)
  for (const slug of ['shown', 'never']) {
    const reply = await newsroom.request('POST', `${tags}/${slug}/merge`, {
      key,
      match: '*',
      body: { into: 'into' },
    })
    t.equal(reply.status, 200)
  }
  t.equal((await newsroom.get('/v1/tags/shown')).headers.location, 'https://api.example/v1/tags/into')
  t.equal((await newsroom.get('/v1/tags/never')).status, 404, 'a slug that no reader saw stays unseen')
  const again = { slug: 'shown', kind: 'place', names: { en: 'Shown' } }
  t.equal((await newsroom.request('POST', tags, { key, body: again })).status, 409)

  const found = async (query: string) => (await newsroom.get(`/v1/articles?${query}`)).body.data.length
  t.equal(await found('tag=shown'), 1)
  t.equal(await found('tagAll=shown&tagAll=into'), 1, 'two names of one tag are one tag')
  t.equal(await found('tagAll=into&tagAll=never'), 0)
})

t.test('an article names its tags by the ids that the change log has', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  await publishNew(newsroom)
  const [article] = (await newsroom.get('/v1/articles')).body.data
  const changed = (await newsroom.get('/v1/changes')).body.data.find(
    (change: Json) => change.subject.type === 'tag',
  )
  t.equal(article.section.id, changed.subject.id)
})

t.test('a tag has at most 50 names, whatever way they come, and a long name has a next page', async t => {
  const newsroom = await openNewsroom(t)
  const { key } = newsroom
  await makeTag(newsroom, 'world')
  const names = (from: number, count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`en-${String(from + i).padStart(3, '0')}`, 'N']),
    )
  await makeTag(newsroom, 'many', 'topic', { names: names(0, 50) })
  const patch = await newsroom.request('PATCH', `${tags}/many`, {
    key,
    match: '*',
    body: { names: names(50, 1) },
  })
  t.match(patch.body.errors, [{ pointer: '/names', code: 'maxProperties' }])

  for (const n of [1, 2])
    await makeTag(newsroom, `long-${n}`, 'topic', { names: { bg: `${'я'.repeat(199)}${n}` } })
  await publishNew(newsroom, { tags: ['long-1', 'long-2'] })
  const first = (await newsroom.get(`/v1/tags?name=${encodeURIComponent('я')}&limit=1`)).body
  const second = await newsroom.get(first.page.next)
  t.equal(second.status, 200)
  t.equal(second.body.data[0].slug, 'long-2')
})

t.test('a headline printed again and again finds its number without trying each', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const slugs: string[] = []
  for (let i = 0; i < 40; i++) slugs.push((await publishNew(newsroom, { headline: 'Weather' })).slug)
  t.equal(new Set(slugs).size, 40)
  newsroom.statements.length = 0
  await publishNew(newsroom, { headline: 'Weather' })
  const tried = newsroom.statements.filter(statement => /from "slugs"/.test(statement)).length
  t.ok(tried < 20, `${tried} tried`)
})

t.test('a page of versions goes on when the slug changed meanwhile', async t => {
  const newsroom = await openNewsroom(t)
  const { key } = newsroom
  await makeTag(newsroom, 'world')
  const { id } = await publishNew(newsroom, { slug: 'old-slug' })
  const publish = () =>
    newsroom.request('POST', `${articles}/${id}/publish`, { key, match: '*', body: { kind: 'update' } })
  await publish()
  const { next } = (await newsroom.get('/v1/articles/old-slug/versions?limit=1')).body.page
  await newsroom.request('PATCH', `${articles}/${id}`, { key, match: '*', body: { slug: 'new-slug' } })
  await publish()
  const moved = await newsroom.get(next)
  const { pathname, search } = new URL(String(moved.headers.location))
  const second = await newsroom.get(`${pathname}${search}`)
  t.equal(second.body.data[0].number, 2)
  const other = await publishNew(newsroom)
  t.equal((await newsroom.get(`/v1/articles/${other.slug}/versions${search}`)).body.code, 'cursor-mismatch')
})
