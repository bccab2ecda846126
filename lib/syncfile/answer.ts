// Whom an answer is for: the heads of another device, from its request, its sync file, or a list; and
// the photos that it has, where that is known.

import { hasPrefix } from '../log/media/hash-prefixes.js'
import {
  type BlobHeld,
  type BlobTable,
  type Blobs,
  type Head,
  type Replica,
  type ReplicaDescription,
  type Run,
  chunksIn
} from '../log/replica.js'
import type { SyncFile } from './syncfile.js'

export interface Asker {
  readonly heads: ReadonlyMap<string, Head>
  /** Whether it has all of a photo or file. */
  readonly has: (hash: string, size: number) => boolean
}

/** What the asker holds. A request lists heads without blocks: its device holds them all. */
export async function askerOf(file: SyncFile): Promise<Asker> {
  const heads = await file.heads()
  if (file.kind === 'request') {
    const said = await file.blobs.acknowledgments()
    const has = (hash: string): boolean => said.some(({ prefixes }) => hasPrefix(prefixes, hash))
    return { heads: assumeHeld([...heads.values()]), has }
  }
  const table = await file.blobs.held()
  return { heads, has: (hash, size) => table.get(hash, size)?.chunks === chunksIn(size) }
}

export function assumeHeld(heads: readonly Head[]): Map<string, Head> {
  const held = (head: Head): Head =>
    head.held.length > 0 ? head : { ...head, held: [{ from: 0, to: head.length }] }
  return new Map(heads.map((head) => [head.feed, held(head)]))
}

/** A file that takes only what somebody else lacks: it shows what the asker has as if its own. */
export class AnswerFile implements Replica {
  constructor(
    private readonly file: SyncFile,
    private readonly asker: Asker
  ) {}

  get blobs(): Blobs {
    const { blobs } = this.file
    return {
      held: async () => this.table(await blobs.held()),
      read: (...args) => blobs.read(...args),
      write: (...args) => blobs.write(...args),
      room: () => blobs.room(),
      bytesFor: (name) => blobs.bytesFor(name),
      acknowledge: (rows) => blobs.acknowledge(rows)
    }
  }

  async describe(): Promise<ReplicaDescription> {
    // Heads without gaps are taken like those of a device, at their word: no answer goes elsewhere.
    const contiguous = [...this.asker.heads.values()].every(
      ({ length, held }) => held.length === 1 && held[0]?.from === 0 && held[0].to === length
    )
    return { ...(await this.file.describe()), oneWay: false, contiguous }
  }

  async heads(): Promise<ReadonlyMap<string, Head>> {
    return this.asker.heads
  }

  async *read(): AsyncGenerator<Run> {
    yield* []
  }

  async byteLength(): Promise<number> {
    return 0
  }

  async rootHash(): Promise<null> {
    return null
  }

  prepare(...args: Parameters<Replica['prepare']>): Promise<void> {
    return this.file.prepare(...args)
  }

  append(run: Run): Promise<void> {
    return this.file.append(run)
  }

  /** Committed once, by whoever makes the file: an answer that has its name is written to no more. */
  async commit(): Promise<void> {}

  rollback(): Promise<void> {
    return this.file.rollback()
  }

  private table(own: BlobTable): BlobTable {
    const get = (hash: string, size?: number): BlobHeld | undefined => {
      const theirs = size !== undefined && this.asker.has(hash, size)
      return theirs ? { hash, size, chunks: chunksIn(size) } : own.get(hash, size)
    }
    return { size: own.size, get, [Symbol.iterator]: () => own[Symbol.iterator]() }
  }
}
