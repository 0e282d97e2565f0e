import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { readNinjs } from '../src/features/imports/ninjs.ts'
import { ItemError } from '../src/features/imports/ninjs-fields.ts'
import { measure, readItems, type SourceOptions } from '../src/features/imports/sources.ts'

const uri = 'urn:newsml:agency.example:20240712:ferry'

/** The rule a refused item breaks. */
function ruleOf(item: unknown): string {
  try {
    readNinjs(item)
  } catch (error) {
    if (error instanceof ItemError) return error.rule
    throw error
  }
  return 'accepted'
}

async function gather(paths: string[], options?: SourceOptions): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = []
  for await (const record of readItems(paths, options)) found.push(record)
  return found
}

const first = {
  uri,
  type: 'composite',
  version: 3,
  versioncreated: '2024-07-12T05:21:00+03:00',
  firstcreated: '2024-07-11T22:00:00.5Z',
  embargoed: '2024-07-13T00:00:00+0000',
  pubstatus: 'usable',
  urgency: '4',
  language: 'en_gb',
  headline: 'Ferry &amp; tug collide off Burgas',
  headline_short: 'Ferries collide',
  headline_seo_text: 'ferry burgas',
  slugline: 'ferry-burgas',
  byline: "Ivana d'Este",
  located: 'Burgas, Bulgaria',
  infosource: [{ name: 'Harbour Wire' }],
  copyrightholder: 'Harbour Wire Ltd',
  copyrightnotice: '',
  usageterms: 'No archives',
  ednote: 'Second take',
  description_summary: 'Two ferries met.',
  body_sections: [{ not: 'a body' }],
  body_text: 'Two ferries met.',
  body_xhtml: '<html><head><title>no</title></head><body><p>Two ferries met.</p></body></html>',
  genre: null,
  subject: [
    {
      name: 'maritime accident',
      scheme: 'http://cv.iptc.org/newscodes/mediatopic/',
      code: '20000139',
      rel: 'about',
    },
    { name: 'Teknologi', code: '13010000' },
  ],
  person: [{ name: 'Boris Petkov', scheme: 'http://www.wikidata.org/entity/', code: 'Q42' }],
  organisation: { name: 'Port Authority' },
  place: [{ name: 'Burgas', rel: 'mentions' }],
  associations: {
    logo: { uri: 'urn:logo', type: 'graphic' },
    gallery: {
      uri: 'urn:gallery',
      type: 'composite',
      associations: {
        one: { uri: 'urn:one', type: 'picture', description_xhtml: '<p>Hull,</ br> <b>torn</b></p>' },
      },
    },
    story: { uri: 'urn:story', type: 'text', associations: { alien: { uri: 'urn:alien', type: 'picture' } } },
    mainpic: {
      type: 'picture',
      byline: 'Mila Stone',
      description_text: 'not this',
      description_caption: ' The bow.  (AP Photo/Mila Stone) ',
      description_creditline: 'AP Photo/Mila Stone',
      renditions: {
        main: { href: 'bow.jpg', mimetype: 'image/jpg', width: '640', height: 480, sizeinbytes: 9 },
      },
    },
    gone: null,
  },
}

t.test('a 1.x item keeps its headline, byline, body, dateline, times and rights', async t => {
  t.match(readNinjs(first), {
    uri,
    kind: 'text',
    version: '3',
    status: 'usable',
    language: 'en-GB',
    headline: 'Ferry &amp; tug collide off Burgas',
    shortHeadline: 'Ferries collide',
    slugline: 'ferry-burgas',
    summary: 'Two ferries met.',
    body: { format: 'html', value: '<p>Two ferries met.</p>' },
    byline: "Ivana d'Este",
    dateline: 'Burgas, Bulgaria',
    urgency: 4,
    source: 'Harbour Wire',
    usageTerms: 'No archives',
    editorialNote: 'Second take',
    firstCreated: Date.UTC(2024, 6, 11, 22, 0, 0, 500),
    versionCreated: Date.UTC(2024, 6, 12, 2, 21),
    embargoedUntil: Date.UTC(2024, 6, 13),
  })
  t.notOk('copyrightNotice' in readNinjs(first), 'a blank string is an absent one')
})

