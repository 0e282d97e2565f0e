/** What a body may hold: the elements and attributes kept, and those refused outright. Attributes stand in the order written. */

const refusedElements = new Set(
  (
    'script style iframe object embed applet param form input button select textarea base meta link svg math template ' +
    'noscript noembed noframes plaintext xmp frame frameset portal fencedframe'
  ).split(' '),
)

/** What a parser knows to be a block but a body does not keep: its content stays, as paragraphs of its own. */
const unwrappedBlocks = new Set(
  (
    'address article aside center details dialog dir div fieldset footer header hgroup legend listing main menu nav ' +
    'optgroup option search section summary colgroup'
  ).split(' '),
)

const inlines = new Set('strong b em i u s sub sup small mark abbr cite q code kbd a time'.split(' '))
const textBlocks = new Set('p h2 h3 h4 h5 h6 pre dt caption'.split(' '))
const containers = new Set(
  'blockquote ul ol li dl dd figure figcaption table thead tbody tfoot tr th td'.split(' '),
)
const leaves = new Set(['br', 'hr', 'img'])

/** How the builder treats an element: `text` holds inline content only, `box` holds blocks, `seam` parts paragraphs. */
export type ElementKind = 'inline' | 'text' | 'box' | 'leaf' | 'seam' | 'gone' | 'through'

/** The kind of an element by its lower-case name. */
export function kindOf(name: string): ElementKind {
  if (inlines.has(name)) return 'inline'
  if (textBlocks.has(name)) return 'text'
  if (containers.has(name)) return 'box'
  if (leaves.has(name)) return 'leaf'
  if (unwrappedBlocks.has(name)) return 'seam'
  return name === 'title' ? 'gone' : 'through'
}

/** Whether an element makes the whole body refused: it runs, embeds, submits, or changes how the rest is parsed. */
export function isRefusedElement(name: string): boolean {
  return refusedElements.has(name)
}

/** The name an element is kept by: the page's own headline is the h1, so a body starts at h2. */
export function keptName(name: string): string {
  return name === 'h1' ? 'h2' : name === 'image' ? 'img' : name
}

const linkAttributes = new Set(
  (
    'href src action formaction xlink:href poster background cite data longdesc ping srcset imagesrcset manifest ' +
    'code codebase archive classid lowsrc dynsrc profile usemap icon'
  ).split(' '),
)

// biome-ignore lint/suspicious/noControlCharactersInRegex: what browsers skip in a scheme is exactly these
const skippedInScheme = /[\u0000-\u0020\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060\ufeff\ufffd]/g

/** Why an attribute makes the whole body refused, or undefined: an event, an inner document, or a URL that runs. */
export function refusedAttribute(
  name: string,
  value: string,
): 'active-attribute' | 'active-link' | undefined {
  if (/^on/.test(name) || name === 'srcdoc') return 'active-attribute'
  if (!linkAttributes.has(name)) return undefined
  // More is skipped than the URL standard's tab and newlines, as old readers were laxer still.
  const urls = /srcset$/.test(name) ? value.split(',') : [value]
  const runs = urls.some(url =>
    /^(?:javascript|vbscript|livescript|data):/i.test(url.replace(skippedInScheme, '')),
  )
  return runs ? 'active-link' : undefined
}

type Check = (value: string) => string | undefined

function matching(pattern: RegExp): Check {
  return value => (pattern.test(value.trim()) ? value.trim() : undefined)
}

function oneOf(...words: string[]): Check {
  return value => (words.includes(value.trim().toLowerCase()) ? value.trim().toLowerCase() : undefined)
}

/** Takes a relative URL or one of the schemes; trims as the URL standard does before it parses (4.4, steps 1 to 3). */
function link(...schemes: string[]): Check {
  return value => {
    const url = value.replace(/[\t\n\r]/g, '').trim()
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase()
    return url === '' || (scheme !== undefined && !schemes.includes(scheme)) ? undefined : url
  }
}

const anyText: Check = value => value
const language = matching(/^[a-z]{2,8}(?:-[a-z0-9]{1,8})*$/i)
const span = matching(/^[1-9]\d{0,2}$/)
const pixels = matching(/^\d{1,5}$/)
const everywhere: Record<string, Check> = { lang: language, dir: oneOf('ltr', 'rtl', 'auto') }
const cells: Record<string, Check> = { colspan: span, rowspan: span }

const keptAttributes: Record<string, Record<string, Check>> = {
  a: {
    href: link('http', 'https', 'mailto', 'tel'),
    title: anyText,
    rel: matching(/^[a-z][a-z -]*$/i),
    hreflang: language,
  },
  img: { src: link('http', 'https'), alt: anyText, width: pixels, height: pixels, title: anyText },
  abbr: { title: anyText },
  blockquote: { cite: link('http', 'https') },
  ol: { start: matching(/^-?\d{1,9}$/), reversed: () => '' },
  th: { scope: oneOf('row', 'col', 'rowgroup', 'colgroup'), ...cells },
  td: cells,
  time: { datetime: matching(/^[\dT:.,+WPYMDHSZ -]{1,60}$/i) },
}

type Attribute = { name: string; value: string }

/** The attributes of a kept element that stay, in canonical order and form, and the names of those that do not. */
export function keepAttributes(
  element: string,
  given: readonly Attribute[],
): { kept: Attribute[]; dropped: string[] } {
  if (given.length === 0) return { kept: [], dropped: [] }
  const checks = { ...(Object.hasOwn(keptAttributes, element) ? keptAttributes[element] : {}), ...everywhere }
  const values = new Map(given.map(({ name, value }) => [name, value]))
  const kept: Attribute[] = []
  for (const [name, check] of Object.entries(checks)) {
    const value = values.get(name)
    const good = value === undefined ? undefined : check(plainText(value))
    if (good === undefined) continue
    kept.push({ name, value: good })
    values.delete(name)
  }
  return { kept, dropped: [...values.keys()] }
}

// What XML 1.0 cannot carry, and so no feed can.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the point
const controls = /[\u0000-\u0008\u000b\u000e-\u001f\ufffe\uffff]/

/** Whether `plainText` would take a character out. */
export function hasControls(text: string): boolean {
  return controls.test(text)
}

const allControls = new RegExp(controls, 'g')

/** Text without control characters and with LF for line ends and form feeds, as a reparse would make of CR. */
export function plainText(text: string): string {
  return text.replace(/\r\n?|\f/g, '\n').replace(allControls, '')
}
