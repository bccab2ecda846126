// How an open sync file stands after its last commit: what the next one builds on.

import type { DirectoryPlace, VoidRange } from './directory.js'
import type { LoadedFile, WritePoint } from './load.js'

/** How the file stands after the last commit: what the next one builds on. */
export interface Committed {
  readonly generation: number
  /** Where its trailer begins; zeros before the first. */
  readonly trailer: WritePoint
  /** Where the next record goes. */
  readonly end: WritePoint
  readonly createdAt: number
  readonly committedAt: number
  readonly directoryPlace: DirectoryPlace | null
  readonly chain: number
  readonly chainBytes: number
  readonly fullBytes: number
  readonly voids: readonly VoidRange[]
  /** Bytes of the volume of `end`; more than `end.offset` where a commit was cut off. */
  readonly size: number
}

export function committedState(loaded: LoadedFile, now: number): Committed {
  return {
    generation: loaded.generation,
    trailer: loaded.trailer,
    end: loaded.end,
    createdAt: loaded.directory?.createdAt ?? now,
    committedAt: loaded.directory?.committedAt ?? now,
    // After damage the next directory is a full one, so that nobody has to search again.
    directoryPlace: loaded.problems.length > 0 ? null : loaded.directoryPlace,
    chain: loaded.directory?.chain ?? 0,
    chainBytes: loaded.chainBytes,
    fullBytes: loaded.fullBytes,
    voids: [...loaded.voids, ...loaded.unsound],
    size: loaded.size
  }
}
