// What of a run can be checked apart from what comes before it: the record's hashes, its label, the
// merkle nodes over its blocks, and that a member wrote every entry. Says yes or no and no more:
// whoever gets a no looks again, part by part, and says what is wrong and where.

import { BlockCipher } from '../log/block-cipher.js'
import { isCheckpoint } from '../log/checkpoint.js'
import { Subtrees, type TreeNode } from '../log/merkle.js'
import type { SegmentPlace } from './directory.js'
import { RECORD_TYPE } from './format.js'
import { decodeRecordHeader, isWhole, openLabel, payloadOf, recordBytes } from './record.js'
import { type SegmentLabel, decodePayload, labelFor } from './segment.js'

export interface ProofKeys {
  readonly label: Uint8Array
  readonly entry: Uint8Array
}

/** A run whose records are whole: what is left to check is that its nodes continue the feed. */
export interface RunProof {
  /** Of the blocks, in order. */
  readonly nodes: readonly TreeNode[]
  readonly rootHash: Uint8Array
  readonly signature: Uint8Array
}

/** Checks the parts of one run, in order, as they are read. */
export class RunProver {
  private readonly cipher: BlockCipher
  private readonly tree: Subtrees
  private last: SegmentLabel | null = null

  constructor(
    private readonly keys: ProofKeys,
    feed: string,
    from: number
  ) {
    this.cipher = new BlockCipher(keys.entry, feed)
    this.tree = new Subtrees(from)
  }

  /** False where anything is not as it should be. */
  take(place: SegmentPlace, record: Uint8Array): boolean {
    const header = decodeRecordHeader(record)
    if (header?.type !== RECORD_TYPE.segment) return false
    if (recordBytes(header) !== place.byteLength || record.byteLength !== place.byteLength) {
      return false
    }
    const sealed = openLabel(record, header, this.keys.label)
    if (sealed === null || !isWhole(record, header, sealed)) return false
    const label = labelFor(sealed.content, place)
    const blocks = label && decodePayload(payloadOf(record, header), label.count)
    if (blocks === null) return false
    for (const [i, block] of blocks.entries()) {
      const seq = place.from + i
      this.tree.append(block)
      if (!isCheckpoint(seq) && !this.cipher.isAuthentic(seq, block)) return false
    }
    this.last = label
    return true
  }

  get proof(): RunProof | null {
    if (this.last === null || this.last.continues) return null
    const { rootHash, signature } = this.last
    const nodes = this.tree.nodes.map((node) => ({ ...node, hash: alone(node.hash) }))
    return { nodes, rootHash: alone(rootHash), signature: alone(signature) }
  }
}

/** Memory of its own: what is sent to another thread takes along all that it is a view on. */
export function alone(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
