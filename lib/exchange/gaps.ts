// Parts of a feed that a replica should hold and could not give: told once per damaged stretch, not
// once per segment.

import { shortFeedId } from '../log/feed-id.js'
import type { Gap } from '../log/replica.js'
import type { Refusal } from './report.js'

export class Gaps {
  private readonly gaps: Gap[] = []

  get isEmpty(): boolean {
    return this.gaps.length === 0
  }

  /** Gaps come in ascending order. */
  add(gap: Gap): void {
    const last = this.gaps.at(-1)
    const goesOn = last?.code === gap.code && last.to >= gap.from && last.reason === gap.reason
    if (last !== undefined && goesOn) this.gaps[this.gaps.length - 1] = { ...last, to: gap.to }
    else this.gaps.push(gap)
  }

  refusals(): Refusal[] {
    return this.gaps.map(({ feed, from, to, code, reason, offset }) => ({
      feed,
      code,
      message: `Blocks ${from} to ${to} of feed ${shortFeedId(feed)} could not be read: ${reason}. Everything else was taken as far as it can be used.`,
      seq: from,
      to,
      ...(offset !== undefined && { offset })
    }))
  }
}
