import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import fc from 'fast-check'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { ask } from './support/ask.ts'
import { makeForm, makeTag, openNewsroom, publishNew } from './support/newsroom.ts'
import { engine } from './support/store.ts'

const articles = '/v1/editorial/articles'
const agent = new Agent({ keepAlive: true })
t.teardown(() => agent.destroy())

type Newsroom = Awaited<ReturnType<typeof openNewsroom>>
/** What a reader is shown, by an address: all but what says when, and by which way, it was answered. */
type Shown = { status: number; headers: Record<string, unknown>; body: string }

const told = ['content-type', 'content-language', 'cache-tag', 'link', 'location', 'vary', 'cache-control']

async function look(base: string, path: string): Promise<Shown & { isHit: boolean }> {
  const { status, headers, bytes } = await ask(base, path, { agent })
  const isHit = headers['server-timing'] === 'cache;desc=hit'
  return {
    status,
    headers: Object.fromEntries(told.map(name => [name, headers[name]])),
    // Of a problem, what is not each request's own.
    body: bytes.toString().replace(/"requestId":"[^"]*"/, ''),
    isHit,
  }
}

const shown = ({ status, headers, body }: Shown): Shown => ({ status, headers, body })

/** What the newsroom may do, each with what it is done to: positions in what there is, counted around. */
const doing = fc.record({
  does: fc.constantFrom(
    ...(['publish', 'publish', 'translate', 'update', 'update', 'correct', 'refile', 'illustrate'] as const),
    ...(['withdraw', 'hold', 'release', 'embargo', 'lift', 'move slug'] as const),
    ...(['rename tag', 'move tag', 'parent tag', 'merge tag', 'caption'] as const),
  ),
  which: fc.nat(1000),
  other: fc.nat(1000),
})
type Doing = typeof doing extends fc.Arbitrary<infer D> ? D : never

async function openWithMatter(t: Test, folder: string, settings: Record<string, string>) {
  const newsroom = await openNewsroom(t, { folder, now: Date.UTC(2026, 0, 5, 12), settings })
  return { ...newsroom, base: await newsroom.app.listen({ port: 0, host: '127.0.0.1' }) }
}

/** Does things to a newsroom that has sections, topics and pictures, and knows the addresses of what came of it. */
async function makeMatter(newsroom: Newsroom) {
  const { request, key } = newsroom
  const sections = [await makeTag(newsroom, 'world'), await makeTag(newsroom, 'business')]
  const topics: string[] = []
  for (let i = 0; i < 6; i++) topics.push(await makeTag(newsroom, `topic-${i}`, 'topic'))
  const pictures: string[] = []
  for (let i = 0; i < 4; i++) {
    const picture = await sharp({ create: { width: 8 + i, height: 8, channels: 3, background: 'teal' } })
      .jpeg()
      .toBuffer()
    const form = makeForm(picture, { caption: `Picture ${i}` })
    pictures.push((await request('POST', '/v1/editorial/media', { key, ...form })).body.id)
  }
  const made: { id: string; story: string }[] = []
  const slugs = new Set<string>()
  let count = 0

  const pick = <Item>(items: readonly Item[], n: number) => items[n % items.length] as Item
  const post = async (path: string, body: object) =>
    (await request('POST', path, { key, match: '*', body })).status < 300
  const patch = async (path: string, body: object) =>
    (await request('PATCH', path, { key, match: '*', body })).status < 300

  async function add(which: number, other: number, more: object): Promise<true> {
    const { id, story, slug } = await publishNew(newsroom, {
      headline: `Story ${++count}`,
      section: pick(sections, which),
      tags: [pick(topics, which), pick(topics, which + 1 + (other % 3))],
      ...(other % 3 === 0 ? {} : { leadMedia: pick(pictures, other) }),
      ...more,
    })
    made.push({ id, story })
    slugs.add(slug)
    return true
  }

  /** Does it; false where the newsroom's rules refuse it, or there is nothing to do it to. */
  async function act({ does, which, other }: Doing): Promise<boolean> {
    if (does === 'publish' || made.length === 0) return add(which, other, {})
    const { id, story } = pick(made, which)
    const at = `${articles}/${id}`
    const kind = does === 'correct' ? 'correction' : 'update'
    const publish = { kind, ...(does === 'correct' ? { note: `Note ${++count}` } : {}) }
    const edit = async (fields: object) => (await patch(at, fields)) && post(`${at}/publish`, publish)
    const topic = `/v1/editorial/tags/${pick(topics, which)}`
    switch (does) {
      case 'translate': {
        const language = pick(['bg', 'fr', 'de'], other)
        return add(which, other, { story, language }).catch(() => false)
      }
      case 'update':
      case 'correct':
        return edit({ headline: `Headline ${++count}`, body: `<p>Text ${count}.</p>` })
      case 'refile':
        return edit({ section: pick(sections, other), tags: [pick(topics, other), pick(topics, other + 2)] })
      case 'illustrate':
        return edit({ leadMedia: pick(pictures, other), media: [pick(pictures, other + 1)] })
      case 'move slug': {
        const slug = `moved-${++count}`
        slugs.add(slug)
        return edit({ slug })
      }
      case 'withdraw': {
        const replacement = other % 2 ? {} : { replacement: pick(made, other).id }
        return post(`${at}/withdraw`, { reason: 'R', notice: `N ${++count}`, ...replacement })
      }
      case 'hold':
        return post(`${at}/hold`, { reason: 'R' })
      case 'release':
        return post(`${at}/release`, {})
      case 'embargo': {
        const embargoedUntil = new Date(newsroom.clock.now + 3_600_000).toISOString()
        const isEdited = await patch(at, { headline: `Secret ${++count}` })
        return isEdited && post(`${at}/publish`, { ...publish, embargoedUntil })
      }
      case 'lift':
        return post(`${at}/publish`, { ...publish, embargoedUntil: null })
      case 'rename tag':
        return patch(topic, { names: { en: `Topic named ${++count}` } })
      case 'move tag': {
        const slug = `topic-moved-${++count}`
        const isMoved = await patch(topic, { slug })
        if (isMoved) topics[which % topics.length] = slug
        return isMoved
      }
      case 'parent tag':
        return patch(topic, { parent: other % 2 ? null : pick(topics, other) })
      case 'merge tag': {
        if (topics.length < 4 || other % 3 > 0) return false
        const into = pick(topics, which + 1)
        const isMerged = await post(`${topic}/merge`, { into })
        if (isMerged) topics.splice(which % topics.length, 1)
        return isMerged
      }
      case 'caption':
        return patch(`/v1/editorial/media/${pick(pictures, which)}`, { caption: `Caption ${++count}` })
    }
  }

  /** What readers may ask for: articles in several forms, and what stands beside them. */
  const addresses = () => [
    ...made.slice(-8).flatMap(({ id }) => [`/v1/articles/${id}`, `/v1/articles/${id}/versions`]),
    ...made.slice(0, 3).map(({ id }) => `/v1/articles/${id}?include=tags,section&bodyFormat=text`),
    ...made
      .slice(-2)
      .flatMap(({ id }) => [`/v1/articles/${id}?fields=headline`, `/v1/articles/${id}/related`]),
    ...[...slugs].slice(-4).map(slug => `/v1/articles/${slug}`),
    ...pictures.map(id => `/v1/media/${id}`),
    ...topics.slice(0, 3).flatMap(slug => [`/v1/tags/${slug}`, `/v1/articles?tag=${slug}`]),
    ...['/v1/articles', '/v1/today', '/v1/days/2026-01-05', '/v1/tags', '/v1/media', '/v1/changes'],
  ]
  return { act, addresses }
}

