// Hypercore's merkle tree, as much of it as is needed to verify a feed from its blocks alone,
// without a store: the roots of the full subtrees at a length, grown block by block. Leaves,
// parents and root hash are hypercore-crypto's (BLAKE2b-256 over type byte, little-endian size,
// content); a flat-tree index names each node (leaf i is 2i).

import b4a from 'b4a'
import crypto from 'hypercore-crypto'

export interface TreeNode {
  readonly index: number
  /** Bytes of all blocks below. */
  readonly size: number
  readonly hash: Uint8Array
}

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
    let node: TreeNode = {
      index: 2 * this.length,
      size: block.byteLength,
      hash: crypto.data(block)
    }
    this.length++
    this.byteLength += block.byteLength
    // Two full subtrees of one height merge: as many times as the new length has trailing zeros.
    for (let n = this.length; n % 2 === 0; n /= 2) {
      const left = this.roots.pop()
      if (left === undefined) throw new Error('merkle frontier is out of step')
      node = {
        index: (left.index + node.index) / 2,
        size: left.size + node.size,
        hash: crypto.parent(left, node)
      }
    }
    this.roots.push(node)
  }

  appendAll(blocks: readonly Uint8Array[]): this {
    for (const block of blocks) this.append(block)
    return this
  }

  /** 32 bytes; what a signature of this length signs. */
  rootHash(): Uint8Array {
    return crypto.tree(this.roots, b4a.allocUnsafeSlow(32))
  }
}
