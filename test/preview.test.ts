import sharp from 'sharp'
import t, { type Test } from 'tap'
import { logSerializers } from '../src/http/server.ts'
import { type Json, makeArticle, makeForm, makeTag, openNewsroom } from './support/newsroom.ts'

const articles = '/v1/editorial/articles'
const hour = 60 * 60 * 1000

async function openDesk(t: Test, options: { logger?: object } = {}) {
  const newsroom = await openNewsroom(t, { now: Date.parse('2024-07-12T02:21:00.000Z'), ...options })
  await makeTag(newsroom, 'world')
  await makeTag(newsroom, 'energy', 'topic', {
    names: { en: 'Energy', bg: 'Енергетика' },
    wikidata: 'Q11379',
  })
  const { key } = newsroom
  const picture = await sharp({ create: { width: 400, height: 300, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer()
  const upload = async (caption: string): Promise<string> =>
    (
      await newsroom.request('POST', '/v1/editorial/media', {
        key,
        ...makeForm(picture, { caption, credit: 'AP' }),
      })
    ).body.id
  return {
    ...newsroom,
    upload,
    move: (id: string, name: string, body: object = {}) =>
      newsroom.request('POST', `${articles}/${id}/${name}`, { key, match: '*', body }),
    share: async (id: string, body: object = {}, as = key) =>
      newsroom.request('POST', `${articles}/${id}/preview-links`, { key: as, body }),
  }
}
const pathOf = (url: string) => url.replace('https://api.example', '')

t.test('a preview is the working copy in exactly the form that readers get it in', async t => {
  const desk = await openDesk(t)
  const { key, get, move, upload } = desk
  const fields = {
    ...{
      headline: 'H',
      shortHeadline: 'SH',
      summary: 'S',
      dateline: 'Sofia',
      byline: 'By X',
      signOff: '/X/',
    },
    ...{
      body: '<p>One <b>two</b>.</p>',
      tags: ['energy'],
      urgency: 2,
      source: 'AP',
      usageTerms: 'U',
    },
    ...{ leadMedia: await upload('Lead'), media: [await upload('More')], access: 'subscribers' },
  }
  const { id } = await makeArticle(desk, { ...fields, editorialNote: 'Never shown.' })
  const preview = async (query = '') => (await get(`${articles}/${id}/preview${query}`, { key })).body
  const reader = await desk.makeKey(['articles:subscribers'])
  const delivered = async (query = '') => (await get(`/v1/articles/${id}${query}`, { key: reader })).body
  const queries = [
    '',
    '?fields=headline,tags',
    '?include=tags,section',
    '?bodyFormat=text',
    '?fields=wordCount',
  ]
  const before: Json[] = []
  for (const query of queries) before.push(await preview(query))
  t.equal((await get(`/v1/articles/${id}`)).status, 404)
  await move(id, 'publish')
  for (const [i, query] of queries.entries()) {
    const shown = await delivered(query)
    // The bytes of what is not live are the desk's.
    const asDesk = JSON.parse(JSON.stringify(before[i]).replaceAll('/v1/editorial/media/', '/v1/media/'))
    t.same(asDesk, shown, `${query} is what readers got at the next publish`)
  }
  t.notMatch(JSON.stringify(before), /Never shown/)

  await desk.request('PATCH', `${articles}/${id}`, { key, match: '*', body: { headline: 'Mended' } })
  await move(id, 'publish', { kind: 'correction', note: 'N' })
  await desk.request('PATCH', `${articles}/${id}`, { key, match: '*', body: { headline: 'Next' } })
  const next = await preview()
  t.match(next, { headline: 'Next', version: 3, corrections: [{ version: 2, note: 'N' }] })
  t.equal((await delivered()).headline, 'Mended')
  await move(id, 'hold', { reason: 'R' })
  t.match(await preview(), { corrections: [{ version: 2, note: 'N' }] }, 'what is held too')
  const bare = await desk.request('POST', articles, { key, body: { headline: 'Bare', language: 'en' } })
  t.match((await get(`${articles}/${bare.body.id}/preview`, { key })).body, {
    headline: 'Bare',
    tags: [],
    media: [],
  })

  const { paths } = (await get('/openapi.json')).body
  const schemaOf = (path: string) => paths[path].get.responses['200'].content['application/json'].schema
  const schema = schemaOf('/v1/articles/{idOrSlug}')
  t.same(schemaOf('/v1/editorial/articles/{id}/preview'), schema)
  t.same(schemaOf('/v1/previews/{link}'), schema)
})

t.test('a preview link shows one working copy and its pictures without a key, for a day at most', async t => {
  const log: string[] = []
  const desk = await openDesk(t, {
    logger: {
      level: 'trace',
      serializers: logSerializers,
      stream: { write: (line: string) => void log.push(line) },
    },
  })
  const { key, get, share, clock, upload } = desk
  const leadMedia = await upload('Lead')
  const { id } = await makeArticle(desk, { headline: 'Draft', leadMedia })
  const other = await makeArticle(desk, { headline: 'Other', leadMedia: await upload('Theirs') })
  const iso = (milliseconds: number) => new Date(clock.now + milliseconds).toISOString()
  for (const expiresAt of [iso(0), iso(24 * hour + 1)])
    t.match((await share(id, { expiresAt })).body.errors, [{ pointer: '/expiresAt' }], expiresAt)
  t.equal((await share(id, {}, await desk.makeKey(['articles:read']))).status, 403)
  const made = (await share(id)).body
  t.equal(made.expiresAt, iso(24 * hour))
  const url = pathOf(made.url)
  const token = new URL(made.url).searchParams.get('token') as string

  const shown = await get(url)
  t.match(shown, {
    status: 200,
    body: { id, headline: 'Draft' },
    headers: { 'cache-control': 'private, no-store', 'x-robots-tag': 'noindex' },
  })
  t.notOk(shown.headers.etag)
  await desk.request('PATCH', `${articles}/${id}`, { key, match: '*', body: { headline: 'Edited' } })
  t.equal((await get(`${url}&fields=headline`)).body.headline, 'Edited', 'as it is when it is asked for')
  const rendition = shown.body.leadMedia.renditions[0].url
  const bytes = await get(pathOf(rendition))
  t.match([bytes.status, bytes.headers['cache-control']], [200, 'private, no-store'])
  t.ok(bytes.bytes.length > 100)
  const theirs = (await get(`${articles}/${other.id}/preview`, { key })).body.leadMedia.renditions[0].url
  const reached = pathOf(theirs).replace('/v1/editorial/media', `/v1/previews/${made.id}/media`)
  t.equal((await get(`${reached}?token=${token}`)).status, 404, 'no other picture')

  const wrong = `${token[0] === 'a' ? 'b' : 'a'}${token.slice(1)}`
  const second = (await share(other.id)).body
  for (const [name, path] of [
    ['wrong', url.replace(token, wrong)],
    ['of another link', url.replace(made.id, second.id)],
    ['of no link', url.replace(made.id, other.id)],
    ['wrong, of a picture', pathOf(rendition).replace(token, wrong)],
  ] as const) {
    const reply = await get(path)
    t.match([reply.status, reply.headers['cache-control']], [404, 'private, no-store'], name)
  }
  t.equal((await get(`/v1/previews/${made.id}`)).status, 400)
  t.ok(log.length > 20)
  for (const secret of [token, key]) t.notOk(log.join('\n').includes(secret), 'no log has a secret')
  const list = await get(`${articles}/${id}/preview-links`, { key })
  t.match(list.body.data, [{ id: made.id, expiresAt: made.expiresAt }])
  t.notMatch(list.text, new RegExp(token))

  const revoked = await desk.request('DELETE', `${articles}/${other.id}/preview-links/${second.id}`, { key })
  t.equal(revoked.body.revokedAt, iso(0))
  t.equal((await get(pathOf(second.url))).status, 404)
  t.equal((await desk.request('DELETE', `${articles}/${id}/preview-links/${second.id}`, { key })).status, 404)
  clock.now += 24 * hour - 1
  t.equal((await get(url)).status, 200)
  clock.now += 1
  t.equal((await get(url)).status, 404)
  t.equal((await get(pathOf(rendition))).status, 404)
})

t.test('what is withdrawn is in no preview link any more, and gets no new one', async t => {
  const desk = await openDesk(t)
  const { id } = await makeArticle(desk)
  await desk.move(id, 'publish')
  const { url } = (await desk.share(id)).body
  t.equal((await desk.get(pathOf(url))).status, 200)
  await desk.move(id, 'withdraw', { notice: 'N', reason: 'R' })
  t.equal((await desk.get(pathOf(url))).status, 404)
  t.match((await desk.share(id)).body, { status: 409, code: 'move-impossible' })
})
