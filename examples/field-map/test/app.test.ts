// Which phase the app is in, and that its device survives the ways between them.

import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import test, { type Assertion } from 'brittle'
import type { Device } from 'cairnlog'
import { App } from '../server/app.js'
import { type Settings, createSettings, readSettings } from '../server/settings.js'
import { openFolder, seedFolder } from './helpers/app.js'

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

test('asking again to open a device that is open changes nothing', async (t) => {
  const { folder } = await seedFolder(t, { name: 'River' })
  const app = await start(t, folder)
  const { device } = app.ready
  await Promise.all([app.start(), app.start('new-feed')])
  t.is((await app.state()).phase, 'ready')
  t.is(app.ready.device, device)
})

test('after a trouble with an open device, trying again opens it anew', async (t) => {
  const { folder } = await seedFolder(t, { name: 'River', observations: [{ tags: {} }] })
  const device = await openFolder(folder)
  const observations = Object.getPrototypeOf(device.observations) as Device['observations']
  await device.close()
  const whole = Object.getOwnPropertyDescriptor(observations, 'query')!
  const mend = (): unknown => Object.defineProperty(observations, 'query', whole)
  t.teardown(mend)
  observations.query = () => {
    throw new Error('The disk was pulled out.')
  }
  const app = await start(t, folder)
  while ((await app.state()).phase === 'ready') await setTimeout(10)
  const state = await app.state()
  t.is(state.phase === 'failed' && state.trouble.message, 'The disk was pulled out.')
  await t.exception(() => app.ready, { code: 'NOT_READY' })

  mend()
  await Promise.all([app.start(), app.start()])
  t.is((await app.state()).phase, 'ready')
  t.is(await app.ready.device.observations.count(), 1)
})

async function start(t: Assertion, folder: string): Promise<App> {
  const app = new App({ folder, configuration: 'territory', peerHost: '127.0.0.1' })
  t.teardown(() => app.close(), { order: -1 })
  await app.start()
  return app
}
