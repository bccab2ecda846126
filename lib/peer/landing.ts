// The log as the side of an exchange that takes in: restricted to the feeds in question, and telling
// the claims when a run is in. What is received live is not synced entry by entry: its writer has
// it, and so has whoever passed it on.

import type { Log } from '../log/log.js'
import type { Head, Intake, Replica, ReplicaDescription, Run } from '../log/replica.js'
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

export class Landing implements Replica {
  constructor(private readonly options: LandingOptions) {}

  describe(): Promise<ReplicaDescription> {
    return this.options.log.describe()
  }

  async heads(): Promise<ReadonlyMap<string, Head>> {
    const { log, feeds } = this.options
    if (feeds === undefined) return log.heads()
    const heads = new Map<string, Head>()
    for (const feed of feeds) {
      const end = log.ends().get(feed)
      if (end) heads.set(feed, { feed, ...end, held: [{ from: 0, to: end.length }] })
    }
    return heads
  }

  read(feed: string, from: number, to: number): AsyncIterable<Run> {
    return this.options.log.read(feed, from, to)
  }

  byteLength(feed: string, from: number, to: number): Promise<number> {
    return this.options.log.byteLength(feed, from, to)
  }

  rootHash(feed: string, length: number): Promise<Uint8Array | null> {
    return this.options.log.rootHash(feed, length)
  }

  async prepare(_intake: Intake): Promise<void> {}

  async append(run: Run): Promise<void> {
    const { log, claims, owner, onLanded } = this.options
    try {
      await log.append(run)
      onLanded?.()
    } finally {
      claims.landed(run.feed, owner)
    }
  }

  commit(): Promise<void> {
    return this.options.commit()
  }

  rollback(): Promise<void> {
    return this.options.commit()
  }
}
