import fc from 'fast-check'
import t from 'tap'
import { DomainError } from '../src/errors.ts'
import { type BodyFormat, cleanBody, countWords, measureBody } from '../src/features/desk/body.ts'

const htmlOf = (source: string, format: BodyFormat = 'html') => cleanBody(source, format).html

function refusalOf(source: string, format: BodyFormat = 'html'): DomainError {
  try {
    const { html } = cleanBody(source, format)
    throw new Error(`not refused: ${source.slice(0, 100)} gave ${html.slice(0, 100)}`)
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}

const detailsOf = (source: string, format: BodyFormat = 'html') =>
  refusalOf(source, format).parts.errors?.map(({ detail }) => detail)

t.test('active content is refused, whatever hides it', async t => {
  for (const source of [
    '<script>alert(1)</script>',
    '<SCRIPT/src=//x>',
    '<iframe src="/x">',
    '<object data=x>',
    '<embed src=x>',
    '<form>',
    '<input>',
    '<button>',
    '<select>',
    '<textarea>',
    '<base href=//x>',
    '<meta http-equiv=refresh>',
    '<link rel=stylesheet>',
    '<style>p{}</style>',
    '<template><p>x</p></template>',
    '<frameset><frame src=x></frameset>',
    '<portal src=x>',
    '<body onload=alert(1)>',
    '<td onclick=alert(1)>',
    '<video><source onerror=alert(1)></video>',
    '<img src=x onerror=alert(1)>',
    '<img/src="x"/onerror=alert(1)>',
    '<x onfocus=alert(1) tabindex=1>',
    '<p srcdoc="<script>">',
    '<svg onload=alert(1)>',
    '<svg><a xlink:href="javascript:alert(1)">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt:alert(1)">x</a>',
    '<a href="jav&#x09;ascript:alert(1)">x</a>',
    '<a href="&#1; java\nscript&colon;alert(1)">x</a>',
    '<a href="&#106;&#97vascript:alert(1)">x</a>',
    '<a href="vbscript:x">x</a>',
    '<a href="data:text/html,<script>">x</a>',
    '<img src="data:image/svg+xml,x">',
    '<img srcset="/a.png 1x, javascript:x 2x">',
    '<blockquote cite="javascript:x">y</blockquote>',
    '<table background="javascript:x">',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    '<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
    '<noembed><img title="</noembed><img src onerror=alert(1)>"></noembed>',
    '<xmp><p title="</xmp><img src onerror=alert(1)>">',
    '<!--><img src=x onerror=alert(1)>-->',
    '<a title="<!--"><img src=x onerror=alert(1)>-->',
  ]) {
    t.equal(refusalOf(source).code, 'active-content', source)
  }
})

t.test('what only looks active stays as text', async t => {
  t.equal(htmlOf('<p>&lt;script&gt;'), '<p>&lt;script&gt;</p>')
  t.equal(
    htmlOf('<img src=a title="javascript: a history">'),
    '<p><img src="a" title="javascript: a history"></p>',
  )
  t.equal(htmlOf('<a href="/javascript:x">y</a>'), '<p><a href="/javascript:x">y</a></p>')
  t.equal(htmlOf('<script>x</script>', 'text'), '<p>&lt;script&gt;x&lt;/script&gt;</p>')
  t.equal(htmlOf('`<script>`', 'markdown'), '<p><code>&lt;script&gt;</code></p>')
})

t.test('a refusal names every element and its place, twenty at most', async t => {
  const { parts } = refusalOf('<p>a</p>\n  <IMG src=x\n onerror=y><script></script>')
  t.strictSame(parts.errors, [
    {
      in: 'body',
      pointer: '/body',
      code: 'active-attribute',
      detail: 'the attribute onerror of <img> at line 3, column 2',
    },
    {
      in: 'body',
      pointer: '/body',
      code: 'active-element',
      detail: 'the element <script> at line 3, column 12',
    },
  ])
  t.equal(detailsOf('<p onclick=x>'.repeat(1000))?.length, 20)
})

t.test('Markdown meets the same rules, at the lines of its source', async t => {
  t.strictSame(
    detailsOf(
      'ok\n\nhi <b onclick=x>y</b>\nmore <script>x</script>\n\n> quote\n> <iframe src=x>',
      'markdown',
    ),
    [
      'the attribute onclick of <b> at line 3, column 4',
      'the element <script> at line 4, column 6',
      'the element <iframe> at line 7, column 3',
    ],
  )
  for (const source of [
    '[x](javascript:alert(1))',
    '[x](&#106;avascript&colon;alert(1))',
    '<javascript:alert(1)>',
    '![x](data:image/png;base64,AA)',
    '[x]\n\n[x]: vbscript:y',
  ]) {
    t.equal(refusalOf(source, 'markdown').code, 'active-content', source)
  }
})

t.test('every kept element and attribute comes through as it was', async t => {
  for (const html of [
    '<h2>a</h2>\n<h3>b</h3>\n<h4>c</h4>\n<h5>d</h5>\n<h6>e</h6>\n<hr>',
    '<p lang="bg-BG" dir="rtl">a<br>b <strong>c</strong> <b>d</b> <em>e</em> <i>f</i> <u>g</u> <s>h</s></p>',
    '<p><sub>a</sub><sup>b</sup><small>c</small><mark>d</mark><abbr title="t">e</abbr><cite>f</cite></p>',
    '<p><q>g</q><code>h</code><kbd>i</kbd><time datetime="2024-07-12T05:21+03:00">j</time></p>',
    '<pre>  a\n  b</pre>',
    '<blockquote cite="https://x.example/"><p>a</p></blockquote>',
    '<ul><li>a<ul><li>b</li></ul></li></ul>\n<ol start="3" reversed=""><li>c</li></ol>',
    '<dl><dt>a</dt><dd>b</dd></dl>',
    '<p><a href="https://x.example/?a=1&amp;b=2" title="t" rel="nofollow" hreflang="en">a</a></p>',
    '<p><a href="mailto:a@b.example">a</a> <a href="tel:+359">b</a> <a href="#c">c</a> <a href="../d">d</a></p>',
    '<figure><img src="/a.jpg" alt="" width="10" height="20"><figcaption>c</figcaption></figure>',
    '<table><caption>c</caption><thead><tr><th scope="col" colspan="2" rowspan="1">a</th></tr></thead>' +
      '<tbody><tr><td colspan="2" rowspan="3">b</td></tr></tbody><tfoot><tr><td></td></tr></tfoot></table>',
  ]) {
    const body = cleanBody(html, 'html')
    t.equal(body.html, html)
    t.strictSame(body.warnings, [], html)
  }
})

t.test('other elements are unwrapped, other attributes dropped, each kind with one warning', async t => {
  const { html, warnings } = cleanBody(
    '<h1 id=x>T</h1>\n<div class=a><span>b</span> <span>c</span></div><!-- d --><p style="color:red" class=e>f<p class=g>h',
    'html',
  )
  t.equal(html, '<h2>T</h2>\n<p>b c</p>\n<p>f</p>\n<p>h</p>')
  t.strictSame(warnings, [
    { code: 'element-renamed', element: 'h1', detail: '<h1> became <h2>', line: 1, column: 1 },
    { code: 'attribute-dropped', element: 'h1', detail: 'id of <h1> was dropped', line: 1, column: 5 },
    { code: 'element-unwrapped', element: 'div', detail: '<div> was unwrapped', line: 2, column: 1 },
    {
      code: 'element-unwrapped',
      element: 'span',
      detail: '<span> was unwrapped (2 times)',
      line: 2,
      column: 14,
    },
    { code: 'comment-removed', element: '#comment', detail: 'a comment was removed', line: 2, column: 49 },
    { code: 'attribute-dropped', element: 'p', detail: 'style of <p> was dropped', line: 2, column: 62 },
    {
      code: 'attribute-dropped',
      element: 'p',
      detail: 'class of <p> was dropped (2 times)',
      line: 2,
      column: 80,
    },
  ])
})

t.test('a link or picture to a scheme outside the list loses it with a warning', async t => {
  const { html, warnings } = cleanBody(
    '<a href="ftp://x">a</a><img src="blob:x" alt=b><img src="//c/d">',
    'html',
  )
  t.equal(html, '<p>a<img src="//c/d"></p>')
  t.strictSame(
    warnings.map(({ code, element }) => `${code} ${element}`),
    ['attribute-dropped a', 'element-unwrapped a', 'attribute-dropped img', 'element-removed img'],
  )
})

t.test('blocks never stand in paragraphs or inline elements, nor text loose at the top', async t => {
  t.equal(htmlOf('a<p>b</p>c <b>d</b>'), '<p>a</p>\n<p>b</p>\n<p>c <b>d</b></p>')
  t.equal(htmlOf('<b><p>x</p>y</b>'), '<p><b>x</b></p>\n<p><b>y</b></p>')
  t.equal(
    htmlOf('<a href="/x"><h2>t</h2><p>u</p></a>'),
    '<h2><a href="/x">t</a></h2>\n<p><a href="/x">u</a></p>',
  )
  t.equal(htmlOf('<p>a<marquee><p>b</marquee>c'), '<p>a<br>b<br>c</p>')
  t.equal(htmlOf('<h2><p>a</p><ul><li>b</ul></h2>'), '<h2>a<br>b</h2>')
  t.equal(htmlOf('<ul>a<li>b<ul><li>c</ul></ul>'), '<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>')
  t.equal(htmlOf('<li>a<td>b'), '<p>ab</p>')
  t.equal(
    htmlOf('<a href=1><table><td><a href=2>x</a></table></a>'),
    '<table><tbody><tr><td><a href="2">x</a></td></tr></tbody></table>',
  )
})

t.test('what is empty vanishes and whitespace collapses, save in pre', async t => {
  t.equal(htmlOf('<p></p><p> &nbsp; </p><p><br></p><ul><li></ul><b></b><h2><i> </i></h2>'), '')
  t.equal(
    htmlOf(' <p> a <b> b </b> c <br> d <br> </p>\n\n<p>e\nf</p> '),
    '<p>a <b>b </b>c<br>d</p>\n<p>e f</p>',
  )
  t.equal(htmlOf('<pre>\n\n a\r\n  b </pre>'), '<pre> a\n  b </pre>')
})

t.test('control characters never come through', async t => {
  const { html, warnings } = cleanBody('a\0b&#0;c&#1;d<img src=e alt="f\0&#2;">', 'html')
  t.equal(html, '<p>ab\ufffdcd<img src="e" alt="f\ufffd"></p>')
  t.match(warnings, [{ code: 'control-character-removed' }, { code: 'control-character-removed' }])
})

t.test('plain text: a blank line parts paragraphs, a newline breaks the line', async t => {
  const { html, text, warnings } = cleanBody('Ред 1\r\nред <2>\n \n\n\nвтори & "последен"\n', 'text')
  t.equal(html, '<p>Ред 1<br>ред &lt;2&gt;</p>\n<p>втори &amp; "последен"</p>')
  t.equal(text, 'Ред 1\nред <2>\n\nвтори & "последен"')
  t.strictSame(warnings, [])
})

t.test('Markdown becomes the same canonical HTML', async t => {
  const source =
    '# T\n\na *b* **c** ~~d~~ [e](/f)\n\n1. g\n2. h\n\n|i|j|\n|-|-|\n|k|l|\n\nhttps://x.example stays text'
  const { html, warnings } = cleanBody(source, 'markdown')
  t.equal(
    html,
    '<h2>T</h2>\n<p>a <em>b</em> <strong>c</strong> <s>d</s> <a href="/f">e</a></p>\n' +
      '<ol><li>g</li><li>h</li></ol>\n' +
      '<table><thead><tr><th>i</th><th>j</th></tr></thead><tbody><tr><td>k</td><td>l</td></tr></tbody></table>\n' +
      '<p>https://x.example stays text</p>',
  )
  t.match(warnings, [{ code: 'element-renamed', element: 'h1', line: 1, column: 1 }])
})

t.test('the text has blocks apart, list marks, tabs between cells, and no entities', async t => {
  const { text } = cleanBody(
    '<h2>A &amp; B</h2><p>c<br>d<img src=x alt=unseen></p><ul><li>e<ol start=9><li>f<li>g</ol><li>h</ul>' +
      '<table><caption>i</caption><tr><th>j<th>k<tr><td>l<br>m<td>n</table><blockquote>o<p>p</blockquote>' +
      '<pre> q\n  r</pre><dl><dt>s<dd>t</dl><hr>',
    'html',
  )
  t.equal(text, 'A & B\n\nc\nd\n\n- e\n  9. f\n  10. g\n- h\n\ni\nj\tk\nl m\tn\n\no\n\np\n\n q\n  r\n\ns\nt')
})

t.test('words are counted in any language, list marks are none', async t => {
  t.equal(cleanBody('<p>Премиерът каза: „Няма да подам оставка“.</p>', 'html').wordCount, 6)
  t.equal(cleanBody("<p>It's 5 o'clock <b>H</b>ello</p><ol><li>one<li>two</ol>", 'html').wordCount, 6)
  t.equal(cleanBody('one\ntwo', 'text').wordCount, 2)
})

t.test('reading takes a minute each 200 words begun, nothing takes none', async t => {
  const minutes = (words: number) => cleanBody('дума '.repeat(words), 'text').readingMinutes
  t.strictSame([0, 1, 200, 201].map(minutes), [0, 1, 1, 2])
})

t.test('nesting deeper than a hundred elements is refused at once', async t => {
  for (const tag of ['b', 'div', 'blockquote', 'span', 'font']) {
    const start = performance.now()
    const refusal = refusalOf(`<${tag}>`.repeat(100_000))
    t.match(refusal, {
      code: 'validation-failed',
      parts: { errors: [{ pointer: '/body', code: 'too-deep' }] },
    })
    t.ok(performance.now() - start < 1000)
  }
  const quote = (depth: number) => `${'<blockquote>'.repeat(depth)}a`
  t.equal(refusalOf(quote(100)).parts.errors?.[0]?.code, 'too-deep')
  t.strictSame(cleanBody(htmlOf(quote(99)), 'html').warnings, [])
})

t.test('markup that never ends is refused where it begins: what follows would be lost', async t => {
  const cases: [string, BodyFormat, string][] = [
    [
      '<p>kept</p>\n<p>See <a href="https://x.example>here</a></p><p>the rest</p>',
      'html',
      'line 2, column 8',
    ],
    ['<p>5 <y and rising', 'html', 'line 1, column 6'],
    ['<p>a</p><!-- b', 'html', 'line 1, column 9'],
    ['<p>a<y', 'markdown', 'line 1'],
  ]
  for (const [source, format, place] of cases) {
    t.throws(
      () => cleanBody(source, format),
      { code: 'validation-failed', message: new RegExp(place) },
      source,
    )
  }
  t.equal(htmlOf('<p>5 < 6 and a </'), '<p>5 &lt; 6 and a &lt;/</p>', 'a < that begins nothing is text')
  t.match(cleanBody('<a href=x href=y>b</a>', 'html').warnings, [{ code: 'attribute-dropped' }])
})

t.test('lists in lists are set in, but no text grows without bound by it', async t => {
  const { text, html } = cleanBody(
    `${'<ol start=100000000><li>'.repeat(48)}<pre>${'a\n'.repeat(20_000)}`,
    'html',
  )
  t.ok(text.length < 20 * html.length)
})

t.test('a warning repeated is placed once, so many cost little more than one', async t => {
  const { warnings } = cleanBody(`${'Word '.repeat(5)}${'<x>a</x>'.repeat(9000)}`, 'markdown')
  t.strictSame(warnings, [
    {
      code: 'element-unwrapped',
      element: 'x',
      detail: '<x> was unwrapped (9000 times)',
      line: 1,
      column: 26,
    },
  ])
})

t.test('markup that makes a parser copy elements without end is refused', async t => {
  const colours = Array.from({ length: 90 }, (_, index) => `<p><font color=${index}>`).join('')
  t.equal(refusalOf(colours + '<p>x'.repeat(100_000)).parts.errors?.[0]?.code, 'too-many-elements')
})

t.test('a megabyte takes seconds at most, however ill-formed', async t => {
  const megabyte = (piece: string) => piece.repeat(Math.ceil(1e6 / piece.length))
  const sources: [string, BodyFormat][] = [
    [megabyte('<p>Some <b>words</b> of <a href="/x">news</a>.</p>\n'), 'html'],
    [megabyte('<b><p></b>'), 'html'],
    [`<table>${megabyte('<i>x</i>')}`, 'html'],
    [`<p ${Array.from({ length: 150_000 }, (_, index) => `a${index}`).join(' ')}>x`, 'html'],
    [`x${megabyte('<b> <br></b>')}`, 'html'],
    [megabyte('<'), 'html'],
    [megabyte('['), 'markdown'],
    [megabyte('*a **b `'), 'markdown'],
    [megabyte('> '), 'markdown'],
    [megabyte('a\n\n'), 'text'],
  ]
  for (const [source, format] of sources) {
    const start = performance.now()
    try {
      cleanBody(source, format)
    } catch (error) {
      t.type(error, DomainError)
    }
    // Each takes about a second; what is not linear takes minutes.
    t.ok(performance.now() - start < 15_000, `${format} ${source.slice(0, 20)}`)
  }
})

const names =
  'p b i a h1 h2 div span ul ol li dl dt dd table tr td th caption tbody thead pre code blockquote figure figcaption ' +
  'img br hr q sup nobr marquee font details video title ruby rt time html body option col fieldset image x-y'
const piece = fc.oneof(
  fc
    .constantFrom(...names.split(' '))
    .chain(name =>
      fc.constantFrom(
        `<${name}>`,
        `</${name}>`,
        `<${name} href=/x src=y lang=bg class=z>`,
        `<${name} href="a&quot;b" title='x"<y>&amp;' start=4 colspan=2>`,
      ),
    ),
  fc.constantFrom(
    ' ',
    '\n',
    '\n\n',
    'x',
    'y ',
    ' z',
    '&nbsp;',
    '&amp;lt;',
    '<!-- c -->',
    '&#13;',
    '\r\n',
    '\t',
  ),
  fc.constantFrom(
    '\f',
    '<',
    '>',
    '"',
    '&#1;',
    '\0',
    '𝒳',
    '<![CDATA[x]]>',
    '<?x?>',
    '</',
    '<p/>',
    '\u200b',
    ']]>',
  ),
)
const markup = fc.array(piece, { maxLength: 40 }).map(pieces => pieces.join(''))

/** Markup that never ends is refused, and gives nothing to clean again. */
function cleanUnlessUnclosed(source: string, format: BodyFormat): ReturnType<typeof cleanBody> | undefined {
  try {
    return cleanBody(source, format)
  } catch (error) {
    if (error instanceof DomainError && error.parts.errors?.[0]?.code === 'unclosed') return undefined
    throw error
  }
}

t.test('cleaning what was cleaned changes nothing and warns of nothing', async t => {
  const formats = fc.constantFrom<BodyFormat>('html', 'html', 'html', 'markdown', 'text')
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(markup, formats, (source, format) => {
        const once = cleanUnlessUnclosed(source, format)
        if (!once) return true
        const twice = cleanBody(once.html, 'html')
        const { text, wordCount, readingMinutes } = once
        t.strictSame(
          measureBody(once.html),
          { text, wordCount, readingMinutes },
          'measured again, it is the same',
        )
        t.strictSame(twice, { ...once, warnings: [] }) || t.comment(source)
        return !once.html.includes('\0') && twice.html === once.html && twice.warnings.length === 0
      }),
      { numRuns: 1000 },
    ),
  )
})

