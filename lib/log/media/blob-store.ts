// The photos and files of a device: encrypted under names that tell nothing, each whole or absent.
// What is here is what the folder lists; that a file's bytes are what they should be is found out
// whenever they are read. What turns out damaged is set aside, counts as not here from then on, and
// is healed by the next replica that has it.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type CairnError, throwIfAborted } from '../../errors.js'
import { Gate } from '../gate.js'
import type { Project } from '../project.js'
import { readAhead } from '../read-ahead.js'
import {
  type BlobName,
  type BlobReadOptions,
  type BlobWriteOptions,
  type Blobs,
  type BlobWriter,
  type MediaAcknowledgment,
  chunksIn
} from '../replica.js'
import { readOnlyError } from '../store-errors.js'
import { Arrivals } from './arrivals.js'
import { BlobFolder, PUT_RESERVE_BYTES, RESERVE_BYTES } from './blob-folder.js'
import { BlobFormat } from './blob-format.js'
import { writeFresh } from './blob-intake.js'
import { BlobPlaces, type BlobState } from './blob-places.js'
import { BlobReader } from './blob-reader.js'
import { Inventory } from './inventory.js'
import { damaged, full, missing, translateMediaError } from './media-errors.js'
import { type Holder, MediaHolders } from './media-holders.js'
import type { PackedBlobs } from './packed-blobs.js'
import { PurgeMarks } from './purge-marks.js'

export type { BlobState }

export class BlobStore implements Blobs {
  /** A blob gets its place only when its hash was found, and its chunks are bound to that file. */
  readonly proven = true
  private readonly arrivals: Arrivals
  private readonly places: BlobPlaces
  private readonly format: BlobFormat
  private listing: Promise<Inventory> | null = null
  private readonly listeners = new Set<(hash: string) => void>()
  /** Whatever changes the folder goes through it, so that closing can wait for that. */
  private readonly gate = new Gate()

  private constructor(
    private readonly folder: BlobFolder,
    project: Project,
    /** What was purged here, and is not to come back by itself. */
    readonly purged: PurgeMarks,
    /** Who else holds what. */
    readonly holders: MediaHolders,
    private readonly readOnly: boolean
  ) {
    this.format = new BlobFormat(project)
    const inventory = (): Promise<Inventory> => this.inventory()
    this.places = new BlobPlaces(folder, inventory, readOnly)
    const { format, gate } = this
    this.arrivals = new Arrivals({
      folder,
      format,
      gate,
      purged,
      inventory,
      state: (name) => this.state(name),
      publish: (from, name, stays) => this.publish(from, name, stays)
    })
  }

  static async open(
    path: string,
    project: Project,
    device: Holder,
    readOnly: boolean
  ): Promise<BlobStore> {
    const folder = new BlobFolder(path, project)
    if (!readOnly) await folder.sweep()
    const purged = await PurgeMarks.open(join(path, 'purged'), project)
    const holders = await MediaHolders.open(`${path}-held`, project, device, readOnly)
    return new BlobStore(folder, project, purged, holders, readOnly)
  }

  /** What is here, as the folder lists it; goes on showing what changes. */
  async held(): Promise<PackedBlobs> {
    return (await this.inventory()).table
  }

  async acknowledgments(): Promise<MediaAcknowledgment[]> {
    return this.holders.rows(await this.held())
  }

  async acknowledge(rows: readonly MediaAcknowledgment[]): Promise<void> {
    this.holders.hear(rows)
    await this.gate.pass(() => this.holders.save())
  }

  /** As `hearFrom` of the holders, and durable. */
  async hearFrom(said: MediaAcknowledgment): Promise<void> {
    this.holders.hearFrom(said)
    await this.gate.pass(() => this.holders.save())
  }

  room(): Promise<number | null> {
    return this.folder.room(RESERVE_BYTES)
  }

  async *read(name: BlobName, from = 0, options: BlobReadOptions = {}): AsyncGenerator<Uint8Array> {
    yield* readAhead(this.chunks(name, from, options), 1)
  }

  async *chunks(name: BlobName, from: number, how: BlobReadOptions): AsyncGenerator<Uint8Array> {
    const { signal, to = chunksIn(name.size) } = how
    const reader = await this.openWhole(name)
    try {
      for (let number = from; number < to; number++) {
        this.gate.assertOpen()
        throwIfAborted(signal, 'Nothing was changed.')
        const chunk = await this.translated(name, () => reader.chunk(number))
        if (chunk === null) throw await this.notAsWritten(name, reader)
        yield chunk
      }
    } finally {
      await reader.close()
    }
  }

  async write(name: BlobName, { signal }: BlobWriteOptions = {}): Promise<BlobWriter> {
    this.assertWritable()
    this.purged.remove(name.hash)
    return this.translated(name, () => this.arrivals.write(name, signal))
  }

