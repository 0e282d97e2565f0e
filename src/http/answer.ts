/** What is answered, and what caches are told of it. */
export type Answer = {
  /** What the route's schema is to serialise, or the JSON itself where it is written already. */
  body?: unknown
  bytes?: Buffer
  /** Where to look instead, to which the query is added: the answer is then a 301. */
  location?: string
  /** Cache tags, by which a CDN purges exactly. */
  tags: readonly string[]
  /** More cache tags, that no header has: the newsroom's tags by their ids, `tag-{id}`. */
  also?: readonly string[]
  language?: string
  /** Epoch milliseconds. */
  lastModified?: number
  /** Values of the Link header. */
  links?: readonly string[]
}

/** What an answer says of itself in headers. */
export function headersOf({ tags, language, lastModified, links = [] }: Answer): Record<string, string> {
  return {
    ...tagHeaders(tags),
    ...(language === undefined ? {} : { 'content-language': language }),
    ...(lastModified === undefined ? {} : { 'last-modified': new Date(lastModified).toUTCString() }),
    ...(links.length === 0 ? {} : { link: links.join(', ') }),
  }
}

/** Fastly reads Surrogate-Key (spaces), Cloudflare and others Cache-Tag (commas). All answers have the tag `all`. */
export function tagHeaders(tags: readonly string[]): Record<string, string> {
  const some = fewEnough(tags)
  return { 'cache-tag': some.join(','), 'surrogate-key': some.join(' ') }
}

/**
 * The longest value of either header, but for a story told in some twenty languages: all headers of an answer then fit into
 * the 4 KB that proxies take unless told, if its links are few.
 */
const longestTags = 1000

/** Tags by which a purge comes at least as often, where the exact ones are too long. */
const coarser: readonly ((tag: string) => string | undefined)[] = [
  // A picture's change purges this too.
  tag => (tag.startsWith('media-') ? 'media' : tag),
  // Any change of a tag purges all.
  tag => (tag.startsWith('tag-') ? undefined : tag),
]

function fewEnough(tags: readonly string[]): string[] {
  let some = [...new Set([...tags, 'all'])]
  for (const coarse of coarser) {
    if (some.join().length <= longestTags) break
    some = [...new Set(some.flatMap(tag => coarse(tag) ?? []))]
  }
  return some
}
