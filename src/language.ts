/** A BCP 47 tag (RFC 5646) as it is stored and asked for: language, script, region and variants, in their canonical case. */
export const languagePattern =
  '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*$'
export const longestLanguage = 35

const pattern = new RegExp(languagePattern)

/** Whether the text is a language tag that can be stored and asked for. */
export function isLanguage(text: string): boolean {
  return text.length <= longestLanguage && pattern.test(text)
}