t.test(
  'a 1.x item gives its tags with Media Topic and Wikidata codes, and no code from a bare number',
  async t => {
    t.same(readNinjs(first).tags, [
      {
        kind: 'topic',
        name: 'maritime accident',
        mediaTopic: 'medtop:20000139',
        uri: 'http://cv.iptc.org/newscodes/mediatopic/20000139',
        code: '20000139',
      },
      { kind: 'topic', name: 'Teknologi', code: '13010000' },
      { kind: 'place', name: 'Burgas' },
      {
        kind: 'person',
        name: 'Boris Petkov',
        wikidata: 'Q42',
        uri: 'http://www.wikidata.org/entity/Q42',
        code: 'Q42',
      },
      { kind: 'organisation', name: 'Port Authority' },
    ])
  },
)

t.test(
  'media lead with the main picture, open galleries, leave other articles shut and put logos last',
  async t => {
    const { media } = readNinjs(first)
    t.same(
      media.map(({ name }) => name),
      ['mainpic', 'one', 'logo'],
    )
    t.same(media[0], {
      uri: `${uri}#mainpic`,
      name: 'mainpic',
      kind: 'picture',
      // Those of the item: the association says none.
      version: '3',
      versionCreated: Date.UTC(2024, 6, 12, 2, 21),
      status: 'usable',
      caption: ' The bow.  (AP Photo/Mila Stone) ',
      credit: 'AP Photo/Mila Stone',
      photographer: 'Mila Stone',
      renditions: [
        { name: 'main', href: 'bow.jpg', contentType: 'image/jpg', width: 640, height: 480, sizeInBytes: 9 },
      ],
    })
    t.equal(media[1]?.caption, 'Hull, torn', 'a caption there only as XHTML gives its text')
  },
)

t.test('a 2.x item without a type is read from its lists', async t => {
  const item = readNinjs({
    uri,
    versioncreated: '2024-07-12T05:21:00Z',
    by: 'Von Karl Muster, xyz',
    headlines: [
      { role: 'short', value: 'Kurz' },
      { role: 'main', value: 'Fähre gerammt' },
    ],
    descriptions: [{ role: 'text', value: 'Anriss' }],
    bodies: [
      { role: 'nitf', contenttype: 'application/xml', value: '<nitf/>' },
      { role: 'text', contenttype: 'text/plain', value: 'Klartext' },
      { role: 'xhtml', contenttype: 'text/html; charset=utf-8', value: '<p>Text</p>' },
    ],
    subjects: [
      { name: 'shipping', uri: 'medtop:20000150' },
      { name: 'Shipping', literal: 'x' },
      { uri: 'http://v.example/id/' },
    ],
    objects: [
      { name: 'img_1.jpg', rel: 'suppliedAs' },
      { name: 'MV Orion', rel: 'about' },
    ],
    associations: [
      {
        name: 'a001',
        uri: 'urn:a001',
        type: 'picture',
        by: 'Karl Melander/XY',
        descriptions: [{ value: 'Archivbild' }],
        renditions: [
          { name: 'r00', contenttype: 'image/jpeg', href: 'https://cdn.example/r00.jpg', width: 0 },
        ],
      },
    ],
  })
  t.match(item, {
    kind: 'text',
    version: '1',
    headline: 'Fähre gerammt',
    shortHeadline: 'Kurz',
    summary: 'Anriss',
    body: { format: 'html', value: '<p>Text</p>' },
    byline: 'Von Karl Muster, xyz',
    media: [
      { name: 'a001', caption: 'Archivbild', credit: 'Karl Melander/XY', photographer: 'Karl Melander/XY' },
    ],
  })
  t.same(item.tags, [
    { kind: 'topic', name: 'shipping', mediaTopic: 'medtop:20000150', uri: 'medtop:20000150', code: 'x' },
    { kind: 'topic', name: 'MV Orion' },
  ])
  t.same(item.media[0]?.renditions, [
    { name: 'r00', href: 'https://cdn.example/r00.jpg', contentType: 'image/jpeg' },
  ])
})

