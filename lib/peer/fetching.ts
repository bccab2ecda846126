// A peer as the side of an exchange that gives: what this device lacks is fetched from one peer at a
// time, whoever else has it. Everything else about the peer is as it is.

import type { Head, ReadOptions, Run } from '../log/replica.js'
import { ReplicaView } from '../log/replica-view.js'
import type { Claim, Claims } from './claims.js'
import { type Remote, sizeOf } from './remote.js'

export interface FetchingOptions {
  readonly remote: Remote
  readonly claims: Claims
  readonly owner: object
  /** Where feeds end here. */
  readonly ends: ReadonlyMap<string, { readonly length: number }>
  readonly signal: AbortSignal
  /** Only these; all that were announced where absent. */
  readonly feeds?: ReadonlySet<string>
}

export class Fetching extends ReplicaView {
  /** Where feeds ended here when it began: what lies before is only looked at, never fetched. */
  private readonly had = new Map<string, number>()
  private readonly fetched = new Set<string>()

  constructor(private readonly options: FetchingOptions) {
    super(options.remote)
    for (const [feed, { length }] of options.ends) this.had.set(feed, length)
  }

  override async heads(): Promise<ReadonlyMap<string, Head>> {
    const { remote, feeds } = this.options
    if (feeds === undefined) return remote.heads()
    const heads = new Map<string, Head>()
    for (const feed of feeds) {
      const head = remote.head(feed)
      if (head !== undefined) heads.set(feed, head)
    }
    return heads
  }

  override read(feed: string, from: number, to: number, options?: ReadOptions): AsyncIterable<Run> {
    // So is what is read once more: it is held against what came from elsewhere meanwhile.
    const isLook = from < (this.had.get(feed) ?? 0) || this.fetched.has(feed)
    if (isLook) return this.options.remote.read(feed, from, to)
    this.fetched.add(feed)
    return this.fetch(feed, from, to, options)
  }

  private async *fetch(
    feed: string,
    from: number,
    to: number,
    { signal = this.options.signal }: ReadOptions = {}
  ): AsyncGenerator<Run> {
    const { remote, claims, owner, ends } = this.options
    let before: Claim | null = null
    let at = from
    do {
      const claim = await claims.take(feed, owner, signal, before?.speed ?? Infinity)
      if (claim === null) return
      const began = performance.now()
      let bytes = 0
      const goesOn = (): boolean => {
        const speed = bytes / (performance.now() - began)
        if (!claims.isWanted(feed, speed)) return true
        claim.speed = speed
        return false
      }
      try {
        // Another peer may have given it meanwhile.
        at = Math.max(at, ends.get(feed)?.length ?? 0)
        for await (const run of remote.read(feed, at, to, { goesOn })) {
          claim.fetched()
          yield run
          at = run.to
          bytes += sizeOf(run)
        }
      } finally {
        claim.finish()
      }
      before = claim
    } while (at < to && !before.isRefused)
  }
}
