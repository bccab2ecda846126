// What happens to a sync file in bad hands: a process that is killed while it uses it, one flipped
// bit, a tail that is missing. Asked is always the same: how many observations does a new device
// show after a sync with what is left? Both systems are given the same seed.

import { fork } from 'node:child_process'
import { copyFile, mkdir, open, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { type Bounds, type Prepared, type Steps, Runner, WORKER } from '../measure.js'
import { randomNumbers } from '../generator.js'
import { moduleOf } from './compare.js'
import type { Params, StepName } from './system.js'
import type { System } from './systems.js'

export interface FaultRow {
  readonly system: string
  readonly fault: string
  readonly times: number
  /** Times that every observation which the file had held arrived. */
  readonly whole: number
  /** Times that nothing arrived, or the sync failed. */
  readonly nothing: number
  /** Mean share of the observations that arrived. */
  readonly share: number
}

const DEVICES = 4
const OF_EACH = 500
const COUNT = DEVICES * OF_EACH
const BOUNDS: Bounds = { timeout: 60_000, silent: true }
/** The steps that a kill hits, in turns. */
const HIT: readonly StepName[] = ['receive', 'nothing', 'hundred']

interface FaultSteps extends Steps {
  arrived: (params: Params & { file: string }) => Promise<Prepared>
}

export async function measureFaults(
  system: System,
  folder: string,
  times: number,
  log: (line: string) => void
): Promise<FaultRow[]> {
  const file = FILES[system.module]
  if (file === undefined) return []
  const dir = join(folder, 'faults', system.module)
  await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true })
  const steps = new Runner<any>(moduleOf(system), undefined)
  for (const step of ['record', 'gather']) {
    for (let run = 0; run < DEVICES; run++) await steps.run(step, { dir, count: OF_EACH, run })
  }
  await steps.run('receive', { dir, count: COUNT, run: 0 })
  const bad = new BadHands(system, dir, file, times)
  const rows = [
    await bad.row('killed while it receives, has nothing new, or exchanges 100 each way', (n) =>
      bad.kill(n)
    ),
    await bad.row('one bit flipped anywhere', (n) => bad.flip(n)),
    await bad.row('cut to between 10 % and 95 %', (n) => bad.cut(n))
  ]
  for (const { fault, whole } of rows) log(`${system.name} ${fault}: ${whole} of ${times} whole`)
  return rows
}

/** What `gather` and `receive` leave, by module. */
const FILES: Record<string, { created: string; copied: string } | undefined> = {
  cairnlog: { created: 'file-0.cairn', copied: 'copy-0.cairn' },
  mapeo: { created: 'file-0.tar', copied: 'copy-0.tar' }
}

class BadHands {
  /** The same places and moments for every system. */
  private readonly random = randomNumbers(20_261_121)

  constructor(
    private readonly system: System,
    private readonly dir: string,
    private readonly names: { created: string; copied: string },
    private readonly times: number
  ) {}

  async row(fault: string, spoil: (n: number) => Promise<string>): Promise<FaultRow> {
    let [whole, nothing, sum] = [0, 0, 0]
    for (let n = 0; n < this.times; n++) {
      const arrived = Math.min(COUNT, await this.ask(await spoil(n)))
      sum += arrived
      if (arrived === COUNT) whole++
      if (arrived === 0) nothing++
    }
    const share = sum / (this.times * COUNT)
    return { system: this.system.name, fault, times: this.times, whole, nothing, share }
  }

  /** Resolves to the file that a killed process has used. */
  async kill(n: number): Promise<string> {
    const step = HIT[n % HIT.length] as StepName
    // `receive` copies the file itself; the others go on with the copy that it left.
    const params: Params = { dir: this.dir, count: COUNT, run: step === 'receive' ? n + 1 : 0 }
    const file = join(this.dir, this.names.copied)
    const used = step === 'receive' ? file.replace('-0.', `-${params.run}.`) : file
    const sound = join(this.dir, this.names.created)
    if (used === file) await copyFile(sound, file)
    const order = { module: moduleOf(this.system).href, step, params }
    const child = fork(WORKER, [JSON.stringify(order)], {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc']
    })
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    const timer = setTimeout(() => child.kill('SIGKILL'), 300 + this.random() * 1500)
    await ended
    clearTimeout(timer)
    // Killed before it had begun: the file is untouched, as it is after a kill that did no harm.
    await stat(used).catch(() => copyFile(sound, used))
    return used
  }

  async flip(n: number): Promise<string> {
    const file = await this.copy(`flipped-${n}`)
    const handle = await open(file, 'r+')
    const at = Math.floor(this.random() * (await handle.stat()).size)
    const byte = Buffer.alloc(1)
    await handle.read(byte, 0, 1, at)
    byte[0] = (byte[0] as number) ^ (1 << Math.floor(this.random() * 8))
    await handle.write(byte, 0, 1, at)
    await handle.close()
    return file
  }

  async cut(n: number): Promise<string> {
    const file = await this.copy(`cut-${n}`)
    const { size } = await stat(file)
    await truncate(file, Math.floor(size * (0.1 + 0.85 * this.random())))
    return file
  }

  private async copy(name: string): Promise<string> {
    const file = join(this.dir, name + this.names.created.slice(6))
    await copyFile(join(this.dir, this.names.created), file)
    return file
  }

  private async ask(file: string): Promise<number> {
    const dir = join(this.dir, 'asker')
    await rm(dir, { recursive: true, force: true })
    const runner = new Runner<FaultSteps>(moduleOf(this.system), undefined, BOUNDS)
    const params = { dir, file, count: COUNT, run: 0 }
    const answer = runner.run('arrived', params).catch(() => ({ blocks: 0 }))
    return (await answer).blocks
  }
}
