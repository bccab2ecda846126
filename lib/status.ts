// What a device is and holds, in figures: `device.status()`.

import type { DeviceFeed, DeviceStatus } from './device-options.js'
import type { View } from './index/public.js'
import { entriesIn } from './log/checkpoint.js'
import type { Log } from './log/log.js'
import { countMedia } from './media-wanted.js'

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

async function feedsOf(log: Log): Promise<DeviceFeed[]> {
  const feeds: DeviceFeed[] = []
  for (const [device, { length }] of log.ends()) {
    const hello = await log.hello(device)
    const predecessor = hello?.predecessor
    feeds.push({
      device,
      length,
      ...(hello !== null && { name: hello.name }),
      ...(predecessor !== undefined && { predecessor })
    })
  }
  return feeds
}
