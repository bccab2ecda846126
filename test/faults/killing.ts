// Kills real processes at random moments while they take in photos, create observations and sync with
// a file, two devices in turns on one file, and looks at what is left after each.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { entriesIn } from '../../lib/log/checkpoint.js'
import { Device, type Head, SyncFile } from '../../lib/main.js'
import { CONFIGURATION, PROJECT_KEY } from '../helpers/fixed.js'
import { seeded } from './faulty-medium.js'
import { KilledPhotos } from './killed-photos.js'

export interface KillOptions {
  readonly folder: string
  readonly kills: number
  readonly seed: number
  /** Observations that a process creates before each sync. */
  readonly entries: number
  /** Longest life of a process after its device is open, milliseconds. */
  readonly longest: number
  /** Sync files are begun anew every so many kills, so that creating one is hit, too. */
  readonly newFileEvery: number
  readonly onKill?: (n: number, what: string) => void
}

const program = fileURLToPath(new URL('sync-until-killed.js', import.meta.url))

/** Throws where something was lost; resolves to how many times each last word was heard. */
export async function killAndCheck(options: KillOptions): Promise<Map<string, number>> {
  const { folder, kills, seed, entries, longest, newFileEvery } = options
  const random = seeded(seed)
  const sure = new Map<string, Sure>()
  const lastWords = new Map<string, number>()
  const photos = new KilledPhotos()
  for (let n = 0; n < kills; n++) {
    const name = n % 2 === 0 ? 'one' : 'other'
    const dir = join(folder, name)
    const path = join(folder, `territory-${Math.floor(n / newFileEvery)}.cairn`)
    const words = await killed([dir, path, name, String(entries)], random() * longest)
    const last = (words.at(-1) ?? 'nothing').replace(/^photo .*/, 'photo')
    lastWords.set(last, (lastWords.get(last) ?? 0) + 1)
    const mine = sure.get(name) ?? { created: 0, synced: 0 }
    for (const word of words) {
      if (word.startsWith('created')) mine.created += entries
      if (word.startsWith('photo')) mine.created++
      if (word === 'synced') mine.synced = mine.created
    }
    photos.hear(name, path, words)
    const hasSynced = words.includes('synced')
    sure.set(name, await check({ dir, path, name }, mine, hasSynced, photos))
    options.onKill?.(n + 1, `${name} killed after "${last}"`)
  }
  return lastWords
}

/** Entries of a device that must be there: those whose create, and whose sync, resolved. */
interface Sure {
  created: number
  synced: number
}

async function check(
  { dir, path, name }: { readonly dir: string; readonly path: string; readonly name: string },
  sure: Sure,
  hasSynced: boolean,
  photos: KilledPhotos
): Promise<Sure> {
  const options = { projectKey: PROJECT_KEY, name, configuration: CONFIGURATION }
  const device = await Device.open(dir, options)
  try {
    const own = entriesOf(await device.heads(), device.id)
    if (own < sure.created) throw new Error(`${sure.created} created on ${name}, ${own} are there`)
    if (existsSync(path)) {
      const file = await SyncFile.open(path, options)
      // What a kill left unfinished at the end is no damage: before that, everything is sound.
      const lost = (await file.verify()).filter(({ feed, media }) => (feed ?? media) !== undefined)
      const there = entriesOf((await file.heads()).values(), device.id)
      await file.close()
      if (lost.length > 0) throw new Error(`${path}: ${lost[0]?.message}`)
      if (hasSynced && there < sure.synced) {
        throw new Error(`${sure.synced} of ${name} were synced, ${there} are in ${path}`)
      }
    } else if (hasSynced) throw new Error(`${path} is not there`)
    const report = await device.sync(path)
    if (report.refused.length > 0) throw new Error(report.refused[0]?.message)
    await photos.check(device, name, path, report)
    await assertLevel(device, path)
    const shown = await device.observations.count()
    if (shown < own) throw new Error(`${own} entries on ${name}, ${shown} are shown`)
    return { created: own, synced: own }
  } finally {
    await device.close()
  }
}

async function assertLevel(device: Device, path: string): Promise<void> {
  const file = await SyncFile.open(path, { projectKey: PROJECT_KEY })
  try {
    const problems = await file.verify()
    if (problems.length > 0) throw new Error(`${path}: ${problems[0]?.message}`)
    const heads = await file.heads()
    for (const { feed, length } of await device.heads()) {
      if (heads.get(feed)?.length !== length) throw new Error(`${feed} is not level after a sync`)
    }
  } finally {
    await file.close()
  }
}

function entriesOf(heads: Iterable<Head>, feed: string): number {
  for (const head of heads) if (head.feed === feed) return entriesIn(0, head.length)
  return 0
}

/** What a process said until it was killed, some time after its device was open. */
async function killed(args: string[], life: number): Promise<string[]> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let said = ''
  let timer: NodeJS.Timeout | null = null
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
    timer ??= setTimeout(() => child.kill('SIGKILL'), life)
  })
  const signal = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (_code, how) => resolve(how))
  })
  if (timer !== null) clearTimeout(timer)
  if (signal !== 'SIGKILL') throw new Error('the process ended by itself')
  // A line that was cut off has not been said.
  return said.split('\n').slice(0, -1)
}
