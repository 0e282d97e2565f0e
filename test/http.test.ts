import { createHash } from 'node:crypto'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { tagHeaders } from '../src/http/answer.ts'
import { normalForm } from '../src/http/paging.ts'
import {
  makeArticle,
  makeForm,
  makeTag,
  type Newsroom,
  openNewsroom,
  publishNew,
} from './support/newsroom.ts'
import { sendRaw } from './support/process.ts'

const articles = '/v1/editorial/articles'
const json = { 'content-type': 'application/json' }

async function open(t: Test, settings: Record<string, string> = {}): Promise<Newsroom> {
  const newsroom = await openNewsroom(t, { settings })
  await makeTag(newsroom, 'world')
  return newsroom
}

t.test('every form of time that is not ours is a 400, wherever a time may stand', async t => {
  const newsroom = await open(t)
  const { id } = await makeArticle(newsroom)
  const wrong = [
    '2024-07-12 05:21:00Z',
    '2024-07-12T05:21:00+0300',
    '2024-07-12T05:21:00+03',
    '2016-12-31T23:59:60Z',
    '2024-07-12T05:21:00.1234567890Z',
    '0000-01-01T00:00:00+23:59',
    '9999-12-31T23:59:59-01:00',
  ]
  const reads = ['/v1/today?asOf=', '/v1/articles?publishedFrom=', '/v1/articles?publishedBefore=']
  for (const time of wrong) {
    for (const url of [...reads, '/v1/articles?updatedSince=', '/v1/days/2024-07-12?asOf=']) {
      const reply = await newsroom.get(url + encodeURIComponent(time))
      t.equal(reply.status, 400, `${url}${time}`)
      t.ok(reply.body.errors[0].detail, time)
    }
    const publish = await newsroom.request('POST', `${articles}/${id}/publish`, {
      key: newsroom.key,
      match: '*',
      body: { publishedAt: time },
    })
    t.equal(publish.status, 400, time)
    const body = { name: 'n', scopes: ['articles:read'], expiresAt: time }
    t.equal((await newsroom.request('POST', '/v1/editorial/keys', { key: newsroom.key, body })).status, 400)
  }
  for (const date of ['0000-01-01', '0001-01-01', '9999-12-31', '2024-02-30'])
    t.equal((await newsroom.get(`/v1/days/${date}`)).status, 400, date)
  for (const date of ['0001-01-02', '9999-12-29']) {
    const zone = 'timeZone=America/Los_Angeles'
    t.equal((await newsroom.get(`/v1/days/${date}?${zone}`)).status, 200, date)
  }
})

t.test(
  'the editorial tree is private and closed to foreign pages, however its address is written',
  async t => {
    const newsroom = await open(t)
    const headers = { origin: 'https://evil.example' }
    const ways = [
      articles,
      '/v1/%65ditorial/articles',
      `http://foo.example${articles}`,
      '/v1/editorial/nowhere',
    ]
    for (const url of ways) {
      for (const method of ['GET', 'OPTIONS']) {
        const reply = await newsroom.request(method, url, { key: newsroom.key, headers })
        t.notOk(reply.headers['access-control-allow-origin'], `${method} ${url}`)
        t.equal(reply.headers['cache-control'], 'private, no-store', `${method} ${url}`)
      }
    }
    const gone = await newsroom.get('http://foo.example/nowhere')
    t.equal(gone.body.instance, '/nowhere', 'a host that was sent is never said')
  },
)

t.test('a preflight of an address with a query is answered, and an unknown address is a 404', async t => {
  const newsroom = await open(t)
  const preflight = await newsroom.request('OPTIONS', '/v1/articles?limit=5&tag=a', {
    headers: { origin: 'https://site.example', 'access-control-request-method': 'GET' },
  })
  t.equal(preflight.status, 204)
  t.match(preflight.headers['access-control-allow-methods'], 'GET')
  t.equal((await newsroom.get('/nothing?x=1')).status, 404)
  const broken = await newsroom.get('/v1/articles/%zz?k=word')
  t.equal(broken.status, 400)
  t.ok(broken.headers['x-request-id'] && broken.headers['access-control-allow-origin'])
  t.notMatch(broken.text, 'word')
  t.equal((await newsroom.get('/%zz', { key: 'dl_unknown' })).status, 401)
  t.equal((await newsroom.get(`/v1/articles/${'a'.repeat(400)}`)).body.errors[0].code, 'maxLength')
})

