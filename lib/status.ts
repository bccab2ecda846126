// What a device is and holds, in figures: `device.status()`.

import type { DeviceFeed, DeviceStatus } from './device-options.js'
import type { View } from './index/public.js'
import { toIsoTime } from './index/shown-version.js'
import { entriesIn } from './log/checkpoint.js'
import { type Entry, isVersion } from './log/entry.js'
import type { Log } from './log/log.js'
import { isConfirmed, lastEntry } from './log/succession.js'
import { countMedia } from './media-usage.js'

export async function statusOf(log: Log, view: View, projectId: string): Promise<DeviceStatus> {
  await view.update()
  const { id, name, configuration, held, readOnly } = log
  const own = log.ends().get(id)?.length ?? 0
  return {
    ...view.status(),
    id,
    name,
    projectId,
    configuration,
    feeds: await feedsOf(log),
    onlyHere: entriesIn(held.ownElsewhere, own),
    media: await countMedia(log.blobs, view),
    writtenTo: held.writtenTo,
    readOnly
  }
}

/** Every feed that is here, with who wrote it and when. */
async function feedsOf(log: Log): Promise<DeviceFeed[]> {
  const feeds: DeviceFeed[] = []
  for (const [device, { length }] of log.ends()) {
    const hello = await log.hello(device)
    const last = (await lastEntry(log, device))?.entry
    const lastAt = last === undefined ? undefined : dateOf(last)
    const predecessor = hello?.predecessor
    feeds.push({
      device,
      length,
      ...(hello !== null && { name: hello.name, firstAt: toIsoTime(hello.createdAt) }),
      ...(lastAt !== undefined && { lastAt: toIsoTime(lastAt) }),
      ...(predecessor !== undefined && { predecessor, confirmed: await isConfirmed(log, device) }),
      ...(last?.kind === 'farewell' && { successor: last.successor })
    })
  }
  return feeds
}

function dateOf(entry: Entry): number | undefined {
  if (isVersion(entry)) return entry.updatedAt
  return entry.kind === 'hello' || entry.kind === 'farewell' ? entry.createdAt : undefined
}
