// What the entries say of photos and files: which blobs they reference, in which tiers, and which of
// these somebody wants. Kept by the view, asked for by the exchange.

import type { Attachment, MediaVariant } from '../entry.js'
import type { BlobName } from '../replica.js'

/** A larger photo or file is no photo or file: not recorded, not referenced, not carried, not asked for. */
export const MAX_MEDIA_BYTES: number = 2 ** 40

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

/**
 * What a side may take: thumbnails, then previews, then originals, newest first in each; of these
 * only what `lacking` says yes to, which is asked with the hash's 32 bytes: a yes or no for each of
 * a hundred thousand should not cost a text for each.
 */
export type Wanted = (
  policy: MediaPolicy,
  lacking?: (hash: Uint8Array, size: number) => boolean
) => Iterable<MediaReference>

/** The blobs that an attachment names, as far as they can be ones: members write what they like. */
export function* variantsOf(attachment: Attachment): Generator<readonly [Tier, MediaVariant]> {
  for (const tier of TIERS) {
    const variant: Partial<Record<keyof MediaVariant, unknown>> | undefined =
      attachment.variants[tier]
    if (typeof variant !== 'object' || variant === null) continue
    const { hash, size, type } = variant
    const isBlob = typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash) && isBlobSize(size)
    if (isBlob) yield [tier, { hash, size, type: typeof type === 'string' ? type : '' }]
  }
}

/** A blob has at least a byte, and fits into a sync file. */
export function isBlobSize(size: unknown): size is number {
  return Number.isSafeInteger(size) && (size as number) > 0 && (size as number) <= MAX_MEDIA_BYTES
}
