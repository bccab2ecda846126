// The log as the side of an exchange that takes in: restricted to the feeds in question, and telling
// the claims when a run is in. What is received live is not synced entry by entry: its writer has
// it, and so has whoever passed it on.

import type { Log } from '../log/log.js'
import type { Head, Run } from '../log/replica.js'
import { ReplicaView } from '../log/replica-view.js'
import type { Claims } from './claims.js'

export interface LandingOptions {
  readonly log: Log
  readonly claims: Claims
  readonly owner: object
  /** Only these; all of them where absent. */
  readonly feeds?: ReadonlySet<string> | undefined
  readonly onLanded?: (() => void) | undefined
  readonly commit: () => Promise<void>
}

export class Landing extends ReplicaView {
  constructor(private readonly options: LandingOptions) {
    super(options.log)
  }

  override async heads(): Promise<ReadonlyMap<string, Head>> {
    const { log, feeds } = this.options
    if (feeds === undefined) return log.heads()
    const heads = new Map<string, Head>()
    for (const feed of feeds) {
      const end = log.ends().get(feed)
      if (end) heads.set(feed, { feed, ...end, held: [{ from: 0, to: end.length }] })
    }
    return heads
  }

  override async append(run: Run): Promise<void> {
    const { log, claims, owner, onLanded } = this.options
    try {
      await log.append(run)
      onLanded?.()
    } catch (error) {
      claims.landed(run.feed, owner, true)
      throw error
    }
    claims.landed(run.feed, owner)
  }

  override commit(): Promise<void> {
    return this.options.commit()
  }

  override rollback(): Promise<void> {
    return this.options.commit()
  }
}
