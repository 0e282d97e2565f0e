import { transliterate } from './transliterate.ts'

const longest = 80
const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
// Apostrophes, quotation marks, primes, trade marks, soft hyphens and joiners: inside a word they part nothing.
const silent = /['"`´‘’‚‛“”„‟«»‹›ʹʺʻʼʽʾʿˈ′″‴＇＂™®©\u00ad\u200b-\u200d\u2060\ufeff]/gu

/**
 * The slug of a headline in a language (BCP 47): `[a-z0-9-]`, at most 80, cut at a word, never empty, never shaped
 * like a UUID. `fallback` stands in when the headline has no usable letter, and must be a short good slug itself.
 */
export function slugify(headline: string, fallback: string, language?: string): string {
  // Eight times the length leaves room for dropped characters and bounds the work.
  const words = transliterate(headline.slice(0, longest * 8).replace(silent, ''), language)
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  const slug = cutAtWord(words, longest)
  if (slug === '') return fallback
  return uuidShape.test(slug) ? `${fallback}-${slug}` : slug
}

/** The n-th slug of the same words, `slug-2`, still within 80. */
export function numberSlug(slug: string, n: number): string {
  const suffix = `-${n}`
  return cutAtWord(slug, longest - suffix.length) + suffix
}

/**
 * The slug, or the first of its numbers that is free, found in steps that double: a headline printed every morning is
 * asked for some twenty times after ten years, and not four thousand.
 */
export async function firstFreeSlug(
  slug: string,
  isTaken: (slug: string) => Promise<boolean>,
): Promise<string> {
  if (!(await isTaken(slug))) return slug
  let taken = 1
  let free = 2
  while (await isTaken(numberSlug(slug, free))) {
    taken = free
    free *= 2
  }
  while (free - taken > 1) {
    const middle = (taken + free) >> 1
    if (await isTaken(numberSlug(slug, middle))) taken = middle
    else free = middle
  }
  return numberSlug(slug, free)
}

/** What is wrong with a slug an editor set, in words that follow its name; undefined for a good one. */
export function slugRule(text: string): string | undefined {
  if (text.length > longest) return `must have at most ${longest} characters`
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(text)) {
    return 'must be words of a to z and 0 to 9 with single hyphens between them'
  }
  if (uuidShape.test(text)) return 'must not be shaped like a UUID: the same address takes ids'
  return undefined
}

/** Cuts at the last whole word that fits; a first word longer than that is cut within. */
function cutAtWord(words: string, length: number): string {
  if (words.length <= length) return words
  const cut = words.lastIndexOf('-', length)
  return words.slice(0, cut > 0 ? cut : length)
}
