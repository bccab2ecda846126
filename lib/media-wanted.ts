// Which photos and files a device takes from others: what its view knows of, less what was purged.

import type { View } from './index/public.js'
import type { BlobStore } from './log/media/blob-store.js'
import type { Wanted } from './log/media/reference.js'

/** What the entries in the view reference, less what was purged here, unless it is asked for again. */
export function wantedOf({ purged }: Pick<BlobStore, 'purged'>, view: Pick<View, 'media'>): Wanted {
  return function* (policy, lacking) {
    for (const reference of view.media.wanted(policy, lacking)) {
      if (policy.again === true || !purged.has(reference.hash)) yield reference
    }
  }
}
