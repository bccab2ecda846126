// What lies beside the device in its folder.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import { seedFolder } from './helpers/app.js'

test('the file with the project key is readable for its owner alone', async (t) => {
  if (process.platform === 'win32') return t.pass('there are no such rights here')
  const { folder } = await seedFolder(t, { name: 'Laptop 1' })
  const { mode } = await stat(join(folder, 'field-map.json'))
  t.is((mode & 0o777).toString(8), '600')
})