t.test('a form that cannot be read is a 4xx, and none is taken where no form is', async t => {
  const newsroom = await open(t)
  const { key } = newsroom
  const post = (body: string | Buffer, type: string, url = '/v1/editorial/media') =>
    newsroom.request('POST', url, { key, body, headers: { 'content-type': type } })
  const picture = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const form = makeForm(picture, { caption: 'c' })
  const type = form.headers['content-type'] as string
  t.equal((await post('garbage', 'multipart/form-data')).status, 400, 'no boundary')
  t.equal((await post('garbage', 'multipart/form-data; boundary=a')).status, 400, 'no form')
  t.equal((await post(form.body.subarray(0, form.body.length - 60), type)).status, 400, 'cut short')
  t.equal((await post(form.body, type, articles)).status, 415, 'a form for an article')
  const words = (caption: Buffer, more = '') =>
    Buffer.concat([
      Buffer.from(`--b\r\nContent-Disposition: form-data; name="caption"\r\n${more}\r\n`),
      caption,
      Buffer.from('\r\n--b--\r\n'),
    ])
  const odd = await post(words(Buffer.from([0xff, 0xfe])), 'multipart/form-data; boundary=b')
  t.match(odd.body.errors, [{ pointer: '/caption', code: 'broken-text' }])
  const object = words(Buffer.from('{"a":1}'), 'Content-Type: application/json\r\n')
  t.match((await post(object, 'multipart/form-data; boundary=b')).body.errors, [
    { pointer: '/caption', code: 'type' },
  ])
  const part = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nx\r\n'
  const twice = await post(`${part}${part}--b--\r\n`, 'multipart/form-data; boundary=b')
  t.match(twice.body.errors, [{ pointer: '/file', code: 'repeated' }])
  t.equal((await newsroom.get('/v1/editorial/media', { key })).body.data.length, 0)
})

t.test('JSON that a parser would put right in silence is refused', async t => {
  const newsroom = await open(t)
  const { key } = newsroom
  const post = (body: string | Buffer, headers: Record<string, string> = json) =>
    newsroom.request('POST', '/v1/editorial/tags', { key, body, headers })
  const latin = Buffer.concat([
    Buffer.from('{"kind":"topic","names":{"en":"caf'),
    Buffer.from([0xe9]),
    Buffer.from('"}}'),
  ])
  t.equal((await post(latin)).status, 400)
  t.equal((await post('{}', { 'content-type': 'application/json; charset=iso-8859-1' })).status, 415)
  t.equal((await post('{}', { ...json, 'content-encoding': 'gzip' })).status, 415)
  t.equal((await post('')).status, 400)
  const twice = await post('{"kind":"topic","names":{"en":"A","bg":"B","en":"C"}}')
  t.match(twice.body.errors, [{ in: 'body', pointer: '/names/en', code: 'repeated' }])
  const odd = await post('{"kind":"topic","names":{"en":"A","__proto__":{}}}')
  t.match(odd.body.errors, [{ in: 'body', pointer: '/names/__proto__', code: 'unknown-field' }])
  const many = JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, 1])))
  t.equal((await post(many)).body.errors[0].code, 'too-many')
  const { id } = await makeArticle(newsroom)
  const deleted = await newsroom.request('DELETE', `${articles}/${id}`, { key, match: '*', body: { a: 1 } })
  t.equal(deleted.status, 400, 'a body where none is taken')
  t.equal((await newsroom.get(`${articles}/${id}`, { key })).status, 200)
  t.equal((await newsroom.get('/v1/editorial/tags', { key })).body.data.length, 1)
})

