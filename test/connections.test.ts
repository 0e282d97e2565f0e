import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { makeArticle, makeForm, makeTag, openNewsroom } from './support/newsroom.ts'
import { sendRaw } from './support/process.ts'

type Paths = Record<string, Record<string, { requestBody?: { content: object } }>>
const { paths } = JSON.parse(readFileSync(new URL('../openapi/openapi.json', import.meta.url), 'utf8')) as {
  paths: Paths
}
const id = '0190a3c0-0000-7000-8000-000000000001'
const longest = 4 * 1024 * 1024

/** Sends a head and nothing after it. Gives the status of the final answer, and whether the service asked for the body. */
function sendHead(
  address: string,
  lines: readonly string[],
): Promise<{ status: number; asked: boolean; text: string }> {
  const { hostname, port } = new URL(address)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    let text = ''
    const timer = setTimeout(() => {
      socket.destroy()
      resolve({ status: 0, asked: text.startsWith('HTTP/1.1 100'), text })
    }, 3000)
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      const status = /^(?:HTTP\/1\.1 100 Continue\r\n\r\n)?HTTP\/1\.1 (\d+)[\s\S]*?\r\n\r\n/.exec(text)?.[1]
      if (status === undefined) return
      clearTimeout(timer)
      socket.destroy()
      resolve({ status: Number(status), asked: text.startsWith('HTTP/1.1 100'), text })
    })
    socket.on('error', reject)
  })
}

/** Opens a connection that is read as it comes. */
function open(t: Test, address: string): { socket: Socket; read(pattern: RegExp): Promise<RegExpExecArray> } {
  const { hostname, port } = new URL(address)
  const socket = connect(Number(port), hostname)
  t.teardown(() => socket.destroy())
  let text = ''
  let look: () => void = () => undefined
  socket.on('data', chunk => {
    text += chunk.toString('latin1')
    look()
  })
  socket.on('error', () => look())
  return {
    socket,
    read: pattern =>
      new Promise(resolve => {
        look = () => {
          const found = pattern.exec(text)
          if (!found) return
          text = text.slice(found.index + found[0].length)
          resolve(found)
        }
        look()
      }),
  }
}

t.test('no body is read where none is wanted: the answer comes before the body', async t => {
  const newsroom = await openNewsroom(t)
  const address = await newsroom.app.listen({ port: 0 })
  const places = {
    ...paths,
    '/nope': {},
    '/v1/nope': {},
    '/v1/editorial/nope': {},
    '/': {},
    '/docs': {},
    '/problems': {},
  }
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY']
  const types = ['application/json', 'multipart/form-data; boundary=a', 'text/plain', 'application/x-nothing']
  const read: string[] = []
  for (const [path, operations] of Object.entries(places) as [string, Paths[string]][]) {
    const url = path.replace(/\{(\w+)\}/g, (_, name) => (name === 'date' ? '2024-07-12' : id))
    await Promise.all(
      methods.flatMap((method, i) =>
        [undefined, newsroom.key].map(async key => {
          const { status } = await sendHead(address, [
            `${method} ${url} HTTP/1.1`,
            'Host: x',
            `Content-Type: ${types[i % types.length]}`,
            `Content-Length: ${longest}`,
            ...(key ? [`Authorization: Bearer ${key}`, 'If-Match: *'] : []),
          ])
          const takes = operations[method.toLowerCase()]?.requestBody !== undefined
          if (!key || !takes) t.not(status, 0, `${method} ${path} ${key ? 'with' : 'without'} a key`)
          else if (status === 0) read.push(`${method} ${path}`)
          if (method === 'POST' && path === '/nope') t.equal(status, 404)
          if (method === 'OPTIONS') t.equal(status, path.includes('nope') ? 404 : 204, path)
        }),
      ),
    )
  }
  t.ok(read.length > 0, `with a key, these wait for the body: ${read.join(', ')}`)
})

