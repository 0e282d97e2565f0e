/**
 * The README's configurations, in the real servers. Without them, as on most machines, there is nothing to run;
 * TEST_CACHES=required is for machines that have to have them.
 */
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { Agent } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { ask } from './support/ask.ts'
import { makeTag, type Newsroom, openNewsroom, publishNew } from './support/newsroom.ts'
import { start } from './support/process.ts'

const find = (name: string) =>
  ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin']
    .map(folder => join(folder, name))
    .find(path => existsSync(path))
const [nginx, varnishd] = [find('nginx'), find('varnishd')]
const isMissing = !nginx || !varnishd
const skip = isMissing && process.env.TEST_CACHES !== 'required' ? 'nginx and Varnish were not found' : false

type Read = Awaited<ReturnType<typeof read>>

const agent = new Agent({ keepAlive: true })
t.teardown(() => agent.destroy())

/** Asks, and unpacks what is packed. */
async function read(base: string, path: string, headers: Record<string, string> = {}, method = 'GET') {
  const answer = await ask(base, path, { agent, headers, method })
  const isPacked = answer.headers['content-encoding'] === 'gzip'
  return { ...answer, text: (isPacked ? gunzipSync(answer.bytes) : answer.bytes).toString() }
}

const freePort = () =>
  new Promise<number>(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

/** The configuration of a language in the README, with ports and folders of the test's own. */
async function configOf(language: string, changes: Record<string, string>): Promise<string> {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  let text = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(readme)?.[1] ?? ''
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`the README's ${language} has no "${from}"`)
    text = text.replaceAll(from, to)
  }
  return text
}

function run(t: Test, program: string, args: string[]): void {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', chunk => {
    said += chunk
  })
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.once('exit', code => {
    if (code) t.comment(`${program} ended with ${code}: ${said}`)
  })
  t.teardown(async () => {
    child.kill('SIGTERM')
    await ended
  })
}

async function until(isSo: () => Promise<boolean>): Promise<boolean> {
  for (let i = 0; i < 200; i++) {
    if (await isSo().catch(() => false)) return true
    await delay(50)
  }
  return false
}

/** A served newsroom with an article for everyone and one for subscribers, and an editor beside it. */
async function openService(t: Test, folder: string, settings: Record<string, string>) {
  const editor: Newsroom = await openNewsroom(t, { folder })
  await makeTag(editor, 'world')
  const { id } = await publishNew(editor, { headline: 'Words 0', summary: 'word '.repeat(400) })
  const { id: withheld } = await publishNew(editor, { access: 'subscribers', body: '<p>Withheld.</p>' })
  const subscriber = await editor.makeKey(['articles:subscribers'])
  const served = await start(t, folder, 'serve', settings)
  return { ...served, ...editor, id, withheld, subscriber }
}
type Service = Awaited<ReturnType<typeof openService>>

async function publishWords({ request, key, id }: Service, headline: string): Promise<void> {
  await request('PATCH', `/v1/editorial/articles/${id}`, { key, match: '*', body: { headline } })
  const url = `/v1/editorial/articles/${id}/publish`
  const { status } = await request('POST', url, { key, match: '*', body: { kind: 'update' } })
  if (status !== 200) throw new Error(`the publish was answered with ${status}`)
}

/** What any shared cache has to keep to; `isHit` reads whether an answer came out of it. */
async function checkShared(
  t: Test,
  base: string,
  service: Service,
  isHit: (answer: Read) => boolean,
): Promise<void> {
  const { id, withheld, subscriber } = service
  const path = `/v1/articles/${id}`
  const first = await read(base, path)
  t.equal(first.status, 200)
  t.notOk(isHit(first))
  // What the service has purged at its start is purged once more three seconds later: perhaps between these two.
  let second = first
  const isSecondHit = async () => {
    second = await read(base, path)
    return isHit(second)
  }
  t.ok(await until(isSecondHit), 'what is asked for again is from the cache')
  t.equal(second.text, first.text)
  t.equal(second.headers.etag, first.headers.etag)
  const packed = await read(base, path, { 'accept-encoding': 'gzip' })
  t.equal(packed.headers['content-encoding'], 'gzip')
  t.equal(packed.text, first.text)
  t.equal((await read(base, path)).headers['content-encoding'], undefined, 'and plain to those who ask so')
  const known = await read(base, path, { 'if-none-match': String(first.headers.etag) })
  t.equal(known.status, 304)
  t.equal((await read(base, path, {}, 'HEAD')).headers.etag, first.headers.etag)

  const closed = `/v1/articles/${withheld}`
  const bodyFor = async (headers: Record<string, string>) =>
    JSON.parse((await read(base, closed, headers)).text).body
  for (let i = 0; i < 3; i++) {
    t.equal(await bodyFor({}), undefined, 'withheld from the public')
    t.equal(await bodyFor({ 'x-api-key': subscriber }), '<p>Withheld.</p>', 'not from subscribers')
    t.equal(await bodyFor({ authorization: `Bearer ${subscriber}` }), '<p>Withheld.</p>')
  }
  t.equal((await read(base, closed, { authorization: 'Bearer wrong' })).status, 401)
  t.equal((await read(base, closed)).status, 200, 'no refusal is kept for others')
  t.equal((await read(base, '/v1/editorial/articles')).status, 401)
  const key = { authorization: `Bearer ${service.key}` }
  t.equal((await read(base, '/v1/editorial/articles', key)).status, 200)
  t.equal((await read(base, '/v1/editorial/articles')).status, 401, 'what editors read is kept for nobody')
  t.equal((await read(base, '/v1/articles/nothing')).status, 404)
  for (const kept of [path, '/v1/articles/nothing-2', '/nowhere']) {
    for (const id of ['first-caller', 'second-caller', 'third-caller']) {
      const answer = await read(base, kept, { 'x-request-id': id })
      t.equal(answer.headers['x-request-id'], undefined, `${kept}: no id, of whomever`)
      t.notMatch(answer.text, /-caller|requestId/)
    }
  }
  const own = await read(base, '/v1/editorial/articles', { ...key, 'x-request-id': 'editor-1' })
  t.equal(own.headers['x-request-id'], 'editor-1', 'what nobody keeps has the id')
  t.equal((await read(base, `${path}?colour=red`)).status, 400)
}