t.test('a 2.x picture is media of its own, credited by its source when nothing else credits it', async t => {
  const item = readNinjs({
    uri,
    type: 'picture',
    descriptions: [
      { role: 'writer', value: 'desk@agency.example' },
      { role: 'caption', value: 'A man stands. ' },
      { role: 'alt', value: 'A man by a fence' },
    ],
    infosources: [{ name: 'DHA' }],
  })
  t.match(item, {
    kind: 'picture',
    self: {
      uri,
      name: 'self',
      caption: 'A man stands. ',
      credit: 'DHA',
      alt: 'A man by a fence',
      renditions: [],
    },
  })
  t.notOk('body' in item || 'summary' in item)
})

t.test('a 3.x item is read in camelCase', async t => {
  const item = readNinjs({
    uri,
    type: 'text',
    version: '2',
    firstCreated: '2024-07-12T02:21:00Z',
    versionCreated: '2024-07-12T03:00:00Z',
    pubStatus: 'withheld',
    embargoedUntil: '2024-08-01T00:00:00Z',
    expires: '2030-01-01T00:00:00Z',
    edNote: 'Corrects the name',
    usageTerms: 'Web only',
    copyrightHolder: 'Dateline',
    infoSources: [{ name: 'Own' }, { name: 'Coastguard' }],
    headlines: [{ value: 'Ferries collide' }],
    descriptions: [
      { role: 'summary', value: 'Short.' },
      { role: 'correction', value: 'An earlier text misnamed the ship.' },
    ],
    bodies: [{ role: 'main', contentType: 'text/plain', value: 'Two ferries met.' }],
    people: [{ name: 'Ivana V.', rel: 'creator', literal: 'IV' }, { name: 'Boris' }],
    places: [{ name: 'Sofia', rel: 'located' }],
    subjects: [
      { name: 'World', rel: 'section' },
      { uri: 'http://cv.iptc.org/newscodes/mediatopic/20000002' },
    ],
    genres: [{ name: 'Analysis', literal: 'A' }],
    renditions: [{ name: 'html', href: 'https://site.example/a', contentType: 'text/html' }],
    associations: [
      {
        name: 'leadMedia',
        uri: 'urn:m',
        type: 'video',
        pubStatus: 'canceled',
        renditions: [
          { name: 'o', href: 'o.mp4', contentType: 'video/mp4', poi: { x: 3, y: 4 }, sizeInBytes: 5 },
        ],
      },
    ],
  })
  t.match(item, {
    kind: 'text',
    status: 'withheld',
    embargoedUntil: Date.UTC(2024, 7, 1),
    expires: Date.UTC(2030, 0, 1),
    editorialNote: 'Corrects the name',
    correctionNote: 'An earlier text misnamed the ship.',
    source: 'Own, Coastguard',
    body: { format: 'text', value: 'Two ferries met.' },
    byline: 'Ivana V.',
    signOff: 'IV',
    dateline: 'Sofia',
    genres: [{ name: 'Analysis', code: 'A' }],
    media: [{ kind: 'video', status: 'canceled', renditions: [{ poi: { x: 3, y: 4 }, sizeInBytes: 5 }] }],
  })
  t.same(item.tags, [
    { kind: 'section', name: 'World' },
    {
      kind: 'topic',
      mediaTopic: 'medtop:20000002',
      uri: 'http://cv.iptc.org/newscodes/mediatopic/20000002',
    },
    { kind: 'person', name: 'Boris' },
  ])
})

