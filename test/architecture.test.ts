/**
 * The directions of ARCHITECTURE.md, read from the imports. Each row of `rules` is a promise, what breaks it, and two
 * tiny source trees: one that it must refuse (or the rule could not fail) and one, close to it, that it must let pass.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import t from 'tap'
import * as ts from 'typescript/unstable/ast'
import { createVirtualFileSystem } from 'typescript/unstable/fs'
import { API } from 'typescript/unstable/sync'

type Tree = Readonly<Record<string, string>>
/** `to` is a path from the root (`src/db/db.ts`) or the name of a package; `isType` when nothing of it is run. */
type Import = { file: string; line: number; to: string; isType: boolean }
/** A construct some rule forbids in some place. */
type Use = { file: string; line: number; what: string }
type Code = { files: { file: string; lines: number; isBarrel: boolean }[]; imports: Import[]; uses: Use[] }

/** Reads many trees in one run of the compiler, which sees only files in memory; the answers keep their order. */
function read(trees: readonly Tree[]): Code[] {
  const at = (tree: number, file: string): string => `/${tree}/${file}`
  const paths = trees.flatMap((tree, n) => Object.entries(tree).map(([file, text]) => [at(n, file), text]))
  const compilerOptions = { noLib: true, noResolve: true, types: [] }
  const config = JSON.stringify({ compilerOptions, files: paths.map(([path]) => path) })
  const fs = createVirtualFileSystem({ ...Object.fromEntries(paths), '/tsconfig.json': config })
  const api = new API({ cwd: '/', fs })
  try {
    const program = api.updateSnapshot({ openProject: '/tsconfig.json' }).getProjects()[0]?.program
    return trees.map((tree, n) => {
      const code: Code = { files: [], imports: [], uses: [] }
      for (const file of Object.keys(tree)) {
        const source = program?.getSourceFile(at(n, file))
        if (source === undefined) throw new Error(`the compiler did not read ${file}`)
        readFile(file, source, code)
      }
      return code
    })
  } finally {
    api.close()
  }
}

function readFile(file: string, source: ts.SourceFile, code: Code): void {
  const isBarrel = source.statements.length > 0 && source.statements.every(isPassedOn)
  code.files.push({ file, lines: source.text.trimEnd().split('\n').length, isBarrel })
  walk(source, node => {
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
    const found = importOf(node)
    if (found) code.imports.push({ file, line, to: resolve(file, found.name), isType: found.isType })
    for (const what of usesOf(node)) code.uses.push({ file, line, what })
  })
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  node.forEachChild(child => walk(child, visit))
}

const resolve = (file: string, to: string): string =>
  to.startsWith('.') ? posix.join(dirname(file), to) : to.replace(/^node:/, '')

const textOf = (node: ts.Node | undefined): string | undefined =>
  node && (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) ? node.text : undefined

function importOf(node: ts.Node): { name: string; isType: boolean } | undefined {
  let [name, isType]: [string | undefined, boolean] = [undefined, false]
  if (ts.isImportDeclaration(node)) {
    isType = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
    name = textOf(node.moduleSpecifier)
  } else if (ts.isExportDeclaration(node)) {
    isType = node.isTypeOnly
    name = textOf(node.moduleSpecifier)
  } else if (ts.isImportTypeNode(node)) {
    isType = true
    name = ts.isLiteralTypeNode(node.argument) ? textOf(node.argument.literal) : undefined
  } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    name = textOf(node.arguments[0]) ?? '(computed)'
  }
  return name === undefined ? undefined : { name, isType }
}

const isPassedOn = (node: ts.Node): boolean => ts.isExportDeclaration(node) || ts.isImportDeclaration(node)

