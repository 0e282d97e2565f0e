import t from 'tap'
import { listLiterals, listMade, listMakers, listSchemaPatterns, type Pattern } from './support/patterns.ts'

// The pure JavaScript build: no native program and no Java.
process.env.RECHECK_SYNC_BACKEND = 'pure'
const { checkSync } = await import('recheck')
// Patched before the service is loaded, so that every pattern it makes from text is seen.
const made = listMade()
const { makeArticle, makeTag, openNewsroom, publishNew } = await import('./support/newsroom.ts')
const { engine } = await import('./support/store.ts')
const { boundedRegExp, longestTried } = await import('../src/http/bounded-pattern.ts')
const { parseDate, parseInstant } = await import('../src/instant.ts')

const doublings = 3
const longest = 16_384
const shortest = longest / 2 ** doublings
/** Text that costs less was read in one pass: the quadratic patterns below take some 100 times as long. */
const quickMicroseconds = 10_000

/** Every character, and every pair, of the characters that a pattern names, and of one of each class. */
function unitsOf({ source }: Pattern): string[] {
  const named = source
    .replace(/\\[dDwWsSbBpP](\{\w+\})?|\\u\{?[0-9a-f]+\}?|\\x[0-9a-f]{2}|\{[\d,]*\}|\(\?<?[:=!]?|\\/gi, '')
    .replace(/[()[\]|*+?^$]/g, '')
  const letters = [...new Set([...named.slice(0, 6), 'a', '0', ' ', '\t'])]
  const pairs = letters.slice(0, 4).flatMap(a => letters.slice(0, 4).map(b => a + b))
  return [...new Set([...letters, ...pairs, '0T0'])]
}

/** Uses a pattern as the service may: finds every match. Returns microseconds of this thread's processor time. */
function costOf({ source, flags }: Pattern, text: string): number {
  const pattern = new RegExp(source, flags.includes('g') ? flags : `${flags}g`)
  const before = process.threadCpuUsage()
  // A match of nothing would be found again and again.
  while (pattern.test(text)) if (text.length - pattern.lastIndex < 2 || text === '') break
  return process.threadCpuUsage(before).user
}

const leastOf = (times: number, measure: () => number) => Math.min(...Array.from({ length: times }, measure))

/** Whether a doubling of the text triples the time. Processor time and minima keep the machine's load out of it. */
function growsTooFast(pattern: Pattern, unit: string, end: string): boolean {
  const text = (length: number) => unit.repeat(length / unit.length) + end
  const [short, long] = [text(shortest), text(longest)]
  if (costOf(pattern, long) < quickMicroseconds) return false
  const once = leastOf(5, () => costOf(pattern, short))
  const eightfold = leastOf(3, () => costOf(pattern, long))
  return eightfold >= quickMicroseconds && eightfold >= once * 3 ** doublings
}

/** A text of which twice the length costs three times the time; undefined where none was found. */
function hostileText(pattern: Pattern): string | undefined {
  return unitsOf(pattern).find(unit => growsTooFast(pattern, unit, '\0'))
}

/** The attack that recheck finds on a pattern. It takes ten seconds in all, so only one of the two engines' runs pays. */
function attackOn({ source, flags }: Pattern): string | undefined {
  const found = checkSync(source, flags, { timeout: 20_000 })
  if (found.status === 'safe') return undefined
  return found.status === 'vulnerable'
    ? `${found.complexity.type}: ${found.attack.pattern}`
    : found.error.kind
}

t.test('the two checks find a quadratic pattern', async t => {
  const quadratic = [
    String.raw`^[^ ]*\d[Tt]\d[^ ]* \d{2}:\d{2}$`,
    String.raw`[ \t\n]+$`,
    String.raw`<\/?(?:p|div)\b[^>]*>`,
    '^(a+)*$',
  ]
  for (const source of quadratic) {
    const pattern = { source, flags: '', place: 'here' }
    t.ok(attackOn(pattern), source)
    if (source !== '^(a+)*$') t.ok(hostileText(pattern), source)
  }
  t.ok(hostileText({ source: '<[^>]*>|<', flags: 'g', place: 'here' }), 'recheck does not see this one')
})

t.test('no regular expression of the service can be attacked', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  await publishNew(newsroom, { body: 'Text', bodyFormat: 'markdown' })
  const { paths } = (await newsroom.get('/openapi.json')).body as { paths: Record<string, object> }
  for (const path of Object.keys(paths))
    await newsroom.request('TRACE', path.replace(/\{\w+\}/g, 'x'), { headers: { 'if-none-match': '"a"' } })
  await newsroom.get('/v1/tags', { headers: { 'if-none-match': '"a"' } })

  const literals = await listLiterals()
  const schemas = listSchemaPatterns()
  t.ok(literals.length > 90, `${literals.length} literals`)
  t.ok(schemas.length > 5, `${schemas.length} patterns of schemas`)
  const makers = new Set(made.map(pattern => pattern.place))
  for (const file of await listMakers()) t.ok(makers.has(file), `${file} made one here`)

  const all = new Map<string, Pattern>()
  for (const pattern of [...literals, ...schemas, ...made]) {
    // The pattern of a route is one of a few forms.
    const source =
      pattern.place === 'src/http/methods.ts' ? pattern.source.replace(/[a-z-]+/g, 'a') : pattern.source
    all.set(`${source}/${pattern.flags}`, { ...pattern, source })
  }
  for (const pattern of all.values()) {
    if (engine === 'sqlite')
      t.equal(attackOn(pattern), undefined, `${pattern.place} /${pattern.source}/${pattern.flags}`)
    t.equal(hostileText(pattern), undefined, `${pattern.place} /${pattern.source}/${pattern.flags}`)
  }
})

