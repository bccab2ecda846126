// Photos and files that are arriving from other replicas: one writer at a time for each. When the
// device is closed, what has come of them is kept as far as it is whole, and no more is written.

import type { Gate } from '../gate.js'
import { NamedMutexes } from '../named-mutexes.js'
import type { BlobName, BlobWriter } from '../replica.js'
import type { BlobFolder } from './blob-folder.js'
import type { BlobFormat } from './blob-format.js'
import type { BlobState } from './blob-places.js'
import { BlobFileWriter, wholeAlready } from './blob-writer.js'
import type { Inventory } from './inventory.js'
import type { PurgeMarks } from './purge-marks.js'

/** What they need of the store that they arrive in. */
export interface Receiving {
  readonly folder: BlobFolder
  readonly format: BlobFormat
  readonly purged: PurgeMarks
  /** Closed with the device. */
  readonly gate: Gate
  state(name: BlobName): Promise<BlobState>
  inventory(): Promise<Inventory>
  /** Gives a file its place, unless it is not to stay. */
  publish(from: string, name: BlobName, stays: () => boolean): Promise<void>
}

export class Arrivals {
  private readonly turns = new NamedMutexes()
  private readonly open = new Set<BlobWriter>()

  constructor(private readonly store: Receiving) {}

  /** Whether one is arriving, or waits for its turn to. */
  has(hash: string): boolean {
    return this.turns.isHeld(hash)
  }

  /** As `write` of the store. */
  async write(name: BlobName, signal: AbortSignal | undefined): Promise<BlobWriter> {
    const turn = await this.turns.acquire(name.hash, signal)
    const { gate } = this.store
    try {
      return new Guarded(await gate.pass(() => this.begin(name, turn, signal)), gate)
    } catch (error) {
      turn()
      throw error
    }
  }

  /** When nobody writes any more. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.open].map((writer) => writer.close()))
  }

  private async begin(
    name: BlobName,
    turn: () => void,
    signal: AbortSignal | undefined
  ): Promise<BlobWriter> {
    const { store } = this
    const { folder, format, purged } = store
    if ((await store.state(name)) === 'here') return wholeAlready(name, turn)
    const inventory = await store.inventory()
    const place = inventory.isDamaged(name) ? 'damaged' : 'unfinished'
    const path = folder.in(place, name)
    await folder.make(path)
    const hooks = {
      finished: async () => {
        await store.publish(path, name, () => !purged.has(name.hash))
        await folder.removeParts(name)
      },
      closed: async (chunks: number) => {
        const isPurged = purged.has(name.hash)
        if (isPurged) await folder.removeParts(name)
        if (place === 'unfinished') inventory.begun(name, isPurged ? 0 : chunks)
      },
      release: () => {
        this.open.delete(writer)
        turn()
      }
    }
    const writer = await BlobFileWriter.open(path, name, format, hooks, signal)
    this.open.add(writer)
    return writer
  }
}

/** Writes while the device is open. */
class Guarded implements BlobWriter {
  constructor(
    private readonly writer: BlobWriter,
    private readonly gate: Gate
  ) {}

  get next(): number {
    return this.writer.next
  }

  append(chunk: Uint8Array): Promise<void> {
    return this.gate.pass(() => this.writer.append(chunk))
  }

  finish(): Promise<void> {
    return this.gate.pass(() => this.writer.finish())
  }

  close(): Promise<void> {
    return this.writer.close()
  }
}
