// The suite `syncfile`: a million entries in 20 feeds, and ten thousand feeds of ten entries, beside
// the floor of copying and hashing the same bytes, and beside stock replication.

import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Measurement, type Summary, Runner, summarise } from './measure.js'
import type { SuiteOptions, SuiteResult, Target } from './suite.js'
import type * as syncSteps from './sync-steps.js'
import type * as steps from './syncfile-steps.js'
import { count, mebibytes, milliseconds, times } from './table.js'

interface Shape {
  readonly name: string
  readonly feeds: number
  readonly entries: number
}

interface Sizes {
  readonly large: Shape
  readonly small: Shape
  readonly many: Shape
  /** Blocks that stock replication carries, for the ratio. */
  readonly stock: number
  readonly runs: number
}

const FULL: Sizes = {
  large: { name: '1,000,000 in 20 feeds', feeds: 20, entries: 50_000 },
  small: { name: '1,000 in 20 feeds', feeds: 20, entries: 50 },
  many: { name: '10 in each of 10,000 feeds', feeds: 10_000, entries: 10 },
  stock: 100_000,
  runs: 3
}
const QUICK: Sizes = {
  large: { name: '2,400 in 2 feeds', feeds: 2, entries: 1200 },
  small: { name: '100 in 2 feeds', feeds: 2, entries: 50 },
  many: { name: '3 in each of 300 feeds', feeds: 300, entries: 3 },
  stock: 500,
  runs: 1
}

type Step = 'create' | 'receive' | 'verify' | 'no-op' | 'copy and hash' | 'stock replication'

export async function syncfileSuite(options: SuiteOptions): Promise<SuiteResult> {
  const sizes = options.quick ? QUICK : FULL
  const bench = new SyncfileBench(options)
  await bench.gather(sizes.large)
  await bench.gather(sizes.small)
  await bench.gather(sizes.many)
  await bench.recordForStock(sizes.stock)
  for (let run = 0; run < sizes.runs; run++) {
    await bench.round(sizes.large)
    await bench.stock(sizes.stock)
    await bench.nothing(sizes.small)
  }
  await bench.round(sizes.many)
  return bench.result(sizes)
}

class SyncfileBench {
  private readonly runner: Runner<typeof steps>
  private readonly stockRunner: Runner<typeof syncSteps>
  private readonly measured = new Map<string, Measurement[]>()
  private fresh = 0

  constructor(private readonly options: SuiteOptions) {
    const { profiles } = options
    this.runner = new Runner(new URL('./syncfile-steps.js', import.meta.url), profiles)
    this.stockRunner = new Runner(new URL('./sync-steps.js', import.meta.url), profiles)
  }

  /** Makes the data that the rows start from; nothing of it is measured. */
  async gather({ name, feeds, entries }: Shape): Promise<void> {
    this.options.log(`gathering ${name}`)
    const dir = this.path(`${feeds}x${entries}`)
    await this.runner.run('gather', { dir, feeds, entries })
    await this.runner.run('create', { dir, file: `${dir}.cairn` })
  }

  async recordForStock(blocks: number): Promise<void> {
    const dir = this.path('stock')
    await this.stockRunner.run('record', { dir, count: blocks, seed: 1 })
  }

  async round(shape: Shape): Promise<void> {
    const dir = this.path(`${shape.feeds}x${shape.entries}`)
    const file = `${dir}.cairn`
    const [made, copy, device] = [this.next('made.cairn'), this.next('copy'), this.next('log')]
    await this.take('create', shape, this.runner.run('create', { dir, file: made }))
    await this.take('copy and hash', shape, this.runner.run('floor', { file, copy }))
    await rm(copy)
    await this.take('verify', shape, this.runner.run('verify', { file: made }))
    await this.take('receive', shape, this.runner.run('receive', { dir: device, file, copy }))
    await this.nothing(shape)
    for (const used of [made, copy, device]) await rm(used, { recursive: true })
  }

  async nothing(shape: Shape): Promise<void> {
    const dir = this.path(`${shape.feeds}x${shape.entries}`)
    await this.take('no-op', shape, this.runner.run('nothing', { dir, file: `${dir}.cairn` }))
  }