t.test('what cannot be used is refused with the property at fault', async t => {
  const good = { uri, type: 'text', headline: 'x' }
  const deep = (left: number): object => ({
    type: 'composite',
    ...(left && { associations: { a: deep(left - 1) } }),
  })
  for (const [item, rule] of [
    [[], 'the item is not an object: a list'],
    [{ type: 'text' }, 'uri is missing'],
    [{ ...good, versioncreated: '2024-07-12' }, 'versioncreated is not an RFC 3339 time: "2024-07-12"'],
    [{ ...good, versionCreated: '2024-02-30T00:00:00Z' }, /^versionCreated is not an RFC 3339 time/],
    [{ ...good, embargoed: '2024-07-12T05:21:00' }, /^embargoed is not an RFC 3339 time/],
    [{ ...good, headline: 7 }, 'headline is not a string: 7'],
    [{ ...good, byline: 'a\0b' }, 'byline contains a NUL'],
    [{ ...good, headline: '\ud800' }, 'headline contains a lone surrogate'],
    [{ ...good, urgency: 0 }, 'urgency is not a whole number from 1 to 9: 0'],
    [{ ...good, pubstatus: 'gone' }, 'pubstatus is not usable, withheld or canceled: gone'],
    [{ ...good, language: 'English!' }, 'language is not a BCP 47 tag: "English!"'],
    [{ ...good, type: 'planning' }, 'type is not text, media or composite: planning'],
    [{ uri, type: 'composite' }, 'the item has neither headline nor body'],
    [{ uri }, 'type is missing, and so are headline and body'],
    [{ ...good, subject: [{ name: 'a' }, { name: [] }] }, 'subject[1].name is not a string: a list'],
    [{ ...good, body_nitf: '<nitf/>' }, 'body_nitf is neither HTML nor plain text, and no other body is'],
    [
      { ...good, associations: { m: { type: 'picture', renditions: { a: { href: 'a', width: 'wide' } } } } },
      'associations.m.renditions.a.width is not a whole number from 0 up: "wide"',
    ],
    [{ ...good, ...deep(20), type: 'text' }, 'associations are nested over 8 deep'],
  ] as const) {
    t.match(ruleOf(item), rule)
  }
  t.equal(ruleOf({ ...good, pubstatus: 'cancelled', urgency: '', version: null }), 'accepted')
  t.equal(
    ruleOf({ ...good, description_xhtml: '<div>'.repeat(19_000) }),
    'accepted',
    'depth exhausts nothing',
  )
  t.match(ruleOf({ ...good, description_xhtml: '<div>'.repeat(40_000) }), 'more than 20000 elements')
})

t.test('files, folders, lists and lines are read in name order, and a fault costs only itself', async t => {
  const dir = t.testdir({
    'a.json': '\ufeff{"n":1}',
    'b.ndjson': '\ufeff{"n":2}\r\n\r\n{"n":\r\n{"n":3}',
    c: { 'd.jsonl': '{"n":4}\n', 'e.json': ' [ {"s":"],\\"[\\\\"} , {"n":5]}, 6, "x" ]\n', 'note.txt': 'no' },
    'f.json': '',
    'g.json': '[{"n":7},{"n":',
    'h.json': '[]',
    'i.json': '[1,]2',
    'named.txt': '{"n":8}\n{"n":9}\n',
    'pretty.txt': '{\n  "n": 10\n}\n',
  })
  symlinkSync(dir, join(dir, 'c', 'loop'))
  symlinkSync('nowhere', join(dir, 'z.json'))
  const brief = (await gather([dir, join(dir, 'named.txt'), join(dir, 'pretty.txt'), join(dir, 'none')])).map(
    ({ file, item, value, error }) => [String(file).slice(dir.length + 1), item, error ?? value],
  )
  t.match(brief, [
    ['a.json', 1, { n: 1 }],
    ['b.ndjson', 1, { n: 2 }],
    ['b.ndjson', 3, /^is not JSON: /],
    ['b.ndjson', 4, { n: 3 }],
    ['c/d.jsonl', 1, { n: 4 }],
    ['c/e.json', 1, { s: '],"[\\' }],
    ['c/e.json', 2, /^is not JSON: /],
    ['c/e.json', 3, 6],
    ['c/e.json', 4, 'x'],
    ['f.json', undefined, 'the file is empty'],
    ['g.json', 1, { n: 7 }],
    ['g.json', 2, 'the file ends inside item 2 of its list'],
    ['i.json', 1, 1],
    ['i.json', 2, 'item 2 is empty'],
    ['i.json', undefined, 'more follows the list'],
    ['z.json', undefined, 'there is no such file or folder'],
    ['named.txt', 1, { n: 8 }],
    ['named.txt', 2, { n: 9 }],
    ['pretty.txt', 1, { n: 10 }],
    ['none', undefined, 'there is no such file or folder'],
  ])
  t.equal(brief.length, 20)
})

