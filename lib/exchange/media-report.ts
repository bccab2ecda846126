// What a sync did with photos and files beyond counting them: what was left out, by tier and why,
// and what was refused.

import type { CairnError, CairnErrorCode } from '../errors.js'
import type { Tier } from '../log/media/reference.js'

/**
 * Why media stayed where they are: the choice of tiers, `maxBytes`, no room on the medium, or bytes
 * that are damaged, gone or forged (then `refused` names each).
 */
export type LeftOutReason = 'tier' | 'maxBytes' | 'space' | 'refused'

export interface MediaLeftOut {
  /** Whether it would have been received or sent. */
  readonly direction: 'received' | 'sent'
  readonly tier: Tier
  readonly why: LeftOutReason
  count: number
  bytes: number
}

/** One photo or file that was not taken. */
export interface MediaRefusal {
  /** BLAKE2b-256, hex. */
  readonly hash: string
  readonly code: CairnErrorCode
  readonly message: string
}

export interface MediaReport {
  /** What the other side lacks, or has to give, and did not move. A later sync can take it. */
  readonly leftOut: MediaLeftOut[]
  readonly refused: MediaRefusal[]
}

export function emptyMediaReport(): MediaReport {
  return { leftOut: [], refused: [] }
}

export function leaveOut(
  report: MediaReport,
  row: Pick<MediaLeftOut, 'direction' | 'tier' | 'why'>,
  bytes: number
): void {
  const { direction, tier, why } = row
  let found = report.leftOut.find(
    (each) => each.direction === direction && each.tier === tier && each.why === why
  )
  if (found === undefined) report.leftOut.push((found = { ...row, count: 0, bytes: 0 }))
  found.count++
  found.bytes += bytes
}

/** At most so many are named; the rest is counted in `leftOut`. */
const MAX_NAMED = 1000

export function refuse(report: MediaReport, hash: string, error: CairnError): void {
  const { code, message } = error
  if (report.refused.length < MAX_NAMED) report.refused.push({ hash, code, message })
}
