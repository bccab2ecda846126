// Which photos and files one side is to get from the other, within what was chosen, what it has room
// for, and what was purged there; what stays behind is reported.

import type { MediaPolicy, MediaReference, Tier } from '../log/media/reference.js'
import { type Blobs, MEDIA_CHUNK } from '../log/replica.js'
import { type MediaReport, leaveOut } from './media-report.js'

export type Direction = 'received' | 'sent'

export interface Move {
  readonly name: MediaReference
  readonly tier: Tier
  /** Pieces that the taker has already. */
  readonly from: number
}

/** What one side is to get. */
export class Plan {
  readonly moves: Move[] = []
  private room: number | null = null

  constructor(
    private readonly direction: Direction,
    private readonly policy: MediaPolicy | null,
    private readonly taker: Blobs,
    private budget: number = Infinity,
    private readonly report: MediaReport
  ) {}

  async prepare(): Promise<void> {
    this.room = (await this.taker.room?.()) ?? null
  }

  consider(name: MediaReference, from: number): void {
    const { policy, direction, report, taker } = this
    if (policy === null) return
    // What was purged here comes where it is asked for; nobody asks for somebody else.
    const asked = direction === 'received' && policy.again === true
    if (!asked && taker.purged?.has(name.hash) === true) return
    const tier = name.tiers.find((each) => policy[each])
    const row = { direction, tier: tier ?? name.tiers[0] ?? 'original' }
    const move = { name, tier: row.tier, from }
    const bytes = bytesLeft(move)
    if (tier === undefined) return leaveOut(report, { ...row, why: 'tier' }, name.size)
    if (bytes > this.budget) return leaveOut(report, { ...row, why: 'maxBytes' }, name.size)
    const needed = taker.bytesFor?.({ hash: name.hash, size: bytes }) ?? bytes
    if (this.room !== null && needed > this.room) {
      return leaveOut(report, { ...row, why: 'space' }, name.size)
    }
    this.budget -= bytes
    if (this.room !== null) this.room -= needed
    this.moves.push(move)
  }
}

export function bytesLeft({ name, from }: Pick<Move, 'name' | 'from'>): number {
  return Math.max(0, name.size - from * MEDIA_CHUNK)
}
