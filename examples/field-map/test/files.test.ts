// What a sync with a file leaves behind, where the file stays and where it was only dropped.

import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import test from 'brittle'
import { Upload, syncFile } from '../server/files.js'
import { openFolder, seedFolder } from './helpers/app.js'
import { villages } from './helpers/villages.js'

test('a dropped file is synced both ways, and counts as no backup', async (t) => {
  const first = await seedFolder(t, { name: 'Laptop 1', observations: villages(3) })
  const { projectKey } = first
  const second = await seedFolder(t, {
    name: 'Laptop 2',
    projectKey,
    observations: villages(2)
  })
  const [one, two] = await Promise.all([openFolder(first.folder), openFolder(second.folder)])
  const upload = new Upload()
  t.teardown(() => Promise.all([one.close(), two.close(), upload.clear()]))
  const file = join(await t.tmp(), 'territory.cairn')
  await one.createSyncFile(file)

  const path = await upload.take('territory.cairn', createReadStream(file))
  const { signal } = new AbortController()
  const options = { signal, onProgress: () => {}, onRead: () => {} }
  for (const verify of [false, true]) {
    const { run } = upload.work({ device: two, projectKey }, path, { verify })
    const { received, problems } = await run(options)
    t.is(received.entries, verify ? 0 : 3)
    t.alike(problems, [])
  }
  t.is((await two.status()).observations, 5)
  t.alike((await two.status()).writtenTo, [], 'it is gone with the next one')

  await syncFile(two, file, {}).run(options)
  t.alike(
    (await two.status()).writtenTo.map(({ path }) => path),
    [file],
    'a file that stays is a backup'
  )
  await syncFile(one, path, {}).run(options)
  t.is((await one.status()).observations, 5, 'the updated file carries everything on')
})
