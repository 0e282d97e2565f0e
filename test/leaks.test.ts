import sharp from 'sharp'
import t from 'tap'
import {
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

type Hunt = { requests: number; leaks: string[]; seen: Map<string, Set<string>> }

/** Asks every delivery route for everything, and looks for planted words that the request did not say itself. */
async function hunt(
  newsroom: Newsroom,
  planted: Planted,
  names: readonly string[],
  media: readonly string[],
  log: string[],
): Promise<Hunt> {
  const paths = ((await newsroom.get('/openapi.json')).body as { paths: Paths }).paths
  const reader = await newsroom.makeKey(['articles:subscribers'])
  const result: Hunt = { requests: 0, leaks: [], seen: new Map() }
  const word = /zq[0-9a-z]{3,}xv/g
  const look = async (method: string, url: string, route: string, key?: string) => {
    log.length = 0
    const reply = await newsroom.request(method, url, key ? { key } : {})
    result.requests++
    for (const found of new Set(
      `${reply.text}\n${JSON.stringify(reply.headers)}\n${log.join('\n')}`.match(word),
    )) {
      if (url.includes(found) || !planted.has(found)) continue
      result.leaks.push(`${planted.get(found)} in ${method} ${url}`)
      const place = result.seen.get(planted.get(found) as string) ?? new Set()
      result.seen.set(planted.get(found) as string, place.add(route))
    }
    return reply
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
      ids: ['', names.filter(item => item.includes('-')).join(',')],
      signOff: ['', '/IV/'],
      urgency: ['', '5'],
      asOf: ['', '2024-07-12T05:21:00Z'],
      name: ['', 'z', 'w'],
      cursor: ['', 'W10'],
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
    if (path.endsWith('/{file}')) urls = [...media]
    else if (path.includes('{date}'))
      urls = [path.replace('{date}', today), path.replace('{date}', '2024-07-12')]
    else if (inPath.length > 0) urls = names.map(name => path.replace(/\{\w+\}/, name))
    const rows =
      query.length > 1
        ? pairwise(query.map(values))
        : query.length === 1
          ? values(query[0] as Parameter).map(value => [value])
          : [[]]
    for (const base of urls) {
      for (const [i, row] of rows.entries()) {
        const search = new URLSearchParams()
        for (const [n, parameter] of query.entries()) if (row[n]) search.append(parameter.name, row[n])
        const url = search.size > 0 ? `${base}?${search}` : base
        let reply = await look('GET', url, path, i % 2 ? reader : undefined)
        for (let page = 0; page < 3 && reply.body?.page?.next; page++)
          reply = await look('GET', reply.body.page.next, path)
        if (i % 7 === 0) await look('HEAD', url, path)
      }
    }
  }
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
  return result
}

t.test(
  'no request of a reader brings out what the public may not see, and every request does once it is live',
  { timeout: 200_000 },
  async t => {
    const log: string[] = []
    const logger = { level: 'trace', stream: { write: (line: string) => void log.push(line) } }
    const newsroom = await openNewsroom(t, { logger, now: Date.now() })
    await makeTag(newsroom, 'world')
    const hidden: Planted = new Map()
    const shown: Planted = new Map()
    const { key } = newsroom
    const post = (id: string, move: string, body: object) =>
      newsroom.request('POST', `/v1/editorial/articles/${id}/${move}`, { key, match: '*', body })

    const draftFields = await plantFields(newsroom, hidden, 'draft')
    const draft = await makeArticle(newsroom, draftFields)
    // The live one was first published with other words; its last edit is not published.
    const oldFields = await plantFields(newsroom, hidden, 'old version')
    const { slug: _slug, ...old } = oldFields
    const live = await publishNew(newsroom, old)
    const fields = await plantFields(newsroom, shown, 'live')
    await newsroom.request('PATCH', `/v1/editorial/articles/${live.id}`, { key, match: '*', body: fields })
    await post(live.id, 'publish', { kind: 'update' })
    const edit = await plantFields(newsroom, hidden, 'unpublished edit')
    await newsroom.request('PATCH', `/v1/editorial/articles/${live.id}`, { key, match: '*', body: edit })
    const goneFields = await plantFields(newsroom, hidden, 'withdrawn')
    const gone = await publishNew(newsroom, goneFields)
    await post(gone.id, 'withdraw', { notice: 'Withdrawn.', reason: plant(hidden, 'reason') })
    for (const [word, place] of shown) if (place.endsWith('editorialNote')) hidden.set(word, place)

    const media: string[] = []
    const mediaIds = [draftFields, oldFields, fields, edit, goneFields].map(item => String(item.leadMedia))
    for (const id of mediaIds) {
      const { body } = await newsroom.get(`/v1/editorial/media/${id}`, { key })
      for (const { url } of body.renditions) media.push(new URL(url).pathname.replace('/editorial', ''))
    }
    const names = [
      draft.id,
      live.id,
      gone.id,
      ...mediaIds,
      ...[draftFields, edit, goneFields, fields].flatMap(item => [
        String(item.slug),
        ...(item.tags as string[]),
      ]),
      'world',
      'no-such',
    ]
    const unseen = await hunt(newsroom, hidden, names, media, log)
    t.comment(`${unseen.requests} requests`)
    t.same(unseen.leaks, [])

    const control = await hunt(newsroom, shown, names, media, log)
    for (const name of [
      'headline',
      'shortHeadline',
      'summary',
      'dateline',
      'byline',
      'signOff',
      'source',
      'usageTerms',
      'tag name',
      'caption',
      'credit',
      'alt',
      'photographer',
      'rights',
      'slug',
      'tag slug',
    ]) {
      const places = control.seen.get(`live ${name}`) ?? new Set()
      for (const route of ['/v1/today', '/v1/articles', '/v1/articles/{idOrSlug}'])
        t.ok(places.has(route), `${name} is in ${route}`)
    }
    for (const route of ['/v1/articles', '/v1/articles/{idOrSlug}'])
      t.ok(control.seen.get('live body')?.has(route), `the body is in ${route}`)
    t.ok(control.seen.get('live tag name bg')?.has('/v1/tags'))
    t.ok(control.seen.get('live caption')?.has('/v1/media/{id}'))
    t.notOk(control.seen.has('live editorialNote'), 'the note to editors is nowhere')
  },
)