t.test('a pattern of a schema is not tried on text that is too long', async t => {
  const hostile = `${'a'.repeat(longestTried)}!`
  t.equal(boundedRegExp('^(a+)+$', 'u').test(hostile), false)
  t.equal(boundedRegExp('^a+$', 'u').test('a'.repeat(longestTried)), true)
  t.equal(String(boundedRegExp('^a+$', 'u')), '/^a+$/u', 'each is known by its own text')
  // What JSON Schema counts as a character may be two units of UTF-16.
  for (const { source, maxLength } of listSchemaPatterns()) t.ok((maxLength ?? 0) * 2 <= longestTried, source)
  for (const parse of [parseInstant, parseDate])
    t.match(parse('0T'.repeat(100_000)), { rule: /at most \d+ char/ })
})

t.test('a field that is too long names the length, once, however hostile its text is', async t => {
  const newsroom = await openNewsroom(t)
  await makeTag(newsroom, 'world')
  const { id } = await makeArticle(newsroom)
  const { key } = newsroom
  const hostile = '0T0'.repeat(70_000)
  const path = '/v1/editorial'
  const cases: [string, string, object, string][] = [
    ['POST', `${path}/articles/${id}/schedule`, { publishAt: hostile }, '/publishAt'],
    ['POST', `${path}/articles/${id}/publish`, { publishedAt: hostile }, '/publishedAt'],
    ['POST', `${path}/articles/${id}/publish`, { embargoedUntil: hostile }, '/embargoedUntil'],
    ['POST', `${path}/articles/${id}/preview-links`, { expiresAt: hostile }, '/expiresAt'],
    ['POST', `${path}/keys`, { name: 'n', scopes: ['articles:read'], expiresAt: hostile }, '/expiresAt'],
    ['PATCH', `${path}/articles/${id}`, { slug: hostile }, '/slug'],
    ['PATCH', `${path}/articles/${id}`, { headline: ' '.repeat(210_000) }, '/headline'],
    ['PATCH', `${path}/articles/${id}`, { language: 'a-'.repeat(100_000) }, '/language'],
    ['PATCH', `${path}/articles/${id}`, { leadMedia: hostile }, '/leadMedia'],
  ]
  const one = (pointer: string) => [{ pointer, code: 'maxLength', detail: /characters/ }]
  for (const [method, url, body, pointer] of cases) {
    const reply = await newsroom.request(method, url, { key, match: '*', body })
    t.equal(reply.status, 400, pointer)
    t.equal(reply.body.errors?.length, 1, `${url} ${reply.text.slice(0, 300)}`)
    t.match(reply.body.errors, one(pointer), url)
  }
  const query = '0T0'.repeat(5000)
  for (const [url, pointer] of [
    [`/v1/articles?updatedSince=${query}`, '/updatedSince'],
    [`/v1/articles?publishedFrom=${query}`, '/publishedFrom'],
    [`/v1/today?asOf=${query}`, '/asOf'],
    [`/v1/days/${query}`, '/date'],
    [`/v1/articles/${query}`, '/idOrSlug'],
    [`/v1/articles?language=${query}`, '/language/0'],
  ] as const) {
    const { body } = await newsroom.get(url)
    t.equal(body.errors?.length, 1, JSON.stringify(body).slice(0, 300))
    t.match(body.errors, one(pointer))
  }
  const lost = await newsroom.get('/v1/articles?updatedSince=2024-07-12T05:21:00.5+03:00')
  t.match(lost.body.errors, [{ detail: /%2B/ }], 'a lost plus is still told')
})