/** What one node does that a rule may forbid. */
function usesOf(node: ts.Node): string[] {
  const text = (): string => node.getText().replace(/\s+/g, '')
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    if (/^(globalThis\.)?process(\?*\.env|(\?\.)?\[['"`]env['"`]\])$/.test(text())) return ['process.env']
    if (/^(Date\.now|Temporal\.Now)$/.test(text())) return ['clock']
  }
  if (ts.isNewExpression(node) && /^newDate(\(\))?$/.test(text())) return ['clock']
  if (ts.isVariableDeclaration(node) && /^\{.*\benv\b.*\}=process$/.test(text())) return ['process.env']
  if (ts.isImportDeclaration(node) && /\{.*\benv\b.*\}from['"](node:)?process['"]/.test(text()))
    return ['process.env']
  if (ts.isExportAssignment(node)) return ['default export']
  if (ts.isExportSpecifier(node) && node.name.text === 'default') return ['default export']
  if (node.kind === ts.SyntaxKind.DefaultKeyword && !ts.isDefaultClause(node.parent))
    return ['default export']
  if (textOf(node) !== undefined || ts.isTemplateExpression(node)) {
    const words = node.getText()
    return /\bOFFSET\b/.test(words) || (/\blimit\b/i.test(words) && /\boffset\b/i.test(words))
      ? ['offset']
      : []
  }
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const [name, bare] = [node.expression.name.text, node.arguments.length === 0]
    if (name === 'offset') return ['offset']
    if (name === 'transaction') return ['.transaction()']
    if (name === 'all' && node.expression.expression.getText() !== 'Promise') return ['.all()']
    if (bare && (name === 'get' || name === 'run')) return [`.${name}()`]
  }
  return []
}

type Layer =
  | 'main'
  | 'cli'
  | 'app'
  | 'routes'
  | 'rules'
  | 'schema'
  | 'store'
  | 'dialect'
  | 'http'
  | 'db'
  | 'config'
  | 'leaf'

function layerOf(file: string): Layer {
  if (file === 'src/main.ts') return 'main'
  if (file === 'src/app.ts') return 'app'
  if (file === 'src/config.ts') return 'config'
  if (file.startsWith('src/cli/')) return 'cli'
  if (file.startsWith('src/http/')) return 'http'
  if (file.startsWith('src/db/')) return 'db'
  if (!file.startsWith('src/features/')) return 'leaf'
  const suffix = /\.(schema|routes|store|sqlite|postgres)\.ts$/.exec(file)?.[1]
  if (suffix === 'sqlite' || suffix === 'postgres') return 'dialect'
  return (suffix as 'schema' | 'routes' | 'store' | undefined) ?? 'rules'
}

/** What each layer may import of ours; `type` stands before what it may name but not run. Anything else is refused. */
const mayImport: Readonly<Record<Layer, string>> = {
  main: 'cli config leaf',
  cli: 'cli app routes rules schema store dialect http db config leaf',
  app: 'routes rules schema store dialect http db type:config leaf',
  routes: 'routes rules schema store http db type:config leaf',
  rules: 'rules schema store type:db leaf',
  store: 'store schema dialect db leaf',
  dialect: 'dialect schema type:store db leaf',
  schema: 'schema leaf',
  http: 'http type:db type:config leaf',
  db: 'db leaf',
  config: '',
  leaf: 'leaf',
}

const ours = (code: Code): Import[] => code.imports.filter(found => found.to.startsWith('src/'))
const featureOf = (file: string): string | undefined => /^src\/features\/([^/]+)\//.exec(file)?.[1]

function allowed({ file, to, isType }: Import): boolean {
  if (layerOf(file) === 'schema' && to === 'src/http/schema.ts') return true
  if (layerOf(file) === 'config') return ['src/errors.ts', 'src/language.ts'].includes(to)
  const words = mayImport[layerOf(file)].split(' ')
  return words.includes(layerOf(to)) || (isType && words.includes(`type:${layerOf(to)}`))
}

/** Groups of files that reach each other. */
function circles(imports: readonly Import[]): string[][] {
  const next = new Map<string, Set<string>>()
  for (const { file, to } of imports) next.set(file, (next.get(file) ?? new Set()).add(to))
  const reach = (from: string): Set<string> => {
    const seen = new Set<string>()
    const go = (file: string): void => {
      for (const to of next.get(file) ?? []) if (!seen.has(to) && seen.add(to)) go(to)
    }
    go(from)
    return seen
  }
  const reached = new Map([...next.keys()].map(file => [file, reach(file)]))
  const groups = [...reached].flatMap(([file, all]) =>
    all.has(file) ? [[...all].filter(other => reached.get(other)?.has(file)).sort()] : [],
  )
  return [...new Map(groups.map(group => [group.join(), group])).values()]
}

const lineOf = ({ file, line, to, isType }: Import): string =>
  `${file}:${line} ${isType ? 'type of' : 'imports'} ${to}`
const imports = (code: Code, isWrong: (found: Import) => boolean): string[] =>
  code.imports.filter(isWrong).map(lineOf)
const uses = (code: Code, what: RegExp, isFree: (file: string) => boolean): string[] =>
  code.uses
    .filter(use => what.test(use.what) && !isFree(use.file))
    .map(use => `${use.file}:${use.line} ${use.what}`)
const files = (code: Code, isWrong: (file: Code['files'][number]) => boolean): string[] =>
  code.files.filter(isWrong).map(({ file, lines }) => `${file} (${lines} lines)`)
const is =
  (...layers: Layer[]) =>
  (file: string): boolean =>
    layers.includes(layerOf(file))
const never = (): boolean => false

type Rule = { promise: string; breaks: (code: Code) => string[]; refuses: Tree[]; passes: Tree }

const [rule, store, routes] = [
  'src/features/tags/tags.ts',
  'src/features/tags/tags.store.ts',
  'src/features/tags/tags.routes.ts',
]
const only = (file: string, text: string): Tree => ({ [file]: text })

const rules: Rule[] = [
  {
    promise: 'imports go cli, app, routes, rules, store, db, errors, and never back',
    breaks: code =>
      ours(code)
        .filter(found => !allowed(found))
        .map(lineOf),
    refuses: [
      only(store, "import { createTag } from './tags.ts'"),
      only(rule, "const later = await import('./tags.routes.ts')"),
      only(rule, "export * from '../../http/problem.ts'"),
      only('src/db/db.ts', "import type { Tag } from '../features/tags/tags.schema.ts'"),
      only('src/http/auth.ts', "let key: import('../features/keys/keys.store.ts').Key"),
      only('src/config.ts', "import { words } from './words.ts'"),
      only('src/app.ts', "import { serve } from './cli/serve.ts'"),
      only('src/errors.ts', "import type { Db } from './db/db.ts'"),
      only('src/http/health.ts', "import { openDb } from '../db/db.ts'"),
    ],
    passes: {
      [rule]:
        "// import './tags.routes.ts'\nimport type { Db } from '../../db/db.ts'\nconst s = \"from './tags.routes.ts'\"",
      [routes]: "import { listTags } from './tags.store.ts'\nimport { createTag } from './tags.ts'",
      'src/features/tags/tags.schema.ts':
        "import { ref } from '../../http/schema.ts'\nimport '../../errors.ts'",
    },
  },
  {
    promise: 'a feature reaches another only through its rules, schemas and stores',
    breaks: code =>
      imports(code, ({ file, to }) => {
        const [from, into] = [featureOf(file), featureOf(to)]
        return (
          from !== undefined && into !== undefined && from !== into && !is('rules', 'schema', 'store')(to)
        )
      }),
    refuses: [
      only(routes, "import { mediaRoutes } from '../media/media.routes.ts'"),
      only(store, "import type { Match } from '../search/search.sqlite.ts'"),
    ],
    passes: only(
      routes,
      "import { listMedia } from '../media/media.store.ts'\nimport './editorial-tags.routes.ts'",
    ),
  },
  {
    promise: 'no file is imported in a circle',
    breaks: code => circles(ours(code).filter(found => !found.isType)).map(group => group.join(' <-> ')),
    refuses: [
      {
        'src/db/a.ts': "import './b.ts'",
        'src/db/b.ts': "import './c.ts'",
        'src/db/c.ts': "import './a.ts'",
      },
    ],
    passes: { 'src/db/a.ts': "import './b.ts'", 'src/db/b.ts': "import type { A } from './a.ts'" },
  },
  {
    promise: 'between features not even types go in a circle',
    breaks: code =>
      circles(ours(code))
        .filter(group => new Set(group.map(featureOf)).size > 1)
        .map(group => group.join(' <-> ')),
    refuses: [
      {
        [rule]: "import '../media/media.ts'",
        'src/features/media/media.ts': "import type { T } from '../tags/tags.ts'",
      },
    ],
    passes: {
      [rule]: "import './tree.ts'",
      'src/features/tags/tree.ts': "import type { T } from './tags.ts'",
    },
  },
  {
    promise: 'only stores, dialect files and src/db import a database driver or drizzle',
    breaks: code =>
      imports(
        code,
        ({ file, to }) =>
          /^(drizzle-|better-sqlite3|pg\b|src\/db\/drizzle)/.test(to) && !is('store', 'dialect', 'db')(file),
      ),
    refuses: [
      only(routes, "import { sql } from '../../db/drizzle.ts'"),
      only(rule, "import { sql } from 'drizzle-orm'"),
      only('src/cli/backup.ts', "import type D from 'better-sqlite3'"),
    ],
    passes: only(store, "import { eq } from '../../db/drizzle.ts'"),
  },
  {
    promise: 'what runs of drizzle comes through src/db/drizzle.ts, which loads it ten times as fast',
    breaks: code => imports(code, ({ to, isType }) => to.startsWith('drizzle-orm') && !isType),
    refuses: [only(store, "import { eq } from 'drizzle-orm'")],
    passes: only('src/db/drizzle.ts', "export type { SQL } from 'drizzle-orm'"),
  },
  {
    promise: 'only routes, src/http and src/app.ts import fastify, and fastify-plugin stays in src/http',
    breaks: code =>
      imports(code, ({ file, to }) =>
        to === 'fastify-plugin'
          ? !is('http')(file)
          : /^(fastify$|fastify\/|@fastify\/)/.test(to) && !is('routes', 'http', 'app')(file),
      ),
    refuses: [
      only(rule, "import type { FastifyRequest } from 'fastify'"),
      only('src/features/tags/tags.schema.ts', "import x from '@fastify/swagger'"),
      only('src/app.ts', "import plugin from 'fastify-plugin'"),
    ],
    passes: {
      [routes]: "import type { FastifyReply } from 'fastify'",
      'src/http/auth.ts': "import fp from 'fastify-plugin'",
    },
  },
  {
    promise: 'schemas take no package but typebox',
    breaks: code =>
      imports(
        code,
        ({ file, to }) => is('schema')(file) && !to.startsWith('src/') && !/^typebox(\/|$)/.test(to),
      ),
    refuses: [only('src/features/tags/tags.schema.ts', "import { z } from 'zod'")],
    passes: only('src/features/tags/tags.schema.ts', "import { Type } from 'typebox'"),
  },
  {
    promise: 'only src/config.ts reads process.env',
    breaks: code => uses(code, /^process\.env$/, is('config')),
    refuses: [
      'process.env.PORT',
      "process['env']",
      'const { env } = process',
      "import { env } from 'node:process'",
      'globalThis.process?.env',
    ].map(text => only(rule, text)),
    passes: {
      'src/config.ts': 'export const port = process.env.PORT',
      [rule]: '// process.env\nprocess.pid',
    },
  },
  {
    promise: 'every export has a name',
    breaks: code => uses(code, /^default export$/, never),
    refuses: [
      'export default 1',
      'export default function f() {}',
      'const a = 1\nexport { a as default }',
    ].map(text => only(rule, text)),
    passes: only(rule, 'export function f(a: number) { switch (a) { default: return 1 } }'),
  },
  {
    promise: 'no file only passes on what other files export',
    breaks: code => files(code, file => file.isBarrel),
    refuses: [only(rule, "export * from './a.ts'"), only(rule, "import { a } from './a.ts'\nexport { a }")],
    passes: only(rule, "import { a } from './a.ts'\nexport const b = a"),
  },
  {
    promise: 'no file or folder is named for nothing (utils, helpers, manager)',
    breaks: code => files(code, ({ file }) => /(^|[/.-])(utils?|helpers?|managers?)(?=[/.-])/.test(file)),
    refuses: [
      only('src/utils/a.ts', ''),
      only('src/features/tags/tag-helpers.ts', ''),
      only('src/db/manager.ts', ''),
    ],
    passes: only('src/features/tags/utility.ts', ''),
  },
  {
    promise: 'no file but the tables is longer than 300 lines',
    breaks: code => files(code, ({ file, lines }) => lines > 300 && file !== 'src/db/tables.ts'),
    refuses: [only(rule, 'a\n'.repeat(301))],
    passes: { [rule]: 'a\n'.repeat(300), 'src/db/tables.ts': 'a\n'.repeat(400) },
  },
  {
    promise:
      'queries are awaited, and transactions begun, in one way: src/db alone calls .get .all .run .transaction',
    breaks: code => uses(code, /^\./, is('db')),
    refuses: ['q.get()', 'q.all()', 'q.all({ id })', 'q.run()', 'db.transaction(f)'].map(text =>
      only(store, text),
    ),
    passes: {
      [store]: 'await Promise.all([a, b]); map.get(key); storage.run(a, f)',
      'src/db/sqlite.ts': 'q.all()',
    },
  },
  {
    promise: 'no list is paged by offset',
    breaks: code => uses(code, /^offset$/, never),
    refuses: [
      'q.offset(20)',
      "sql('LIMIT 20 OFFSET 20')",
      'sql`select a limit \u0024{n} offset \u0024{m}`',
      'sql`offset 1 limit 1`',
    ].map(text => only(store, text)),
    passes: only(store, "// OFFSET\nconst text = 'a date with an offset'; zone.offset; sql`limit \u0024{n}`"),
  },
  {
    promise: 'rules, stores, routes and the files beside errors.ts take the time as an argument',
    breaks: code => uses(code, /^clock$/, is('cli', 'app', 'http', 'main', 'db')),
    refuses: ['Date.now()', 'new Date()', 'new Date', 'f(Date.now)', 'Temporal.Now.instant()'].map(text =>
      only(rule, text),
    ),
    passes: { [rule]: 'new Date(at); now(); Date.UTC(1, 2)', 'src/app.ts': 'const now = Date.now' },
  },
]

const root = join(import.meta.dirname, '..')
const paths = globSync('src/**/*.ts', { cwd: root }).sort()
const src: Tree = Object.fromEntries(paths.map(path => [path, readFileSync(join(root, path), 'utf8')]))
const trees = [src, ...rules.flatMap(({ refuses, passes }) => [...refuses, passes])]
const codes = new Map(read(trees).map((code, n) => [trees[n], code]))

function codeOf(tree: Tree): Code {
  const code = codes.get(tree)
  if (code === undefined) throw new Error('that tree was not read')
  return code
}

t.test('every import of src/ is read, and names a file of src/ or a package', async t => {
  const code = codeOf(src)
  t.ok(code.imports.length > paths.length, 'there are imports to judge')
  const known = new Set(paths)
  t.same(
    imports(code, ({ to }) => (/^(src|\.\.|\/)/.test(to) ? !known.has(to) : to === '(computed)')),
    [],
  )
})

for (const { promise, breaks, refuses, passes } of rules) {
  t.test(promise, async t => {
    for (const tree of refuses) {
      const text = JSON.stringify(tree).slice(0, 100)
      t.not(breaks(codeOf(tree)).length, 0, `refuses ${text}`)
    }
    t.same(breaks(codeOf(passes)), [], 'lets its like pass')
    t.same(breaks(codeOf(src)), [], 'src/ keeps it')
  })
}