t.test('what a route refuses of a body by its head alone, it refuses unread', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const { id } = await makeArticle(newsroom)
  const address = await newsroom.app.listen({ port: 0 })
  const articles = '/v1/editorial/articles'
  const cases: [string, string, string[], number][] = [
    ['POST', articles, ['Content-Type: text/plain', 'Content-Length: 5'], 415],
    ['POST', articles, ['Content-Length: 5'], 415],
    ['POST', articles, ['Content-Type: multipart/form-data; boundary=a', 'Content-Length: 5'], 415],
    ['POST', articles, ['Content-Type: application/json', `Content-Length: ${longest + 1}`], 413],
    ['POST', '/v1/editorial/media', ['Content-Type: application/json', 'Content-Length: 5'], 415],
    ['DELETE', `${articles}/${id}`, ['If-Match: *', 'Content-Length: 5'], 400],
    [
      'DELETE',
      `${articles}/${id}`,
      ['If-Match: *', 'Content-Type: application/json', 'Content-Length: 5'],
      400,
    ],
  ]
  for (const [method, url, lines, status] of cases) {
    const head = [`${method} ${url} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${newsroom.key}`, ...lines]
    for (const more of [[], ['Expect: 100-continue']]) {
      const reply = await sendHead(address, [...head, ...more])
      t.equal(reply.status, status, `${method} ${url} ${lines}`)
      t.notOk(reply.asked, 'and asks for no body')
    }
  }
  for (const [url, status] of [
    ['/nope', 404],
    [articles, 401],
    ['/v1/today', 405],
  ] as const) {
    const lines = ['Host: x', 'Content-Type: application/json', 'Content-Length: 9', 'Expect: 100-continue']
    const reply = await sendHead(address, [`POST ${url} HTTP/1.1`, ...lines])
    t.same([reply.status, reply.asked], [status, false], url)
    t.match(reply.text, /\r\nconnection: close\r\n/i, 'the next bytes could be the body, or not')
  }
  t.equal((await newsroom.get(`${articles}/${id}`, { key: newsroom.key })).status, 200)
})

t.test('a sender that waits to be asked is asked, and then its body is read', async t => {
  const newsroom = await openNewsroom(t)
  const address = await newsroom.app.listen({ port: 0 })
  const body = JSON.stringify({ slug: 'world', kind: 'section', names: { en: 'World' } })
  const { socket, read } = open(t, address)
  socket.write(
    `POST /v1/editorial/tags HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${newsroom.key}\r\n` +
      `Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`,
  )
  await read(/^HTTP\/1\.1 100 Continue\r\n\r\n/)
  socket.write(body)
  t.ok(await read(/^HTTP\/1\.1 201 /))
  const form = makeForm(Buffer.from('no picture'))
  const other = open(t, address)
  other.socket.write(
    `POST /v1/editorial/media HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${newsroom.key}\r\n` +
      `Content-Type: ${form.headers['content-type']}\r\nExpect: 100-Continue\r\nContent-Length: ${form.body.length}\r\n\r\n`,
  )
  await other.read(/^HTTP\/1\.1 100 Continue\r\n\r\n/)
  other.socket.write(form.body)
  const refused = await other.read(/^HTTP\/1\.1 (\d+) [\s\S]*?"code":"(.*?)"/)
  t.same([refused[1], refused[2]], ['400', 'picture-invalid'])
})

