// Keeps the habits of this project that no compiler or linter knows: which folder may import which,
// where a third-party package may be touched, how long a file may get, and what must never be
// written into a file. It reads the sources as text.

import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'brittle'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** The folders with a package.json of their own: the library, and the app that shows it. */
const PACKAGES = ['', 'examples/field-map/']

/** What each layer may import besides itself; `errors` and `main` are single files. */
const layers: Record<string, string[]> = {
  cli: ['main'],
  main: ['peer', 'syncfile', 'index', 'exchange', 'log', 'errors'],
  peer: ['exchange', 'log', 'errors'],
  syncfile: ['exchange', 'log', 'errors'],
  index: ['exchange', 'log', 'errors'],
  exchange: ['log', 'errors'],
  log: ['errors'],
  errors: []
}

/** The only places that may import a package; with `one`, a single file among them. */
const adapters: Array<{ packages: string[]; place: RegExp; one: boolean }> = [
  {
    packages: ['hypercore', 'corestore', 'hypercore-storage'],
    place: /^lib\/(?:log\/|index\/bee\.ts$)/,
    one: false
  },
  { packages: ['hyperbee'], place: /^lib\/index\//, one: true },
  {
    packages: ['protomux'],
    place: /^lib\/peer\//,
    one: true
  },
  {
    packages: ['@hyperswarm/secret-stream'],
    place: /^lib\/peer\//,
    one: true
  },
  {
    packages: ['commander'],
    place: /^lib\/cli\//,
    one: false
  },
  {
    packages: ['cli-progress'],
    place: /^lib\/cli\//,
    one: true
  },
  {
    packages: ['random-access-file', 'fs-native-extensions'],
    place: /^lib\/syncfile\//,
    one: true
  }
]

const LONGEST_FILE = 300

const sources = filesUnder('lib', '.ts').map((file) => ({ file, imports: importsOf(file) }))

test('imports point down the layers, never up or sideways', (t) => {
  for (const { file, imports } of sources) {
    const from = layerOf(file)
    t.ok(layers[from], `${file} lies in a layer that is known`)
    for (const specifier of imports.filter((name) => name.startsWith('.'))) {
      const target = posix.join(posix.dirname(file), specifier)
      const to = layerOf(target)
      const allowed = to === from || layers[from]?.includes(to)
      if (!target.startsWith('lib/') || !allowed) t.fail(`${file} imports ${specifier}`)
    }
  }
})

test('the command line sees the face of the package and nothing behind it', (t) => {
  const own = sources.filter(({ file }) => layerOf(file) === 'cli')
  t.ok(own.length > 10, `${own.length} files`)
  const outside = own.flatMap(({ imports }) => imports.filter((name) => name.startsWith('../')))
  t.alike([...new Set(outside)], ['../main.js'])
})

test('a third-party package is touched in its adapter only, and is a declared dependency', (t) => {
  const { dependencies, peerDependencies } = manifest()
  const declared = Object.keys({ ...dependencies, ...peerDependencies })
  for (const { file, imports } of sources) {
    for (const name of packagesOf(imports)) {
      if (!declared.includes(name)) t.fail(`${file} imports ${name}, which is no dependency`)
    }
  }
  for (const { packages, place, one } of adapters) {
    const users = sources
      .filter(({ imports }) => packagesOf(imports).some((name) => packages.includes(name)))
      .map(({ file }) => file)
    const astray = users.filter((file) => !place.test(file))
    t.alike(astray, [], `${packages.join(', ')} only in ${place.source}`)
    if (one) t.ok(users.length <= 1, `${packages.join(', ')} in one file: ${users.join(', ')}`)
  }
})

test('every dependency is pinned to one version', (t) => {
  for (const folder of PACKAGES) {
    const { dependencies, devDependencies } = manifest(folder)
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      if (name === 'cairnlog' && version === 'file:../..') continue
      if (!/^(?:npm:[@\w/-]+@)?\d+\.\d+\.\d+$/.test(version)) t.fail(`${name}: ${version}`)
    }
  }
  t.pass()
})

test('the lock file serves every platform, whatever registry a machine uses', (t) => {
  for (const folder of PACKAGES) {
    const locked: Record<string, Locked> = JSON.parse(read(`${folder}package-lock.json`)).packages
    for (const [name, { resolved, optionalDependencies, link }] of Object.entries(locked)) {
      if (resolved !== undefined && !link) t.fail(`${name} is tied to an address`)
      for (const optional of Object.keys(optionalDependencies ?? {})) {
        // `npm ci` refuses to install when one is missing that the registry at hand did not have.
        if (!(`node_modules/${optional}` in locked)) t.fail(`${optional} of ${name} is missing`)
      }
    }
  }
  t.pass()
})

