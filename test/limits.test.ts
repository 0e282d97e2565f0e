import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { callerAt } from '../src/http/caller.ts'
import { scopes } from '../src/words.ts'
import { ask } from './support/ask.ts'
import { makeArticle, makeTag, openNewsroom, publishNew } from './support/newsroom.ts'

t.test('one caller is one, however its address is written', async t => {
  const alike = [
    ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:192.0.2.1', '::ffff:c000:201', '0:0:0:0:0:ffff:192.0.2.1'],
    [
      '2001:db8:1:2::1',
      '2001:DB8:1:2::1',
      '2001:0db8:0001:0002:0:0:0:1',
      '2001:db8:1:2:ffff::',
      '2001:db8:1:2::1%eth0',
    ],
    ['fe80::1', 'fe80::1%eth0', 'FE80:0::2', 'fe80::1:2:3:4'],
    ['::1', '0:0:0:0:0:0:0:1', '::'],
    ['2001:db8::', '2001:db8::1.2.3.4', '2001:db8:0:0:1::'],
  ]
  const names = alike.map(group => new Set(group.map(callerAt)))
  for (const [i, name] of names.entries()) t.equal(name.size, 1, `${alike[i]}: ${[...name]}`)
  t.equal(new Set(names.flatMap(name => [...name])).size, alike.length, 'and no two of them')
  for (const [a, b] of [
    ['192.0.2.1', '192.0.2.2'],
    ['2001:db8:1:2::1', '2001:db8:1:3::1'],
    ['::ffff:192.0.2.1', '::fffe:192.0.2.1'],
  ] as const)
    t.not(callerAt(a), callerAt(b))
})

t.test('a caller behind a proxy is counted by its address, or else by the proxy', async t => {
  const newsroom = await openNewsroom(t, {
    settings: { RATE_LIMIT: '2', TRUST_PROXY: '127.0.0.1,10.0.0.0/8' },
  })
  const base = await newsroom.app.listen({ port: 0, host: '127.0.0.1' })
  const statusesOf = async (...forwarded: string[]) => {
    newsroom.clock.now += 120_000
    const statuses: number[] = []
    for (const header of forwarded)
      statuses.push((await ask(base, '/v1/tags', { headers: { 'x-forwarded-for': header } })).status)
    return statuses.join()
  }
  const limited = '200,200,429'
  // The first of each address comes to the routes, the next are answered in front of them.
  t.equal(await statusesOf('2001:db8::1', '2001:db8::2', '2001:DB8:0:0:9::3'), limited, 'of one /64')
  t.equal(
    await statusesOf('192.0.2.7', '::ffff:192.0.2.7', '::FFFF:c000:207'),
    limited,
    'of one IPv4 address',
  )
  t.equal(await statusesOf('192.0.2.7', '192.0.2.8', '2001:db8::1'), '200,200,200', 'of three')
  t.equal(
    await statusesOf('nobody', 'me', '1.2.3', '"><x', '192.0.2.1:80').then(all => all.slice(0, 11)),
    limited,
  )
  t.equal(await statusesOf('a, 10.0.0.1', 'b, 10.0.0.1', 'c, 10.0.0.1'), limited, 'of the nearest proxy')
  t.equal(await statusesOf('a, 10.0.0.1', 'a, 10.0.0.2', 'a'), '200,200,200', 'of three proxies')
})

t.test('a key gives no scope that it lacks, and makes no link to what it may not read', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const { id } = await makeArticle(newsroom)
  const path = '/v1/editorial'
  const admin = await newsroom.makeKey(['keys:admin', 'articles:read'])
  for (const scope of scopes) {
    const body = { name: 'n', scopes: ['keys:admin', scope].filter((one, i, all) => all.indexOf(one) === i) }
    const reply = await newsroom.request('POST', `${path}/keys`, { key: admin, body })
    const may = ['keys:admin', 'articles:read'].includes(scope)
    t.equal(reply.status, may ? 201 : 403, scope)
    if (!may) t.match(reply.body, { code: 'scope-missing', scope, detail: new RegExp(scope) })
  }
  const { data } = (await newsroom.get(`${path}/keys`, { key: admin })).body
  t.equal(data.length, 4, 'the two of the test, and two that were made')
  const strong = data.find((key: { scopes: string[] }) => key.scopes.length === scopes.length)
  const weak = await newsroom.makeKey(['keys:admin'])
  for (const [having, status, scope] of [
    [['articles:write'], 403, 'articles:read'],
    [['articles:read'], 403, 'articles:write'],
    [['articles:read', 'articles:write'], 201, undefined],
  ] as const) {
    const key = await newsroom.makeKey(having)
    const reply = await newsroom.request('POST', `${path}/articles/${id}/preview-links`, { key, body: {} })
    t.equal(reply.status, status, having.join())
    if (scope) t.match(reply.body, { code: 'scope-missing', scope })
  }
  t.equal(
    (await newsroom.request('DELETE', `${path}/keys/${strong.id}`, { key: weak })).status,
    200,
    'any may be revoked',
  )
})

