// Runs forged sync files through everything that opens one, and compares what then lies in the
// device with what honest authors signed. A case is made from its number alone, so a failure is
// repeated by its seed.

import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import b4a from 'b4a'
import { CairnError } from '../../lib/errors.js'
import { sync } from '../../lib/exchange/sync.js'
import type { SyncReport } from '../../lib/exchange/report.js'
import { Log } from '../../lib/log/log.js'
import { Project } from '../../lib/log/project.js'
import { createFile, openOrCreate } from '../../lib/syncfile/files.js'
import { SyncFile } from '../../lib/syncfile/syncfile.js'
import { Author } from '../helpers/author.js'
import { CONFIGURATION, PROJECT_KEY, START } from '../helpers/fixed.js'
import { assertAllSigned } from '../helpers/logs.js'
import { Watchdog } from '../helpers/watchdog.js'
import { members } from './members.js'
import { type Forged, type Layout, Random, layoutOf, strangers } from './mutate.js'

const project = new Project(PROJECT_KEY)
const newFile = { project, configuration: CONFIGURATION, now: (): number => START }

export interface FuzzOptions {
  seed: number
  /** Ends after so many cases or so long, whichever comes first. */
  cases?: number
  milliseconds?: number
  onCase?: (name: string) => void
}

export interface FuzzResult {
  cases: number
  /** How often which kind ran. */
  kinds: Map<string, number>
}

/** Throws at the first case that breaks a promise; the message says how to repeat it. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { seed, cases = Infinity, milliseconds = Infinity } = options
  const dir = await mkdtemp(join(tmpdir(), 'cairn-fuzz-'))
  const watch = new Watchdog()
  const kinds = new Map<string, number>()
  try {
    const honest = honestAuthors()
    const base = await baseFile(dir, honest)
    const started = performance.now()
    let done = 0
    for (; done < cases && performance.now() - started < milliseconds; done++) {
      const name = await runCase(seed + done, join(dir, String(done)), base, honest, watch)
      kinds.set(name, (kinds.get(name) ?? 0) + 1)
      options.onCase?.(name)
    }
    return { cases: done, kinds }
  } finally {
    await watch.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

/** Three feeds; their writers do as they should. */
export function honestAuthors(): Author[] {
  return [Author.withEntries(1, 12), Author.withEntries(2, 30), Author.withEntries(3, 45)]
}

/** A file of several commits, as the library writes it. */
async function baseFile(dir: string, honest: readonly Author[]): Promise<Layout> {
  const path = join(dir, 'base.cairn')
  const feedAt = new Map<number, string>()
  await (await createFile(path, newFile)).close()
  for (const part of [0, 1, 2, 3]) {
    const file = await openOrCreate(path, newFile)
    for (const author of honest) {
      const step = Math.ceil(author.blocks.length / 4)
      const to = Math.min(author.blocks.length, step * (part + 1))
      if (part * step < to) await file.append(author.run(part * step, to))
    }
    await file.commit()
    const { index } = (file as unknown as { parts: any }).parts.file
    for (const { offset, feed } of index.places()) feedAt.set(offset, feed)
    await file.close()
  }
  return layoutOf(await readFile(path), feedAt)
}

async function runCase(
  seed: number,
  dir: string,
  base: Layout,
  honest: readonly Author[],
  watch: Watchdog
): Promise<string> {
  const random = new Random(seed)
  const feeds = honest.map(({ feed }) => feed)
  const byStranger = random.below(2) === 0
  const name = random.pick(Object.keys(byStranger ? strangers : members))
  watch.begin(`SEED=${seed} (${name})`)
  try {
    const forged = byStranger
      ? strangers[name]!(base, random, feeds)
      : members[name]!(random, project, honest)
    const run = new CaseRun(dir, forged, honest, random)
    try {
      await run.run()
    } catch (error) {
      const message = `${name} ${forged.how}: ${String(error)}. Repeat with SEED=${seed} CASES=1`
      throw new Error(message, { cause: error })
    }
    return name
  } finally {
    watch.end()
    await rm(dir, { recursive: true, force: true })
  }
}

class CaseRun {
  private readonly path: string
  /** Feeds of the devices in this case. */
  private readonly own = new Set<string>()

  constructor(
    private readonly dir: string,
    private readonly forged: Forged,
    private readonly honest: readonly Author[],
    private readonly random: Random
  ) {
    this.path = join(dir, 'territory.cairn')
  }

