import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { parse } from 'acorn'
import { full } from 'acorn-walk'

/** A regular expression of the product, and the place where it is written or made. */
export type Pattern = { source: string; flags: string; place: string }

const root = join(import.meta.dirname, '../..')

/** Lists every regular expression literal in `src`. */
export async function listLiterals(): Promise<Pattern[]> {
  const found: Pattern[] = []
  for await (const file of glob('src/**/*.ts', { cwd: root })) {
    const code = stripTypeScriptTypes(readFileSync(join(root, file), 'utf8'))
    const tree = parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true })
    full(tree, node => {
      if (!('regex' in node) || !node.regex) return
      const { pattern, flags } = node.regex as { pattern: string; flags: string }
      found.push({ source: pattern, flags, place: `${file}:${node.loc?.start.line}` })
    })
  }
  return found
}

/** Lists the files of `src` that make a RegExp from text. */
export async function listMakers(): Promise<string[]> {
  const found: string[] = []
  for await (const file of glob('src/**/*.ts', { cwd: root })) {
    if (/\bRegExp\s*\(/.test(readFileSync(join(root, file), 'utf8'))) found.push(file)
  }
  return found.sort()
}

/** Lists every `pattern` in the OpenAPI document, with the length that its text may have. */
export function listSchemaPatterns(): (Pattern & { maxLength: number | undefined })[] {
  const document: unknown = JSON.parse(readFileSync(join(root, 'openapi/openapi.json'), 'utf8'))
  const found = new Map<string, Pattern & { maxLength: number | undefined }>()
  const visit = (item: unknown, place: string): void => {
    if (typeof item !== 'object' || item === null) return
    const { pattern, maxLength } = item as { pattern?: unknown; maxLength?: number }
    if (typeof pattern === 'string')
      found.set(`${pattern} ${maxLength}`, { source: pattern, flags: 'u', place, maxLength })
    for (const [name, part] of Object.entries(item)) visit(part, `${place}/${name}`)
  }
  visit(document, 'openapi')
  return [...found.values()]
}

/** Records each RegExp that a file of `src` makes from text from now on. */
export function listMade(): Pattern[] {
  const found: Pattern[] = []
  const native = globalThis.RegExp
  globalThis.RegExp = new Proxy(native, {
    construct(target, args: [string | RegExp, string?], newTarget) {
      const pattern = Reflect.construct(target, args, newTarget) as RegExp
      const frames = new Error('here').stack?.split('\n').slice(2, 3) ?? []
      const [frame = ''] = frames
      const place = frame.includes(`${root}/src/`)
        ? /(src\/[^:?]+)/.exec(frame.split(root)[1] ?? '')?.[1]
        : undefined
      if (place !== undefined) found.push({ source: pattern.source, flags: pattern.flags, place })
      return pattern
    },
  })
  return found
}
