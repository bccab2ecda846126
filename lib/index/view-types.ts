// What a view tells: events, and the results of its methods.

import type { RebuildReason } from './damage.js'
import type { IndexOptions } from './indexer.js'
import type { KindCounts } from './kind-table.js'
import type { AnyKind } from './kind.js'

/** A view that is being made anew without having been asked, and why; or that could not be. */
export type ViewEvent =
  | {
      readonly type: 'view-rebuild'
      readonly reason: RebuildReason
      /** A sentence for a person. */
      readonly message: string
      readonly cause?: unknown
    }
  | {
      readonly type: 'view-rebuild-failed' | 'view-fold-failed'
      readonly message: string
      readonly cause: unknown
    }

export interface ViewOptions extends IndexOptions {
  /** Kinds of documents that the app made up. */
  kinds?: readonly AnyKind[] | undefined
  /** Milliseconds since 1970, as the device believes; Date.now unless given. */
  now?: (() => number) | undefined
  onEvent?: ((event: ViewEvent) => void) | undefined
  /** Bytes up to which the view's files are never written anew to make them smaller. */
  foldAbove?: number | undefined
}

/** What an update did. */
export interface ViewUpdate {
  /** Versions taken in; after a rebuild, all there are. */
  readonly entries: number
  /** Rows written. */
  readonly observations: number
  readonly rebuilt: boolean
}

export interface ViewStatus {
  /** Observations, deleted ones not counted. */
  readonly observations: number
  readonly deleted: number
  /** Observations with more than one head. */
  readonly forked: number
  /** Links to versions that are not held. */
  readonly pendingLinks: number
  /** Entries that were broken. */
  readonly unreadableEntries: number
  /** Entries that need a newer version of this library. */
  readonly unknownEntries: number
  /** Of each kind that the app registered, by name. */
  readonly documents: Readonly<Record<string, Readonly<KindCounts>>>
  /** Documents of kinds that it did not register: kept, carried and not shown. */
  readonly otherDocuments: number
}

/** A device that wrote a feed. */
export interface ViewDevice {
  /** Device id: the id of its feed. */
  readonly id: string
  readonly name: string
  /** ISO 8601, by the device's own wall clock. */
  readonly createdAt: string
}
