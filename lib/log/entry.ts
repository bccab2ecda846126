// The entries inside a feed's blocks, as objects. The codec between these and bytes is in
// entry-codec.ts; the encryption around those bytes in block-cipher.ts.

/** Names one version: where it stands and what its block hashes to. */
export interface VersionRef {
  readonly feed: string
  readonly seq: number
  /** First 8 bytes of the block's BLAKE2b-256. Two branches of a forked feed differ in it. */
  readonly hash: Uint8Array
}

/** Tags: keys to text, numbers, truth values or lists of these. */
export type TagValue = string | number | boolean | null | readonly (string | number | boolean)[]
export type Tags = Readonly<Record<string, TagValue>>

/** One size of a photo, a recording or a file: content named by its hash. */
export interface MediaVariant {
  /** BLAKE2b-256 of the content, hex. */
  readonly hash: string
  /** Bytes. */
  readonly size: number
  /** Media type, e.g. image/jpeg. */
  readonly type: string
}

export interface Attachment {
  readonly name?: string
  readonly variants: {
    readonly original?: MediaVariant
    readonly preview?: MediaVariant
    readonly thumbnail?: MediaVariant
  }
}

/** The first entry of every feed: whose it is, and that its writer knew the project. */
export interface HelloEntry {
  readonly kind: 'hello'
  /** Device name. */
  readonly name: string
  /** Milliseconds since 1970 by the device's wall clock. */
  readonly createdAt: number
  /** Version of this library that wrote it. */
  readonly library: string
  /** Feed id of the feed that this one continues: a claim until that feed confirms it. */
  readonly predecessor?: string
  /** The predecessor's signature over this feed: with it the claim is a fact. See succession.ts. */
  readonly endorsement?: Uint8Array
  /** Keyed BLAKE2b-256 of the signer key under the project's admission key. */
  readonly admission: Uint8Array
}

/** What every version of anything carries, an observation or a document of an app's own kind. */
export interface VersionFields {
  /** UUIDv7, 16 bytes. */
  readonly id: Uint8Array
  /** Versions that this one replaces; empty for the first. */
  readonly links: readonly VersionRef[]
  /** Hybrid logical clock, milliseconds. Orders versions; never shown as a date. */
  readonly clock: number
  /** Wall clock of the device that created it, milliseconds. */
  readonly createdAt: number
  /** Wall clock of the device that wrote this version, milliseconds. */
  readonly updatedAt: number
  /** Feed id of the creating device, where that is not the feed this entry stands in. */
  readonly createdBy?: string
  /** A known-good time (GPS), milliseconds. */
  readonly trustedAt?: number
  /** Who of the people that share the device. */
  readonly author?: string
  /**
   * Says again what the first of its links says, which only some devices can have: that one stands in
   * a branch of a feed that forked.
   */
  readonly repeats?: boolean
  readonly deleted: boolean
  /** Fields of a newer library, kept through an edit by this one. */
  readonly unknown?: Readonly<Record<string, unknown>>
}

/** One version of an observation. */
export interface ObservationEntry extends VersionFields {
  readonly kind: 'observation'
  /** WGS 84 degrees. Absent together. */
  readonly lat?: number
  readonly lon?: number
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly tags: Tags
  readonly attachments: readonly Attachment[]
}

/** One version of a document of a kind that an app made up. */
export interface DocumentEntry extends VersionFields {
  readonly kind: 'document'
  /** The app's name for the kind, e.g. `track`. */
  readonly type: string
  /** What the app keeps in it: plain data. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** A version of something that is created, edited and deleted. */
export type VersionEntry = ObservationEntry | DocumentEntry

/** The last entry of a feed: whoever wrote it goes on as another device. */
export interface FarewellEntry {
  readonly kind: 'farewell'
  /** Feed id of the feed that continues this one; its hello must say the same. */
  readonly successor: string
  /** Milliseconds since 1970 by the device's wall clock. */
  readonly createdAt: number
}

/** What a device writes. */
export type WrittenEntry = HelloEntry | VersionEntry | FarewellEntry

/** An entry that this version of the library carries and does not understand. */
export interface UnknownEntry {
  readonly kind: 'unknown'
  readonly version: number
  readonly kindCode: number
}

/** A block that does not decrypt or decode: written by a broken or hostile member. */
export interface UnreadableEntry {
  readonly kind: 'unreadable'
  readonly reason: string
}

export type Entry = WrittenEntry | UnknownEntry | UnreadableEntry

/** An entry with its place. Checkpoints are not entries and never appear. */
export interface LoggedEntry {
  readonly ref: VersionRef
  readonly entry: Entry
}

/** A version with its place. */
export interface LoggedVersion<E extends VersionEntry = VersionEntry> {
  readonly ref: VersionRef
  readonly entry: E
}

/** What the view needs of a log: nothing else is shared between the two. */
export interface EntrySource {
  /** Length and root hash of every feed held. */
  ends(): ReadonlyMap<string, { readonly length: number; readonly rootHash: Uint8Array }>
  /** Root hash over the first `length` blocks; null beyond the end. */
  rootHash(feed: string, length: number): Promise<Uint8Array | null>
  /** Entries with `from <= seq < to`, ascending, in batches of at most one run. */
  entries(
    feed: string,
    from: number,
    to: number,
    options?: { signal?: AbortSignal | undefined }
  ): AsyncIterable<LoggedEntry[]>
  /** One entry; null for a checkpoint or a sequence number that is not held. */
  entry(feed: string, seq: number): Promise<LoggedEntry | null>
}

/** Whether an entry is a version: of an observation, or of a document. */
export function isVersion(entry: Entry): entry is VersionEntry {
  return entry.kind === 'observation' || entry.kind === 'document'
}

/** What a version is a version of, beside its id: the name of the kind, empty for an observation. */
export function typeOf(entry: VersionEntry): string {
  return entry.kind === 'document' ? entry.type : ''
}