t.test('paragraphs of plain text read back as they were written', async t => {
  const odd = [
    '&lt;b&gt;',
    '&amp;lt;',
    '&#13;',
    '\r\n',
    '\f',
    '\u2028',
    '\ufeff',
    '\u0085',
    '&nbsp;',
    '&',
    '<br>',
    '<div>',
  ]
  const text = fc.array(fc.oneof(fc.string(), fc.constantFrom(...odd)), { maxLength: 6 })
  const paragraphs = fc.array(
    text.map(parts => `<p>${parts.join('')}</p>`),
    { maxLength: 4 },
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(paragraphs, parts => {
        const once = cleanUnlessUnclosed(parts.join(''), 'html')
        return !once || cleanBody(once.html, 'html').html === once.html
      }),
      { numRuns: 2000 },
    ),
  )
})

t.test('words of plain letters are counted as Unicode parts them', async t => {
  const segmenter = new Intl.Segmenter('en', { granularity: 'word' })
  const signs = 'abZéÖſČàѐёЖяџ0129.,;:\'’‘ \n\t-–—«»“”„…€№!"#$%&()*+/<=>?@[\\]^`{|}~\u00a0_漢ไ😀\u0301'
  const text = fc.array(fc.constantFrom(...signs), { maxLength: 30 }).map(all => all.join(''))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(text, words => {
        const parted = [...segmenter.segment(words)].filter(part => part.isWordLike)
        return countWords(words) === parted.length
      }),
      { numRuns: 3000 },
    ),
  )
})

t.test('no mixture of markup and tricks lets active content through', async t => {
  const trick = fc.constantFrom(
    ...[
      '<math>',
      '<svg>',
      '<mtext>',
      '<style>',
      '</style>',
      '<!--',
      '-->',
      '<noscript>',
      '</noscript>',
      '<xmp>',
    ],
    ...[
      '<a href="java&Tab;script:x">',
      '<img src=x onerror=y>',
      '<p title="<img onerror=y>">',
      '<textarea>',
      '<title>',
    ],
    ...[
      '<script>',
      '</script>',
      '<iframe>',
      '</title>',
      '<template>',
      '<select>',
      '<annotation-xml encoding=text/html>',
    ],
  )
  const mixed = fc.array(fc.oneof(piece, trick), { maxLength: 20 }).map(pieces => pieces.join(''))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(mixed, source => {
        try {
          const tags =
            htmlOf(source)
              .match(/<[^>]*>/g)
              ?.join('') ?? ''
          return (
            !/<(?:script|style|svg|math|iframe|template|!--)|script:/i.test(tags) &&
            !/<img[^>]* onerror/.test(tags)
          )
        } catch (error) {
          return error instanceof DomainError
        }
      }),
      { numRuns: 2000 },
    ),
  )
})
