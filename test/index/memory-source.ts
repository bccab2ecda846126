// A log in memory, as far as the view knows one: feeds of entries with hashes that depend on the
// content, and the means to cut one short, to let it part, or to deliver it bit by bit.

import { createHash } from 'node:crypto'
import type {
  Entry,
  EntrySource,
  LoggedEntry,
  ObservationEntry,
  VersionRef
} from '../../lib/log/entry.js'
import { toFeedId } from '../../lib/log/feed-id.js'

const BATCH = 1024

export const START: number = Date.UTC(2026, 0, 1)

/** A feed id that depends on the name alone. */
export function feedId(name: string): string {
  return toFeedId(createHash('sha256').update(name).digest())
}

/** An observation id that sorts by `time`. */
export function observationId(time: number, salt = 0): Uint8Array {
  const id = Buffer.alloc(16)
  id.writeUIntBE(time, 0, 6)
  id[6] = 0x70
  id.writeUInt32BE(salt, 12)
  return id
}

export function observation(fields: Partial<ObservationEntry> = {}): ObservationEntry {
  const clock = fields.clock ?? START
  return {
    kind: 'observation',
    id: observationId(clock),
    links: [],
    clock,
    createdAt: clock,
    updatedAt: clock,
    tags: {},
    attachments: [],
    deleted: false,
    ...fields
  }
}

export class MemorySource implements EntrySource {
  readonly #feeds = new Map<string, (LoggedEntry | null)[]>()

  /** Appends and returns the version's name in parts. Null stands for a checkpoint. */
  append(feed: string, entry: Entry | null): VersionRef {
    const blocks = this.#feeds.get(feed) ?? []
    this.#feeds.set(feed, blocks)
    const seq = blocks.length
    const hash = createHash('sha256')
      .update(`${feed}/${seq}/`)
      .update(JSON.stringify(entry, (_key, v) => (typeof v === 'bigint' ? String(v) : v)))
      .digest()
      .subarray(0, 8)
    const ref = { feed, seq, hash }
    blocks.push(entry === null ? null : { ref, entry })
    return ref
  }

  hello(feed: string, name: string): VersionRef {
    return this.append(feed, {
      kind: 'hello',
      name,
      createdAt: START,
      library: '0.1.0',
      admission: new Uint8Array(32)
    })
  }

  truncate(feed: string, length: number): void {
    this.#feeds.get(feed)!.length = length
  }

  /** Takes blocks that `other` has beyond what is here, up to `length`. */
  receive(other: MemorySource, feed: string, length: number): void {
    const blocks = other.#feeds.get(feed) ?? []
    const own = this.#feeds.get(feed) ?? []
    this.#feeds.set(feed, own)
    for (let seq = own.length; seq < Math.min(length, blocks.length); seq++) own.push(blocks[seq]!)
  }

  length(feed: string): number {
    return this.#feeds.get(feed)?.length ?? 0
  }

  feeds(): string[] {
    return [...this.#feeds.keys()]
  }

  ends(): Map<string, { length: number; rootHash: Uint8Array }> {
    const ends = new Map<string, { length: number; rootHash: Uint8Array }>()
    for (const [feed, blocks] of this.#feeds) {
      if (blocks.length === 0) continue
      ends.set(feed, { length: blocks.length, rootHash: rootHash(blocks, blocks.length) })
    }
    return ends
  }

  async rootHash(feed: string, length: number): Promise<Uint8Array | null> {
    const blocks = this.#feeds.get(feed) ?? []
    return length > blocks.length ? null : rootHash(blocks, length)
  }

  async *entries(feed: string, from: number, to: number): AsyncGenerator<LoggedEntry[]> {
    const blocks = this.#feeds.get(feed) ?? []
    for (let at = from; at < to; at += BATCH) {
      const run = blocks.slice(at, Math.min(to, at + BATCH))
      yield run.filter((logged) => logged !== null)
    }
  }

  async entry(feed: string, seq: number): Promise<LoggedEntry | null> {
    return this.#feeds.get(feed)?.[seq] ?? null
  }
}

function rootHash(blocks: readonly (LoggedEntry | null)[], length: number): Uint8Array {
  const hash = createHash('sha256').update(`length ${length}`)
  for (const logged of blocks.slice(0, length)) hash.update(logged?.ref.hash ?? 'checkpoint')
  return hash.digest()
}
