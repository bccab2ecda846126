// One laptop of the soak: its folder, its wrong clock, and what it has promised. What happens to
// laptops happens here: they are killed, lose power, and are copied.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cp, rename, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { hash } from '../../lib/log/crypto.js'
import { toHex } from '../../lib/log/feed-id.js'
import type { Log } from '../../lib/log/log.js'
import { parseVersion, sameVersion } from '../../lib/log/version.js'
import { Device, type MediaVariant, type Observation } from '../../lib/main.js'
import { CONFIGURATION, PROJECT_KEY } from '../helpers/fixed.js'
import { Disk, TAILS } from '../helpers/disk.js'

const WRITER = fileURLToPath(new URL('../helpers/write-until-killed.js', import.meta.url))

export class Laptop {
  device!: Device
  clock = 0
  /** Observations that its user can name. */
  known: string[] = []
  /** Versions that must never be lost. */
  readonly promised: Set<string> = new Set()
  /** Photos that nobody has looked for yet, by the version that shows them. */
  readonly photos: Map<string, MediaVariant> = new Map()
  /** Versions that were written since; a power cut may take them. */
  private pending: string[] = []

  constructor(
    private readonly number: number,
    private dir: string,
    private readonly random: () => number
  ) {}

  get name(): string {
    return `laptop ${this.number}`
  }

  async open(onCopied: 'refuse' | 'new-feed' = 'refuse'): Promise<void> {
    this.device = await Device.open(this.dir, {
      projectKey: PROJECT_KEY,
      name: this.name,
      configuration: CONFIGURATION,
      wallClock: () => this.clock,
      onCopied
    })
  }

  async close(): Promise<void> {
    await this.device.close()
    this.promise()
  }

  async restart(): Promise<void> {
    await this.close()
    await this.open()
  }

  /** Creates, edits, deletes, restores. */
  async write(count: number): Promise<void> {
    const { observations } = this.device
    for (let i = 0; i < count; i++) {
      const id = this.known[Math.floor(this.random() * this.known.length)]
      const shown = id === undefined ? null : await observations.get(id)
      const what = this.random()
      const tags = { by: this.number, n: Math.floor(this.random() * 1000) }
      let written: Observation
      if (shown === null || what < 0.4) {
        const lat = this.random() * 180 - 90
        written = await observations.create(what < 0.1 ? { tags } : { lat, lon: lat * 2, tags })
        this.known.push(written.id)
      } else if (what < 0.6) written = await observations.update(shown, { tags })
      else if (what < 0.75) written = await observations.update(shown.id, { tags })
      else if (what < 0.9) written = await observations.delete(shown)
      else written = await observations.restore(shown)
      this.pending.push(...[written, ...written.forks].map(({ versionId }) => versionId))
    }
  }

  async photo(): Promise<void> {
    const size = this.random() < 0.2 ? 1_200_000 : 1 + Math.floor(this.random() * 20_000)
    const original = await this.device.media.put(randomBytes(size), { type: 'image/jpeg' })
    const attachments = [{ variants: { original } }]
    const { versionId } = await this.device.observations.create({ lat: 0, lon: 0, attachments })
    this.photos.set(versionId, original)
    this.pending.push(versionId)
  }

  /** Throws where it is not here, or not what it was. */
  async look(photo: MediaVariant): Promise<void> {
    const bytes = await this.device.media.get(photo).bytes()
    if (toHex(hash(bytes)) !== photo.hash) throw new Error(`${photo.hash} is wrong on ${this.name}`)
  }

  /** Enough for a sync file to need another volume, after a few times. */
  async heavy(): Promise<void> {
    const note = 'x'.repeat(100_000)
    await this.device.observations.createMany(
      Array.from({ length: 40 }, () => ({ tags: { note } }))
    )
  }

  async flush(): Promise<void> {
    await this.device.flush()
    this.promise()
  }

  /** What was written so far has been said to be durable. */
  promise(): void {
    for (const version of this.pending) this.promised.add(version)
    this.pending = []
  }

  async holds(version: string): Promise<boolean> {
    const { feed, seq } = parseVersion(version)
    const log = this.device.replica as Log
    if ((log.ends().get(feed)?.length ?? 0) <= seq) return false
    const logged = await log.entry(feed, seq)
    return logged !== null && sameVersion(logged.ref, parseVersion(version))
  }

  /** Another process writes in this folder until it is killed; what it said it wrote is there. */
  async kill(): Promise<void> {
    await this.close()
    const child = spawn(process.execPath, [WRITER, this.dir], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    const exit = once(child, 'exit')
    child.stderr.on('data', (data) => (errors += String(data)))
    const enough = 1 + Math.floor(this.random() * 20) * 37
    child.stdout.on('data', (data) => {
      output += String(data)
      if (output.length > enough) child.kill('SIGKILL')
    })
    const [, signal] = (await exit) as [number | null, string | null]
    if (signal !== 'SIGKILL') throw new Error(`the writer ended by itself: ${errors}`)
    await this.open()
    const ids = output.split('\n').slice(0, -1)
    for (const id of ids) {
      const row = await this.device.observations.get(id)
      if (row === null) throw new Error(`${id} was created before the kill and is lost`)
      this.pending.push(row.versionId)
    }
  }

  /** Does something, and comes back with the folder that a power cut in the end leaves. */
  async losePower(work: () => Promise<void>): Promise<void> {
    await this.restart()
    const restore: Array<() => unknown> = []
    const disk = await Disk.watch({ teardown: (fn) => void restore.push(fn) }, this.dir)
    const image = `${this.dir}-image`
    try {
      await work()
      const tail = TAILS[Math.floor(this.random() * TAILS.length)] ?? 'lost'
      const { random } = this
      await disk.image(image, { tail, renamed: random() < 0.5, random })
    } finally {
      for (const fn of restore.reverse()) fn()
    }
    await this.device.close()
    this.pending = []
    await rm(this.dir, { recursive: true })
    await rename(image, this.dir)
    await this.open()
  }

  /** From now on a copy of the folder is used, under a feed of its own. */
  async moveTo(dir: string): Promise<void> {
    await this.close()
    await cp(this.dir, dir, { recursive: true })
    await rm(this.dir, { recursive: true })
    this.dir = dir
    await this.open('new-feed')
  }
}
