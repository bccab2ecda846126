// What a device is opened and asked with, and the checks of it: a wrong argument is a TypeError that
// names the field.

import b4a from 'b4a'
import type { OnProgress } from './exchange/progress.js'
import type { AnyKind, ViewEvent, ViewStatus } from './index/public.js'
import { checkKinds } from './index/kind.js'
import type { Carrier } from './log/acknowledgments.js'
import { isFeedId } from './log/feed-id.js'
import type { Configuration, Head } from './log/replica.js'
import type { MediaCounts } from './media-types.js'
import type { MediaTransferOptions } from './log/media/choice.js'
import { MAX_TEXT_BYTES } from './peer/limits.js'
import { MIN_VOLUME_BYTES } from './syncfile/format.js'

export interface DeviceOptions {
  /** 32 secret bytes, the same on every device of the project. `createProjectKey()` makes them. */
  projectKey: Uint8Array
  /** What people call this device. Written into its feed when it is made. */
  name: string
  /** The categories and fields that the app works with. Devices sync when the names are equal. */
  configuration: Configuration
  /** Milliseconds since 1970; Date.now unless a test sets another clock. */
  wallClock?: () => number
  /**
   * What to do with a folder that was copied, restored or rolled back: refuse it with a code, or go
   * on under a fresh feed that names the old one. Refused unless told otherwise.
   */
  onCopied?: 'refuse' | 'new-feed'
  /** Blocks that are taken of one feed at most: a bound on what a member can flood. 5 million. */
  feedLimit?: number
  /** Id of the device that this new one carries on for, for example a lost laptop's: a claim. */
  succeeds?: string
  /** Kinds of documents that the app made up; see `defineKind`. */
  kinds?: readonly AnyKind[]
  /** Hears of a view that is being made anew, and why. */
  onEvent?: (event: ViewEvent) => void
}

export interface TransferOptions extends MediaTransferOptions {
  signal?: AbortSignal | undefined
  onProgress?: OnProgress | undefined
  /** `report.changes` also lists the ids of the observations. */
  listChanges?: boolean
}

export interface DeviceSyncOptions extends TransferOptions {
  /**
   * First re-hash and re-verify the whole file, so that what is damaged in it is restored by this
   * very sync as far as this device has it. Reads every byte of the file.
   */
  verify?: boolean
}

export interface CreateSyncFileOptions extends TransferOptions {
  /** `snapshot` unless told otherwise. */
  kind?: 'snapshot' | 'request'
  /** Whom it is for: a request's or sync file's path, or what `device.heads()` gave there. */
  for?: string | Iterable<Head>
  /** Bytes per volume, at least 16 MiB; just under 4 GiB unless told otherwise. */
  volumeSize?: number
}

/** A feed as this device holds it. */
export interface DeviceFeed {
  /** Device id. */
  readonly device: string
  readonly name?: string
  /** When it was made, and the date of its last entry, by its own clock: ISO 8601. */
  readonly firstAt?: string
  readonly lastAt?: string
  /** The device that it says it carries on for. */
  readonly predecessor?: string
  /** With a predecessor: whether that one has confirmed it or signed for it: then both are one. */
  readonly confirmed?: boolean
  /** The device that it handed over to. */
  readonly successor?: string
  /** Blocks. */
  readonly length: number
}

export interface DeviceStatus extends ViewStatus {
  readonly id: string
  readonly name: string
  readonly projectId: string
  readonly configuration: Configuration
  readonly feeds: readonly DeviceFeed[]
  /** Own entries that no other device has said it holds, under whichever id this folder wrote them. */
  readonly onlyHere: number
  /** Photos and files that the entries reference, and how many of them are here. */
  readonly media: MediaCounts
  /** Sync files that own entries were written into, the newest first. A stick can be lost. */
  readonly writtenTo: readonly Carrier[]
  /** True where the device's folder cannot be written: it can be read, and synced from. */
  readonly readOnly: boolean
}

export function checkOptions(dir: unknown, options: unknown): void {
  if (typeof dir !== 'string' || dir === '')
    throw new TypeError('dir: must be the path of a folder')
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('options: must be { projectKey, name, configuration }')
  }
  const { projectKey, name, configuration } = options as Record<string, unknown>
  if (!b4a.isBuffer(projectKey) || projectKey.byteLength !== 32) {
    throw new TypeError('projectKey: must be 32 bytes; createProjectKey() makes them')
  }
  if (typeof name !== 'string' || name === '') throw new TypeError('name: must be a text')
  checkLength('name', name)
  checkConfiguration(configuration)
  const { onCopied, succeeds, feedLimit } = options as Record<string, unknown>
  if (onCopied !== undefined && onCopied !== 'refuse' && onCopied !== 'new-feed') {
    throw new TypeError("onCopied: must be 'refuse' or 'new-feed'")
  }
  if (feedLimit !== undefined && !(Number.isSafeInteger(feedLimit) && Number(feedLimit) > 0)) {
    throw new TypeError('feedLimit: must be a whole number of blocks from 1 up')
  }
  if (succeeds !== undefined && !isFeedId(succeeds)) {
    throw new TypeError('succeeds: must be the id of a device')
  }
  checkKinds((options as Record<string, unknown>)['kinds'])
}

export function checkCreate(options: CreateSyncFileOptions): {
  kind: 'snapshot' | 'request'
  volumeSize: number | undefined
} {
  const { kind = 'snapshot', volumeSize } = options
  if (kind !== 'snapshot' && kind !== 'request') {
    throw new TypeError("kind: must be 'snapshot' or 'request'")
  }
  if (kind === 'request' && options.for !== undefined) {
    throw new TypeError('for: goes with an answer, not with a request')
  }
  if (
    volumeSize !== undefined &&
    !(Number.isSafeInteger(volumeSize) && volumeSize >= MIN_VOLUME_BYTES)
  ) {
    throw new TypeError(`volumeSize: must be a whole number of bytes from ${MIN_VOLUME_BYTES} up`)
  }
  return { kind, volumeSize }
}

export function checkConfiguration(configuration: unknown): void {
  const { name, version } = (configuration ?? {}) as Record<string, unknown>
  if (typeof name !== 'string' || name === '' || typeof version !== 'string') {
    throw new TypeError('configuration: must be { name, version }, both texts')
  }
  checkLength('configuration.name', name)
  checkLength('configuration.version', version)
}

/** A device greets its peers with these, who take no longer ones. */
function checkLength(field: string, text: string): void {
  if (Buffer.byteLength(text) <= MAX_TEXT_BYTES) return
  throw new TypeError(`${field}: must have at most ${MAX_TEXT_BYTES} bytes`)
}