for (const [url, options] of [
  ['/v1/today', { key: 'dl_unknown' }],
  ['/v1/articles/%zz', {}],
  ['/health/none', {}],
] as const) {
  t.test(`a request counts against its address whatever comes of it: ${url}`, async t => {
    const newsroom = await openNewsroom(t, { settings: { RATE_LIMIT: '3' } })
    const statuses: number[] = []
    for (let i = 0; i < 5; i++) statuses.push((await newsroom.get(url, options)).status)
    t.same(statuses.slice(3), [429, 429], url)
    t.equal((await newsroom.get('/health/ready')).status, 200, 'what runs the service is not counted')
  })
}

t.test('keys in repeated headers are one key or none', async t => {
  const newsroom = await open(t)
  const address = await newsroom.app.listen({ port: 0 })
  const ask = async (...lines: string[]) => {
    const text = [
      'GET /v1/editorial/articles HTTP/1.1',
      'Host: x',
      ...lines,
      'Connection: close',
      '',
      '',
    ].join('\r\n')
    return Number((await sendRaw(address, text)).split(' ')[1])
  }
  const bearer = `Authorization: Bearer ${newsroom.key}`
  t.equal(await ask(bearer, bearer), 200)
  t.equal(await ask(bearer, `X-API-Key: ${newsroom.key}`), 200)
  t.equal(await ask(bearer, 'Authorization: Bearer other'), 400)
  t.equal(await ask(`X-API-Key: ${newsroom.key}`, 'X-API-Key: other'), 400)
  t.equal(await ask(bearer, 'Authorization: Basic eDp5'), 401)
})

t.test('bytes that are no request never stand in the middle of an answer', async t => {
  const newsroom = await open(t)
  await publishNew(newsroom, { body: `<p>${'word '.repeat(100_000)}</p>` })
  const address = await newsroom.app.listen({ port: 0 })
  const text = await sendRaw(
    address,
    'GET /v1/articles?include=body HTTP/1.1\r\nHost: x\r\n\r\nNONSENSE\r\n\r\n',
  )
  t.ok(text.split('HTTP/1.1').length <= 2, 'one answer, or none')
})

t.test('a method that an address does not take is a 405, whatever it is and accepts', async t => {
  const newsroom = await open(t)
  const html = { headers: { accept: 'text/html' } }
  for (const method of ['POST', 'TRACE', 'PROPFIND', 'QUERY']) {
    const reply = await newsroom.request(method, '/v1/articles/some-slug', html)
    t.equal(reply.status, 405, method)
    t.equal(reply.headers.allow, 'GET, HEAD, OPTIONS', method)
  }
  t.equal((await newsroom.request('TRACE', '/nowhere')).status, 404)
})