  async stock(blocks: number): Promise<void> {
    const dir = this.next('stock')
    const shape = { name: `${count(blocks)} in 1 feed`, feeds: 1, entries: blocks }
    const from = this.path('stock')
    await this.take('stock replication', shape, this.stockRunner.run('stock', { from, dir }))
    await rm(dir, { recursive: true })
  }

  async result(sizes: Sizes): Promise<SuiteResult> {
    const { large, small, many } = sizes
    const of = (step: Step, { name }: { name: string }): Summary => {
      const all = this.measured.get(`${step}|${name}`)
      if (all === undefined) throw new Error(`${step} of ${name} was not measured`)
      return summarise(all)
    }
    const stock = { name: `${count(sizes.stock)} in 1 feed` }
    const { size } = await stat(`${this.path(`${large.feeds}x${large.entries}`)}.cairn`)
    const rows = [...this.measured].map(([key, all]) => {
      const [step = '', name = ''] = key.split('|')
      const summary = summarise(all)
      const floor = this.measured.get(`copy and hash|${name}`)
      const ratio = floor && summary.milliseconds / summarise(floor).milliseconds
      return [
        step,
        name,
        milliseconds(summary),
        summary.blocks > 0 ? count((summary.blocks * 1000) / summary.milliseconds) : '',
        ratio === undefined ? '' : times(ratio),
        count(summary.bytes),
        mebibytes(summary.peakBytes),
        mebibytes(summary.startBytes)
      ]
    })
    const ratio = (step: Step): number =>
      of(step, large).milliseconds / of('copy and hash', large).milliseconds
    const speed = (summary: Summary): number => (summary.blocks * 1000) / summary.milliseconds
    const peak = Math.max(
      ...(['create', 'receive', 'verify', 'no-op'] as const).map((step) => {
        return of(step, large).peakBytes
      })
    )
    const manyPeak = Math.max(
      ...(['create', 'receive', 'no-op'] as const).map((step) => {
        return of(step, many).peakBytes
      })
    )
    const noop = of('no-op', large).milliseconds
    return {
      title: `syncfile, ${large.name}; ${many.name}`,
      notes: [NOTE],
      columns: [
        'step',
        'entries',
        'ms',
        'blocks/s',
        'times floor',
        'bytes',
        'peak MiB',
        'of it before'
      ],
      rows,
      targets: [
        atMost('create, times copy and hash', 4, ratio('create')),
        atMost('verify, times copy and hash', 3, ratio('verify')),
        atLeast(
          'receive, times stock',
          8,
          speed(of('receive', large)) / speed(of('stock replication', stock))
        ),
        atMost('peak memory of each, MiB', 400, peak / 2 ** 20),
        atMost('no-op, ms', 20, noop),
        atMost('no-op, times that at 1,000 entries', 1.5, noop / of('no-op', small).milliseconds),
        atMost('file size, times the blocks', 1.1, size / of('create', large).bytes),
        atMost(`peak memory of ${many.name}, MiB`, 700, manyPeak / 2 ** 20)
      ]
    }
  }

  private async take(step: Step, { name }: Shape, run: Promise<Measurement>): Promise<void> {
    const measurement = await run
    const key = `${step}|${name}`
    this.measured.set(key, [...(this.measured.get(key) ?? []), measurement])
    this.options.log(`${step}, ${name}: ${milliseconds(measurement)} ms`)
  }

  private path(name: string): string {
    return join(this.options.dir, name)
  }

  private next(name: string): string {
    return this.path(`${++this.fresh}-${name}`)
  }
}

const NOTE =
  'The floor is a copy of the same file, synced and hashed with BLAKE2b-256. Each step runs in a process of its own; the log alone, no view. Medians of 3, of 1 with ten thousand feeds.'

function atMost(what: string, limit: number, found: number): Target {
  return { what, wanted: `<= ${limit}`, found: found.toFixed(2), reached: found <= limit }
}

function atLeast(what: string, limit: number, found: number): Target {
  return { what, wanted: `>= ${limit}`, found: found.toFixed(2), reached: found >= limit }
}
