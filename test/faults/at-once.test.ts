// Much at once on one device, which is closed in the midst of it: whatever had been recorded is there
// when it is opened again, nothing is still going on in its folder, and nobody is told of damage. The
// order in which things happen is not the seed's alone, so a failure may take some tries to come again.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import { CairnError, type Device, type ViewEvent } from '../../lib/main.js'
import { createDevice, inputs } from '../helpers/devices.js'
import { randomFrom } from '../helpers/disk.js'
import { photo } from '../helpers/memory-blobs.js'
import { bytesOn, recordPhotos } from '../helpers/photos.js'

const ROUNDS = 4
const ROUND_MS = 700
const AT_ONCE = 20

/** What a closed device's folder has in it. */
const FOLDER = ['HEAD', 'feeds', 'held', 'media', 'media-held', 'view']

/** What may be said of work that was stopped, or met another one at the same file. */
const SAID = ['ABORTED', 'CLOSED', 'PEER_CLOSED', 'SYNCFILE_LOCKED']

test('what was recorded while much else ran is there after a closing in the midst of it', async (t) => {
  t.timeout(120_000)
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`SEED=${seed}`)
  const parent = await t.tmp()
  const dir = join(parent, 'device')
  const crowd = new Crowd(await createDevice(t, { name: 'Other' }), parent, randomFrom(seed))
  await crowd.makeSticks()
  const onEvent = ({ message }: ViewEvent): void => void crowd.wrong.push(message)
  for (let round = 0; round < ROUNDS; round++) {
    crowd.device = await createDevice(t, { dir, onEvent })
    await crowd.look()
    await crowd.round()
    const left = (await readdir(dir)).filter((name) => !FOLDER.includes(name))
    left.push(...(await readdir(parent)).filter((name) => name.endsWith('.part')))
    left.push(...(await readdir(join(dir, 'view'))).slice(1))
    t.alike(left, [], 'nothing is left of what was ended')
  }
  crowd.device = await createDevice(t, { dir, onEvent })
  await crowd.look()
  t.alike(crowd.wrong, [])
  t.comment(`${crowd.recorded.size} observations, ${crowd.photos.length} photos`)
})

class Crowd {
  /** By id: the number that was recorded last. */
  readonly recorded = new Map<string, number>()
  readonly photos: ReturnType<typeof photo>[] = []
  readonly wrong: string[] = []
  private readonly sticks: readonly string[]
  private readonly edited = new Set<string>()
  private number = 0
  device!: Device

  constructor(
    private readonly other: Device,
    private readonly dir: string,
    private readonly random: () => number
  ) {
    this.sticks = ['one', 'two'].map((name) => join(dir, `${name}.cairn`))
  }

  async makeSticks(): Promise<void> {
    for (const path of this.sticks) await this.other.createSyncFile(path)
  }

  /** Begins one thing after the other, and closes the device under them. */
  async round(): Promise<void> {
    const running = new Set<Promise<void>>()
    const works = Object.entries(this.works())
    for (const until = Date.now() + ROUND_MS; Date.now() < until; await this.wait(5)) {
      if (running.size >= AT_ONCE) continue
      const [name, work] = works[Math.floor(this.random() * works.length)]!
      const done: Promise<void> = this.told(name, work()).finally(() => running.delete(done))
      running.add(done)
    }
    await this.device.close()
    await Promise.all(running)
  }

  /** Each once more, and what is wrong with the device. */
  async look(): Promise<void> {
    const { device, wrong } = this
    for (const [id, number] of this.recorded) {
      const found = await device.observations.get(id)
      if (!(Number(found?.tags['number']) >= number)) wrong.push(`${id} is not ${number}`)
    }
    for (const one of this.photos) {
      const bytes = await bytesOn(device, one)
      if (typeof bytes === 'string') wrong.push(`${one.name.hash}: ${bytes}`)
    }
    for await (const { code, message } of device.check()) wrong.push(`${code} ${message}`)
  }

  private works(): Record<string, () => Promise<unknown>> {
    const { device, other } = this
    const stick = (): string => this.sticks[this.random() < 0.5 ? 0 : 1]!
    const signal = (): AbortSignal => {
      const stop = new AbortController()
      if (this.random() < 0.3) setTimeout(() => stop.abort(), this.random() * 50)
      return stop.signal
    }
    return {
      create: () => this.create(),
      createMany: () => device.observations.createMany(inputs(1500), { signal: signal() }),
      update: () => this.update(),
      put: () => this.put(),
      sync: () => device.sync(stick(), { signal: signal() }),
      'sync of another': () => other.sync(stick()),
      createSyncFile: () => device.createSyncFile(this.fresh('cairn'), { signal: signal() }),
      replicate: () => this.replicate(),
      rebuild: () => device.rebuildIndex({ signal: signal() }),
      check: async () => {
        for await (const { code } of device.check({ signal: signal() })) this.wrong.push(code)
      },
      query: async () => {
        for await (const _ of device.observations.query()) await this.wait(0.1)
      },
      exportArchive: () => device.exportArchive(this.fresh('zip')),
      status: () => device.status(),
      flush: () => device.flush()
    }
  }

  private async create(): Promise<void> {
    const number = ++this.number
    const { id } = await this.device.observations.create({ tags: { number } })
    this.recorded.set(id, number)
  }

  private async update(): Promise<void> {
    const id = [...this.recorded.keys()].find((one) => !this.edited.has(one))
    if (id === undefined) return
    const number = ++this.number
    this.edited.add(id)
    await this.device.observations.update(id, { tags: { number } })
    this.recorded.set(id, number)
    this.edited.delete(id)
  }

  private async put(): Promise<void> {
    const original = photo(++this.number, 1000 + Math.floor(this.random() * 2e6))
    await recordPhotos(this.device, { original })
    this.photos.push(original)
  }

  private async replicate(): Promise<void> {
    const [here, there] = [this.device.replicate(true), this.other.replicate(false)]
    here.pipe(there).pipe(here)
    for (const stream of [here, there]) stream.on('error', () => {})
    await Promise.race([here.link.caughtUp, this.wait(300)])
    await here.link.close()
    here.destroy()
  }

  private async told(name: string, work: Promise<unknown>): Promise<void> {
    await work.catch((error: unknown) => {
      const isSaid = error instanceof CairnError && SAID.includes(error.code)
      if (!isSaid) this.wrong.push(`${name}: ${String(error)}`)
    })
  }

  private fresh(extension: string): string {
    return join(this.dir, `${++this.number}.${extension}`)
  }

  private wait(milliseconds: number): Promise<void> {
    return new Promise((go) => setTimeout(go, this.random() * milliseconds))
  }
}
