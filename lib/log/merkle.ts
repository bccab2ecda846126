// Hypercore's merkle tree, as much of it as is needed to verify a feed from its blocks alone,
// without a store: the roots of the full subtrees at a length, grown block by block. Leaves,
// parents and root hash are hypercore-crypto's (BLAKE2b-256 over type byte, little-endian size,
// content); a flat-tree index names each node (leaf i is 2i). Two hashes a block are most of what
// verifying costs, so each is one call over one buffer that is used again and again.

import b4a from 'b4a'
import crypto from 'hypercore-crypto'
import { HASH_BYTES, hashInto } from './crypto.js'

export interface TreeNode {
  readonly index: number
  /** Bytes of all blocks below. */
  readonly size: number
  readonly hash: Uint8Array
}

const LEAF = 0
const PARENT = 1
/** Type byte and size, before what is hashed. */
const HEAD_BYTES = 9

const parentBytes = b4a.alloc(HEAD_BYTES + 2 * HASH_BYTES)
let leafBytes = b4a.alloc(HEAD_BYTES + 4096)
/** Its first bytes, by how many: a new view costs a quarter of the hash. */
const leafViews = new Map<number, Uint8Array>()
const MAX_LEAF_VIEWS = 4096

/** The growing end of a merkle tree. */
export class Frontier {
  private readonly roots: TreeNode[]
  length: number
  byteLength: number

  constructor(roots: readonly TreeNode[] = [], length = 0) {
    this.roots = [...roots]
    this.length = length
    this.byteLength = roots.reduce((sum, root) => sum + root.size, 0)
  }

  clone(): Frontier {
    return new Frontier(this.roots, this.length)
  }

  append(block: Uint8Array): void {
    this.appendNode({ index: 2 * this.length, size: block.byteLength, hash: leafHash(block) })
  }

  /** Appends all blocks below a node that begins where this tree ends. */
  appendNode(next: TreeNode): void {
    const { roots } = this
    const leaves = leavesBelow(next)
    if (next.index !== 2 * this.length + leaves - 1) throw new Error('a node out of place')
    let node = next
    this.length += leaves
    this.byteLength += next.size
    // Two full subtrees of one height merge: as many times as the new length has trailing zeros.
    for (let n = this.length / leaves; n % 2 === 0; n /= 2) {
      const left = roots.pop()
      if (left === undefined) throw new Error('merkle frontier is out of step')
      node = parentOf(left, node)
    }
    roots.push(node)
  }

  appendAll(blocks: readonly Uint8Array[]): this {
    for (const block of blocks) this.append(block)
    return this
  }

  /** 32 bytes; what a signature of this length signs. */
  rootHash(): Uint8Array {
    return crypto.tree(this.roots, b4a.allocUnsafeSlow(HASH_BYTES))
  }
}

/** Full subtrees over blocks from some number on, whatever comes before: what can be hashed apart. */
export class Subtrees {
  /** Right children whose left one comes before the first block. */
  private readonly orphans: TreeNode[] = []
  private readonly levels: Siblings[] = []

  constructor(private at: number) {}

  append(block: Uint8Array): void {
    let position = this.at++
    let size = block.byteLength
    let level = this.level(0)
    leafHashInto(level.placeOf(position), block)
    for (let height = 0; ; height++) {
      if (position % 2 === 0) {
        level.leftSize = size
        return
      }
      if (level.leftSize === null) {
        this.orphans.push(nodeAt(height, position, size, level.right))
        return
      }
      size += level.leftSize
      level.leftSize = null
      position = (position - 1) / 2
      const above = this.level(height + 1)
      writeHead(level.bytes, PARENT, size)
      hashInto(above.placeOf(position), level.bytes)
      level = above
    }
  }

  /** In the order of their blocks. */
  get nodes(): TreeNode[] {
    const waiting = this.levels.flatMap(({ leftSize, left }, height) => {
      if (leftSize === null) return []
      return nodeAt(height, 2 * Math.floor(this.at / 2 ** (height + 1)), leftSize, left)
    })
    return [...this.orphans, ...waiting.reverse()]
  }

  private level(height: number): Siblings {
    return (this.levels[height] ??= new Siblings())
  }
}

/** Two nodes side by side, hashed in the place where their parent's hash wants them. */
class Siblings {
  readonly bytes: Uint8Array = b4a.alloc(HEAD_BYTES + 2 * HASH_BYTES)
  readonly left: Uint8Array = this.bytes.subarray(HEAD_BYTES, HEAD_BYTES + HASH_BYTES)
  readonly right: Uint8Array = this.bytes.subarray(HEAD_BYTES + HASH_BYTES)
  /** Bytes below the left one; null where there is none that waits for its sibling. */
  leftSize: number | null = null

  placeOf(position: number): Uint8Array {
    return position % 2 === 0 ? this.left : this.right
  }
}

/** The node at a place on its level; the hash is copied. */
function nodeAt(height: number, position: number, size: number, hash: Uint8Array): TreeNode {
  const span = 2 ** (height + 1)
  return { index: position * span + span / 2 - 1, size, hash: b4a.from(hash) }
}

/** A leaf's index is even; each level above adds one trailing 1 to it. */
function leavesBelow({ index }: TreeNode): number {
  let leaves = 1
  for (let rest = index; rest % 2 === 1; rest = (rest - 1) / 2) leaves *= 2
  return leaves
}

function parentOf(left: TreeNode, right: TreeNode): TreeNode {
  const size = left.size + right.size
  const index = (left.index + right.index) / 2
  return { index, size, hash: parentHash(size, left.hash, right.hash) }
}

function leafHash(block: Uint8Array): Uint8Array {
  return leafHashInto(b4a.allocUnsafe(HASH_BYTES), block)
}

function leafHashInto(out: Uint8Array, block: Uint8Array): Uint8Array {
  const end = HEAD_BYTES + block.byteLength
  if (end > leafBytes.byteLength) {
    leafBytes = b4a.alloc(2 * end)
    leafViews.clear()
  }
  let leaf = leafViews.get(end)
  if (leaf === undefined) {
    if (leafViews.size >= MAX_LEAF_VIEWS) leafViews.clear()
    leaf = leafBytes.subarray(0, end)
    leafViews.set(end, leaf)
  }
  writeHead(leaf, LEAF, block.byteLength)
  leaf.set(block, HEAD_BYTES)
  return hashInto(out, leaf)
}

function parentHash(size: number, left: Uint8Array, right: Uint8Array): Uint8Array {
  writeHead(parentBytes, PARENT, size)
  parentBytes.set(left, HEAD_BYTES)
  parentBytes.set(right, HEAD_BYTES + HASH_BYTES)
  return hashInto(b4a.allocUnsafe(HASH_BYTES), parentBytes)
}

/** The size as 64 bits, little-endian; sizes stay below 2^53. */
function writeHead(bytes: Uint8Array, type: number, size: number): void {
  bytes[0] = type
  const low = size % 2 ** 32
  const high = (size - low) / 2 ** 32
  bytes[1] = low
  bytes[2] = low >>> 8
  bytes[3] = low >>> 16
  bytes[4] = low >>> 24
  bytes[5] = high
  bytes[6] = high >>> 8
  bytes[7] = high >>> 16
  bytes[8] = high >>> 24
}
