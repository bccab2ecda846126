// Which phase the app is in, and that its device survives the ways between them.

import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import { App } from '../server/app.js'
import { type Settings, createSettings, readSettings } from '../server/settings.js'

test('of two who set up a folder at once one does, and its key is kept', async (t) => {
  const folder = join(await t.tmp(), 'laptop')
  const app = await start(t, folder)
  const names = ['River', 'House', 'Trail']
  const outcomes = await Promise.allSettled(names.map((name) => app.setUp({ name })))
  t.alike(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected']
  )
  t.is((await app.state()).phase, 'ready')
  const { projectId } = app.ready.device
  await app.close()
  const again = await start(t, folder)
  t.is(again.ready.device.projectId, projectId, 'the kept key opens the device')
})

test('a setup that failed can be done again', async (t) => {
  const app = await start(t, join(await t.tmp(), 'laptop'))
  await t.exception(app.setUp({ name: 'River', invite: 'none', passphrase: 'none' }))
  await app.setUp({ name: 'River' })
  t.is((await app.state()).phase, 'ready')
})

test('the settings of a folder are never replaced by a setup', async (t) => {
  const folder = join(await t.tmp(), 'laptop')
  const [one, two] = ['1', '2'].map((digit) => ({
    name: 'River',
    projectKey: digit.repeat(64),
    configuration: 'territory'
  })) as [Settings, Settings]
  await createSettings(folder, one)
  await t.exception(createSettings(folder, two), { code: 'NOT_READY' })
  t.alike(await readSettings(folder), one)
})

async function start(t: Assertion, folder: string): Promise<App> {
  const app = new App({ folder, configuration: 'territory', peerHost: '127.0.0.1' })
  t.teardown(() => app.close(), { order: -1 })
  await app.start()
  return app
}