t.test('bytes that are not UTF-8 are an error of their item, never replaced', async t => {
  const dir = t.testdir({})
  const file = join(dir, 'bad.ndjson')
  writeFileSync(
    file,
    Buffer.concat([Buffer.from('{"n":"'), Buffer.from([0xe9]), Buffer.from('"}\n{"n":1}\n')]),
  )
  t.match(await gather([file]), [
    { file, item: 1, error: 'is not UTF-8' },
    { file, item: 2, value: { n: 1 }, baseDir: dir, bytesRead: 18 },
  ])
})

t.test('an item over the limit is an error naming it, and the next is read', async t => {
  const long = JSON.stringify({ s: 'x'.repeat(300) })
  const dir = t.testdir({ 'a.ndjson': `${long}\n{"n":1}\n`, 'b.json': `[${long},{"n":2}]`, 'c.json': long })
  t.match(await gather([dir], { maxItemBytes: 200 }), [
    { item: 1, error: 'line 1 is longer than 200 bytes' },
    { item: 2, value: { n: 1 } },
    { item: 1, error: 'item 1 is longer than 200 bytes' },
    { item: 2, value: { n: 2 } },
    { item: 1, error: 'item 1 is longer than 200 bytes' },
  ])
})

t.test('standard input is told by its content, wherever its chunks are cut', async t => {
  for (const [text, values] of [
    ['\ufeff {"n":"é"}\n{"n":2}\n', [{ n: 'é' }, { n: 2 }]],
    ['\n[{"n":"\\"é]"},\n{"n":2}]\n', [{ n: '"é]' }, { n: 2 }]],
    ['{\n"n":"é"\n}', [{ n: 'é' }]],
    ['', []],
  ] as const) {
    const bytes = Buffer.from(text)
    for (const size of [1, 2, 7, 1000]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      )
      const found = await gather(['-'], { stdin: Readable.from(chunks) })
      t.same(
        found.map(({ value, error }) => error ?? value),
        values,
        `${JSON.stringify(text)} by ${size}`,
      )
    }
  }
})

t.test('a list gives the elements that JSON.parse gives, wherever its chunks are cut', async t => {
  const cases = fc.tuple(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 9 }), fc.constantFrom(0, 2))
  await fc.assert(
    fc.asyncProperty(cases, async ([list, size, indent]) => {
      const bytes = Buffer.from(JSON.stringify(list, null, indent))
      const chunks: Buffer[] = []
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
      const found = await gather(['-'], { stdin: Readable.from(chunks) })
      t.strictSame(
        found.map(({ value, error }) => error ?? value),
        JSON.parse(bytes.toString()),
      )
    }),
  )
})

t.test('measure counts the files and bytes that will be read', async t => {
  const dir = t.testdir({ 'a.json': '{}', 'b.txt': 'xxx' })
  mkdirSync(join(dir, 'c'))
  writeFileSync(join(dir, 'c', 'd.ndjson'), '{}\n')
  t.same(await measure([dir, join(dir, 'b.txt'), join(dir, 'gone')]), { files: 3, bytes: 8 })
})