  async run(): Promise<void> {
    const { random, forged } = this
    const log = await this.openLog()
    try {
      await writeFile(this.path, forged.bytes)
      // Looking changes nothing and throws nothing but what an app can handle.
      if (random.below(3) === 0) await this.look()
      if (random.below(6) === 0) await this.salvage()
      const before = await this.prefill(log)
      const report = await this.sync(log)
      await this.assertEntries(log)
      for (const [feed, length] of before) {
        const author = this.honest.find((other) => other.feed === feed)!
        const kept = b4a.equals(
          (await log.rootHash(feed, length)) ?? NOTHING,
          author.rootHash(length)
        )
        if (!kept) throw new Error(`${feed} is no longer what the device held`)
      }
      if (report === null) return
      for (const feed of forged.intact) this.assertWhole(log, feed, 'did not arrive')
      if (random.below(3) === 0) await this.assertHealed(log, report)
    } finally {
      await log.close()
    }
  }

  private async openLog(): Promise<Log> {
    const options = { project, name: 'Laptop', configuration: CONFIGURATION }
    await mkdir(this.dir, { recursive: true })
    const dir = join(this.dir, `log-${this.own.size}`)
    const log = await Log.open(dir, { ...options, wallClock: () => START })
    this.own.add(log.id)
    return log
  }

  /** Some honest feeds are there already, whole or in part. */
  private async prefill(log: Log): Promise<Map<string, number>> {
    const lengths = new Map<string, number>()
    for (const author of this.honest) {
      const must = this.forged.holds?.includes(author.feed) ?? false
      if (!must && this.random.below(4) !== 0) continue
      const all = author.blocks.length
      const to = must ? all : 1 + this.random.below(all)
      await log.append(author.run(0, to))
      lengths.set(author.feed, to)
    }
    return lengths
  }

  private async sync(log: Log): Promise<SyncReport | null> {
    return this.orRefused(async () => {
      const file = await openOrCreate(this.path, newFile)
      try {
        return await sync(log, file)
      } finally {
        await file.close()
      }
    }, this.forged.mayRefuse)
  }

  private async look(): Promise<void> {
    await this.orRefused(async () => {
      await using sealed = await SyncFile.open(this.path)
      await sealed.inspect()
    }, true)
    await this.orRefused(async () => {
      await using file = await SyncFile.open(this.path, { projectKey: PROJECT_KEY })
      await file.inspect()
      await file.verify()
    }, true)
  }

  private async salvage(): Promise<void> {
    const target = join(this.dir, 'salvaged.cairn')
    const options = { projectKey: PROJECT_KEY, configuration: CONFIGURATION }
    const salvaged = await this.orRefused(() => SyncFile.salvage(this.path, target, options), true)
    if (salvaged === null) return
    const log = await this.openLog()
    try {
      await this.orRefused(async () => {
        await using file = await openOrCreate(target, newFile)
        await sync(log, file)
      }, this.forged.mayRefuse)
      await this.assertEntries(log)
    } finally {
      await log.close()
    }
  }

  /**
   * What the first device wrote back, a second one finds; at the latest when the first one has come
   * by again, for damage is met by the one who lacks what is damaged.
   */
  private async assertHealed(log: Log, report: SyncReport): Promise<void> {
    if (report.readOnly || report.oneWay || report.refused.length > 0) return
    const second = await this.openLog()
    const third = await this.openLog()
    try {
      const met = await this.sync(second)
      await this.assertEntries(second)
      await this.sync(log)
      await this.sync(third)
      await this.assertEntries(third)
      for (const [feed, { length }] of log.ends()) {
        // A member may seal what its writer did not sign; it is refused, and stays in that file.
        if (met?.refused.some((refusal) => refusal.feed === feed && isForgery(refusal.code)))
          continue
        const found = third.ends().get(feed)?.length ?? 0
        if (found < length) throw new Error(`${feed}: ${found} of ${length} reach a third device`)
      }
    } finally {
      await second.close()
      await third.close()
    }
  }

  /** Every feed in the device is what its writer signed, and its writer is of the project. */
  private async assertEntries(log: Log): Promise<void> {
    await assertAllSigned(log, [...this.honest, ...(this.forged.members ?? [])], this.own)
  }

  private assertWhole(log: Log, feed: string, what: string): void {
    const author = this.honest.find((other) => other.feed === feed)
    const found = log.ends().get(feed)?.length ?? 0
    const expected = author?.blocks.length ?? 0
    if (found !== expected) throw new Error(`feed ${feed} ${what}: ${found} of ${expected} blocks`)
  }

  private async orRefused<T>(work: () => Promise<T>, mayRefuse: boolean): Promise<T | null> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof CairnError && mayRefuse) return null
      throw error
    }
  }
}

function isForgery(code: string): boolean {
  return ['FEED_FORGED', 'FEED_FORKED', 'FEED_NOT_ADMITTED'].includes(code)
}

const NOTHING = b4a.from(randomBytes(16))
