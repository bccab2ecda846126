// Writes one commit: segments, a directory, sync, a trailer, sync. Nothing that is in the file is
// ever overwritten; a commit that fails is cut off again, and the file is as it was.

import b4a from 'b4a'
import { seal } from '../log/crypto.js'
import { KEY_EPOCH } from '../log/project.js'
import type { Acknowledgment, MediaAcknowledgment, Run } from '../log/replica.js'
import type { Committed } from './committed.js'
import {
  type Directory,
  type DirectoryHead,
  type SegmentPlace,
  type VoidRange,
  encodeDirectory
} from './directory.js'
import {
  FIRST_RECORD,
  MAX_DIRECTORY_CHAIN,
  READ_VERSION,
  RECORD_TYPE,
  SYNC_EVERY_BYTES,
  TRAILER_BYTES
} from './format.js'
import { directoryContext } from './chain.js'
import { CONTINUATION_BYTES } from './continuation.js'
import { markContinued } from './mark-continued.js'
import { MediaChanges } from './media-changes.js'
import { type ChunkName, MAX_CHUNK_RECORD, encodeChunkLabel, sealedChunk } from './media-record.js'
import type { ChunkPlace } from './media-rows.js'
import type { SyncFileParts } from './open.js'
import { type Payload, encodeRecord, hashOf } from './record.js'
import { encodeLabel, encodePayload, toSegments } from './segment.js'
import { writeAtEnd } from './storage.js'
import { encodeTrailer } from './trailer.js'
import { changedMeanwhile } from './prepare.js'
import { writeVersionFor } from './version-rule.js'
import { merged } from './voids.js'

type CommitContext = Pick<SyncFileParts, 'volumes' | 'file' | 'configuration' | 'tiers'>

export class Commit {
  private readonly added: SegmentPlace[] = []
  private readonly adopted: SegmentPlace[] = []
  private readonly dropped: SegmentPlace[] = []
  private readonly voids: VoidRange[] = []
  private readonly heldNews: Acknowledgment[] = []
  private readonly heldMediaNews: MediaAcknowledgment[] = []
  private readonly changedHeads = new Map<string, DirectoryHead>()
  private readonly headsBefore = new Map<string, DirectoryHead | null>()
  private readonly media: MediaChanges
  private volume: number
  private offset: number
  private unsynced = 0
  private begun = false
  private restated = false // A head became shorter or none: only a full directory can say so.
  /** For records, one after the other: memory of its own for each keeps the garbage collector busy. */
  private room: Uint8Array | undefined

  constructor(
    private readonly context: CommitContext,
    private readonly before: Committed
  ) {
    this.volume = before.end.volume
    this.offset = before.end.offset
    this.media = new MediaChanges(context.file.media)
  }

  /** Something that the file listed turned out damaged or wrong. */
  get hasDropped(): boolean {
    return this.restated || this.media.hasDropped || this.dropped.length > 0
  }

  /** Lists what is in the file already and no directory lists. */
  adopt(places: readonly SegmentPlace[], media: readonly ChunkPlace[]): void {
    this.media.adopt(media)
    for (const place of places) this.adopted.push(place)
    for (const { feed } of places) {
      const head = this.context.file.index.head(feed)
      if (head !== null) this.changedHeads.set(feed, head)
    }
  }

  /** Writes a verified run. */
  async write(run: Run): Promise<void> {
    const { index } = this.context.file
    for (const segment of toSegments(run)) {
      const payload = encodePayload(segment.blocks)
      const record = this.record(RECORD_TYPE.segment, encodeLabel(segment), payload)
      await this.makeRoom(record.byteLength)
      const { feed, from, count, continues } = segment
      const { volume, offset } = this
      const place = { feed, from, count, continues, volume, offset, byteLength: record.byteLength }
      await this.put(record)
      this.added.push(place)
      index.add(place)
    }
    const { feed, to: length, rootHash, signature } = run
    const known = index.head(feed)
    if (known === null || known.length < length) this.setHead({ feed, length, rootHash, signature })
  }

