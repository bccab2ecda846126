// What the entries say of photos and files: which blobs they reference, in which tiers, and which of
// these somebody wants. Kept by the view, asked for by the exchange.

import type { BlobName } from '../replica.js'

/** Smallest first, which is also the order in which they travel. */
export const TIERS = ['thumbnail', 'preview', 'original'] as const
export type Tier = (typeof TIERS)[number]

/** Which tiers a sync or a file takes. What is left out is not taken. */
export type MediaPolicy = Readonly<Record<Tier, boolean>> & {
  /** Also what was purged here. */
  readonly again?: boolean
}

/**
 * A blob as the admitted entries reference it. Where two entries state different sizes for one
 * hash, both are references: only bytes of that hash and that size ever become a whole blob, so
 * the wrong one leads nowhere and hides nothing.
 */
export interface MediaReference extends BlobName {
  /** Media type, e.g. image/jpeg. */
  readonly type: string
  /** In which of them it is shown, smallest first; at least one. */
  readonly tiers: readonly Tier[]
  /** Of the newest observation that shows it: milliseconds by its device's clock. */
  readonly createdAt: number
  /** Device id of whoever referenced it first, and so had it then. */
  readonly device: string
}

/** What a side may take: thumbnails, then previews, then originals, newest first in each. */
export type Wanted = (policy: MediaPolicy) => Iterable<MediaReference>
