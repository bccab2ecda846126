// Opens views that are closed when the test ends, and reads them whole.

import type { Assertion } from 'brittle'
import { View, type Observation, type ViewEvent } from '../../lib/index/public.js'
import { toUuid } from '../../lib/index/uuid.js'
import type { EntrySource } from '../../lib/log/entry.js'

export async function openView(
  t: Assertion,
  source: EntrySource,
  dir?: string
): Promise<{ view: View; dir: string; events: ViewEvent[] }> {
  const folder = dir ?? (await t.tmp())
  const events: ViewEvent[] = []
  const view = await View.open(folder, source, { onEvent: (event) => events.push(event) })
  t.teardown(() => view.close(), { order: -1 })
  return { view, dir: folder, events }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

/** Everything that a view says, to compare two of them. */
export async function contents(view: View): Promise<unknown> {
  return {
    rows: await collect<Observation>(view.query({ deleted: true })),
    count: await view.count(),
    all: await view.count({ deleted: true }),
    status: view.status(),
    media: [...view.media].sort((a, b) => (`${a.hash}${a.size}` < `${b.hash}${b.size}` ? -1 : 1)),
    devices: view.devices().sort((a, b) => (a.id < b.id ? -1 : 1))
  }
}

export { toUuid }
