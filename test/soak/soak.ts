// Twelve laptops, for as long as asked: node build/test/soak/soak.js --minutes 3 --seed 1
// Wrong clocks, edits, deletions, photos, sticks, live links, kills, power cuts, damaged sticks, copied
// folders. After each round all meet, and what must hold is looked at: nothing that was promised is
// lost, all hold and show the same, and nothing went wrong without a code.

import { rm, mkdtemp, readFile, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CairnError, sync } from '../../lib/main.js'
import { plainHeads, shownAlike } from '../helpers/devices.js'
import { randomFrom } from '../helpers/disk.js'
import { Wire } from '../../lib/testing-wire.js'
import { Laptop } from './laptop.js'

const LAPTOPS = 12
const STICKS = 4
const ACTIONS = 30
/** Nothing here takes this long, unless it hangs. */
const PATIENCE_MS = 60_000
const YEAR_2106 = Date.UTC(2106, 0, 1)
const CLOCKS = [0, Date.UTC(2017, 0, 1), Date.UTC(2026, 4, 1), Date.UTC(2026, 4, 2), YEAR_2106]
/** What a damaged stick may be refused with; anything else is news. */
const OF_DAMAGE = new Set([
  'BASE_MISSING',
  'FEED_FORGED',
  'NOT_A_SYNCFILE',
  'PROJECT_MISMATCH',
  'SYNCFILE_DAMAGED',
  'SYNCFILE_VERSION',
  'VOLUME_MISSING'
])

class Soak {
  private readonly laptops: Laptop[] = []
  private readonly damaged = new Set<string>()
  /** Versions that were promised and have been seen everywhere since. */
  private readonly settled = new Set<string>()
  readonly log: string[] = []
  readonly counts = new Map<string, number>()
  private copies = 0
  private photosSeen = 0
  private sticks = 0

  constructor(
    private readonly dir: string,
    private readonly random: () => number
  ) {}

  async begin(): Promise<void> {
    for (let number = 0; number < LAPTOPS; number++) {
      const laptop = new Laptop(number, join(this.dir, `laptop-${number}`), this.random)
      laptop.clock = this.pick(CLOCKS)
      await laptop.open()
      this.laptops.push(laptop)
    }
  }

  async round(): Promise<void> {
    this.log.length = 0
    for (let i = 0; i < ACTIONS; i++) await this.act()
    await this.meet()
  }

  async close(): Promise<void> {
    for (const laptop of this.laptops) await laptop.close()
  }

  get summary(): string {
    const counts = [...this.counts].sort(([a], [b]) => (a < b ? -1 : 1))
    return `${this.settled.size} versions settled, ${this.photosSeen} photos seen everywhere; ${counts.map(([k, n]) => `${k} ${n}`).join(', ')}`
  }

