// What a device is and holds, in figures: `device.status()`.

import type { DeviceFeed, DeviceStatus } from './device-options.js'
import type { View } from './index/public.js'
import { toIsoTime } from './index/shown-version.js'
import { entriesIn } from './log/checkpoint.js'
import { type Entry, isVersion } from './log/entry.js'
import type { Log } from './log/log.js'
import { isConfirmed, lastEntry, writtenFrom } from './log/succession.js'
import { countMedia } from './media-usage.js'

export async function statusOf(log: Log, view: View, projectId: string): Promise<DeviceStatus> {
  await view.update()
  const { id, name, configuration, held, readOnly } = log
  return {
    ...view.status(),
    id,
    name,
    projectId,
    configuration,
    feeds: await feedsOf(log),
    onlyHere: await countOnlyHere(log),
    media: await countMedia(log.blobs, view),
    writtenTo: held.writtenTo,
    readOnly
  }
}

/** Own entries that nobody else has said to hold, whichever feed this folder wrote them under. */
async function countOnlyHere(log: Log): Promise<number> {
  const { first, forked } = log.writer.feed
  const own = await writtenFrom(log, log.id, first)
  let count = 0
  for (const feed of own) {
    const length = log.ends().get(feed)?.length ?? 0
    const elsewhere = log.held.heldBesides(own, feed)
    const fork = forked.find((old) => old.feed === feed)
    if (fork === undefined) count += entriesIn(elsewhere, length)
    else {
      // Behind the fork others mean another branch; what was written again stands in a later feed.
      const end = fork.issued ? Math.min(fork.from, length) : length
      count += entriesIn(Math.min(elsewhere, fork.from), end)
    }
  }
  return count
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
