import { Agent } from 'node:http'
import sharp from 'sharp'
import t from 'tap'
import { fireDue } from '../src/features/desk/clock.ts'
import { getMedia } from '../src/features/media/media.ts'
import { renderMedia } from '../src/features/media/render-media.ts'
import { logSerializers } from '../src/http/server.ts'
import { ask } from './support/ask.ts'
import {
  exportAll,
  makeArticle,
  makeForm,
  makeTag,
  type Newsroom,
  openNewsroom,
  publishNew,
} from './support/newsroom.ts'

type Parameter = {
  in: string
  name: string
  schema: { type?: string; enum?: string[]; items?: { enum?: string[] } }
}
type Paths = Record<string, Record<string, { parameters?: Parameter[] }>>

/** A word that stands nowhere else, and the place it was planted. */
type Planted = Map<string, string>
let count = 0

function plant(planted: Planted, place: string): string {
  const word = `zq${(++count).toString(36).padStart(3, '0')}xv`
  planted.set(word, place)
  return word
}

const texts = [
  'headline',
  'shortHeadline',
  'summary',
  'body',
  'dateline',
  'byline',
  'signOff',
  'source',
  'usageTerms',
  'slug',
  'editorialNote',
]

/** Fields of an article with a planted word in each, a tag and a picture of its own planted too. */
async function plantFields(
  newsroom: Newsroom,
  planted: Planted,
  state: string,
): Promise<Record<string, unknown>> {
  const tag = plant(planted, `${state} tag slug`)
  const names = { en: plant(planted, `${state} tag name`), bg: plant(planted, `${state} tag name bg`) }
  await newsroom.request('POST', '/v1/editorial/tags', {
    key: newsroom.key,
    body: { slug: tag, kind: 'topic', names },
  })
  const words = Object.fromEntries(
    ['caption', 'credit', 'alt', 'photographer', 'rights'].map(name => [
      name,
      plant(planted, `${state} ${name}`),
    ]),
  )
  const picture = await sharp({ create: { width: 32, height: 24, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer()
  const media = await newsroom.request('POST', '/v1/editorial/media', {
    key: newsroom.key,
    ...makeForm(picture, words),
  })
  const fields = Object.fromEntries(texts.map(name => [name, plant(planted, `${state} ${name}`)]))
  return { ...fields, body: `<p>${fields.body}</p>`, tags: [tag], leadMedia: media.body.id }
}

/** Every pair of values of every two parameters stands in some row. */
function pairwise(columns: readonly (readonly string[])[]): string[][] {
  const rows: string[][] = []
  const open = new Set<string>()
  for (let a = 0; a < columns.length; a++)
    for (let b = a + 1; b < columns.length; b++)
      for (const x of columns[a] ?? []) for (const y of columns[b] ?? []) open.add(`${a} ${x}\0${b} ${y}`)
  while (open.size > 0) {
    const [first] = open
    const row: (string | undefined)[] = columns.map(() => undefined)
    for (const part of (first ?? '').split('\0'))
      row[Number(part.split(' ', 1)[0])] = part.slice(part.indexOf(' ') + 1)
    for (let c = 0; c < columns.length; c++) {
      if (row[c] !== undefined) continue
      let best = ''
      let most = -1
      for (const value of columns[c] ?? []) {
        let gained = 0
        for (let d = 0; d < columns.length; d++) {
          if (d === c || row[d] === undefined) continue
          if (open.has(c < d ? `${c} ${value}\0${d} ${row[d]}` : `${d} ${row[d]}\0${c} ${value}`)) gained++
        }
        if (gained > most) [best, most] = [value, gained]
      }
      row[c] = best
    }
    const whole = row as string[]
    for (let a = 0; a < whole.length; a++)
      for (let b = a + 1; b < whole.length; b++) open.delete(`${a} ${whole[a]}\0${b} ${whole[b]}`)
    rows.push(whole)
  }
  return rows
}

/** What was found: each leak in words, and for each place planted the routes that gave it. */
type Hunt = {
  requests: number
  fromFront: number
  /** What was refused before anything was read: it shows nothing either way. */
  refused: string[]
  leaks: string[]
  seen: Map<string, Set<string>>
}

const isId = (name: string) => name.length === 36

/** What differs from problem to problem. */
const requestIds = /"requestId":"[^"]*"/g
const agent = new Agent({ keepAlive: true })
t.teardown(() => agent.destroy())

/**
 * Asks every delivery route for everything, with no key and with each of those given in turn, exports what is live, and
 * looks for planted words that the request did not say itself.
 */
async function hunt(
  newsroom: Newsroom,
  base: string,
  planted: Planted,
  names: readonly string[],
  media: readonly string[],
  log: string[],
  keys: readonly string[],
): Promise<Hunt> {
  const paths = ((await newsroom.get('/openapi.json')).body as { paths: Paths }).paths
  const result: Hunt = { requests: 0, fromFront: 0, refused: [], leaks: [], seen: new Map() }
  const word = /zq[0-9a-z]{3,}xv/g
  const note = (text: string, asked: string, request: string, route: string) => {
    for (const found of new Set(text.match(word))) {
      const place = planted.get(found)
      if (asked.includes(found) || place === undefined) continue
      result.leaks.push(`${place} in ${request}`)
      result.seen.set(place, (result.seen.get(place) ?? new Set()).add(route))
    }
  }
  const lookOnce = async (method: string, url: string, route: string, key?: string) => {
    log.length = 0
    const headers: Record<string, string> = key ? { authorization: `Bearer ${key}` } : {}
    const answer = await ask(base, url, { method, headers, agent })
    const text = answer.bytes.toString()
    result.requests++
    if (answer.status === 400) result.refused.push(`${method} ${url}`)
    if (log.some(line => line.includes('answered from the cache'))) result.fromFront++
    const all = `${text}\n${JSON.stringify(answer.headers)}\n${log.join('\n')}`
    note(all, url, `${method} ${url}`, route)
    const isJson = /json/.test(String(answer.headers['content-type'])) && text !== ''
    return { text, body: isJson ? JSON.parse(text) : undefined }
  }
  /** Over a socket, and to the public twice: what was answered once is the second time answered in front of the routes. */
  const look = async (method: string, url: string, route: string, key?: string) => {
    const first = await lookOnce(method, url, route, key)
    if (key !== undefined) return first
    const second = await lookOnce(method, url, route)
    if (first.text.replace(requestIds, '') !== second.text.replace(requestIds, ''))
      result.leaks.push(`another answer to the second ${method} ${url}`)
    return second
  }
  const values = ({ name, schema }: Parameter): string[] => {
    const words = schema.enum ?? schema.items?.enum
    if (name === 'fields')
      return ['', 'headline,body,leadMedia,translations,corrections', (words ?? []).join(',')]
    if (words) return ['', ...words.slice(0, 4)]
    if (/^(tag|tagAll|section|parent)$/.test(name)) return ['', 'world', names[0] ?? 'x']
    const known: Record<string, string[]> = {
      language: ['', 'en', 'bg'],
      limit: ['', '1', '100'],
      timeZone: ['', 'UTC'],
      ids: ['', names.filter(isId).join(',')],
      signOff: ['', '/IV/'],
      urgency: ['', '5'],
      asOf: ['', '2024-07-12T05:21:00Z'],
      name: ['', 'z', 'w'],
      // Pages are followed; a cursor of no list is refused before anything is read.
      cursor: [''],
      // Well-formed, and no link's own.
      token: ['A'.repeat(43)],
    }
    return (
      known[name] ??
      (/Since|From|Before/.test(name) ? ['', '2020-01-01T00:00:00Z', '2999-01-01T00:00:00Z'] : ['', 'x'])
    )
  }
  for (const [path, { get }] of Object.entries(paths)) {
    if (!get || path.startsWith('/v1/editorial')) continue
    const inPath = (get.parameters ?? []).filter(parameter => parameter.in === 'path')
    const query = (get.parameters ?? []).filter(parameter => parameter.in === 'query')
    const today = new Date(newsroom.clock.now).toISOString().slice(0, 10)
    let urls = [path]
    const ids = names.filter(isId)
    if (path.startsWith('/v1/previews') && path.endsWith('/{file}'))
      urls = media.map((url, i) => url.replace('/v1', `/v1/previews/${ids[i % ids.length]}`))
    else if (path.endsWith('/{file}')) urls = [...media]
    else if (path.includes('{date}'))
      urls = [path.replace('{date}', today), path.replace('{date}', '2024-07-12')]
    else if (inPath.length > 0)
      urls = (/\{(id|link)\}/.test(path) ? ids : names).map(name => path.replace(/\{\w+\}/, name))
    const rows =
      query.length > 1
        ? pairwise(query.map(values))
        : query.length === 1
          ? values(query[0] as Parameter).map(value => [value])
          : [[]]
    const who = [undefined, ...keys]
    // Where there is nothing to combine, each asks for it.
    const asked = rows.length === 1 ? who.flatMap(() => rows) : rows
    for (const base of urls) {
      for (const [i, row] of asked.entries()) {
        const search = new URLSearchParams()
        for (const [n, parameter] of query.entries()) if (row[n]) search.append(parameter.name, row[n])
        // Ids have no page: the two together are refused before anything is read.
        if (search.has('ids')) search.delete('limit')
        const url = search.size > 0 ? `${base}?${search}` : base
        const key = who[i % who.length]
        let reply = await look('GET', url, path, key)
        for (let page = 0; page < 3 && reply.body?.page?.next; page++)
          reply = await look('GET', reply.body.page.next, path, key)
        if (i % 7 === 0) await look('HEAD', url, path, key)
      }
    }
  }
  const whole = '/v1/articles?limit=100&include=body,media,translations'
  for (const key of [undefined, ...keys]) await look('GET', whole, '/v1/articles', key)
  for (const url of [
    '/',
    '/docs',
    '/openapi.json',
    '/problems',
    '/health/live',
    '/health/ready',
    '/nowhere',
    '/v1/editorial/articles',
  ])
    await look('GET', url, url)
  note(JSON.stringify(await exportAll(newsroom)), '', 'export', 'export')
  return result
}

/** States that no reader sees, and what is done to bring an article there; each ends up live in the control. */
const unseen = [
  'draft',
  'in review',
  'approved',
  'scheduled',
  'embargoed',
  'held',
  'published while held',
  'unpublished edit',
] as const
const minute = 60_000

/** What every reader is to find of an article that is live, and where. */
const places = ['/v1/today', '/v1/articles', '/v1/articles/{idOrSlug}', 'export']
const everywhere = [...texts.filter(name => name !== 'body' && name !== 'editorialNote')]
const ofOthers = ['tag slug', 'tag name', 'caption', 'credit', 'alt', 'photographer', 'rights']

t.test(
  'no request of a reader brings out what the public may not see, and every request does once it is live',
  { timeout: 280_000 },
  async t => {
    const log: string[] = []
    const logger = {
      level: 'trace',
      serializers: logSerializers,
      stream: { write: (line: string) => void log.push(line) },
    }
    // At noon: what an hour later is live is to be of the same news day.
    const now = new Date().setUTCHours(12, 0, 0, 0)
    const newsroom = await openNewsroom(t, { logger, now, settings: { RATE_LIMIT: 'off' } })
    const base = await newsroom.app.listen({ port: 0, host: '127.0.0.1' })
    const { key, clock } = newsroom
    await makeTag(newsroom, 'world')
    const planted: Planted = new Map()
    const after = (milliseconds: number) => new Date(clock.now + milliseconds).toISOString()
    const move = async (id: string, name: string, body: object = {}) => {
      const url = `/v1/editorial/articles/${id}/${name}`
      const reply = await newsroom.request('POST', url, { key, match: '*', body })
      if (reply.status !== 200) throw new Error(reply.text)
    }
    const edit = (id: string, body: object) =>
      newsroom.request('PATCH', `/v1/editorial/articles/${id}`, { key, match: '*', body })

    const ids = new Map<string, string>()
    const names = ['world', 'no-such']
    const mediaIds: [id: string, state: string][] = []
    const plantIn = async (state: string) => {
      const fields = await plantFields(newsroom, planted, state)
      names.push(String(fields.slug), ...(fields.tags as string[]), String(fields.leadMedia))
      mediaIds.push([String(fields.leadMedia), state])
      return fields
    }
    for (const state of unseen) {
      const fields = await plantIn(state)
      // Of a live article only the edit is unseen; what it was published with is not planted.
      const isLater = state === 'unpublished edit' || state === 'published while held'
      const { id } = await makeArticle(newsroom, isLater ? {} : fields)
      ids.set(state, id)
      names.push(id)
      if (state === 'in review' || state === 'approved') await move(id, 'submit')
      if (state === 'approved') await move(id, 'approve')
      if (state === 'scheduled') await move(id, 'schedule', { publishAt: after(60 * minute) })
      if (state === 'embargoed') await move(id, 'publish', { embargoedUntil: after(60 * minute) })
      if (state === 'held' || isLater) await move(id, 'publish')
      if (/held$/.test(state)) await move(id, 'hold', { reason: plant(planted, `${state} reason`) })
      if (isLater) await edit(id, fields)
      if (state === 'published while held') await move(id, 'publish', { kind: 'update' })
      const links = `/v1/editorial/articles/${id}/preview-links`
      names.push((await newsroom.request('POST', links, { key, body: {} })).body.id)
    }
    // What was live is gone from a later version, or with the article: nothing of it is left, and nothing brings it back.
    const { slug: _slug, ...old } = await plantIn('old version')
    const newer = await publishNew(newsroom, old)
    await edit(newer.id, await plantFields(newsroom, new Map(), 'newer version'))
    await move(newer.id, 'publish', { kind: 'update' })
    const gone = await publishNew(newsroom, await plantIn('withdrawn'))
    await move(gone.id, 'withdraw', { notice: 'Withdrawn.', reason: plant(planted, 'withdrawn reason') })
    const neverSeen = await makeArticle(newsroom, await plantIn('withdrawn unseen'))
    await move(neverSeen.id, 'publish', { embargoedUntil: after(60 * minute) })
    const unseenNotice = plant(planted, 'withdrawn unseen notice')
    await move(neverSeen.id, 'withdraw', { notice: unseenNotice, reason: plant(planted, 'unseen reason') })
    names.push(newer.id, gone.id, neverSeen.id)

    const media = new Map<string, string>()
    for (const [id, state] of mediaIds) {
      const row = await getMedia(newsroom.db.desk, id)
      const { renditions } = renderMedia(row, newsroom.config.LANGUAGE, 'https://api.example/v1/media')
      for (const { url } of renditions) media.set(new URL(url).pathname, state)
    }
    const subscriber = await newsroom.makeKey(['articles:subscribers'])
    const hidden = await hunt(newsroom, base, planted, names, [...media.keys()], log, [subscriber])
    t.comment(
      `${hidden.requests} requests, ${hidden.fromFront} answered from the cache, ${hidden.refused.length} refused`,
    )
    t.ok(hidden.requests > 1000)
    t.ok(hidden.fromFront > 100, 'each of those that give something was given in front of the routes too')
    t.same(hidden.refused, [], 'and none was refused before anything was read')
    t.same(hidden.leaks, [])
    for (const url of media.keys())
      for (const key of [undefined, subscriber])
        t.equal((await newsroom.get(url, key ? { key } : {})).status, 404, 'no picture of them')

    const entitled = await newsroom.makeKey(['articles:embargoed', 'articles:subscribers'])
    const early = await hunt(newsroom, base, planted, names, [...media.keys()], log, [entitled])
    const others = [...early.seen.keys()].filter(
      place => !/^embargoed (?!editorialNote)|unseen notice/.test(place),
    )
    t.same(others, [], 'those entitled see what is under embargo, and no more')
    for (const name of [...everywhere, ...ofOthers])
      for (const route of ['/v1/articles', '/v1/articles/{idOrSlug}'])
        t.ok(
          early.seen.get(`embargoed ${name}`)?.has(route),
          `under embargo ${name} is in ${route} for those entitled`,
        )
    t.notOk(early.seen.get('embargoed headline')?.has('/v1/today'), 'though not among the news')
    t.ok(early.seen.get('embargoed caption')?.has('/v1/media/{id}'))
    for (const [url, state] of media) {
      const { status } = await newsroom.get(url, { key: entitled })
      t.equal(status, state === 'embargoed' ? 200 : 404, `the picture of ${state}, for those entitled`)
    }

    for (const state of unseen) {
      const id = ids.get(state) as string
      if (/held$/.test(state)) await move(id, 'release')
      else if (state === 'unpublished edit') await move(id, 'publish', { kind: 'update' })
      else if (state !== 'scheduled' && state !== 'embargoed') await move(id, 'publish')
    }
    clock.now += 60 * minute
    const fired = await fireDue(newsroom.db, clock.now)
    t.equal(fired.published.length + fired.lapsed.length, 2)
    const control = await hunt(newsroom, base, planted, names, [...media.keys()], log, [subscriber])
    for (const state of unseen) {
      for (const name of [...everywhere, ...ofOthers])
        for (const route of places)
          t.ok(
            control.seen.get(`${state} ${name}`)?.has(route),
            `once ${state}, now live: ${name} is in ${route}`,
          )
      for (const route of ['/v1/articles', '/v1/articles/{idOrSlug}'])
        t.ok(control.seen.get(`${state} body`)?.has(route), `the body is in ${route}`)
      t.ok(control.seen.get(`${state} tag name bg`)?.has('/v1/tags'))
      t.ok(control.seen.get(`${state} caption`)?.has('/v1/media/{id}'))
    }
    const never = [...control.seen.keys()].filter(place => /Note|reason|withdrawn|old version/.test(place))
    t.same(never, [], 'notes, reasons and what is gone stay where they are')
  },
)
