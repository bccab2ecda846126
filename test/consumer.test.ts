// The package as its user gets it: packed, put into an empty strict TypeScript project, compiled
// without skipLibCheck, and run. The dependencies are linked from this checkout rather than
// installed, so that the test needs no network; only declared ones are, so that a missing one shows.

import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { env } from 'node:process'
import { fileURLToPath } from 'node:url'
import test, { type Assertion } from 'brittle'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
/** What an app does first, given `cairnlog` and a folder. */
const APP = `
const device = await cairnlog.Device.open(process.argv[2], {
  projectKey: cairnlog.createProjectKey(),
  name: 'App',
  configuration: { name: 'rivers', version: '1.0.0' }
})
await device.observations.create({ lat: 0, lon: 0 })
console.log('shown', await device.observations.count())
await device.close()
`
const MAIN = `async function run() {${APP}}\n`
/** Packages with compiled parts, which no bundler can take in; the README names them. */
const NATIVE = [
  'fs-native-extensions',
  'quickbit-native',
  'rocksdb-native',
  'simdle-native',
  'sodium-native'
]
/** What the pieces of code in the README go on with. */
const OPEN = `import type { Device } from 'cairnlog'
declare const device: Device
declare const projectKey: Uint8Array
declare const address: string
`
const DOCUMENTS = ['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md']
/** The user's own, beside what the package declares. */
const USERS_OWN = ['@types/node', 'undici-types']

test('the tarball holds the built library, its documents and nothing else', async (t) => {
  const { files } = await pack(t)
  const astray = files.filter(
    (path) =>
      !/^build\/lib\/.+\.(?:js|d\.ts)$/.test(path) &&
      !/^docs\/[\w-]+\.md$/.test(path) &&
      ![...DOCUMENTS, 'package.json'].includes(path)
  )
  t.alike(astray, [])
  // Started as a thread by its name, so nothing imports it.
  const thread = 'build/lib/syncfile/prove-worker.js'
  for (const path of [...DOCUMENTS, 'docs/api.md', 'build/lib/main.d.ts', thread]) {
    t.ok(files.includes(path), path)
  }
})