t.test('Varnish gives what is live, and forgets what changed when it is told', { skip }, async t => {
  const folder = t.testdir({ varnish: {} })
  const [port, own] = [await freePort(), await freePort()]
  const vcl = await configOf('vcl', { '.port = "3000"': `.port = "${own}"` })
  await writeFile(join(folder, 'dateline.vcl'), vcl)
  const base = `http://127.0.0.1:${port}`
  const service = await openService(t, folder, {
    PORT: String(own),
    PUBLIC_URL: base,
    CDN_PURGE_URL: `${base}/.purge`,
    TRUST_PROXY: '127.0.0.1',
  })
  run(t, varnishd as string, [
    ...['-F', '-j', 'none', '-n', join(folder, 'varnish')],
    ...['-a', `127.0.0.1:${port}`, '-f', join(folder, 'dateline.vcl'), '-s', 'malloc,64m'],
  ])
  t.ok(await until(async () => (await read(base, '/health/ready')).status === 200))
  await delay(500)
  await checkShared(t, base, service, answer => Number(answer.headers['x-cache']) > 0)

  const path = `/v1/articles/${service.id}`
  for (let i = 1; i <= 3; i++) {
    await read(base, path)
    await read(base, '/v1/articles')
    await publishWords(service, `Words ${i}`)
    const isNew = async (of: string) => (await read(base, of)).text.includes(`"Words ${i}"`)
    t.ok(await until(() => isNew(path)), 'the article, long before its time is over')
    t.ok(await until(() => isNew('/v1/articles')), 'and the list')
  }
  const refused = await read(base, '/.purge', { 'surrogate-key': 'a) || (b' }, 'POST')
  t.equal(refused.status, 400)
})

t.test('nginx gives what is live, and asks again when its time is over', { skip }, async t => {
  const folder = t.testdir({ nginx: {} })
  const [port, own] = [await freePort(), await freePort()]
  const server = await configOf('nginx', {
    '/var/cache/nginx/dateline': join(folder, 'nginx', 'cache'),
    '127.0.0.1:3000': `127.0.0.1:${own}`,
    'listen 8080': `listen 127.0.0.1:${port}`,
  })
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    name => `${name}_temp_path ${join(folder, 'nginx', name)};`,
  )
  const config = [
    'daemon off;',
    'worker_processes 1;',
    `pid ${join(folder, 'nginx', 'pid')};`,
    'error_log stderr;',
    'events {}',
    `http { access_log off; ${places.join(' ')} ${server} }`,
  ]
  await writeFile(join(folder, 'nginx.conf'), config.join('\n'))
  mkdirSync(join(folder, 'nginx', 'cache'))
  // As root nginx serves as another user, which has to reach the folder.
  for (let at = join(folder, 'nginx', 'cache'); at.length > 1; at = join(at, '..'))
    try {
      chmodSync(at, 0o777)
    } catch {
      break
    }
  const base = `http://127.0.0.1:${port}`
  const service = await openService(t, folder, {
    PORT: String(own),
    PUBLIC_URL: base,
    TRUST_PROXY: '127.0.0.1',
    CACHE_SECONDS: '1,2,1,5',
  })
  execFileSync(nginx as string, ['-t', '-q', '-c', join(folder, 'nginx.conf')])
  run(t, nginx as string, ['-c', join(folder, 'nginx.conf')])
  t.ok(await until(async () => (await read(base, '/health/ready')).status === 200))
  await checkShared(t, base, service, answer => answer.headers['x-cache'] === 'HIT')

  const path = `/v1/articles/${service.id}`
  await read(base, path)
  await delay(4500)
  t.equal((await read(base, path)).headers['x-cache'], 'REVALIDATED', 'by its label, without the bytes')
  await publishWords(service, 'Words 1')
  const started = performance.now()
  t.ok(await until(async () => (await read(base, path)).text.includes('"Words 1"')))
  t.ok(performance.now() - started < 8000)
})
