// Compiles the server with tsc, checks the page with it, and bundles the page into one file each of
// script and style, with all that it needs: nothing is fetched from anywhere when it runs.

import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { argv, chdir, cwd, execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

chdir(dirname(fileURLToPath(import.meta.url)))
const require = createRequire(import.meta.url)
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')

rmSync('build', { recursive: true, force: true })
mkdirSync('build/page', { recursive: true })
const tests = argv.includes('--tests') ? ['test'] : []
for (const part of ['.', 'server', 'page', ...tests]) {
  execFileSync(execPath, [tsc, '-p', part], { stdio: 'inherit' })
}
await build({
  absWorkingDir: cwd(),
  entryPoints: { page: 'page/main.tsx' },
  outdir: 'build/page',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  loader: { '.png': 'dataurl' },
  jsx: 'automatic',
  jsxImportSource: 'preact',
  logLevel: 'warning'
})
for (const name of ['index.html', 'icon.svg']) copyFileSync(`page/${name}`, `build/page/${name}`)
