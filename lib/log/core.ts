// What is used of a hypercore session and its storage, and nothing more: the package ships no types.
// Part of the adapter that feed-store.ts is.

import type { TreeNode } from './merkle.js'

export interface Core {
  ready(): Promise<void>
  close(): Promise<void>
  append(
    blocks: readonly Uint8Array[],
    options: { signature?: Uint8Array; maxLength: number; postappend?: () => Promise<void> }
  ): Promise<{ length: number }>
  readonly length: number
  readonly contiguousLength: number
  readonly recovering: number
  readonly core: {
    close(): Promise<void>
    readonly header: { hints: { recovering: number; contiguousLength: number } }
    readonly replicator: Replicator
  }
  readonly state: {
    readonly roots: readonly TreeNode[]
    readonly signature: Uint8Array
    readonly storage: CoreStorage
  }
}

/** What a core has in the store. Can be had without opening the core, at a fifteenth of the cost. */
export interface CoreStorage {
  read(): {
    getBlock(seq: number): Promise<Uint8Array | null>
    getTreeNode(index: number): Promise<TreeNode | null>
    tryFlush(): void
  }
  write(): { setHints(hints: object): void; flush(): Promise<void> }
  close(): Promise<void>
}

interface Replicator {
  attached(mux: unknown): boolean
  attachTo(mux: unknown): void
}

/**
 * After RocksDB lost its log, hypercore makes every append wait for a stock peer that may never
 * come. What was lost is told by HEAD, and comes back by the next sync.
 */
export async function endRecovery(core: Core): Promise<void> {
  const { hints } = core.core.header
  const batch = core.state.storage.write()
  batch.setHints({ ...hints, recovering: 0 })
  await batch.flush()
  hints.recovering = 0
}

/**
 * With an append hypercore writes how far the core is whole; finding its own number behind, it then
 * writes that once more. Told before it looks, an append costs one write instead of two.
 */
export function noteAppended(core: Core, blocks: number): void {
  const { hints } = core.core.header
  if (hints.contiguousLength === core.length - blocks) hints.contiguousLength = core.length
}