test('everything that exports names is in the tarball', async (t) => {
  const { files } = await pack(t)
  for (const target of targetsOf(manifest().exports)) {
    t.ok(files.includes(target.replace(/^\.\//, '')), target)
  }
})

test('a strict consumer compiles against the tarball and runs', { timeout: 120_000 }, async (t) => {
  const project = await install(t)
  for (const name of ['consumer.ts', 'tsconfig.json']) {
    copyFileSync(join(root, 'test/types', name), join(project, name))
  }
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  t.is(run(process.execPath, [tsc, '-p', '.'], project).said, '', 'it compiles')
  const { ok, said } = run(process.execPath, ['out/consumer.js', await t.tmp()], project)
  t.ok(ok, ok ? 'it runs' : said)
  t.ok(/^sent [1-9]\d*$/m.test(said), 'what was recorded got into the sync file')
})

test(
  'the code in the README compiles as it stands, and the whole programs in it run',
  { timeout: 120_000 },
  async (t) => {
    const project = await install(t)
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code)
    const isWhole = (code: string): boolean => code.includes('Device.open(')
    const files = blocks.map((code, i) => {
      const name = `block-${i + 1}`
      const here = code.replaceAll('/media/usb/', './')
      writeFileSync(join(project, `${name}.ts`), isWhole(code) ? here : OPEN + here)
      return name
    })
    t.ok(files.length >= 5, `${files.length} blocks of code`)
    const compile = ['--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--strict']
    const sources = files.map((name) => `${name}.ts`)
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const compiled = run(process.execPath, [tsc, ...compile, '--ignoreConfig', ...sources], project)
    t.is(compiled.said, '')
    const whole = files.filter((_, i) => isWhole(blocks[i] ?? ''))
    t.is(whole.length, 2)
    for (const name of whole) {
      const { ok, said } = run(process.execPath, [`${name}.js`], project)
      t.ok(ok, ok ? `${name} runs` : said)
    }
  }
)

test('every entry point of the package can be imported', { timeout: 120_000 }, async (t) => {
  const project = await install(t)
  const entries = Object.keys(manifest().exports)
    .filter((key) => !key.endsWith('.json'))
    .map((key) => `cairnlog${key.slice(1)}`)
  const imports = entries.map((entry) => `await import('${entry}')`).join('\n')
  writeFileSync(join(project, 'entries.ts'), `${imports}\nexport {}\n`)
  const compile = ['--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--strict']
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  t.is(run(process.execPath, [tsc, ...compile, '--ignoreConfig', 'entries.ts'], project).said, '')
  t.alike(run(process.execPath, ['entries.js'], project), { ok: true, said: '' })
})

test('plain JavaScript uses it, as an ES module and from CommonJS', async (t) => {
  const project = await install(t)
  writeFileSync(join(project, 'app.mjs'), `import * as cairnlog from 'cairnlog'\n${APP}`)
  const fromCommonJs = `import('cairnlog').then(async (cairnlog) => {\n${APP}\n})\n`
  writeFileSync(join(project, 'app.cjs'), fromCommonJs)
  for (const app of ['app.mjs', 'app.cjs']) {
    t.is(
      run(process.execPath, [app, join(await t.tmp(), 'device')], project).said,
      'shown 1\n',
      app
    )
  }
})

test('esbuild bundles it for the main process of an Electron app', async (t) => {
  const project = await install(t)
  writeFileSync(join(project, 'app.mjs'), `import * as cairnlog from 'cairnlog'\nrun()\n${MAIN}`)
  const bundle = ['--bundle', '--platform=node', '--format=cjs', '--log-level=error']
  const external = NATIVE.map((name) => `--external:${name}`)
  const esbuild = join(root, 'node_modules/.bin/esbuild')
  const built = run(esbuild, ['app.mjs', ...bundle, ...external, '--outfile=main.cjs'], project)
  t.is(built.said, '')
  // What npm installs beside the package, and a packager of Electron apps unpacks.
  rmSync(join(project, 'node_modules'), { recursive: true })
  for (const name of NATIVE) link(name, join(project, 'node_modules'))
  const ran = run(process.execPath, ['main.cjs', join(await t.tmp(), 'device')], project)
  t.is(ran.said, 'shown 1\n')
})

test('the program of the tarball runs where npm puts it', { timeout: 120_000 }, async (t) => {
  const project = await install(t)
  const bin = manifest().bin.cairnlog
  const file = join(project, 'node_modules/cairnlog', bin)
  t.ok(sep === '\\' || (statSync(file).mode & 0o111) !== 0, 'it may be run')
  // As npm links what a package offers to be run.
  mkdirSync(join(project, 'node_modules/.bin'))
  symlinkSync(file, join(project, 'node_modules/.bin/cairnlog'))
  const { ok, said } = run('npx', ['--no', '--', 'cairnlog', '--help'], project)
  t.ok(ok, said)
  t.ok(said.includes('Usage: cairnlog [options] [command]'))
  const init = run('npx', ['--no', '--', 'cairnlog', 'init'], project, {
    CAIRNLOG_PASSPHRASE: 'secret'
  })
  t.ok(init.ok && init.said.includes('New project'), init.said)
})

/** Packs the checkout as built: packing would otherwise build again under the other tests' feet. */
async function pack(t: Assertion): Promise<{ tarball: string; files: string[] }> {
  const folder = await t.tmp()
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]
  const packed = run('npm', args, root)
  if (!packed.ok) throw new Error(`npm pack failed: ${packed.said}`)
  const name = readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? 'no tarball'
  const tarball = join(folder, name)
  const files = run('tar', ['-tzf', tarball], folder)
    .said.split('\n')
    .filter((path) => path !== '' && !path.endsWith('/'))
    .map((path) => path.replace(/^package\//, ''))
  return { tarball, files }
}

/** An empty project with the tarball and what it declares, and nothing of this checkout's. */
async function install(t: Assertion): Promise<string> {
  const { tarball } = await pack(t)
  const project = await t.tmp()
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, 'cairnlog'), { recursive: true })
  run('tar', ['-xzf', tarball, '--strip-components', '1', '-C', join(modules, 'cairnlog')], project)
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n')
  for (const name of [...Object.keys(manifest().dependencies), ...USERS_OWN]) {
    link(name, modules)
  }
  return project
}

function link(name: string, modules: string): void {
  const path = join(modules, ...name.split('/'))
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(join(root, 'node_modules', name), path, sep === '\\' ? 'junction' : 'dir')
}

type Exports = string | { [condition: string]: Exports }

function targetsOf(exports: Exports): string[] {
  return typeof exports === 'string' ? [exports] : Object.values(exports).flatMap(targetsOf)
}

function manifest(): {
  dependencies: Record<string, string>
  exports: Record<string, Exports>
  bin: { cairnlog: string }
} {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
}

/** What a command printed, and whether it succeeded. */
function run(
  command: string,
  args: string[],
  cwd: string,
  more: Record<string, string> = {}
): { ok: boolean; said: string } {
  const options = { cwd, encoding: 'utf8', env: { ...env, ...more } } as const
  const { status, error, stdout, stderr } = spawnSync(command, args, options)
  return { ok: status === 0, said: `${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}` }
}