  /** Writes a piece of a photo or file. */
  async writeChunk(name: ChunkName, chunk: Uint8Array): Promise<void> {
    const label = encodeChunkLabel(name)
    const payload = sealedChunk(chunk, label, this.context.file.keys.media)
    const record = this.record(RECORD_TYPE.media, label, payload)
    await this.makeRoom(record.byteLength)
    const { volume, offset } = this
    await this.put(record)
    this.media.add({ ...name, volume, offset, byteLength: record.byteLength })
  }

  /** Lists a head, with or without blocks. */
  setHead(head: DirectoryHead): void {
    const { index } = this.context.file
    if (!this.headsBefore.has(head.feed)) this.headsBefore.set(head.feed, index.head(head.feed))
    this.changedHeads.set(head.feed, head)
    index.setHead(head)
  }

  /** Says another head of a feed instead of one that is wrong, or none at all. */
  restate(feed: string, head: DirectoryHead | null): void {
    const { index } = this.context.file
    if (!this.headsBefore.has(feed)) this.headsBefore.set(feed, index.head(feed))
    if (head === null) this.changedHeads.delete(feed)
    else this.changedHeads.set(feed, head)
    index.restoreHead(feed, head)
    this.restated = true
  }

  /** Takes down who holds what: rows that are new to the file. */
  acknowledge(news: readonly Acknowledgment[], media: readonly MediaAcknowledgment[] = []): void {
    for (const row of news) this.heldNews.push(row)
    for (const row of media) this.heldMediaNews.push(row)
  }

  /** No longer counts segments and pieces of media: what they held will be taken again. */
  drop(places: readonly SegmentPlace[], media: readonly VoidRange[] = []): void {
    for (const place of places) this.dropped.push(place)
    this.context.file.index.drop(places)
    this.media.drop(media)
  }

  /** Records that some bytes are damaged, so that nobody has to find that out again. */
  giveUp({ volume, offset, byteLength }: VoidRange): void {
    const { end } = this.before
    // What this commit writes must not lie in there; a stranger's directory may point anywhere.
    if (volume > end.volume || (volume === end.volume && offset + byteLength > end.offset)) return
    this.voids.push({ volume, offset, byteLength })
  }

  /** Makes the file the new snapshot. */
  async finish(now: number): Promise<Committed> {
    const { volumes, file } = this.context
    const directory = this.directory(now)
    const plain = encodeDirectory(directory)
    const sealed = seal(plain, directoryContext(directory.generation), file.keys.directory)
    const record = this.record(RECORD_TYPE.directory, new Uint8Array(0), [sealed])
    // A commit's directory and trailer stand in one volume.
    await this.makeRoom(record.byteLength + TRAILER_BYTES)
    const { volume, offset } = this
    const place = { volume, offset, byteLength: record.byteLength, hash: hashOf(record) }
    await this.put(record)
    for (const number of this.touched()) await volumes.at(number).sync()
    const trailerOffset = this.offset
    const trailer = encodeTrailer({
      fileId: file.setId,
      generation: directory.generation,
      end: trailerOffset + TRAILER_BYTES,
      directoryOffset: place.offset,
      directoryBytes: place.byteLength,
      directoryHash: place.hash,
      previous: volume === this.before.trailer.volume ? this.before.trailer.offset : 0,
      kind: file.kind,
      keyEpoch: KEY_EPOCH,
      readVersion: READ_VERSION,
      writeVersion: writeVersionFor(file.media.length > 0 || directory.tiers !== null)
    })
    await this.put(trailer)
    await volumes.at(volume).sync()
    // The commit stands; where this fails, the next one does it.
    await markContinued(volumes, file, directory.generation, volume).catch(() => {})
    const full = directory.previous === null
    return {
      generation: directory.generation,
      trailer: { volume, offset: trailerOffset },
      end: { volume, offset: this.offset },
      createdAt: directory.createdAt,
      committedAt: now,
      directoryPlace: place,
      chain: directory.chain,
      chainBytes: full ? 0 : this.before.chainBytes + place.byteLength,
      fullBytes: full ? place.byteLength : this.before.fullBytes,
      voids: full ? directory.voids : this.before.voids,
      size: this.offset
    }
  }

