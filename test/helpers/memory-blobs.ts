// Photos in memory, for tests of exchanges and files: made from a number, so that a test can tell
// which one it met.

import b4a from 'b4a'
import { CairnError } from '../../lib/errors.js'
import { hash } from '../../lib/log/crypto.js'
import { toHex } from '../../lib/log/feed-id.js'
import type { MediaReference, Tier, Wanted } from '../../lib/log/media/reference.js'
import {
  type BlobHeld,
  type BlobName,
  type BlobTable,
  type BlobWriter,
  type Blobs,
  MEDIA_CHUNK,
  chunksIn
} from '../../lib/log/replica.js'
import { randomFrom } from './disk.js'

export interface Photo {
  readonly name: BlobName
  readonly bytes: Uint8Array
}

/** The same number and size: the same photo. */
export function photo(number: number, size: number): Photo {
  const random = randomFrom(number + 1)
  const words = new Uint32Array(Math.ceil(size / 4)).map(() => random() * 2 ** 32)
  const bytes = b4a.from(words.buffer, 0, size)
  return { name: { hash: toHex(hash(bytes)), size }, bytes }
}

/** As entries would reference them: the given order is newest first. */
export function wantedOf(...photos: ReadonlyArray<readonly [Photo, ...Tier[]]>): Wanted {
  const order: Tier[] = ['thumbnail', 'preview', 'original']
  const references: MediaReference[] = photos.map(([{ name }, ...tiers], i) => ({
    ...name,
    type: 'image/jpeg',
    tiers: tiers.length > 0 ? tiers : ['original'],
    createdAt: 1_000_000 - i,
    device: ''
  }))
  const rank = ({ tiers }: MediaReference): number => order.indexOf(tiers[0]!)
  references.sort((a, b) => rank(a) - rank(b) || b.createdAt - a.createdAt)
  return (policy) => references.filter(({ tiers }) => tiers.some((tier) => policy[tier]))
}

export class MemoryBlobs implements Blobs {
  readonly chunks: Map<string, { size: number; chunks: Uint8Array[] }> = new Map()
  /** What happened, in order. */
  readonly calls: string[] = []
  /** Hashes of photos that read as damaged. */
  readonly damaged: Set<string> = new Set()
  /** Called before each piece that is taken. */
  onAppend: () => void = () => {}

  constructor(...photos: readonly Photo[]) {
    for (const each of photos) this.put(each)
  }

  put({ name, bytes }: Photo): void {
    const chunks = []
    for (let at = 0; at < name.size; at += MEDIA_CHUNK) {
      chunks.push(bytes.subarray(at, at + MEDIA_CHUNK))
    }
    this.chunks.set(name.hash, { size: name.size, chunks })
  }

  /** The whole photo, or null where it is not whole; throws where it is not what its name says. */
  photo({ hash: name, size }: BlobName): Uint8Array | null {
    const held = this.chunks.get(name)
    if (held === undefined || held.chunks.length < chunksIn(size)) return null
    const bytes = b4a.concat(held.chunks)
    if (toHex(hash(bytes)) !== name) throw new Error(`photo ${name} is wrong`)
    return bytes
  }

  async held(): Promise<BlobTable> {
    const rows = new Map<string, BlobHeld>()
    for (const [name, { size, chunks }] of this.chunks) {
      if (!this.damaged.has(name)) rows.set(name, { hash: name, size, chunks: chunks.length })
    }
    return {
      size: rows.size,
      get: (name) => rows.get(name),
      [Symbol.iterator]: () => rows.values()
    }
  }

  async *read({ hash: name }: BlobName, from: number): AsyncGenerator<Uint8Array> {
    const held = this.chunks.get(name)
    if (held === undefined) throw new CairnError('MEDIA_MISSING', 'not here', { media: name })
    if (this.damaged.has(name)) throw new CairnError('MEDIA_DAMAGED', 'broken', { media: name })
    this.calls.push(`read ${name.slice(0, 4)} ${from}`)
    yield* held.chunks.slice(from)
  }

  async write({ hash: name, size }: BlobName): Promise<BlobWriter> {
    if (this.damaged.delete(name)) this.chunks.delete(name)
    const held = this.chunks.get(name) ?? { size, chunks: [] }
    this.chunks.set(name, held)
    return {
      get next() {
        return held.chunks.length
      },
      append: async (chunk) => {
        this.onAppend()
        this.calls.push(`append ${name.slice(0, 4)} ${held.chunks.length}`)
        held.chunks.push(b4a.from(chunk))
      },
      finish: async () => {
        if (toHex(hash(b4a.concat(held.chunks))) === name) return
        this.chunks.delete(name)
        throw new CairnError('MEDIA_FORGED', 'other bytes', { media: name })
      },
      close: async () => {}
    }
  }
}
