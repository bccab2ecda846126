// What the package offers to be run can be run from the checkout and from the tarball as it is;
// the compiler writes plain files. Plain JavaScript, because it belongs to the build.

import { chmodSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
for (const file of Object.values(bin)) chmodSync(join(root, file), 0o755)
