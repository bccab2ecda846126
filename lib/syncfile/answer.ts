// Whom an answer is for: the heads of another device, from its request, its sync file, or a list.

import type { Blobs, Head, Replica, ReplicaDescription, Run } from '../log/replica.js'
import type { SyncFile } from './syncfile.js'

/** What the asker holds. A request lists heads without blocks: its device holds them all. */
export async function headsOf(file: SyncFile): Promise<Map<string, Head>> {
  const heads = await file.heads()
  if (file.kind !== 'request') return heads
  return assumeHeld([...heads.values()])
}

export function assumeHeld(heads: readonly Head[]): Map<string, Head> {
  const held = (head: Head): Head =>
    head.held.length > 0 ? head : { ...head, held: [{ from: 0, to: head.length }] }
  return new Map(heads.map((head) => [head.feed, held(head)]))
}

/** A file that takes only what somebody else lacks: it shows the asker's heads as if its own. */
export class AnswerFile implements Replica {
  constructor(
    private readonly file: SyncFile,
    private readonly asker: ReadonlyMap<string, Head>
  ) {}

  get blobs(): Blobs {
    return this.file.blobs
  }

  async describe(): Promise<ReplicaDescription> {
    // Heads without gaps are taken like those of a device, at their word: no answer goes elsewhere.
    const contiguous = [...this.asker.values()].every(
      ({ length, held }) => held.length === 1 && held[0]?.from === 0 && held[0].to === length
    )
    return { ...(await this.file.describe()), oneWay: false, contiguous }
  }

  async heads(): Promise<ReadonlyMap<string, Head>> {
    return this.asker
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
}
