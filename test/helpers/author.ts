// A writer of feeds in memory, honest or not: it can sign whatever a test wants to be signed. What
// is signed is put together by hypercore's own function, so that it also checks ours.

import b4a from 'b4a'
import hypercoreCrypto from 'hypercore-crypto'
import caps from 'hypercore/lib/caps.js'
import Hypercore from 'hypercore'
import { BlockCodec } from '../../lib/log/block.js'
import { encodeCheckpoint, isCheckpoint } from '../../lib/log/checkpoint.js'
import type { ObservationEntry } from '../../lib/log/entry.js'
import { toFeedId } from '../../lib/log/feed-id.js'
import { Frontier } from '../../lib/log/merkle.js'
import { Project } from '../../lib/log/project.js'
import type { Head, Run } from '../../lib/log/replica.js'
import { START, PROJECT_KEY } from './fixed.js'

export class Author {
  readonly feed: string
  readonly codec: BlockCodec
  readonly blocks: Uint8Array[] = []
  private readonly keys: { publicKey: Uint8Array; secretKey: Uint8Array }

  /** The same `seed` makes the same signer: two authors with one seed fork one feed. */
  constructor(
    private readonly seed: number,
    readonly project: Project = new Project(PROJECT_KEY)
  ) {
    const bytes = b4a.alloc(32)
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, seed)
    this.keys = hypercoreCrypto.keyPair(bytes)
    this.feed = toFeedId(this.keys.publicKey)
    this.codec = new BlockCodec(project, this.feed)
  }

  /** A feed with a hello and `count` observations. */
  static withEntries(seed: number, count: number, project?: Project): Author {
    const author = new Author(seed, project).hello()
    for (let i = 0; i < count; i++) author.observe({ tags: { i } })
    return author
  }

  hello(project: Project = this.project): this {
    const admission = project.admit(this.keys.publicKey)
    const name = `Author ${this.seed}`
    const entry = { kind: 'hello', name, createdAt: START, library: '0.1.0', admission } as const
    return this.put(this.codec.seal(this.blocks.length, entry))
  }

  observe(fields: Partial<ObservationEntry> = {}): this {
    if (isCheckpoint(this.blocks.length)) {
      this.put(encodeCheckpoint(this.sign(this.blocks.length)))
    }
    return this.put(
      this.codec.seal(this.blocks.length, observation(this.seed, this.blocks.length, fields))
    )
  }

  /** Any bytes as the next block. */
  put(block: Uint8Array): this {
    this.blocks.push(block)
    return this
  }

  rootHash(length: number): Uint8Array {
    return new Frontier().appendAll(this.blocks.slice(0, length)).rootHash()
  }

  sign(length: number, rootHash: Uint8Array = this.rootHash(length)): Uint8Array {
    const coreKey = Hypercore.key({ version: 1, signers: [{ publicKey: this.keys.publicKey }] })
    return hypercoreCrypto.sign(
      caps.treeSignable(coreKey, rootHash, length, 0),
      this.keys.secretKey
    )
  }

  run(from: number = 0, to: number = this.blocks.length): Run {
    const rootHash = this.rootHash(to)
    const blocks = this.blocks.slice(from, to)
    return { feed: this.feed, from, to, blocks, rootHash, signature: this.sign(to, rootHash) }
  }

  head(length: number = this.blocks.length): Head {
    const rootHash = this.rootHash(length)
    const signature = this.sign(length, rootHash)
    return { feed: this.feed, length, rootHash, signature, held: [{ from: 0, to: length }] }
  }
}

/** An observation entry whose id and clock follow from `seed` and `n`. */
export function observation(
  seed: number,
  n: number,
  fields: Partial<ObservationEntry> = {}
): ObservationEntry {
  const id = b4a.alloc(16, seed)
  new DataView(id.buffer, id.byteOffset).setUint32(0, n)
  const time = START + n
  return {
    kind: 'observation',
    id,
    links: [],
    clock: time,
    createdAt: time,
    updatedAt: time,
    tags: {},
    attachments: [],
    deleted: false,
    ...fields
  }
}
