// npm run field-map: installs and builds what is missing, then starts the server. What is there is
// left as it is, so that the second start takes a moment and works offline.

import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { argv, execPath } from 'node:process'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')

const npm = (cwd, ...args) =>
  execFileSync('npm', args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' })

/** When the newest source was changed. */
const newest = (...folders) =>
  Math.max(
    ...folders.flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
        (name) => statSync(join(folder, name)).mtimeMs
      )
    )
  )
const olderThan = (built, ...folders) =>
  !existsSync(built) || statSync(built).mtimeMs < newest(...folders)

if (!existsSync(join(root, 'node_modules'))) npm(root, 'ci')
if (olderThan(join(root, 'build/lib/main.js'), join(root, 'lib'))) npm(root, 'run', 'build')
if (!existsSync(join(here, 'node_modules/esbuild'))) npm(here, 'ci')
const sources = ['server', 'page', 'wire'].map((folder) => join(here, folder))
if (olderThan(join(here, 'build/page/page.js'), ...sources)) npm(here, 'run', 'build')

if (!argv.includes('--only-build')) {
  const server = spawn(execPath, [join(here, 'build/server/main.js'), ...argv.slice(2)], {
    stdio: 'inherit'
  })
  // Ctrl-C reaches the server too, which closes the device and ends by itself.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {})
  server.once('exit', (code) => (process.exitCode = code ?? 1))
}