t.test('what a shared cache may keep says nothing of one request; everything else does', async t => {
  const newsroom = await openNewsroom(t, { settings: { RATE_LIMIT: '10000' } })
  await makeTag(newsroom, 'world')
  const { key } = newsroom
  const live = await publishNew(newsroom, { slug: 'old-name' })
  const change = { key, match: '*' }
  await newsroom.request('PATCH', `/v1/editorial/articles/${live.id}`, {
    ...change,
    body: { slug: 'new-name' },
  })
  const url = `/v1/editorial/articles/${live.id}/publish`
  await newsroom.request('POST', url, { ...change, body: { kind: 'update' } })
  const gone = await publishNew(newsroom)
  const body = { notice: 'N', reason: 'R' }
  await newsroom.request('POST', `/v1/editorial/articles/${gone.id}/withdraw`, { ...change, body })
  const base = await newsroom.app.listen({ port: 0, host: '127.0.0.1' })
  const { etag } = (await newsroom.get('/v1/articles')).headers
  const cases: [string, Record<string, string>, number, boolean, string?][] = [
    ['/v1/articles', {}, 200, true],
    ['/v1/articles', {}, 200, true, 'in front of the routes'],
    ['/v1/articles', { 'if-none-match': String(etag) }, 304, true],
    [`/v1/articles/${live.id}`, {}, 200, true],
    ['/v1/articles/old-name', {}, 301, true],
    ['/v1/articles/nothing', {}, 404, true],
    [`/v1/articles/${gone.id}`, {}, 410, true],
    ['/nowhere', {}, 404, true],
    ['/v1/today', {}, 200, true],
    ['/v1/changes', {}, 200, true],
    ['/', {}, 200, true],
    ['/openapi.json', {}, 200, true],
    ['/docs/json', {}, 200, true],
    ['/docs/yaml', {}, 200, true],
    ['/docs/static/swagger-ui.css', {}, 200, true],
    ['/problems/not-found', {}, 200, true],
    ['/v1/articles', { 'x-api-key': key }, 200, false],
    ['/v1/articles/nothing', { 'x-api-key': key }, 404, false],
    [`/v1/articles/${gone.id}`, { 'x-api-key': key }, 410, false],
    ['/v1/articles?no=1', {}, 400, false],
    ['/v1/articles', { 'x-api-key': 'unknown' }, 401, false],
    ['/v1/articles', { accept: 'text/csv' }, 406, false],
    ['/v1/editorial/articles', { 'x-api-key': key }, 200, false],
    ['/v1/editorial/nowhere', {}, 404, false],
    [`/v1/previews/${live.id}?token=${'a'.repeat(43)}`, {}, 404, false],
  ]
  for (const [path, headers, status, isShared, more = ''] of cases) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await ask(base, path, { method, headers: { ...headers, 'x-request-id': 'mine' } })
      const what = `${method} ${path} ${status} ${more}`
      t.equal(answer.status, status, what)
      for (const name of ['x-request-id', 'ratelimit'])
        t.equal(answer.headers[name] === undefined, isShared, `${what}: ${name}`)
      if (isShared) t.equal(answer.headers['server-timing'], undefined, what)
      else t.equal(answer.headers['x-request-id'], 'mine', what)
      t.equal(answer.headers['ratelimit-policy'], '"default";q=10000;w=60', 'the same for all')
      if (status >= 400 && method === 'GET')
        t.equal(JSON.parse(answer.bytes.toString()).requestId, isShared ? undefined : 'mine', what)
    }
  }
  const health = await ask(base, '/health/live', { headers: { 'x-request-id': 'mine' } })
  t.equal(health.headers['x-request-id'], 'mine')
})

t.test('the OpenAPI document is written once, and known by its ETag', async t => {
  const newsroom = await openNewsroom(t)
  for (const path of ['/openapi.json', '/docs/json', '/docs/yaml']) {
    const first = await newsroom.get(path)
    t.equal(first.status, 200)
    const again = await newsroom.get(path)
    t.equal(again.text, first.text)
    t.ok(first.headers.etag)
    const known = await newsroom.get(path, { headers: { 'if-none-match': String(first.headers.etag) } })
    t.same([known.status, known.bytes.length, known.headers.etag], [304, 0, first.headers.etag])
    for (const coding of ['br', 'gzip', 'zstd'])
      t.equal(
        (await newsroom.get(path, { headers: { 'accept-encoding': coding } })).headers['content-encoding'],
        coding,
      )
  }
  const written = newsroom.app.swagger
  newsroom.app.swagger = (() => t.fail('it is written anew')) as never
  for (const path of ['/openapi.json', '/docs/json', '/docs/yaml'])
    for (const method of ['GET', 'HEAD']) {
      const reply = await newsroom.request(method, path)
      t.equal(reply.status, 200, `${method} ${path}`)
      t.ok(reply.headers.etag, `${method} ${path}`)
    }
  newsroom.app.swagger = written
})

t.test('the containers of compose.yaml may do no more than they need', async t => {
  const { services } = parse(readFileSync(new URL('../compose.yaml', import.meta.url), 'utf8'))
  t.ok(services.dateline && services.primary && services.replica)
  for (const [name, service] of Object.entries<Record<string, unknown>>(services)) {
    t.same(service.cap_drop, ['ALL'], name)
    t.equal(service.read_only, true, name)
    t.match(service.mem_limit, /^\d+[mg]$/, name)
    t.same(service.security_opt, ['no-new-privileges:true'], name)
    const written = [service.tmpfs, service.volumes].flat().map(entry => String(entry))
    t.ok(
      written.some(entry => entry.startsWith('/tmp')),
      `${name} has a folder for temporary files`,
    )
    t.ok(
      written.some(entry => /:\/(data|var\/lib\/postgresql\/data)$/.test(entry)),
      `${name} keeps its data`,
    )
  }
  t.equal(services.dateline.cap_add, undefined)
})
