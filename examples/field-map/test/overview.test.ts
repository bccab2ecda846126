// What the map and the list keep in memory, beside a device that goes on changing.

import { EventEmitter, once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import test from 'brittle'
import type { Device, Observation } from 'cairnlog'
import { readConfiguration } from '../server/configurations.js'
import { Overview } from '../server/overview.js'
import { openFolder, seedFolder } from './helpers/app.js'
import { villages } from './helpers/villages.js'

test('what changes while everything is first read is shown as it is now', async (t) => {
  const { folder } = await seedFolder(t, { name: 'Laptop 1', observations: villages(20) })
  const device = await openFolder(folder)
  t.teardown(() => device.close())
  const { observations } = device
  const all: Observation[] = []
  for await (const observation of observations.query()) all.push(observation)
  const [renamed, deleted] = all as [Observation, Observation]
  async function* query(): AsyncGenerator<Observation> {
    await observations.update(renamed, { tags: { ...renamed.tags, name: 'Aguarico' } })
    await observations.delete(deleted)
    // Long enough for the changes to be told before what was read comes.
    await setTimeout(100)
    yield* all
  }
  const slow = { observations: { query, watch: observations.watch.bind(observations) } }

  const configuration = await readConfiguration('territory')
  let changes = 0
  const told = new EventEmitter()
  const onChange = (): void => void (++changes === 3 && told.emit('all'))
  const fail = (error: unknown): void => void told.emit('error', error)
  const overview = new Overview(slow as unknown as Device, configuration, onChange, fail)
  t.teardown(() => overview.close(), { order: -1 })
  // Told once for all that was read, and once for each of the two.
  await Promise.all([once(told, 'all'), overview.load()])
  const { rows } = overview.list({}, null, 0, 100)
  t.is(rows[0]?.title, 'Aguarico', 'the new name is shown, first in the list')
  t.is(rows.length, 19, 'and what was deleted is not')
})
