// Deletes from build/ whatever no source stands behind any more, so that a renamed file neither
// runs as a test nor travels in the package. Plain JavaScript, because it runs before the compiler.

import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const build = join(root, 'build')

if (existsSync(build)) {
  for (const path of readdirSync(build, { recursive: true, encoding: 'utf8' })) {
    const output = /^(.*)\.(?:js|d\.ts|js\.map|d\.ts\.map|tsbuildinfo)$/.exec(path)
    if (output && !existsSync(join(root, `${output[1]}.ts`))) rmSync(join(build, path))
  }
}
