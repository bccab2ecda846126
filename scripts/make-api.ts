// Writes docs/api.md: every exported name with its declaration, as the compiler wrote it into the
// package with its comments, and with a piece of an example that runs (examples/api). So the page
// cannot say anything else than the package. `npm run docs`; a test compares.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const API_PAGE: string = join(ROOT, 'docs/api.md')

interface Entry {
  /** As an app imports it. */
  readonly from: string
  readonly file: string
  readonly about: string
}

const ENTRIES: readonly Entry[] = [
  { from: 'cairnlog', file: 'main', about: 'What an app needs.' },
  {
    from: 'cairnlog/log',
    file: 'log/public',
    about: 'The interfaces and the checks that a carrier or a replica of your own is made with.'
  },
  {
    from: 'cairnlog/index',
    file: 'index/public',
    about: 'The view alone, over any source of entries.'
  },
  {
    from: 'cairnlog/syncfile',
    file: 'syncfile/public',
    about: 'Sync files alone, for tools that have no device.'
  },
  {
    from: 'cairnlog/testing',
    file: 'testing',
    about: 'For people who test apps on top: devices in temporary folders, and wires that break.'
  }
]

export interface Exported {
  readonly name: string
  readonly from: string
  /** Declaration with its comments, without what is private. */
  readonly declaration: string
}

interface Example {
  /** The names that it is an example of. */
  readonly names: readonly string[]
  readonly code: string
}

/** Every name that the package exports, once: where several entries export it, by the first. */
export function exportedNames(): Exported[] {
  const found = new Map<string, Exported>()
  for (const { from, file } of ENTRIES) {
    for (const { name, declaration } of exportsOf(join(ROOT, 'build/lib', `${file}.d.ts`))) {
      // Another thing under a name that is taken is listed by itself.
      const known = found.get(name)
      const key =
        known === undefined || known.declaration === declaration ? name : `${from} ${name}`
      if (!found.has(key)) found.set(key, { name, from, declaration })
    }
  }
  return [...found.values()]
}

/** `//#region Name, Name` to `//#endregion` in examples/api. */
export function apiExamples(): Example[] {
  const folder = join(ROOT, 'examples/api')
  return readdirSync(folder).flatMap((file) => {
    const source = readFileSync(join(folder, file), 'utf8')
    const regions = source.matchAll(/^[ ]*\/\/#region (.+)\n([\s\S]*?)^[ ]*\/\/#endregion/gm)
    return [...regions].map(([, names = '', code = '']) => ({
      names: names.split(',').map((name) => name.trim()),
      code: code.trimEnd()
    }))
  })
}

export function apiPage(): string {
  const names = exportedNames()
  const examples = apiExamples()
  const lines = [
    '# Every exported name',
    '',
    'Made by `npm run docs` from the declarations in the package and from [examples/api](../examples/api), which run as tests. What belongs together and how to begin is in the [README](../README.md); so are the [error codes](../README.md#error-codes).',
    '',
    'Times that you get are ISO 8601 text in UTC, coordinates WGS 84 degrees, sizes bytes. A wrong argument is a `TypeError` that names the field. Long operations take `{ signal, onProgress }`. What has a `close()` can be closed twice and has `Symbol.asyncDispose`.',
    ''
  ]
  for (const { from, about } of ENTRIES) {
    const here = names.filter((name) => name.from === from).toSorted(byName)
    lines.push(`## \`${from}\``, '', about, '')
    lines.push(here.map(({ name }) => `[${name}](#${name.toLowerCase()})`).join(' · '), '')
    for (const { name, declaration } of here) {
      lines.push(
        `### ${name}`,
        '',
        '```ts',
        declaration,
        '```',
        '',
        ...exampleOf(name, from, examples)
      )
    }
  }
  return `${lines.join('\n').trimEnd()}\n`
}

/**
 * Printed at the first of its names, and linked from the others. A name that two entries give to
 * different things is written with the entry before it.
 */
function exampleOf(name: string, from: string, examples: readonly Example[]): string[] {
  const example =
    examples.find(({ names }) => names.includes(`${from} ${name}`)) ??
    examples.find(({ names }) => names.includes(name))
  if (example === undefined) return []
  const [first = name] = example.names
  if (first !== name && first !== `${from} ${name}`)
    return [`Example: see [${first}](#${first.toLowerCase()}).`, '']
  return ['```ts', example.code, '```', '']
}

function byName(a: Exported, b: Exported): number {
  return a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1
}

function exportsOf(path: string): { name: string; declaration: string }[] {
  const text = readFileSync(path, 'utf8')
  const lists = text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)';$/gm)
  const listed = [...lists].flatMap(([, names = '', from = '']) =>
    names.split(',').map((each) => {
      const [, original = '', alias = original] =
        /^\s*(?:type )?(\w+)(?: as (\w+))?\s*$/.exec(each) ?? []
      const declaration = declarationOf(original, resolve(dirname(path), toDeclarations(from)))
      return { name: alias, declaration: declaration.replaceAll(original, alias) }
    })
  )
  const own = text.matchAll(/^export (?:declare )?(?:class|interface|type|const|function) (\w+)/gm)
  const declared = [...own].map(([, name = '']) => ({
    name,
    declaration: declarationOf(name, path)
  }))
  return [...listed, ...declared]
}

function toDeclarations(module: string): string {
  return module.replace(/\.js$/, '.d.ts')
}

function declarationOf(name: string, path: string): string {
  const lines = readFileSync(path, 'utf8').split('\n')
  const head = new RegExp(
    `^export (?:declare )?(?:abstract )?(?:class|interface|type|const|function) ${name}\\b`
  )
  const from = lines.findIndex((line) => head.test(line))
  if (from < 0) {
    const again = exportsOf(path).find((each) => each.name === name)
    if (again === undefined) throw new Error(`${path} does not declare ${name}`)
    return again.declaration
  }
  let to = from
  while (!/^(?:\}|.*;)$/.test(lines[to] ?? '') || lines[to]?.startsWith(' ')) to++
  // Overloads follow one another, with comments of their own between them.
  while (head.test(lines[skipComment(lines, to + 1)] ?? '')) to = skipComment(lines, to + 1)
  const start = commentBefore(lines, from)
  const text = withoutPrivate(lines.slice(start, to + 1)).join('\n')
  return text.replace(/^export (?:declare )?/gm, '').replaceAll(/^( {4})+/gm, halved)
}

function halved(indent: string): string {
  return ' '.repeat(indent.length / 2)
}

/** Where the comment begins that ends just before a line; the line itself where there is none. */
function commentBefore(lines: readonly string[], line: number): number {
  if (!lines[line - 1]?.endsWith('*/')) return line
  let start = line - 1
  while (!/^\s*\/\*\*/.test(lines[start] ?? '')) start--
  return start
}

function skipComment(lines: readonly string[], line: number): number {
  if (!/^\s*\/\*\*/.test(lines[line] ?? '')) return line
  while (!lines[line]?.endsWith('*/')) line++
  return line + 1
}

/** Drops what is private, and what only the library constructs, with the comments before it. */
function withoutPrivate(lines: readonly string[]): string[] {
  const kept: string[] = []
  for (const line of lines) {
    if (
      !/^ {4}(?:#private;|(?:static )?private |(?:readonly )?_|constructor\((?:\w+: (?:Log|View|Upkeep)\b|\{))/.test(
        line
      )
    )
      kept.push(line)
    else kept.length = commentBefore(kept, kept.length)
  }
  return kept
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(API_PAGE, apiPage())
