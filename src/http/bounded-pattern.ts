/** The most UTF-16 units of text that a schema's `pattern` is tried on. No schema with a pattern takes half as many. */
export const longestTried = 20_000

/**
 * Makes the RegExp of a schema's `pattern`, for Ajv's option `code.regExp`. Text over `longestTried` is refused before
 * the pattern runs: with `allErrors` Ajv runs `pattern` also where `maxLength` failed.
 */
export function boundedRegExp(source: string, flags: string): RegExp {
  const pattern = new RegExp(source, flags)
  // It stays a RegExp: Ajv tells patterns apart by their `toString`.
  pattern.test = text => text.length <= longestTried && RegExp.prototype.test.call(pattern, text)
  return pattern
}
boundedRegExp.code = 'boundedRegExp'
