// The tiers of media that a file takes, as a number: one bit each. A file that was made for previews
// alone stays one at the next sync, unless that one is told otherwise.

import { type MediaPolicy, TIERS } from '../log/media/reference.js'

export function toTierCodes(policy: MediaPolicy): number {
  return TIERS.reduce((sum, tier, bit) => sum + (policy[tier] ? 2 ** bit : 0), 0)
}

export function toPolicy(codes: number): MediaPolicy {
  const [thumbnail, preview, original] = TIERS.map(
    (_, bit) => Math.floor(codes / 2 ** bit) % 2 === 1
  )
  return { thumbnail: thumbnail === true, preview: preview === true, original: original === true }
}