  private async act(): Promise<void> {
    const laptop = this.pick(this.laptops)
    laptop.clock += Math.floor(this.random() * 100_000)
    const actions: Array<[weight: number, name: string, act: () => Promise<void>]> = [
      [14, 'write', () => laptop.write(1 + Math.floor(this.random() * 8))],
      [2, 'photo', () => laptop.photo()],
      [3, 'flush', () => laptop.flush()],
      [2, 'restart', () => laptop.restart()],
      [2, 'set clock', async () => void (laptop.clock = this.pick(CLOCKS))],
      [10, 'stick', () => this.stick(laptop)],
      [3, 'device to device', () => this.between(laptop, this.pick(this.laptops))],
      [3, 'live link', () => this.live(laptop, this.pick(this.laptops))],
      [2, 'kill', () => laptop.kill()],
      [2, 'power cut', () => this.cut(laptop)],
      [2, 'damage a stick', () => this.damage()],
      [1, 'copy the folder', () => this.copy(laptop)],
      [1, 'rebuild', () => laptop.device.rebuildIndex()],
      [0.3, 'heavy', () => laptop.heavy()]
    ]
    let at = this.random() * actions.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, name, act] of actions) {
      at -= weight
      if (at > 0) continue
      await this.doing(`${name}: ${laptop.name}`, act)
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
      return
    }
  }

  private async doing(what: string, work: () => Promise<void>): Promise<void> {
    this.log.push(what)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it hangs: ${what}`)), PATIENCE_MS)
    })
    await Promise.race([work(), late]).finally(() => clearTimeout(timer))
  }

  private stickPath(number: number): string {
    return join(this.dir, `stick-${number}.cairn`)
  }

  private async stick(laptop: Laptop): Promise<void> {
    const number = Math.floor(this.random() * STICKS)
    const path = this.stickPath(number)
    this.log.push(`  on stick ${number}${this.damaged.has(path) ? ', damaged' : ''}`)
    try {
      // One of them is kept in volumes.
      if (number === 0 && (await readFile(path).catch(() => null)) === null) {
        await laptop.device.createSyncFile(path, { volumeSize: 16 << 20 })
      }
      const { refused } = await laptop.device.sync(path)
      for (const { code, message } of refused) this.allow(path, code, message)
    } catch (error) {
      if (!(error instanceof CairnError)) throw error
      this.allow(path, error.code, error.message)
      await this.replace(path)
    }
    laptop.promise()
  }

  private allow(path: string, code: string, message: string): void {
    if (this.damaged.has(path) && OF_DAMAGE.has(code)) return
    throw new Error(`${path} was refused: ${code} ${message}`)
  }

  /** The stick is broken; somebody buys a new one. */
  private async replace(path: string): Promise<void> {
    this.sticks++
    this.damaged.delete(path)
    for (const suffix of ['', '.002', '.003', '.004', '.part'])
      await rm(path + suffix, { force: true })
  }

  private async damage(): Promise<void> {
    const path = this.stickPath(Math.floor(this.random() * STICKS))
    const bytes = await readFile(path).catch(() => null)
    if (bytes === null || bytes.byteLength === 0) return
    this.damaged.add(path)
    const at = Math.floor(this.random() * bytes.byteLength)
    this.log.push(`  ${path} at ${at} of ${bytes.byteLength}`)
    if (this.random() < 0.4) return truncate(path, at)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(this.random() * 8))
    await writeFile(path, bytes)
  }

  private async between(a: Laptop, b: Laptop): Promise<void> {
    if (a === b) return
    const { refused } = await sync(a.device, b.device)
    if (refused.length > 0) throw new Error(`refused: ${JSON.stringify(refused)}`)
    a.promise()
    b.promise()
  }

  private async live(a: Laptop, b: Laptop): Promise<void> {
    if (a === b) return
    const wire = new Wire()
    const links = [a.device.replicate(wire.a), b.device.replicate(wire.b)] as const
    this.log.push(`  linked ${a.name} and ${b.name}`)
    await Promise.all(links.map(({ caughtUp }) => caughtUp))
    this.log.push('  caught up')
    await a.write(2)
    const torn = this.random() < 0.5
    this.log.push(torn ? '  wrote, cutting the wire' : '  wrote, closing')
    if (torn) wire.cut()
    for (const link of links) {
      await link.close()
      this.log.push('  closed one end')
      if (link.refused.length > 0) throw new Error(`refused: ${JSON.stringify(link.refused)}`)
    }
  }

  private async cut(laptop: Laptop): Promise<void> {
    const { id } = laptop.device
    await laptop.losePower(async () => {
      this.log.push('  restarted')
      await laptop.write(3)
      if (this.random() < 0.5) await laptop.flush()
      this.log.push('  wrote')
      if (this.random() < 0.5) await this.between(laptop, this.pick(this.laptops))
      if (this.random() < 0.5) await this.live(laptop, this.pick(this.laptops))
      await laptop.write(3)
      this.log.push('  wrote the last')
    })
    this.log.push('  power is back')
    const here = await lengthOf(laptop, id)
    for (const other of this.laptops) {
      const there = await lengthOf(other, id)
      if (there > here)
        throw new Error(`${other.name} holds ${there} of ${laptop.name}, it ${here}`)
    }
  }

  private async copy(laptop: Laptop): Promise<void> {
    if (this.copies >= 12) return
    await laptop.moveTo(join(this.dir, `copy-${++this.copies}`))
  }

  /** Everybody syncs with one good stick, twice round, and all is looked at. */
  private async meet(): Promise<void> {
    const path = join(this.dir, 'meeting.cairn')
    await rm(path, { force: true })
    for (let turn = 0; turn < 2; turn++) {
      for (const laptop of this.laptops) {
        await this.doing(`meet: ${laptop.name}`, async () => {
          const { refused, media } = await laptop.device.sync(path)
          const all = [...refused, ...media.refused]
          if (all.length > 0) throw new Error(`refused: ${JSON.stringify(all)}`)
        })
        laptop.promise()
      }
    }
    await this.doing('look', () => this.look())
  }

  private async look(): Promise<void> {
    const [first, ...others] = this.laptops as [Laptop, ...Laptop[]]
    const heads = JSON.stringify(plainHeads(await first.device.heads()))
    const rows = await shownAlike(first.device)
    const view = JSON.stringify(rows)
    for (const other of others) {
      if (JSON.stringify(plainHeads(await other.device.heads())) !== heads) {
        throw new Error(`heads of ${other.name} are not those of ${first.name}`)
      }
      if (JSON.stringify(await shownAlike(other.device)) !== view) {
        throw new Error(`${other.name} does not show what ${first.name} shows`)
      }
    }
    const rebuilt = this.pick(this.laptops)
    await rebuilt.device.rebuildIndex()
    if (JSON.stringify(await shownAlike(rebuilt.device)) !== view) {
      throw new Error(`${rebuilt.name} shows something else after a rebuild`)
    }
    for (const laptop of this.laptops) {
      for (const version of laptop.promised) this.settled.add(version)
      laptop.promised.clear()
      laptop.known = rows.map(({ id }) => id)
    }
    for (const version of this.settled) {
      if (!(await first.holds(version))) throw new Error(`${version} was promised and is lost`)
    }
    for (const { photos } of this.laptops) {
      for (const [version, photo] of photos) {
        if (!this.settled.has(version)) continue
        for (const laptop of this.laptops) await laptop.look(photo)
        photos.delete(version)
        this.photosSeen++
      }
    }
  }

  private pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]!
  }
}

async function lengthOf(laptop: Laptop, feed: string): Promise<number> {
  return (await laptop.device.heads()).find((head) => head.feed === feed)?.length ?? 0
}

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '3' }, seed: { type: 'string' } }
})
const seed = Number(values.seed ?? process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const end = performance.now() + Number(values.minutes) * 60_000
console.log(`seed ${seed}, ${values.minutes} minutes`)
const dir = await mkdtemp(join(tmpdir(), 'cairnlog-soak-'))
const soak = new Soak(dir, randomFrom(seed))
let rounds = 0
process.on('unhandledRejection', (error) => fail(error))
try {
  await soak.begin()
  for (let told = performance.now(); performance.now() < end;) {
    await soak.round()
    rounds++
    if (performance.now() - told < 20_000) continue
    told = performance.now()
    console.log(`${rounds} rounds, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`)
  }
  await soak.close()
  await rm(dir, { recursive: true, force: true })
  console.log(`${rounds} rounds, nothing found. ${soak.summary}`)
} catch (error) {
  fail(error)
}

function fail(error: unknown): never {
  console.log(soak.log.join('\n'))
  console.log(`FAILED in round ${rounds + 1}, seed ${seed}; the folders are in ${dir}`)
  console.log(error)
  process.exit(1)
}