  /** Cuts off what this commit wrote, and forgets it. */
  async undo(): Promise<void> {
    const { volumes, file } = this.context
    const { end } = this.before
    file.index.drop(this.added)
    for (const place of this.dropped) file.index.add(place)
    this.media.undo()
    for (const [feed, head] of this.headsBefore) file.index.restoreHead(feed, head)
    if (!this.begun) return
    for (const volume of this.touched().reverse()) {
      if (volume > end.volume) await volumes.drop(volume)
      else if ((await volumes.at(volume).size()) > end.offset) {
        await volumes.at(volume).truncate(end.offset)
      }
    }
  }

  /** Full when the directories since the last full one weigh as much as it, or are too many. */
  private directory(now: number): Directory {
    const { before, context } = this
    const { index } = context.file
    const full =
      before.directoryPlace === null ||
      this.hasDropped ||
      this.voids.length > 0 ||
      before.chain >= MAX_DIRECTORY_CHAIN ||
      before.chainBytes > before.fullBytes
    return {
      generation: before.generation + 1,
      createdAt: before.createdAt,
      committedAt: now,
      configuration: context.configuration,
      previous: full ? null : before.directoryPlace,
      chain: full ? 1 : before.chain + 1,
      heads: full ? index.heads() : [...this.changedHeads.values()],
      segments: full ? index.places() : [...this.adopted, ...this.added],
      // What is dropped makes the directory a full one, which does not list it to begin with.
      dropped: [],
      held: full ? context.file.held.rows() : this.heldNews,
      heldMedia: full ? context.file.heldMedia.rows() : this.heldMediaNews,
      voids: full ? merged([...before.voids, ...this.voids]) : [],
      media: full ? context.file.media.packed() : this.media.packed(),
      tiers: context.tiers
    }
  }

  /** Good until the next one. */
  private record(type: number, label: Uint8Array, payload: Payload): Uint8Array {
    const { setId, keys } = this.context.file
    const generation = this.before.generation + 1
    this.room ??= b4a.allocUnsafeSlow(MAX_CHUNK_RECORD)
    return encodeRecord({ type, fileId: setId, generation, label, payload }, keys.label, this.room)
  }

  /** Before the first byte: what a cut-off commit left behind the end is of no use to anybody. */
  private async begin(): Promise<void> {
    if (this.begun) return
    const { volumes } = this.context
    const storage = volumes.at(this.volume)
    const size = await storage.size()
    if (size !== this.before.size) throw changedMeanwhile(volumes.path)
    this.begun = true
    if (size > this.offset) await storage.truncate(this.offset)
    await volumes.repair()
  }

  /** Goes on in the next volume where this one is too full for so many bytes. */
  private async makeRoom(byteLength: number): Promise<void> {
    await this.begin()
    const { volumes } = this.context
    const named = volumes.superblock?.volumeBytes ?? 0
    // A stranger's superblock must not make a volume of every record.
    const limit = Math.max(named, volumes.medium.minVolumeBytes)
    const end = this.offset + byteLength + CONTINUATION_BYTES
    const fits = named === 0 || end <= limit || this.offset <= FIRST_RECORD
    if (fits) return
    await volumes.at(this.volume).sync()
    this.volume = await volumes.next()
    this.offset = FIRST_RECORD
  }

  private async put(bytes: Uint8Array): Promise<void> {
    const storage = this.context.volumes.at(this.volume)
    await writeAtEnd(storage, this.offset, bytes)
    this.offset += bytes.byteLength
    this.unsynced += bytes.byteLength
    if (this.unsynced < SYNC_EVERY_BYTES) return
    await storage.sync()
    this.unsynced = 0
  }

  /** The volumes that this commit may have written to, ascending. */
  private touched(): number[] {
    return this.context.volumes.numbers.filter((volume) => volume >= this.before.end.volume)
  }
}
