// The media of a sync file: photos and files as pieces among its records. The last piece of a blob is
// written only when the hash over all of them is the one that names it, so that what is listed as
// whole is whole, whatever stops in between and wherever the bytes came from. The hash is not found
// again for what the device itself holds whole: it was when it came, and each piece is authenticated.

import { Mutex } from 'async-mutex'
import b4a from 'b4a'
import { CairnError } from '../errors.js'
import { StreamingHash } from '../log/crypto.js'
import {
  type BlobName,
  type BlobTable,
  type BlobWriteOptions,
  type BlobWriter,
  type Blobs,
  type MediaAcknowledgment,
  type ReadOptions,
  chunksIn
} from '../log/replica.js'
import { isBlobSize } from '../log/media/reference.js'
import { acquire } from '../log/turn.js'
import { MAX_MEDIA_ROWS } from './format.js'
import { chunkBytes } from './media-record.js'
import { MediaReader } from './media-reader.js'
import { type ChunkPlace, chunksOf } from './media-rows.js'
import type { SyncFileParts } from './open.js'
import type { Writer } from './writer.js'

/** Left free on a medium, so that a stick full of photos still takes entries. */
const RESERVE_BYTES: number = 8 * 1024 * 1024

/** What stands around a piece. */
const OVERHEAD_PER_CHUNK = 512

export class FileBlobs implements Blobs {
  private readonly reader: MediaReader
  /** One blob after the other: what stands together is listed in one row. */
  private readonly turn = new Mutex()

  constructor(
    private readonly parts: SyncFileParts,
    private readonly writer: Writer
  ) {
    this.reader = new MediaReader(parts.volumes, parts.file)
  }

  async held(): Promise<BlobTable> {
    return this.parts.file.media
  }

  async acknowledgments(): Promise<MediaAcknowledgment[]> {
    return this.parts.file.heldMedia.rows()
  }

  async acknowledge(rows: readonly MediaAcknowledgment[]): Promise<void> {
    this.writer.acknowledgeMedia(rows)
  }

  /** Bytes of media that fit; null where that cannot be told. */
  async room(): Promise<number | null> {
    const free = await this.parts.volumes.medium.free()
    return free === null ? null : Math.max(0, free - RESERVE_BYTES)
  }

  /** Bytes that a blob takes here. */
  bytesFor({ size }: BlobName): number {
    return size + OVERHEAD_PER_CHUNK * chunksIn(size)
  }

  read(name: BlobName, from: number, options?: ReadOptions): AsyncGenerator<Uint8Array> {
    // Once known to be damaged it counts as held no more, so a replica that has it will send it.
    return this.reader.read(name, from, options, (place) => this.writer.doubt([], [place]))
  }

  async write(
    name: BlobName,
    { proven = false, signal }: BlobWriteOptions = {}
  ): Promise<BlobWriter> {
    if (!isBlobSize(name.size))
      throw new TypeError(`size: ${String(name.size)} is no size of a photo`)
    const release = await acquire(this.turn, signal)
    const { media } = this.parts.file
    if (media.length >= MAX_MEDIA_ROWS) {
      release()
      throw full(this.parts.volumes.path)
    }
    const next = media.get(name.hash, name.size)?.chunks ?? 0
    // What is there of it may be anybody's.
    const hash = proven && next === 0 ? null : new StreamingHash()
    const { reader, parts, writer } = this
    return new FileBlobWriter(name, next, hash, reader, parts, writer, release, signal)
  }
}

class FileBlobWriter implements BlobWriter {
  private readonly begunAt: number
  private readonly count: number
  private last: Uint8Array | null = null

  constructor(
    private readonly name: BlobName,
    public next: number,
    /** Null where the bytes are known to have this hash. */
    private readonly hash: StreamingHash | null,
    private readonly reader: MediaReader,
    private readonly parts: SyncFileParts,
    private readonly writer: Writer,
    private readonly release: () => void,
    private readonly signal: AbortSignal | undefined
  ) {
    this.begunAt = next
    this.count = chunksIn(name.size)
  }

  async append(chunk: Uint8Array): Promise<void> {
    const { name, next } = this
    if (next >= this.count) throw this.forget('it is longer')
    if (chunk.byteLength !== chunkBytes(name.size, next)) throw this.forget('it has another length')
    if (next === this.begunAt && next > 0) await this.rehash(next)
    this.hash?.update(chunk)
    if (next === this.count - 1) this.last = chunk
    else await this.writer.writeChunk({ ...name, chunk: next }, chunk)
    this.next++
  }

  async finish(): Promise<void> {
    const { name, last } = this
    if (this.next < this.count) throw this.forget('it is shorter')
    if (last === null) return
    const found = this.hash === null ? name.hash : b4a.toString(this.hash.digest(), 'hex')
    if (found !== name.hash) throw this.forget('its hash differs')
    this.last = null
    await this.writer.writeChunk({ ...name, chunk: this.count - 1 }, last)
  }

  async close(): Promise<void> {
    this.release()
  }

  /** What was there before is hashed first: the hash at the end stands for every byte. */
  private async rehash(until: number): Promise<void> {
    let chunk = 0
    const onDamaged = (place: ChunkPlace): void => this.writer.doubt([], [place])
    const { reader, name, signal } = this
    for await (const bytes of reader.read(name, 0, { signal }, onDamaged)) {
      this.hash?.update(bytes)
      if (++chunk === until) break
    }
  }

  private forget(found: string): CairnError {
    const { hash, size } = this.name
    const places = [...this.parts.file.media.places()].filter((place) => place.hash === hash)
    this.writer.dropMedia(
      places.filter((place) => place.size === size).flatMap((place) => [...chunksOf(place)])
    )
    return new CairnError(
      'MEDIA_FORGED',
      `What came for photo or file ${hash.slice(0, 8)} is not it: ${found}. It was thrown away.`,
      { path: this.parts.volumes.path, media: hash, expected: size }
    )
  }
}

function full(path: string): CairnError {
  return new CairnError(
    'NO_SPACE',
    `${path} holds as many photos and files as a sync file can. Begin a new one.`,
    { path }
  )
}