  /**
   * Takes content of unknown hash in one pass: hashed, encrypted, on the disk and whole when this
   * resolves, or nothing of it is left. Throws MEDIA_EMPTY, NO_SPACE, DEVICE_READ_ONLY, and what
   * the source throws.
   */
  async put(chunks: AsyncIterable<Uint8Array>): Promise<BlobName> {
    this.assertWritable()
    const path = await this.translated(null, () => this.folder.fresh())
    try {
      const name = await writeFresh(path, this.format, this.whileRoom(chunks))
      const stays = (): boolean => {
        this.purged.remove(name.hash)
        return true
      }
      await this.gate.pass(() => this.translated(name, () => this.publish(path, name, stays)))
      if (!this.arrivals.has(name.hash)) await this.folder.removeParts(name)
      return name
    } catch (error) {
      await rm(path, { force: true })
      throw error
    }
  }

  /** Hears of each blob that becomes whole here, until the returned function is called. */
  onWhole(listener: (hash: string) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Whether it is here, without reading it: a file that is gone, cut or grown is noticed. */
  state(name: BlobName): Promise<BlobState> {
    return this.translated(name, () => this.places.state(name))
  }

  /** Blobs that turned out damaged and have not been healed. */
  async damaged(): Promise<BlobName[]> {
    return (await this.inventory()).listDamaged()
  }

  /** When it came, milliseconds; null where it is not here. */
  async cameAt(name: BlobName): Promise<number | null> {
    return this.translated(name, () => this.folder.changedAt(this.folder.whole(name)))
  }

  /** Remembers not to take some blobs from elsewhere again. Durable when this resolves. */
  async mark(hashes: readonly string[]): Promise<void> {
    this.assertWritable()
    const mark = async (): Promise<void> => {
      await this.folder.make(join(this.folder.path, 'purged'))
      await this.purged.add(hashes)
    }
    await this.gate.pass(() => this.translated(null, mark))
  }

  /**
   * Removes what is here of some blobs, unless `isStill` says of one, just before, that it is to
   * stay. Resolves to those that went. What it does not come to is not marked any more.
   */
  async drop(
    names: readonly BlobName[],
    signal?: AbortSignal,
    isStill: (name: BlobName) => Promise<boolean> = async () => true
  ): Promise<BlobName[]> {
    this.assertWritable()
    const gone: BlobName[] = []
    let next = 0
    try {
      for (; next < names.length; next++) {
        const name = names[next]!
        throwIfAborted(signal, 'A part was purged; purge again for the rest.')
        const remove = (): Promise<boolean> => this.remove(name, isStill)
        if (await this.gate.pass(() => this.translated(name, remove))) gone.push(name)
      }
      return gone
    } finally {
      this.purged.removeAll(names.slice(next).map(({ hash }) => hash))
    }
  }

  /** Makes durable what is not by itself. */
  flush(): Promise<void> {
    return this.gate.pass(() => this.save())
  }

  /**
   * What has begun to arrive is kept as far as it is whole, and nothing changes the folder any more.
   * Never throws: what fails fails for whoever writes, too.
   */
  async close(): Promise<void> {
    await this.gate.close()
    await Promise.allSettled([this.arrivals.close(), this.save()])
  }

  private async save(): Promise<void> {
    if (this.readOnly) return
    await Promise.all([this.translated(null, () => this.purged.save()), this.holders.save()])
  }

  private async *whileRoom(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      const room = await this.folder.room(PUT_RESERVE_BYTES)
      if (room !== null && room < chunk.byteLength) throw full(this.folder.path)
      yield chunk
    }
  }

  private async remove(
    name: BlobName,
    isStill: (name: BlobName) => Promise<boolean>
  ): Promise<boolean> {
    return this.places.take(name, async () => {
      if (!(await isStill(name))) return false
      if (!this.arrivals.has(name.hash)) await this.folder.removeParts(name)
      return true
    })
  }

  private async publish(from: string, name: BlobName, stays: () => boolean): Promise<void> {
    if (!(await this.places.give(from, name, stays))) return
    for (const listener of this.listeners) listener(name.hash)
  }

  private async openWhole(name: BlobName): Promise<BlobReader> {
    const state = await this.state(name)
    if (state === 'missing') throw missing(name)
    const path = this.folder.whole(name)
    if (state === 'damaged') throw damaged(name, path)
    const reader = await this.translated(name, () => BlobReader.open(path, this.format, name))
    if (reader === null) throw missing(name)
    if (reader.blobId !== null && reader.isWhole) return reader
    const error = await this.notAsWritten(name, reader)
    await reader.close()
    throw error
  }

  /** Sets aside what was read, unless a sound one has taken its place meanwhile. */
  private async notAsWritten(name: BlobName, reader: BlobReader): Promise<CairnError> {
    const path = this.folder.whole(name)
    await this.places.setAside(name, () => reader.isAt(path))
    return damaged(name, path)
  }

  private inventory(): Promise<Inventory> {
    this.listing ??= this.translated(null, async () => {
      const inventory = await Inventory.list(this.folder)
      // A purge that was killed: what is still here is not purged.
      this.purged.removeAll(inventory.hashes())
      return inventory
    })
    this.listing.catch(() => (this.listing = null))
    return this.listing
  }

  private async translated<T>(name: BlobName | null, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw translateMediaError(error, name === null ? this.folder.path : this.folder.whole(name))
    }
  }

  private assertWritable(): void {
    if (this.readOnly) throw readOnlyError(this.folder.path)
  }
}
