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

/** The growing end of a merkle tree. */
export class Frontier {
  private roots: TreeNode[]
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
    const { roots } = this
    let node: TreeNode = { index: 2 * this.length, size: block.byteLength, hash: leafHash(block) }
    this.length++
    this.byteLength += block.byteLength
    // Two full subtrees of one height merge: as many times as the new length has trailing zeros.
    for (let n = this.length; n % 2 === 0; n /= 2) {
      const left = roots.pop()
      if (left === undefined) throw new Error('merkle frontier is out of step')
      const size = left.size + node.size
      const index = (left.index + node.index) / 2
      node = { index, size, hash: parentHash(size, left.hash, node.hash) }
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

function leafHash(block: Uint8Array): Uint8Array {
  const end = HEAD_BYTES + block.byteLength
  if (end > leafBytes.byteLength) leafBytes = b4a.alloc(2 * end)
  writeHead(leafBytes, LEAF, block.byteLength)
  leafBytes.set(block, HEAD_BYTES)
  return hashInto(b4a.allocUnsafe(HASH_BYTES), leafBytes.subarray(0, end))
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
