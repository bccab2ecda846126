// Which other devices have said that they hold a photo or file. A device whose place another one has
// taken, says that one, does not count: a folder that goes on under a new feed is still one folder,
// and a laptop that was lost holds nothing.

import { toIsoTime } from './index/shown-version.js'
import type { Log } from './log/log.js'
import type { MediaHolder } from './media-types.js'

export class MediaElsewhere {
  private replaced = new Set<string>()
  private feedsSeen = 0

  constructor(private readonly log: Log) {}

  async holdersOf(hash: string): Promise<MediaHolder[]> {
    const { log } = this
    const holders: MediaHolder[] = []
    for (const { device, at } of log.blobs.holders.othersWith(hash)) {
      if ((await this.replacedDevices()).has(device)) continue
      const name = (await log.hello(device))?.name
      holders.push({
        device,
        ...(name !== undefined && { name }),
        ...(at > 0 && { saidAt: toIsoTime(at) })
      })
    }
    return holders
  }

  private async replacedDevices(): Promise<ReadonlySet<string>> {
    const feeds = [...this.log.ends().keys()]
    if (feeds.length === this.feedsSeen) return this.replaced
    const replaced = new Set<string>()
    for (const feed of feeds) {
      const predecessor = (await this.log.hello(feed))?.predecessor
      if (predecessor !== undefined) replaced.add(predecessor)
    }
    this.replaced = replaced
    this.feedsSeen = feeds.length
    return replaced
  }
}
