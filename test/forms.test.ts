import { hash } from 'node:crypto'
import AjvCompiler from '@fastify/ajv-compiler'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { articleFields, formVersion, includes } from '../src/features/articles/articles.schema.ts'
import { writeForm } from '../src/features/articles/form.ts'
import { makeForm, makeTag, type Newsroom, openNewsroom, publishNew } from './support/newsroom.ts'

const articles = '/v1/editorial/articles'

/** A newsroom with articles of every make: corrected, translated, withheld, with pictures, retagged by a merge. */
async function openFull(t: Test): Promise<Newsroom & { ids: string[] }> {
  const newsroom = await openNewsroom(t, {
    settings: { ARTICLE_URL: 'https://site.example/{language}/{slug}' },
  })
  const { key, request } = newsroom
  await makeTag(newsroom, 'world')
  for (const slug of ['a', 'b', 'c', 'd']) await makeTag(newsroom, slug, 'topic')
  const picture = await sharp({ create: { width: 16, height: 12, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer()
  const upload = async (caption: string) =>
    (await request('POST', '/v1/editorial/media', { key, ...makeForm(picture, { caption }) })).body.id
  const media = [await upload('One "quoted"'), await upload('Две'), await upload('Three')]
  const all = [
    await publishNew(newsroom, {
      headline: 'Everything "said" \u2028 here',
      shortHeadline: 'Short',
      summary: 'Sum\\mary',
      dateline: 'SOFIA',
      byline: 'By A. Reporter',
      signOff: '/EM/',
      source: 'Agency',
      usageTerms: 'None',
      urgency: 1,
      kind: 'analysis',
      tags: ['a', 'b', 'c'],
      leadMedia: media[0],
      media: media.slice(1),
    }),
    await publishNew(newsroom, { tags: ['b'], media: media.slice(0, 2) }),
    await publishNew(newsroom, { access: 'subscribers', leadMedia: media[1] }),
  ]
  const [first, second, third] = all.map(article => article.id as string)
  all.push(await publishNew(newsroom, { language: 'bg', headline: 'Превод', story: first, tags: ['d'] }))
  const change = (id: string | undefined, move: string, body: object) =>
    request('POST', `${articles}/${id}/${move}`, { key, match: '*', body })
  await change(second, 'publish', { kind: 'correction', note: 'A "name" was wrong.' })
  await change(second, 'publish', { kind: 'update' })
  await change(second, 'publish', { kind: 'correction', note: 'И още.' })
  await change(third, 'hold', { reason: 'R' })
  await change(third, 'release', {})
  await request('POST', '/v1/editorial/tags/c/merge', { key, match: '*', body: { into: 'd' } })
  return { ...newsroom, ids: all.map(article => article.id) }
}

const pathsOf = (ids: readonly string[]) => [
  '/v1/articles',
  '/v1/articles?include=body,tags,media,section,translations',
  '/v1/articles?tag=d&limit=1',
  '/v1/today',
  ...ids.map(id => `/v1/articles/${id}`),
  ...ids.map(id => `/v1/articles/${id}?bodyFormat=text&include=tags`),
  ...ids.map(id => `/v1/articles/${id}/related?include=body`),
  ...articleFields.map(field => `/v1/articles?fields=${field}`),
  ...includes.map(include => `/v1/articles?fields=headline,version&include=${include}`),
  ...articleFields.map(field => `/v1/articles/${ids[0]}?fields=${field},id`),
]

t.test('what is kept of a publication is what its row, its tags and its media say', async t => {
  const newsroom = await openFull(t)
  const { db, request, ids } = newsroom
  const subscriber = await newsroom.makeKey(['articles:subscribers'])
  const read = async () =>
    Promise.all(
      pathsOf(ids).flatMap(url => [
        request('GET', url).then(reply => reply.body),
        request('GET', url, { key: subscriber }).then(reply => reply.body),
      ]),
    )
  const kept = await read()
  // As of an earlier build, which kept nothing, or something else.
  const forget = (columns: object) =>
    db.write({ by: 'command' }, async tx => {
      await tx.sql.update(tx.tables.publications).set(columns)
      tx.change('article', ids[0] as string, 'updated', 1)
    })
  await forget({ form: null, formVersion: null, tagIds: null, mediaIds: null })
  t.same(await read(), kept, 'from the rows')
  await forget({ form: Buffer.from('"id":"wrong"'), formVersion: 0 })
  t.same(await read(), kept, 'and where another build wrote the form')
})

t.test('what waits under embargo has its live translations', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const { id: live } = await publishNew(newsroom)
  const embargoedUntil = new Date(newsroom.clock.now + 3_600_000).toISOString()
  const { id } = await publishNew(newsroom, { story: live, language: 'bg' }, { embargoedUntil })
  const key = await newsroom.makeKey(['articles:embargoed'])
  const { body } = await newsroom.request('GET', `/v1/articles/${id}`, { key })
  t.same(
    body.translations.map((one: { id: string }) => one.id),
    [live],
  )
})

t.test('a form is known by its version', async t => {
  const row = {
    articleId: '0190a3c0-0000-7000-8000-000000000001',
    slug: 'a-slug',
    language: 'en',
    kind: 'story' as const,
    headline: 'Headline',
    shortHeadline: 'Short',
    summary: 'Summary',
    dateline: 'SOFIA',
    byline: 'By A. Reporter',
    signOff: '/EM/',
    urgency: 5,
    access: 'public' as const,
    storyId: '0190a3c0-0000-7000-8000-000000000001',
    source: 'Agency',
    usageTerms: 'Terms',
    leadMediaId: null,
    wordCount: 10,
    readingMinutes: 1,
    version: 2,
    publishedAt: 0,
    updatedAt: 1000,
    correctedAt: 1000,
  }
  const correction = {
    articleId: row.articleId,
    number: 2,
    kind: 'correction' as const,
    at: 1000,
    note: 'Note',
  }
  const text = writeForm(row, [correction]).toString()
  const print = hash('sha256', text, 'hex').slice(0, 16)
  t.equal(
    `${formVersion} ${print}`,
    '1 90a3b8e653786156',
    'what is written differs from what earlier builds kept: raise formVersion',
  )
})

t.test('every article that is written fits its schema', async t => {
  const newsroom = await openFull(t)
  const { app, request, ids, key } = newsroom
  const options = { customOptions: { removeAdditional: false, strict: false, allErrors: true } }
  const compile = AjvCompiler()(app.getSchemas() as never, options as never) as unknown as (route: {
    schema: object
  }) => { (body: unknown): boolean; errors?: unknown }
  const fits = {
    list: compile({ schema: { $ref: 'ArticleList#' } }),
    related: compile({ schema: { $ref: 'RelatedList#' } }),
    day: compile({ schema: { $ref: 'Day#' } }),
    article: compile({ schema: { $ref: 'Article#' } }),
  }
  const kindOf = (url: string) =>
    url.includes('/related')
      ? fits.related
      : url.startsWith('/v1/today')
        ? fits.day
        : /^\/v1\/articles\/|\/preview/.test(url)
          ? fits.article
          : fits.list
  for (const url of [...pathsOf(ids), ...ids.map(id => `${articles}/${id}/preview`)]) {
    const { status, body } = await request('GET', url, url.startsWith(articles) ? { key } : {})
    const check = kindOf(url)
    t.ok(status === 200 && check(body), `${url} ${status} ${JSON.stringify(check.errors)}`)
  }
  t.notOk(fits.article({ id: ids[0], editorialNote: 'x' }), 'which takes nothing else')
})

t.test('a field that is asked for by itself is as it is in the whole', async t => {
  const { request, ids } = await openFull(t)
  for (const id of ids) {
    const whole = (await request('GET', `/v1/articles/${id}`)).body
    for (const field of articleFields) {
      const { body } = await request('GET', `/v1/articles/${id}?fields=${field}`)
      // Where a body would stand, it is said why there is none.
      const shown = field === 'body' ? ['id', 'body', 'bodyWithheld'] : ['id', field]
      t.same(
        body,
        Object.fromEntries(shown.flatMap(name => (name in whole ? [[name, whole[name]]] : []))),
        field,
      )
    }
  }
})
