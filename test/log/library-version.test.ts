import { readFileSync } from 'node:fs'
import test from 'brittle'
import { LIBRARY_VERSION } from '../../lib/log/library-version.js'

test('hellos name the version that package.json does', (t) => {
  const manifest = new URL('../../../package.json', import.meta.url)
  t.is(LIBRARY_VERSION, JSON.parse(readFileSync(manifest, 'utf8')).version)
})
