// What a device takes of photos and files: what its entries reference and it did not purge.

import type { View } from './index/public.js'
import type { BlobStore } from './log/media/blob-store.js'
import type { Wanted } from './log/media/reference.js'
import type { MediaCounts } from './media-types.js'

export function wantedOf(blobs: BlobStore, view: View): Wanted {
  const { purged } = blobs
  return (policy, lacking = () => true) =>
    view.media.wanted(policy, (hash, size) => {
      if (!lacking(hash, size)) return false
      return policy.again === true || purged.count === 0 || !purged.hasBytes(hash)
    })
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