t.test('what is kept through changes is what would be made anew, after any of them', async t => {
  /** How many answers were kept through a change, and how many made anew after one, of single articles and of lists. */
  const count = { kept: 0, made: 0, lists: 0 }
  const done = new Map<string, number>()

  async function check(t: Test, doings: readonly Doing[]): Promise<void> {
    const folder = t.testdir()
    const keeping = await openWithMatter(t, folder, {})
    const other = await openWithMatter(t, folder, {})
    const making = await openWithMatter(t, folder, { RESPONSE_CACHE: '0' })
    const { act, addresses } = await makeMatter(keeping)
    const seqNow = async () => (await keeping.db.primary.headNow()).seq
    for (const [i, one] of doings.entries()) {
      const before = await seqNow()
      if (!(await act(one))) continue
      done.set(one.does, (done.get(one.does) ?? 0) + 1)
      const isChanged = (await seqNow()) > before
      for (const path of addresses()) {
        const anew = await look(making.base, path)
        const given = await look(keeping.base, path)
        if (isChanged && /^\/v1\/articles\/[^/]+$/.test(path)) count[given.isHit ? 'kept' : 'made']++
        if (isChanged && path === '/v1/articles' && given.isHit) count.lists++
        assert.deepEqual(shown(given), shown(anew), `${one.does} ${i}: ${path}`)
        // Another process follows the log at its own pace: it is asked now and then.
        if (i % 3 === 0)
          assert.deepEqual(
            shown(await look(other.base, path)),
            shown(anew),
            `elsewhere, ${one.does}: ${path}`,
          )
      }
    }
  }

  const property = fc.asyncProperty(fc.array(doing, { minLength: 35, maxLength: 35 }), async doings => {
    // What fails is thrown here, so that a shorter way to it is looked for.
    let failure: unknown
    await t.test('a newsroom', async t => {
      await check(t, doings).catch(error => {
        failure = error
      })
      t.equal(failure, undefined)
    })
    if (failure) throw failure
  })
  const numRuns = engine === 'sqlite' ? 3 : 2
  await fc.assert(property, { numRuns, interruptAfterTimeLimit: 120_000, markInterruptAsFailure: true })
  t.comment(JSON.stringify({ count, done: Object.fromEntries(done) }))
  t.ok(count.kept > 100, 'single articles outlive what is done to others')
  t.ok(count.made > 100, 'and not what is done to them')
  t.equal(count.lists, 0, 'any change may be in a list')
})
