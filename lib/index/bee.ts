// The one place that knows hyperbee and corestore: a folder with a sorted tree in it, behind a
// narrow interface. The package under the name `hyperbee` is hyperbee2.
//
// What goes wrong in here becomes ViewDamage, mostly (guard.ts): the caller makes the tree anew
// elsewhere.

import Corestore from 'corestore'
import Hyperbee from 'hyperbee'
import encoding from 'hyperbee/lib/encoding.js'
import ranges from 'hyperbee/lib/ranges.js'
import { trimLogsOf } from '../log/torn-log.js'
import { BlockCache, type LoadedBlock } from './block-cache.js'
import type { TreePosition } from './column-file.js'
import { ViewDamage } from './damage.js'
import { guardOf, type Guard } from './guard.js'

// The iterator under hyperbee's read stream. The stream itself costs as much as the reading.
const { RangeIterator } = ranges
const { decodeBlock } = encoding

/** Tree nodes kept decoded, of some 130 rows each: the tree of 100,000 observations just fits. */
const CACHED_NODES = 1024

/** As in Level: at most one lower and one upper bound, and how many. */
export interface TreeRange {
  readonly gt?: Uint8Array
  readonly gte?: Uint8Array
  readonly lt?: Uint8Array
  readonly lte?: Uint8Array
  readonly reverse?: boolean
  readonly limit?: number
}

export interface TreeItem {
  readonly key: Buffer
  readonly value: Buffer
}

export interface TreeReader {
  get(key: Uint8Array): Promise<Buffer | null>
  range(range: TreeRange): AsyncIterable<TreeItem>
}

/** Puts and deletions that become visible together, or not at all. */
export interface TreeBatch {
  put(key: Uint8Array, value: Uint8Array): void
  delete(key: Uint8Array): void
  flush(): Promise<void>
}

export interface Tree extends TreeReader {
  /** The tree as it is now, whatever is written later. */
  snapshot(): TreeReader
  batch(): TreeBatch
  /** Blocks. Every batch adds some. */
  length(): number
  /** Length and root hash of the core under the tree: two equal ones are the same tree. */
  position(): Promise<TreePosition>
  /** Bytes of everything ever written into it. */
  byteLength(): number
  /** Drops decoded nodes and blocks, for writers that will not come back to them. */
  forget(): void
  /** Moves what the database holds in memory, and in its log, to where it stays. */
  settle(): Promise<void>
  close(): Promise<void>
}

/** Opens the tree in a folder, or makes an empty one there. */
export async function openTree(dir: string): Promise<Tree> {
  const guard = guardOf(dir)
  const blocks = new BlockCache()
  const store = await guard(async () => new Corestore(dir))
  trimLogsOf(store)
  // Nobody is asked for a block that is missing here; it would be waited for without end.
  const bee = new Hyperbee(store, { maxCacheSize: CACHED_NODES, wait: false })
  try {
    await guard(async () => {
      await store.ready()
      await bee.ready()
      // hypercore found its own records wanting and hopes for a peer to mend them.
      if (bee.core.recovering) throw new ViewDamage('The tree is being recovered')
    })
  } catch (error) {
    await store.close().catch(() => undefined)
    throw error
  }
  bee.context.getBlock = (seq: number, _core: number, config: unknown) =>
    blocks.get(seq, () => readBlock(bee.core, seq, config))
  return {
    ...readerOf(bee, guard),
    snapshot: () => readerOf(bee.snapshot(), guard),
    batch: () => batchOf(bee.write(), guard),
    length: () => bee.core.length,
    position: () =>
      guard(async () => ({ length: bee.core.length, rootHash: await bee.core.treeHash() })),
    byteLength: () => bee.core.byteLength,
    forget: () => {
      bee.context.cache.empty()
      blocks.clear()
    },
    settle: () => guard(() => store.storage.db.flush()),
    close: () => bee.close()
  }
}

/** As hyperbee does it; all blocks of this tree are in its one core. */
async function readBlock(core: any, seq: number, config: unknown): Promise<LoadedBlock> {
  const buffer: Buffer | null = await core.get(seq, config)
  if (buffer === null) throw new ViewDamage('A block of the tree is missing')
  const block = decodeBlock(buffer, seq)
  return { block, byteLength: buffer.byteLength + memoryOf(block) }
}

/** Bytes of a pointer that is decoded, two small objects; and of a key with its value. */
const POINTER_BYTES = 112
const KEY_BYTES = 320

/** Roughly. A pointer is stored in some four bytes: what a block takes stored says little. */
function memoryOf({ cohorts, tree, keys }: any): number {
  let pointers = 0
  for (const cohort of cohorts ?? []) pointers += cohort.length
  for (const node of tree ?? []) pointers += node.keys.length + node.children.length
  return pointers * POINTER_BYTES + (keys?.length ?? 0) * KEY_BYTES
}

function readerOf(bee: any, guard: Guard): TreeReader {
  return {
    get: (key) => guard(async () => (await bee.get(key))?.value ?? null),
    async *range(range) {
      const iterator = new RangeIterator(bee, { ...range, limit: range.limit ?? -1 })
      await guard(() => iterator.open())
      for (;;) {
        const item = await guard<TreeItem | null>(() => iterator.next())
        if (item === null) return
        yield item
      }
    }
  }
}

function batchOf(write: any, guard: Guard): TreeBatch {
  return {
    put: (key, value) => write.tryPut(key, value),
    delete: (key) => write.tryDelete(key),
    flush: () => guard(() => write.flush())
  }
}
