// The steps of the suite `view`. They work on log and view alone, so that nothing but the view is
// measured.

import { join } from 'node:path'
import { sync } from '../lib/exchange/sync.js'
import type { Filter, View } from '../lib/index/public.js'
import type { Log } from '../lib/log/log.js'
import { newEntry, nextEntry } from '../lib/observation-entries.js'
import { checkInput } from '../lib/observation-input.js'
import { MadeReplica } from './authors.js'
import { cities } from './cities.js'
import { observations } from './generator.js'
import type { Prepared, Work } from './measure.js'
import {
  type Asking,
  configuration,
  openLog,
  openView,
  type Place,
  project,
  readIds,
  sizeOf,
  STEP,
  writeIds
} from './view-place.js'
import { QUERIES } from './view-queries.js'

export * from './view-peers.js'

/** Of which this one is the last. */
const DEVICES = 5
const BATCH = 1024
const EDITS_A_ROUND = 2000

/** Four devices' feeds come in, the rest is recorded here; all at the same time. */
export async function record({ dir, count }: Place): Promise<Prepared> {
  const log = await openLog(dir)
  const places = cities()
  const each = Math.floor(count / DEVICES)
  return {
    async run() {
      for (let device = 1; device < DEVICES; device++) {
        const made = new MadeReplica(project, configuration)
        const { refused } = await sync(log, made.add(device, each, { places, step: STEP }))
        if (refused.length > 0) throw new Error(refused[0]?.message)
      }
      const entries = []
      for (const input of observations(count - (DEVICES - 1) * each, DEVICES, places)) {
        entries.push(newEntry(log, checkInput(input)))
        if (entries.length === BATCH) await log.write(entries.splice(0))
      }
      if (entries.length > 0) await log.write(entries)
      await log.flush()
      return { blocks: count, bytes: 0 }
    },
    close: () => log.close()
  }
}

export async function rebuild({ dir }: Place): Promise<Prepared> {
  const { log, view, close } = await openView(dir, true)
  return {
    async run() {
      const { observations: rows } = await view.rebuild()
      return { blocks: rows, bytes: 0 }
    },
    async close() {
      await writeIds(dir, await idsOf(view))
      await close(log)
    }
  }
}

/** Takes in so many new ones. */
export async function grow({ dir, count }: Place): Promise<Prepared> {
  const { log, view, close } = await openView(dir)
  const inputs = [...observations(count, DEVICES + 1, cities())]
  await log.write(inputs.map((input) => newEntry(log, checkInput(input))))
  return { run: () => update(view), close: () => close(log) }
}

/** Takes in edits of so many, anywhere. */
export async function edit({ dir, count }: Place): Promise<Prepared> {
  const { log, view, close } = await openView(dir)
  await writeEdits(log, view, await idsOf(view), count, 1)
  return { run: () => update(view), close: () => close(log) }
}

/** Rounds of 2,000 edits each; what is timed is the whole, the writing of the edits included. */
export async function rounds({ dir, count }: Place): Promise<Prepared> {
  const { log, view, close } = await openView(dir)
  const ids = await idsOf(view)
  return {
    async run() {
      let blocks = 0
      for (let round = 0; round < count; round++) {
        await writeEdits(log, view, ids, Math.min(EDITS_A_ROUND, ids.length / 2), round)
        blocks += (await update(view)).blocks
      }
      return { blocks, bytes: 0 }
    },
    close: () => close(log)
  }
}

/** Bytes on disk of a view that is closed. */
export async function size({ dir }: Place): Promise<Prepared> {
  return { run: async () => ({ blocks: 0, bytes: await sizeOf(join(dir, 'view')) }) }
}

export async function ask({ dir, name, warm }: Asking): Promise<Prepared> {
  const query = QUERIES[name]
  const ids = query === null ? await readIds(dir) : []
  const { log, view, close } = await openView(dir)
  const run = async (): Promise<Work> => {
    let blocks = 0
    if (query === null) for (const id of ids) blocks += (await view.get(id)) === null ? 0 : 1
    else if (name.startsWith('count')) blocks = await view.count(query as Filter)
    else for await (const _ of view.query(query)) blocks++
    return { blocks, bytes: 0 }
  }
  return { run, warm, close: () => close(log) }
}

async function update(view: View): Promise<Work> {
  const { entries } = await view.update()
  return { blocks: entries, bytes: 0 }
}

async function writeEdits(
  log: Log,
  view: View,
  ids: readonly string[],
  count: number,
  round: number
): Promise<void> {
  const entries = []
  for (let i = 0; i < count; i++) {
    // Steps by a prime: all over the tree, and never the same twice in a round.
    const id = ids[(i * 7919 + round * 104_729) % ids.length]!
    const [head] = await view.heads(id)
    if (head === undefined) continue
    const { tags, attachments, lat, lon } = head.entry
    const place = lat === undefined || lon === undefined ? {} : { lat, lon }
    const content = { ...place, tags: { ...tags, round }, attachments }
    entries.push(nextEntry(log, [head], content, false))
  }
  for (let at = 0; at < entries.length; at += BATCH) await log.write(entries.slice(at, at + BATCH))
}

async function idsOf(view: View): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of view.query()) ids.push(id)
  return ids
}
