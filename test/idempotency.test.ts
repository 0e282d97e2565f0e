import { type AddressInfo, connect, createServer } from 'node:net'
import sharp from 'sharp'
import t from 'tap'
import { forgetAnswers } from '../src/features/desk/clock.ts'
import { type Json, makeArticle, makeForm, makeTag, openNewsroom, publishNew } from './support/newsroom.ts'
import { start } from './support/process.ts'
import { rowsOf } from './support/store.ts'

const articles = '/v1/editorial/articles'
const day = 24 * 60 * 60 * 1000
const draft = { headline: 'Once', language: 'en' }

t.test('a POST sent again under its key gets the same answer, and is done once', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const { key, clock } = newsroom
  const send = (url: string, body: object, name: string, more: { match?: string; as?: string } = {}) =>
    newsroom.request('POST', url, {
      key: more.as ?? key,
      body,
      headers: { 'idempotency-key': name },
      ...(more.match ? { match: more.match } : {}),
    })
  const first = await send(articles, draft, 'a')
  const again = await send(articles, draft, 'a')
  t.equal(first.status, 201)
  t.same([again.status, again.text], [201, first.text])
  for (const name of ['etag', 'location', 'content-type'])
    t.equal(again.headers[name], first.headers[name], name)
  const count = async () => (await newsroom.get(articles, { key })).body.data.length
  t.equal(await count(), 1)

  const other = await send(articles, { ...draft, headline: 'Twice' }, 'a')
  t.match(other.body, {
    status: 422,
    code: 'idempotency-key-reused',
    errors: [{ in: 'header', pointer: '/idempotency-key' }],
  })
  t.equal((await send('/v1/editorial/tags', { kind: 'topic', names: { en: 'A' } }, 'a')).status, 422)
  const others = await newsroom.makeKey(['articles:write'])
  t.equal((await send(articles, draft, 'a', { as: others })).status, 201, "another key's names are its own")
  t.equal(await count(), 2)

  const { id } = await makeArticle(newsroom)
  const publish = () => send(`${articles}/${id}/publish`, {}, 'b', { match: '"1"' })
  const published = await publish()
  t.equal(published.status, 200)
  t.equal((await publish()).text, published.text, 'though its revision is another by now')
  t.equal((await newsroom.get(`/v1/articles/${id}/versions`)).body.data.length, 1)
  const bad = await send(articles, { headline: 'H' }, 'c')
  t.equal(bad.status, 400)
  t.equal((await send(articles, draft, 'c')).status, 201, 'what was refused is not kept')
  for (const name of ['', 'x'.repeat(256), 'é', ['one', 'two']]) {
    const { status, body } = await send(articles, draft, name as string)
    t.match([status, body.errors?.[0].pointer], [400, '/idempotency-key'], String(name))
  }

  clock.now += day - 1
  t.equal((await send(articles, draft, 'a')).text, first.text, 'for a day')
  clock.now += 1
  t.not((await send(articles, draft, 'a')).text, first.text, 'and no longer')
  const kept = async () => (await rowsOf(newsroom.folder, 'SELECT * FROM idempotent_answers')).length
  const before = await kept()
  clock.now += day
  await forgetAnswers(newsroom.db, clock.now)
  t.ok(before > 0)
  t.equal(await kept(), 0)
})

t.test('an upload sent again leaves one picture and its files', async t => {
  const newsroom = await openNewsroom(t)
  const { key } = newsroom
  const paint = (background: string) =>
    sharp({ create: { width: 32, height: 24, channels: 3, background } })
      .jpeg()
      .toBuffer()
  const teal = await paint('teal')
  const send = (picture: Buffer, words = {}) => {
    const form = makeForm(picture, words)
    const headers = { ...form.headers, 'idempotency-key': 'u' }
    return newsroom.request('POST', '/v1/editorial/media', { key, body: form.body, headers })
  }
  const first = await send(teal, { caption: 'C' })
  t.equal(first.status, 201)
  t.equal((await send(teal, { caption: 'C' })).text, first.text)
  t.equal((await send(teal, { caption: 'D' })).status, 422)
  t.equal((await send(await paint('red'), { caption: 'C' })).status, 422)
  t.equal((await newsroom.get('/v1/editorial/media', { key })).body.data.length, 1)
  const files = new Set<string>()
  for await (const path of newsroom.files.list()) files.add(path.split('/')[1] as string)
  t.same([...files], [first.body.id], 'no file of the others stays')
})

