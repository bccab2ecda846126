// Laptops nearby, beside strangers on the same Wi-Fi who knock at the same port.

import { EventEmitter, once } from 'node:events'
import { type Socket, connect } from 'node:net'
import test, { type Assertion } from 'brittle'
import type { Device } from 'cairnlog'
import { NearbyLaptops } from '../server/nearby.js'
import type { Nearby } from '../wire/api.js'
import { openFolder, seedFolder } from './helpers/app.js'

test('strangers who knock are not kept in mind, a laptop of the project is', async (t) => {
  const { one, two } = await devices(t)
  const here = nearby(t, one)
  const there = nearby(t, two)
  const { port = 0 } = await here.start()
  let most = 0
  const strangers: Socket[] = []
  for (let i = 0; i < 80; i++) strangers.push(connect(port, '127.0.0.1').on('error', () => {}))
  await here.until(({ peers }) => (most = Math.max(most, peers.length)) === 64)
  for (const stranger of strangers) stranger.destroy()
  await here.until(({ peers }) => (most = Math.max(most, peers.length)) > 0 && peers.length === 0)
  t.is(most, 64, 'no more of them at once')

  there.connect(`127.0.0.1:${port}`)
  await here.until(({ peers }) => peers[0]?.state === 'together')
  await there.stop()
  const { peers } = await here.until(({ peers }) => peers[0]?.state === 'gone')
  t.alike(
    peers.map(({ name }) => name),
    ['Laptop 2']
  )
})

test('of addresses where nobody was the last 50 are shown, with what went wrong', async (t) => {
  const { one } = await devices(t)
  const here = nearby(t, one)
  const { port } = await here.start()
  // It listens at 127.0.0.1 alone, so that at these nobody does.
  const addresses = Array.from({ length: 60 }, (_, i) => `127.0.0.${i + 2}:${port}`)
  for (const address of addresses) {
    here.connect(address)
    await here.until(({ peers }) => peers.at(-1)?.trouble !== undefined)
  }
  const { peers } = here.view()
  t.alike(
    peers.map(({ address }) => address),
    addresses.slice(-50)
  )
})

class HeardLaptops extends NearbyLaptops {
  readonly #told = new EventEmitter()

  constructor(device: Device) {
    const told = new EventEmitter()
    super(device, { host: '127.0.0.1', tell: (view) => void told.emit('view', view) })
    this.#told = told
  }

  /** What is shown once it is so. */
  async until(isSo: (view: Nearby) => boolean): Promise<Nearby> {
    for (let view = this.view(); ; [view] = (await once(this.#told, 'view')) as [Nearby]) {
      if (isSo(view)) return view
    }
  }
}

function nearby(t: Assertion, device: Device): HeardLaptops {
  const laptops = new HeardLaptops(device)
  t.teardown(() => laptops.stop(), { order: -1 })
  return laptops
}

async function devices(t: Assertion): Promise<{ one: Device; two: Device }> {
  const first = await seedFolder(t, { name: 'Laptop 1' })
  const second = await seedFolder(t, { name: 'Laptop 2', projectKey: first.projectKey })
  const [one, two] = await Promise.all([openFolder(first.folder), openFolder(second.folder)])
  t.teardown(() => Promise.all([one.close(), two.close()]))
  return { one, two }
}