test('a file of the library or of the field map is one idea, with a name that says it', (t) => {
  const ofTheMap = trackedFiles().filter((file) => /^examples\/field-map\/.*\.tsx?$/.test(file))
  t.ok(ofTheMap.length > 0, 'the field map was found')
  for (const file of [...sources.map((source) => source.file), ...ofTheMap]) {
    const length = read(file).split('\n').length - 1
    if (length > LONGEST_FILE) t.fail(`${file} has ${length} lines, at most ${LONGEST_FILE}`)
    if (posix.basename(file) === 'utils.ts') t.fail(`${file} says nothing by its name`)
  }
  t.absent(
    sources.some(({ file }) => file === 'lib/index.ts'),
    'the entry is lib/main.ts'
  )
})

test('no file names a package registry or a folder outside the project', (t) => {
  // Put together here, so that this file does not name them either.
  const forbidden = [
    /https?:\/\/[^\s"'`]*(?:registry|npmjs)/i,
    /\bregistry\.(?:npm|yarn|node)/i,
    new RegExp(['\\.\\.', 'shared', ''].join('/')),
    new RegExp(`${escapeRegExp(join(dirname(root), 'shared'))}\\b`)
  ]
  const registry = process.env.npm_config_registry
  if (registry) forbidden.push(new RegExp(escapeRegExp(new URL(registry).host)))

  for (const file of trackedFiles()) {
    if (file.startsWith('.ci/')) continue
    const text = readFileSync(join(root, file), 'latin1')
    if (text.includes('\0')) continue
    for (const [index, line] of text.split('\n').entries()) {
      const found = forbidden.find((pattern) => pattern.test(line))
      if (found) t.fail(`${file}:${index + 1} matches ${found.source}`)
    }
  }
  t.pass()
})

test('every error code is explained in the README', (t) => {
  const readme = read('README.md')
  const type = /export type CairnErrorCode =([^\n]*\n(?:\s+\|.*\n)*)/.exec(read('lib/errors.ts'))
  const codes = [...(type?.[1] ?? '').matchAll(/'(\w+)'/g)].map((match) => match[1] ?? '')
  t.ok(codes.length > 10, `${codes.length} codes found in lib/errors.ts`)
  t.alike(
    codes.filter((code) => !readme.includes(`\`${code}\``)),
    [],
    'codes the README does not explain'
  )
})

test('published declarations need no types that their user does not have', (t) => {
  const { dependencies } = manifest()
  const untyped = [...read('types/untyped.d.ts').matchAll(/^declare module '(.+)'/gm)].map(
    (match) => match[1] ?? ''
  )
  t.ok(untyped.includes('hypercore'), 'the list of untyped packages was found')
  const declarations = filesUnder('build/lib', '.d.ts')
  t.ok(declarations.length > 0, 'the declarations were found')
  for (const file of declarations) {
    for (const name of packagesOf(importsOf(file))) {
      if (!(name in dependencies)) t.fail(`${file} needs ${name}, which is not installed with us`)
      if (untyped.includes(name) || !shipsTypes(name)) t.fail(`${file} needs types of ${name}`)
    }
  }
})

interface Locked {
  resolved?: string
  optionalDependencies?: Record<string, string>
  /** A folder of this checkout. */
  link?: boolean
}

function layerOf(file: string): string {
  const [, first = '', ...rest] = file.replace(/\.(?:js|ts)$/, '').split('/')
  if (rest.length > 0) return first
  return first === 'errors' ? 'errors' : 'main'
}

/** Every module a file names: static and dynamic imports, re-exports, import types, require. */
function importsOf(file: string): string[] {
  const code = read(file).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const statements = /\b(?:import|export)\b[\w\s{},*$]*?\bfrom\s*['"]([^'"]+)['"]/g
  const bare = /^\s*import\s*['"]([^'"]+)['"]/gm
  const calls = /\b(?:import|require|resolve)\(\s*['"]([^'"]+)['"]/g
  return [statements, bare, calls].flatMap((pattern) =>
    [...code.matchAll(pattern)].map((match) => match[1] ?? '')
  )
}

/** The third-party packages among module names. */
function packagesOf(specifiers: string[]): string[] {
  return specifiers
    .filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
    .map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
}

function shipsTypes(name: string): boolean {
  const json = JSON.parse(read(`node_modules/${name}/package.json`))
  return Boolean(json.types ?? json.typings) || /"types":/.test(JSON.stringify(json.exports ?? ''))
}

function manifest(folder = ''): {
  dependencies: Record<string, string>
  peerDependencies?: Record<string, string>
  devDependencies: Record<string, string>
} {
  return JSON.parse(read(`${folder}package.json`))
}

/** Committed files and those about to be. */
function trackedFiles(): string[] {
  const list = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], { cwd: root })
  return list
    .toString()
    .split('\0')
    .filter(
      (file) => file !== '' && statSync(join(root, file), { throwIfNoEntry: false })?.isFile()
    )
}

function filesUnder(folder: string, suffix: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(suffix))
    .map((path) => posix.join(folder, path.split(sep).join('/')))
    .sort()
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
