// What a replica is: anything that holds feeds. A device's log, a sync file and a connected peer
// all implement this one interface, and the exchange (lib/exchange) knows nothing else of them.
// Blocks move as runs: consecutive blocks with the signature that proves their end.

/** The categories and fields an app works with. Two sides sync when the names are equal. */
export interface Configuration {
  name: string
  version: string
}

/** Sequence numbers `from` (inclusive) to `to` (exclusive). */
export interface Range {
  readonly from: number
  readonly to: number
}

/** Where a feed ends in a replica, and which parts of it the replica holds. */
export interface Head {
  /** Feed id: the signer's key in z-base-32, 52 characters. */
  readonly feed: string
  /** Number of blocks up to the end of what is signed here. */
  readonly length: number
  /** Merkle root hash over `length` blocks, 32 bytes. */
  readonly rootHash: Uint8Array
  /** The signer's ed25519 signature over that root hash and length, 64 bytes. */
  readonly signature: Uint8Array
  /** The parts held, ascending and disjoint. A device's log holds exactly one, from 0. */
  readonly held: readonly Range[]
}

/** Consecutive blocks of one feed and the signature over the feed's length `to`. */
export interface Run {
  readonly feed: string
  readonly from: number
  readonly to: number
  readonly blocks: readonly Uint8Array[]
  /** Merkle root hash over the first `to` blocks, 32 bytes, as claimed until verified. */
  readonly rootHash: Uint8Array
  /** ed25519 over that root hash and length, 64 bytes. */
  readonly signature: Uint8Array
}

/** A part of a feed that a replica should hold and cannot give. */
export interface Gap {
  readonly feed: string
  readonly from: number
  readonly to: number
  /** Byte offset in a file, where there is one. */
  readonly offset?: number
  readonly code: 'SYNCFILE_DAMAGED' | 'VOLUME_MISSING'
  /** In words, as the end of a sentence. */
  readonly reason: string
}

/** What must fit before two replicas may exchange anything. */
export interface ReplicaDescription {
  /** How a person would call it: a device's name, a file's path. */
  readonly label: string
  /** Public fingerprint of the project, 32 bytes in hex. */
  readonly projectId: string
  /** Null where a damaged replica no longer knows; then only the project is compared. */
  readonly configuration: Configuration | null
  /** True where nothing can be written. */
  readonly readOnly: boolean
  /** True where nothing should be written, by the kind of replica that it is. */
  readonly oneWay: boolean
  /**
   * True where a feed only ever grows at its end, from 0 (a log); false where parts may be held
   * in any order (a file).
   */
  readonly contiguous: boolean
  /** True where nothing keeps another program from writing at the same time. */
  readonly lockless?: boolean
}

/** What is about to be appended, so that a replica can say at once that it will not fit. */
export interface Intake {
  readonly blocks: number
  readonly byteLength: number
  readonly runs: number
}

/** A device's word that it holds the first `length` blocks of a feed durably. */
export interface Acknowledgment {
  /** Device id. */
  readonly device: string
  readonly feed: string
  readonly length: number
}

/** A device's word of which photos and files it holds whole, in place of what it said before. */
export interface MediaAcknowledgment {
  /** Device id. */
  readonly device: string
  /** Milliseconds since 1970 by its clock, later with each word; 0 where it has not said all yet. */
  readonly at: number
  /** The first 8 bytes of each hash, ascending. */
  readonly prefixes: Uint8Array
}

export interface ReadOptions {
  signal?: AbortSignal | undefined
  /** Called for each part of the range that is held and turns out damaged. */
  onGap?: ((gap: Gap) => void) | undefined
}

/** Bytes of a photo or file that move together; the last chunk of each may be shorter. */
export const MEDIA_CHUNK: number = 1024 * 1024

/** Content named by the BLAKE2b-256 of its bytes, 64 hex digits. `size` is at least 1. */
export interface BlobName {
  readonly hash: string
  readonly size: number
}

/** What is there of a blob: `chunks` whole chunks from the start. All of them: it is here. */
export interface BlobHeld extends BlobName {
  readonly chunks: number
}

/** What a replica holds of media. Packed in memory, for 100,000 are common. */
export interface BlobTable {
  readonly size: number
  /** Where somebody lied about its size there may be several: then the one of this size. */
  get(hash: string, size?: number): BlobHeld | undefined
  /** Whether all of a blob is there; asked with the hash's 32 bytes, because that is fast. */
  isWhole?(hash: Uint8Array, size: number): boolean
  /**
   * Equal for two tables of one process where the same blobs are whole in both: then neither lacks
   * anything that the other could give, and none of them need be looked up.
   */
  digest?(): string
  [Symbol.iterator](): Iterator<BlobHeld>
}