t.test('HEAD tells the length of a file, and of an answer', async t => {
  const newsroom = await open(t)
  const picture = await sharp({ create: { width: 90, height: 60, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const { body } = await newsroom.request('POST', '/v1/editorial/media', {
    key: newsroom.key,
    ...makeForm(picture),
  })
  await publishNew(newsroom, { leadMedia: body.id })
  const shown = (await newsroom.get(`/v1/media/${body.id}`)).body
  for (const url of [new URL(shown.renditions[0].url).pathname, '/v1/articles']) {
    const [head, get] = [await newsroom.request('HEAD', url), await newsroom.get(url)]
    t.equal(head.status, 200)
    t.equal(Number(head.headers['content-length']), get.bytes.length, url)
    t.equal(head.headers.etag, get.headers.etag, url)
    t.equal(head.bytes.length, 0)
  }
})

t.test('If-Match is a whole list of tags or allows nothing', async t => {
  const newsroom = await open(t)
  const { id } = await makeArticle(newsroom)
  const patch = (match: string) =>
    newsroom.request('PATCH', `${articles}/${id}`, { key: newsroom.key, match, body: { urgency: 4 } })
  for (const match of ['foo"1"bar', 'w/"1"', 'W/"1"', '"1" "2"', '1', ''])
    t.equal((await patch(match)).status, 412, match)
  t.equal((await patch('"7", "1"')).status, 200)
})

t.test('an address of ours begins with PUBLIC_URL, its path too', async t => {
  const newsroom = await open(t, { PUBLIC_URL: 'https://api.example/news' })
  const old = await publishNew(newsroom, { slug: 'old-name' })
  const patch = { key: newsroom.key, match: '*', body: { slug: 'new-name' } }
  await newsroom.request('PATCH', `${articles}/${old.id}`, patch)
  await newsroom.request('POST', `${articles}/${old.id}/publish`, { ...patch, body: { kind: 'update' } })
  const moved = await newsroom.get('/v1/articles/old-name?fields=slug', { headers: { 'if-none-match': '*' } })
  t.equal(moved.status, 301, 'whatever condition came with it')
  t.equal(moved.headers.location, 'https://api.example/news/v1/articles/new-name?fields=slug')
  t.equal(moved.headers['cache-tag'], `article-${old.id},all`)
  t.notOk(moved.headers.etag)
  const made = await newsroom.request('POST', articles, {
    key: newsroom.key,
    body: { headline: 'H', language: 'en' },
  })
  t.match(made.headers.location, /^https:\/\/api\.example\/news\/v1\/editorial\/articles\//)
  t.equal((await newsroom.get('/openapi.json')).body.servers[0].url, '/news')
})

t.test('headers stay as small as proxies take, whatever an article has or a query names', async t => {
  const newsroom = await open(t)
  const { key } = newsroom
  const picture = await sharp({ create: { width: 9, height: 6, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const long = (i: number) => `${'long-name-'.repeat(7)}${i}`
  const media: string[] = []
  for (let i = 0; i < 30; i++) {
    const { body } = await newsroom.request('POST', '/v1/editorial/media', { key, ...makeForm(picture) })
    media.push(body.id)
    await makeTag(newsroom, long(i), 'topic')
  }
  const tags = media.map((_, i) => long(i))
  const lengthOf = ({ headers }: { headers: object }) =>
    Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + String(value).length + 4, 0)
  const few = await publishNew(newsroom, { media: media.slice(0, 5) })
  const exact = (await newsroom.get(`/v1/articles/${few.id}`)).headers['cache-tag']
  for (const id of media.slice(0, 5)) t.match(exact, `media-${id}`, 'a few are named each')
  const { id } = await publishNew(newsroom, { media, leadMedia: media[0], tags })
  const many = await newsroom.get(`/v1/articles/${id}`)
  t.ok(lengthOf(many) < 3800, `${lengthOf(many)} bytes`)
  t.same(String(many.headers['cache-tag']).split(','), [`article-${id}`, `story-${id}`, 'media', 'all'])
  const query = tags.slice(0, 20).map(tag => `tag=${tag}&tagAll=${tag}`)
  const list = await newsroom.get(`/v1/articles?${query.join('&')}`)
  t.equal(list.status, 200)
  t.ok(lengthOf(list) < 3800, `${lengthOf(list)} bytes`)
})

t.test('of too many cache tags those are left out that a purge does without', async t => {
  const ids = Array.from({ length: 24 }, (_, i) => `article-${String(i).padStart(36, '0')}`)
  const media = Array.from({ length: 9 }, (_, i) => `media-${String(i).padStart(36, '0')}`)
  const { 'cache-tag': tags } = tagHeaders([...ids, 'story-s', 'tag-a', ...media])
  t.same(
    tags?.split(','),
    [...ids, 'story-s', 'media', 'all'],
    'a translation that is taken down is purged by itself',
  )
})

t.test('a long problem is packed, wherever it comes from, and a short one is not', async t => {
  const newsroom = await open(t)
  const query = Array.from({ length: 20 }, (_, i) => `unknown${i}=1`).join('&')
  const notice = 'Статията е изтеглена. '.repeat(40)
  const { id } = await publishNew(newsroom)
  const body = { notice, reason: 'R' }
  await newsroom.request('POST', `${articles}/${id}/withdraw`, { key: newsroom.key, match: '*', body })
  const unpack = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync }
  for (const [url, status] of [
    [`/v1/articles?${query}`, 400],
    [`/v1/articles/${id}`, 410],
    [`/${'nowhere'.repeat(200)}`, 404],
    [`/v1/editorial/tags?${query}`, 400],
  ] as const) {
    const key = url.includes('editorial') ? { key: newsroom.key } : {}
    const plain = await newsroom.get(url, key)
    t.equal(plain.headers['content-encoding'], undefined)
    for (const coding of ['gzip', 'br', 'zstd'] as const) {
      const packed = await newsroom.get(url, { ...key, headers: { 'accept-encoding': coding } })
      t.equal(packed.status, status)
      t.equal(packed.headers['content-encoding'], coding, url.slice(0, 40))
      t.match(packed.headers.vary, /Accept-Encoding/)
      t.match(JSON.parse(unpack[coding](packed.bytes).toString()), { status, code: plain.body.code })
    }
  }
  const short = await newsroom.get('/v1/articles/none', { headers: { 'accept-encoding': 'gzip' } })
  t.equal(short.headers['content-encoding'], undefined)
})

t.test('a type is taken with the parameter that it is given with', async t => {
  const newsroom = await open(t)
  const statusOf = async (accept: string) => (await newsroom.get('/v1/tags', { headers: { accept } })).status
  for (const accept of ['application/json; charset=utf-8', 'application/json;charset=UTF-8', ''])
    t.equal(await statusOf(accept), 200, accept)
  for (const accept of ['text/html', 'application/json; charset=koi8-r'])
    t.equal(await statusOf(accept), 406, accept)
})

t.test('a parameter said twice is said once, and one ETag stands for one answer', async t => {
  const newsroom = await open(t)
  await publishNew(newsroom, { language: 'bg' })
  await publishNew(newsroom, { language: 'bg' })
  const one = await newsroom.get('/v1/articles?limit=1&language=bg&language=en&fields=slug,id')
  const other = await newsroom.get('/v1/articles?fields=id,slug&language=en&language=bg&limit=1')
  t.equal(one.headers.etag, other.headers.etag)
  t.match(one.body.page.next, /^\/v1\/articles\?/)
  t.equal(one.text, other.text, 'the next page is named alike')
  const once = await newsroom.get('/v1/today?language=bg')
  const twice = await newsroom.get('/v1/today?language=bg&language=bg')
  t.equal(once.headers.etag, twice.headers.etag)
  t.equal(once.text, twice.text)
  t.equal(twice.headers['content-language'], 'bg')
})

t.test('what changes in place moves Last-Modified and is named in Cache-Tag', async t => {
  const newsroom = await open(t)
  const picture = await sharp({ create: { width: 9, height: 6, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const { body } = await newsroom.request('POST', '/v1/editorial/media', {
    key: newsroom.key,
    ...makeForm(picture),
  })
  const first = await publishNew(newsroom, { leadMedia: body.id })
  const sibling = await publishNew(newsroom, { language: 'bg', story: first.id })
  const before = await newsroom.get(`/v1/articles/${first.id}`)
  const tags = String(before.headers['cache-tag']).split(',')
  for (const tag of [`article-${first.id}`, `article-${sibling.id}`, `media-${body.id}`, 'tag-world'])
    t.ok(tags.includes(tag), tag)
  newsroom.clock.now += 3_600_000
  const patch = { key: newsroom.key, match: '*', body: { caption: 'New' } }
  await newsroom.request('PATCH', `/v1/editorial/media/${body.id}`, patch)
  const after = await newsroom.get(`/v1/articles/${first.id}`)
  t.not(after.headers['last-modified'], before.headers['last-modified'])
})

t.test(
  'strings made to break a store, and numbers past its own, are a 4xx or are kept as they are',
  async t => {
    const newsroom = await open(t)
    const { key } = newsroom
    const live = await publishNew(newsroom)
    const hostile = [
      "'; DROP TABLE articles; --",
      '{"a","b"}',
      '{1,2}',
      '$1',
      '\\',
      '%_',
      '?',
      ')) or 1=1',
      ':ids',
      '\u202e',
      '🗞',
    ]
    for (const text of hostile) {
      const made = await makeArticle(newsroom, { headline: text, signOff: text, byline: text })
      const read = (await newsroom.get(`${articles}/${made.id}`, { key })).body
      t.same([read.headline, read.signOff, read.byline], [text, text, text])
      const found = await newsroom.get(`/v1/articles?signOff=${encodeURIComponent(text)}&signOff=x`)
      t.equal(found.status, 200, text)
      t.equal(found.body.data.length, 0, text)
      t.equal((await newsroom.get(`/v1/tags?name=${encodeURIComponent(text)}`)).status, 200, text)
      for (const header of ['authorization', 'x-api-key']) {
        const value =
          header === 'authorization'
            ? `Bearer ${text.replace(/[^\x21-\x7e]/g, '')}x`
            : text.replace(/[^\x21-\x7e]/g, '')
        t.equal((await newsroom.get('/v1/today', { headers: { [header]: value } })).status, 401, text)
      }
      for (const url of [
        `/v1/articles?ids=${encodeURIComponent(text)}`,
        `/v1/articles/${encodeURIComponent(text)}`,
      ])
        t.equal((await newsroom.get(url)).status, 400, url)
    }
    for (const broken of ['a\0b', '\ud800', '\udfff a']) {
      const body = { headline: broken, language: 'en' }
      t.equal((await newsroom.request('POST', articles, { key, body })).status, 400)
    }
    const places = [
      ['/v1/articles', [2 ** 53 - 1, live.id]],
      ['/v1/articles', [-(2 ** 53 - 1), live.id]],
      ['/v1/articles', [2 ** 63, live.id]],
      ['/v1/articles', [1e300, live.id]],
      ['/v1/articles', [1.5, live.id]],
      ['/v1/articles', [1, 'a\0b']],
      ['/v1/articles', [1, '\ud800']],
      [`/v1/articles/${live.id}/versions`, [live.id, 2 ** 53 - 1]],
      ['/v1/changes', ['x', 2 ** 53 - 1]],
      ['/v1/tags', ['\uffff', "'; --"]],
    ] as const
    const print = (url: string) => {
      const list = url.endsWith('/versions') ? '/v1/articles/versions' : url
      return createHash('sha256').update(normalForm(list, {})).digest('base64url').slice(0, 8)
    }
    for (const [url, place] of places) {
      const cursor = Buffer.from(JSON.stringify([print(url), ...place])).toString('base64url')
      const reply = await newsroom.get(`${url}?cursor=${cursor}`)
      t.ok(
        reply.status === 200 || (reply.status >= 400 && reply.status < 500),
        `${url} ${place}: ${reply.status}`,
      )
      t.not(reply.body.code, 'cursor-mismatch', 'it reached the place')
    }
  },
)

t.test('what one process publishes, the next request to another shows', async t => {
  const one = await open(t)
  // One machine, one clock: the newest is the one that was published last.
  const two = await openNewsroom(t, { folder: one.folder, now: one.clock.now })
  for (let i = 0; i < 20; i++) {
    const [from, to] = i % 2 ? [one, two] : [two, one]
    const label = (await to.get('/v1/articles?limit=1')).headers.etag
    const { id, revision } = await publishNew(from, { headline: `Story ${i}` })
    const fresh = await to.get('/v1/articles?limit=1', { headers: { 'if-none-match': String(label) } })
    t.equal(fresh.status, 200)
    t.equal(fresh.body.data[0].id, id)
    const patch = (newsroom: Newsroom, headline: string) =>
      newsroom.request('PATCH', `${articles}/${id}`, {
        key: newsroom.key,
        match: revision,
        body: { headline },
      })
    const both = await Promise.all([patch(one, 'A'), patch(two, 'B')])
    t.same(both.map(reply => reply.status).sort(), [200, 412], 'no change is lost')
  }
})
