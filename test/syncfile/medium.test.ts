// The names of a file's volumes, and what else may stand beside them.

import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import { FileMedium } from '../../lib/syncfile/medium.js'
import { codeOf } from '../helpers/rejection.js'

test('where one name is taken meanwhile no volume gets its own, and nothing is lost', async (t) => {
  const dir = await t.tmp()
  const path = join(dir, 'territory.cairn')
  const medium = new FileMedium(path, true)
  for (const volume of [1, 2, 3]) await (await medium.create(volume)).close()
  await writeFile(path, 'of somebody else')
  t.is(await codeOf(() => medium.publish([1, 2, 3])), 'SYNCFILE_EXISTS')
  t.is(await readFile(path, 'utf8'), 'of somebody else')
  const volumes = ['.002.part', '.003.part', '.part'].map((end) => `territory.cairn${end}`)
  t.alike((await readdir(dir)).sort(), ['territory.cairn', ...volumes])
  t.is(medium.isUnfinished, true)
})