export interface BlobReadOptions extends ReadOptions {
  /** No further chunks than up to this number, exclusive, are needed: none need be read ahead. */
  readonly to?: number
}

export interface BlobWriteOptions {
  readonly proven?: boolean
  readonly signal?: AbortSignal | undefined
}

/** The media of a replica. */
export interface Blobs {
  held(): Promise<BlobTable>

  /**
   * The plain chunks from chunk number `from` on, each authenticated. Throws MEDIA_MISSING and
   * MEDIA_DAMAGED.
   */
  read(name: BlobName, from: number, options?: BlobReadOptions): AsyncIterable<Uint8Array>

  /**
   * What `read` gives, from a blob's first chunk to its last, is what hashed to its name when it
   * became whole here, and nobody else could have put other bytes there. Absent: it may be not.
   */
  readonly proven?: true

  /**
   * Goes on where an unfinished one stopped. One at a time per blob: a second one waits. Of what
   * comes `proven`, a stick need not find the hash again; whoever takes it off the stick does.
   * Waiting, and looking through what is there, ends with ABORTED where `signal` says so. What is
   * written was asked for, and does not count as purged; where it is purged from then on, nothing
   * of it is kept.
   */
  write(name: BlobName, options?: BlobWriteOptions): Promise<BlobWriter>

  /** What was purged here, and so is not to be brought back. Absent: nothing was. */
  readonly purged?: { has(hash: string): boolean }

  /** Who is known to hold what, this replica's own device included. */
  acknowledgments?(): Promise<readonly MediaAcknowledgment[]>

  /** Takes what the other side knows of it. Written with the next commit, never on its own. */
  acknowledge?(rows: readonly MediaAcknowledgment[]): Promise<void>

  /** Bytes of media that still fit; null, or absent, where that cannot be told. */
  room?(): Promise<number | null>

  /** Bytes that a blob takes here. Absent: as many as it has. */
  bytesFor?(name: BlobName): number
}

/** Takes one blob, chunk by chunk. To be closed, finished or not. */
export interface BlobWriter {
  /** The chunk to be appended next; past the last where all of them are there. */
  readonly next: number
  append(chunk: Uint8Array): Promise<void>
  /**
   * Only now is it whole. Throws MEDIA_FORGED where the bytes are not what the name says, and
   * forgets them.
   */
  finish(): Promise<void>
  /** Keeps whole chunks for the next try. */
  close(): Promise<void>
}

/** How many chunks a blob of this size has. */
export function chunksIn(size: number): number {
  return Math.ceil(size / MEDIA_CHUNK)
}

/**
 * Anything that holds feeds. What it gives out may be damaged or forged, so whoever takes a run
 * verifies it: `append` is all or nothing.
 */
export interface Replica {
  /** Photos and files, where it can hold any. */
  readonly blobs?: Blobs | undefined

  describe(): Promise<ReplicaDescription>

  /** One head per feed held, by feed id. */
  heads(): Promise<ReadonlyMap<string, Head>>

  /**
   * Runs that cover `[from, to)` in order, each at most up to the next checkpoint. The last one
   * may reach beyond `to`, for a run ends where a signature is known.
   */
  read(feed: string, from: number, to: number, options?: ReadOptions): AsyncIterable<Run>

  /** Bytes of the blocks `[from, to)`, as far as they are held. */
  byteLength(feed: string, from: number, to: number): Promise<number>

  /** Root hash over the first `length` blocks, or null where those blocks are not all held. */
  rootHash(feed: string, length: number): Promise<Uint8Array | null>

  /** Announces what will be appended. Throws NO_SPACE before the first write. */
  prepare(intake: Intake): Promise<void>

  /**
   * Takes a run after verifying it; all or nothing. Throws FEED_NOT_ADMITTED, FEED_FORGED,
   * FEED_FORKED or BASE_MISSING about this run, and anything else about the replica as a whole.
   */
  append(run: Run): Promise<void>

  /** Makes durable and visible what was appended. */
  commit(): Promise<void>

  /** Forgets what was appended and not committed, where that can be. */
  rollback(): Promise<void>

  /** Who is known to hold what, this replica's own device included. */
  acknowledgments?(): Promise<readonly Acknowledgment[]>

  /**
   * Hears that what it gave of a feed could not be verified. It looks itself, and no longer counts
   * as held what it can show to be wrong; on nobody's word alone does it give anything up.
   */
  distrust?(feed: string, options?: ReadOptions): Promise<void>

  /** Takes what the other side knows of it. Written with the next commit, never on its own. */
  acknowledge?(rows: readonly Acknowledgment[]): Promise<void>
}
