// What an app hands to `device.media` and gets from it.

import type { MediaVariant } from './log/entry.js'
import type { Tier } from './log/media/reference.js'

/** A WHATWG ReadableStream of bytes, as far as it is used here. */
export interface ByteStream {
  getReader(): {
    read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>
    cancel(reason?: unknown): Promise<void>
    releaseLock(): void
  }
}

/**
 * Where a photo or file comes from: a path, bytes, a stream of bytes (Node's or the web's), or a
 * Blob or File.
 */
export type MediaSource =
  string | Uint8Array | AsyncIterable<Uint8Array> | ByteStream | { stream(): ByteStream }

export interface PutOptions {
  /** Media type, e.g. image/jpeg. */
  type: string
  signal?: AbortSignal | undefined
}

/** A photo or file to be read. Every byte is authenticated before it is given out. */
export interface MediaContent extends MediaVariant {
  /** All of it. */
  bytes(options?: { signal?: AbortSignal | undefined }): Promise<Uint8Array>
  /** In pieces of up to 1 MiB; `Readable.from(...)` makes a stream of it. */
  stream(options?: { signal?: AbortSignal | undefined }): AsyncIterable<Uint8Array>
  /** Bytes `from` to `to`, exclusive, in pieces; reads no more than these need. */
  range(
    from: number,
    to: number,
    options?: { signal?: AbortSignal | undefined }
  ): AsyncIterable<Uint8Array>
}

/** A device that has said that it holds a photo or file. */
export interface MediaHolder {
  readonly device: string
  readonly name?: string
  /**
   * When it last said all that it holds, ISO 8601 by its own clock: it may have purged some since.
   * Absent where it has only said that this came.
   */
  readonly saidAt?: string
}

export interface VariantStatus {
  readonly state: 'here' | 'missing' | 'damaged'
  /** It was purged here, so the next sync does not bring it unless asked. */
  readonly purged?: true
  /** The other devices that have said they hold it, as far as that was heard here; else absent. */
  readonly heldBy?: readonly MediaHolder[]
  /** The device that recorded it first, and had it then: where it was, not that it is there. */
  readonly recordedBy?: { readonly device: string; readonly name?: string }
}

/** One for each variant that the attachment lists. */
export type AttachmentStatus = { readonly [T in Tier]?: VariantStatus }

export interface BestOptions {
  /** The variant that would be best; original unless told otherwise. */
  prefer?: Tier
}

/** A variant that is here. */
export interface BestVariant extends MediaVariant {
  readonly tier: Tier
}

/** Which photos and files: those that fit all that is given. */
export interface PurgeOptions {
  /** Those of these tiers. What is shown in another tier too stays. */
  tier?: Tier | readonly Tier[]
  /** Those that only observations created before show: a Date, ISO 8601 text or milliseconds. */
  before?: Date | string | number
  /** True: only what deleted observations show, and no other. */
  deleted?: true
  /** These, by hash. */
  hash?: string | readonly string[]
  /** True: those that no entry references and that were put more than a day ago. */
  unused?: true
  /**
   * True: also what no other device has said it holds. Without it that stays, and is counted in
   * `onlyHere`. What is `unused` needs nobody's word.
   */
  onlyHere?: true
  /** Counts the word of these devices alone, by id: of one that never purges. */
  heldBy?: string | readonly string[]
  /** Only says what would be freed. */
  dryRun?: boolean
  signal?: AbortSignal | undefined
}

export interface MediaAmount {
  /** Photos and files. */
  readonly media: number
  /** Bytes of their content. */
  readonly bytes: number
}

/** What was freed. */
export interface PurgedMedia extends MediaAmount {
  /** What was asked for and stayed: no other device has said that it holds it. */
  readonly onlyHere: MediaAmount
}

/** What is here. What is shown in several tiers counts in the smallest. */
export interface MediaUsage extends MediaAmount {
  readonly tiers: Readonly<Record<Tier, MediaAmount>>
  /** By media type. */
  readonly types: Readonly<Record<string, MediaAmount>>
  /** Of all that is here, what no entry references. */
  readonly unused: MediaAmount
  /** Besides: beginnings of what has not arrived yet. */
  readonly unfinished: MediaAmount
  /** Besides: what turned out damaged and waits to be healed. */
  readonly damaged: MediaAmount
}

/** How many photos and files the entries reference, and where these are. */
export interface MediaCounts {
  readonly referenced: number
  readonly here: number
  /** Not here, and not purged. */
  readonly missing: number
  readonly purged: number
}