t.test('where the answer has a secret no key is taken, since the secret is kept nowhere', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const { key } = newsroom
  const headers = { 'idempotency-key': 'k' }
  const { id } = await publishNew(newsroom)
  const body = { name: 'Partner', scopes: ['articles:subscribers'] }
  for (const [url, sent] of [
    ['/v1/editorial/keys', body],
    [`${articles}/${id}/preview-links`, {}],
  ] as const) {
    const reply = await newsroom.request('POST', url, { key, headers, body: sent })
    t.match(reply.body, { status: 400, errors: [{ pointer: '/idempotency-key', code: 'not-taken' }] }, url)
  }
})

t.test('of fifty at once under one key one article is made', async t => {
  const newsroom = await openNewsroom(t)
  const { key } = newsroom
  const send = () =>
    newsroom.request('POST', articles, { key, body: draft, headers: { 'idempotency-key': 'fifty' } })
  const replies = await Promise.all(Array.from({ length: 50 }, send))
  const made = replies.filter(reply => reply.status === 201)
  const told = replies.filter(reply => reply.body.code === 'idempotency-in-flight')
  t.ok(made.length >= 1)
  t.equal(made.length + told.length, 50, 'the answer, or that the first is at work')
  t.ok(told.every(reply => reply.status === 409 && reply.headers['retry-after'] === '1'))
  t.equal((await newsroom.get(articles, { key })).body.data.length, 1)
  t.equal((await send()).text, made[0]?.text, 'afterwards it is the answer')
})

t.test(
  'killed between the commit and the answer, then sent again: still one, and so from many processes',
  { timeout: 120_000 },
  async t => {
    const folder = t.testdir()
    let key = ''
    await t.test('a newsroom to write into', async t => {
      key = (await openNewsroom(t, { folder })).key
      t.ok(key)
    })
    const send = async (address: string, name: string): Promise<Json> => {
      const reply = await fetch(`${address}${articles}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          'idempotency-key': name,
        },
        body: JSON.stringify({ ...draft, headline: name }),
      })
      return { status: reply.status, body: await reply.json() }
    }
    const madeOf = async (name: string) =>
      (await rowsOf<{ id: string }>(folder, `SELECT id FROM articles WHERE headline = '${name}'`)).map(
        row => row.id,
      )
    const { child, address, ended } = await start(t, folder)
    // What the service says first it says once it has committed: that never reaches who asked.
    const { hostname, port } = new URL(address)
    const relay = createServer(client => {
      const service = connect(Number(port), hostname)
      client.pipe(service)
      client.on('error', () => undefined)
      service.on('error', () => undefined)
      service.once('data', () => {
        child.kill('SIGKILL')
        client.destroy()
      })
    })
    await new Promise<void>(listening => relay.listen(0, '127.0.0.1', listening))
    t.teardown(() => relay.close())
    const relayed = `http://127.0.0.1:${(relay.address() as AddressInfo).port}`
    await t.rejects(send(relayed, 'lost'), 'no answer came')
    await ended
    const [first] = await madeOf('lost')
    t.ok(first, 'though it was done')
    const after = await start(t, folder)
    const again = await send(after.address, 'lost')
    t.match(again, { status: 201, body: { id: first } })
    t.same(await madeOf('lost'), [first])

    const [one, two] = [after, await start(t, folder)]
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, i) => send((i % 2 ? one : two).address, 'across')),
    )
    const ids = new Set(replies.filter(reply => reply.status === 201).map(reply => reply.body.id))
    t.equal(ids.size, 1)
    t.same(await madeOf('across'), [...ids])
  },
)
