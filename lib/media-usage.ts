// How much space the photos and files of a device take, and of what kind they are.

import type { View } from './index/public.js'
import type { BlobStore } from './log/media/blob-store.js'
import type { Tier } from './log/media/reference.js'
import { MEDIA_CHUNK, chunksIn } from './log/replica.js'
import type { MediaCounts, MediaUsage } from './media-types.js'

class Amount {
  media = 0
  bytes = 0

  add(bytes: number): void {
    this.media++
    this.bytes += bytes
  }
}

export async function usageOf(blobs: BlobStore, view: View): Promise<MediaUsage> {
  await view.update()
  const all = new Amount()
  const unused = new Amount()
  const unfinished = new Amount()
  const damaged = new Amount()
  const tiers = { thumbnail: new Amount(), preview: new Amount(), original: new Amount() }
  const types = new Map<string, Amount>()
  for (const { hash, size, chunks } of await blobs.held()) {
    if (chunks < chunksIn(size)) {
      unfinished.add(chunks * MEDIA_CHUNK)
      continue
    }
    all.add(size)
    const reference = view.media.find({ hash, size })
    if (reference === undefined) {
      unused.add(size)
      continue
    }
    const [tier] = reference.tiers as readonly [Tier, ...Tier[]]
    tiers[tier].add(size)
    const type = types.get(reference.type) ?? new Amount()
    types.set(reference.type, type)
    type.add(size)
  }
  for (const { size } of await blobs.damaged()) damaged.add(size)
  const plain = ({ media, bytes }: Amount): { media: number; bytes: number } => ({ media, bytes })
  return {
    ...plain(all),
    tiers: {
      thumbnail: plain(tiers.thumbnail),
      preview: plain(tiers.preview),
      original: plain(tiers.original)
    },
    types: Object.fromEntries([...types].map(([type, amount]) => [type, plain(amount)])),
    unused: plain(unused),
    unfinished: plain(unfinished),
    damaged: plain(damaged)
  }
}

export async function countMedia(blobs: BlobStore, view: View): Promise<MediaCounts> {
  const { purged } = blobs
  const held = await blobs.held()
  const counts = { referenced: 0, here: 0, missing: 0, purged: 0 }
  view.media.visit((hash, size) => {
    counts.referenced++
    if (held.isWhole(hash, size)) counts.here++
    else if (purged.hasBytes(hash)) counts.purged++
    else counts.missing++
  })
  return counts
}