t.test('a connection goes on after a body that was not read, or ends', async t => {
  const newsroom = await openNewsroom(t)
  const address = await newsroom.app.listen({ port: 0 })
  const json = `{${'"a":1,'.repeat(100_000)}"b":1}`
  const heads = [
    'POST /nope',
    'OPTIONS /v1/today',
    'OPTIONS /v1/editorial/articles',
    'POST /v1/today',
    'GET /v1/today',
  ]
  for (const head of [...heads, 'PATCH /v1/editorial/articles/1']) {
    const next = 'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    const start = `${head} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`
    const sized = await sendRaw(address, `${start}Content-Length: ${json.length}\r\n\r\n${json}${next}`)
    t.equal(sized.split('HTTP/1.1 ').length, 3, `${head}: two answers`)
    t.match(
      sized,
      /HTTP\/1\.1 200 OK[\s\S]*\{"status":"ok"\}$/,
      `${head}: the second is of the second request`,
    )
    const size = json.length.toString(16)
    const chunked = `${start}Transfer-Encoding: chunked\r\n\r\n${size}\r\n${json}\r\n0\r\n\r\n${next}`
    const text = await sendRaw(address, chunked)
    t.equal(text.split('HTTP/1.1 ').length, 3, `${head}, in chunks: two answers`)
  }
  const tooLong = `Content-Length: ${64 * 1024 * 1024 + 1}`
  const long = await sendHead(address, ['POST /nope HTTP/1.1', 'Host: x', tooLong])
  t.match(long.text, /\r\nconnection: close\r\n/i)
  const endless = open(t, address)
  endless.socket.write('POST /nope HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
  const closed = new Promise(resolve => endless.socket.once('close', resolve))
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
  await endless.read(/^HTTP\/1\.1 404/)
  for (let i = 0; i < 2000 && !endless.socket.destroyed; i++)
    await new Promise(resolve => endless.socket.write(chunk, resolve))
  await closed
  t.pass('a body without an end ends its connection')
})

t.test('a photograph that is refused unread is answered, however it is sent', async t => {
  const newsroom = await openNewsroom(t)
  const address = await newsroom.app.listen({ host: '127.0.0.1', port: 0 })
  const url = `${address}/v1/editorial/media`
  const headers = { 'content-type': 'multipart/form-data; boundary=x' }
  for (const megabytes of [3, 8, 20, 50]) {
    const bytes = Buffer.alloc(megabytes * 1024 * 1024, 'x')
    for (let i = 0; i < 3; i++) {
      const sized = await fetch(url, { method: 'POST', headers, body: bytes })
      t.equal(sized.status, 401, `${megabytes} MB`)
      await sized.arrayBuffer()
      const body = new Blob([bytes]).stream()
      const chunked = await fetch(url, { method: 'POST', headers, body, duplex: 'half' } as RequestInit)
      t.equal(chunked.status, 401, `${megabytes} MB in chunks`)
      await chunked.arrayBuffer()
    }
  }
})

t.test('what was asked before broken bytes is still answered', async t => {
  const newsroom = await openNewsroom(t)
  const address = await newsroom.app.listen({ host: '127.0.0.1', port: 0 })
  for (const rest of ['NONSENSE\r\n\r\n', '\0\0\0', 'GET / HTTP/9.9\r\n\r\n']) {
    const text = await sendRaw(address, `GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n${rest}`)
    t.match(text, /^HTTP\/1\.1 200 OK/, JSON.stringify(rest))
  }
})

t.test('a route without a body takes an empty one in chunks, and no byte more', async t => {
  const newsroom = await openNewsroom(t)
  const address = await newsroom.app.listen({ host: '127.0.0.1', port: 0 })
  const key = await newsroom.makeKey(['keys:admin'])
  const id = '0190a3c0-0000-7000-8000-000000000001'
  for (const [type, chunks, status] of [
    ['', '0\r\n\r\n', 404],
    ['Content-Type: application/json\r\n', '0\r\n\r\n', 404],
    ['', '2\r\n{}\r\n0\r\n\r\n', 400],
    ['Content-Type: application/json\r\n', '2\r\n{}\r\n0\r\n\r\n', 400],
    ['Content-Type: text/csv\r\n', '1\r\na\r\n0\r\n\r\n', 400],
  ] as const) {
    const head = `DELETE /v1/editorial/keys/${id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nConnection: close\r\n`
    const text = await sendRaw(address, `${head}${type}Transfer-Encoding: chunked\r\n\r\n${chunks}`)
    t.equal(Number(text.slice(9, 12)), status, JSON.stringify([type, chunks]))
    if (status === 400) t.match(text, /is not taken here/)
  }
})

t.test('a body is refused at its 2,001st value, whatever comes after it', async t => {
  const newsroom = await openNewsroom(t)
  const post = (body: string) =>
    newsroom.request('POST', '/v1/editorial/tags', {
      key: newsroom.key,
      body,
      headers: { 'content-type': 'application/json' },
    })
  const names = (count: number) => Array.from({ length: count }, (_, i) => `"k${i}":1`).join()
  // A scan to the end would find the name that repeats, or the broken end, and say so.
  for (const body of [
    `{${names(2000)},"k0":1}`,
    `{${names(2000)},!`,
    `[${'1,'.repeat(2000)}`,
    `[${'[],'.repeat(2000)}`,
  ]) {
    const reply = await post(body)
    t.match(reply.body.errors, [{ pointer: '/', code: 'too-many' }], body.slice(-20))
  }
  t.match((await post(`{${names(1999)},"k0":1}`)).body.errors, [{ pointer: '/k0', code: 'repeated' }])
  t.not(
    (await post(`{${names(1999)}}`)).body.errors?.[0]?.code,
    'too-many',
    '2,000 values with the object itself',
  )
  for (const broken of [`${'x '.repeat(1_500_000)}`, '[1,,', '// comment\n{}', '{"a":1}}', '{'])
    t.equal((await post(broken)).body.code, 'malformed-request', broken.slice(0, 20))
})

t.test('a Host, a chunk or an expectation that is broken gets a problem', async t => {
  const newsroom = await openNewsroom(t)
  const address = await newsroom.app.listen({ port: 0 })
  await newsroom.get('/v1/tags')
  await sendRaw(address, 'GET /v1/tags HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const get = (...lines: string[]) =>
    ['GET /v1/tags HTTP/1.1', ...lines, 'Connection: close', '', ''].join('\r\n')
  const post = (...lines: string[]) => ['POST /v1/editorial/tags HTTP/1.1', 'Host: x', ...lines].join('\r\n')
  const json = 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
  const key = `Authorization: Bearer ${newsroom.key}`
  const cases: [string, string, number, string][] = [
    ['no Host', get(), 400, 'malformed-request'],
    ['two of them', get('Host: a', 'Host: a'), 400, 'malformed-request'],
    ['two of them, spelled apart', get('Host: a', 'X: y', 'hOST: b'), 400, 'malformed-request'],
    ['a space in it', get('Host: a b'), 400, 'malformed-request'],
    ['a path in it', get('Host: a/b'), 400, 'malformed-request'],
    ['a user in it', get('Host: me@a'), 400, 'malformed-request'],
    ['a port that is none', get('Host: a:http'), 400, 'malformed-request'],
    ['half an address', get('Host: [::1'), 400, 'malformed-request'],
    ['an unknown expectation', get('Host: x', 'Expect: miracles'), 417, 'expectation-failed'],
    ['of a POST', `${post(key, 'Expect: 200-ok', json)}`, 417, 'expectation-failed'],
    ['a chunk of no size', post(key, `${json}zz\r\n`), 400, 'malformed-request'],
    ['a chunk that is too long', post(key, `${json}2\r\n{}}}}\r\n`), 400, 'malformed-request'],
    ['a chunk after a good one', post(key, `${json}2\r\n{"\r\nno\r\n`), 400, 'malformed-request'],
    ['two lengths', post(key, 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}'), 400, 'malformed-request'],
    ['a length and chunks', post(key, `Content-Length: 2\r\n${json}0\r\n\r\n`), 400, 'malformed-request'],
  ]
  for (const [name, bytes, status, code] of cases) {
    const text = await sendRaw(address, bytes)
    const isProblem = new RegExp(
      `^HTTP/1\\.1 ${status} [\\s\\S]*application/problem\\+json[\\s\\S]*"code":"${code}"`,
    )
    t.match(text, isProblem, name)
    t.equal(text.split('HTTP/1.1 ').length, 2, `${name}: one answer`)
  }
  for (const host of ['x', 'x:80', '127.0.0.1:3000', '[::1]:80', 'xn--e1afmkfd.example', 'a_b', ''])
    t.match(await sendRaw(address, get(`Host: ${host}`)), /^HTTP\/1\.1 200 /, `Host: ${host}`)
  t.match(await sendRaw(address, 'GET /v1/tags HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /, 'HTTP/1.0 needs none')
  const after = await sendRaw(
    address,
    'POST /nope HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  )
  t.ok(after.split('HTTP/1.1 ').length <= 2, 'a chunk that breaks after the answer gets no second one')
})

t.test('connections that only wait are closed, so that others are served', async t => {
  const few = 80
  const script = new URL('./support/serve-few.ts', import.meta.url).pathname
  const child = spawn(
    'sh',
    ['-c', `ulimit -n ${few + 40} && exec "$0" "$@"`, process.execPath, script, t.testdir()],
    {
      env: { ...process.env, TEST_DATABASE_URL: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  t.teardown(() => child.kill('SIGKILL'))
  const address = await new Promise<string>(resolve =>
    child.stdout.once('data', data => resolve(String(data).trim())),
  )
  const { hostname, port } = new URL(address)
  const starts = [
    '',
    'GET / HTTP/1.1\r\nHost: x\r\n',
    'POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n',
  ]
  const isServed = async () =>
    (await sendHead(address, ['GET /health/live HTTP/1.1', 'Host: x']).catch(() => ({ status: 0 })))
      .status === 200
  for (const start of starts) {
    const held = Array.from({ length: 3 * few }, () => {
      // Half-open: this side never closes, and never reads.
      const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
      socket.on('error', () => undefined)
      socket.write(start)
      return socket
    })
    let tries = 0
    for (; tries < 12 && !(await isServed()); tries++) await delay(250)
    t.ok(tries < 12, `the service answers again while ${3 * few} hold on after "${start.slice(0, 8)}"`)
    for (const socket of held) socket.destroy()
  }
})
