// The one error class of this library. A wrong argument is a TypeError; what goes wrong in the
// world (a stranger's file, a full disk, a copied folder) is a CairnError with a code that other
// people's scripts may rely on. Every code is explained in the README, section "Error codes".

/** Stable within a major version; messages may change, codes do not. */
export type CairnErrorCode =
  | 'ABORTED'
  | 'BASE_MISSING'
  | 'BLOCK_TOO_LARGE'
  | 'CLOSED'
  | 'CONFIGURATION_MISMATCH'
  | 'DEVICE_COPIED'
  | 'DEVICE_DAMAGED'
  | 'DEVICE_HANDED_OVER'
  | 'DEVICE_LOCKED'
  | 'DEVICE_READ_ONLY'
  | 'DEVICE_ROLLED_BACK'
  | 'DOCUMENT_NOT_FOUND'
  | 'FEED_FORGED'
  | 'FEED_FORKED'
  | 'FEED_NOT_ADMITTED'
  | 'FEED_TOO_LONG'
  | 'FILE_EXISTS'
  | 'INVITE_REFUSED'
  | 'IO_FAILED'
  | 'MEDIA_DAMAGED'
  | 'MEDIA_EMPTY'
  | 'MEDIA_FORGED'
  | 'MEDIA_MISSING'
  | 'NO_SPACE'
  | 'NOT_A_SYNCFILE'
  | 'OBSERVATION_NOT_FOUND'
  | 'PATH_UNUSABLE'
  | 'PEER_CLOSED'
  | 'PEER_INVALID'
  | 'PEER_SILENT'
  | 'PROJECT_MISMATCH'
  | 'SUCCESSOR_UNKNOWN'
  | 'SYNCFILE_DAMAGED'
  | 'SYNCFILE_EXISTS'
  | 'SYNCFILE_LOCKED'
  | 'SYNCFILE_UNFINISHED'
  | 'SYNCFILE_VERSION'
  | 'VOLUME_MISSING'

/** What is known about a failure, as data, so that an app can write its own sentence. */
export interface CairnErrorFacts {
  /** The file or folder concerned. */
  path?: string
  /** The feed concerned, as a feed id. */
  feed?: string
  /** Sequence number of the first block concerned. */
  seq?: number
  /** Byte offset in the file concerned. */
  offset?: number
  /** What this side has or wanted. */
  expected?: unknown
  /** What the other side has or what was found. */
  found?: unknown
  /** Bytes that are needed and are not there. */
  bytesNeeded?: number
  /** The observation concerned. */
  observation?: string
  /** The document of an app's own kind concerned. */
  document?: string
  /** The photo or file concerned: its hash. */
  media?: string
  /** The original error. */
  cause?: unknown
}

/** An error of the world: `code` for programs, `message` for people, the facts as fields. */
export class CairnError extends Error {
  readonly code: CairnErrorCode
  declare readonly path?: string
  declare readonly feed?: string
  declare readonly seq?: number
  declare readonly offset?: number
  declare readonly expected?: unknown
  declare readonly found?: unknown
  declare readonly bytesNeeded?: number
  declare readonly observation?: string
  declare readonly document?: string
  declare readonly media?: string

  constructor(code: CairnErrorCode, message: string, facts: CairnErrorFacts = {}) {
    const { cause, ...fields } = facts
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CairnError'
    this.code = code
    Object.assign(this, fields)
  }
}

/** Throws ABORTED if the signal has fired; `done` says in words what has been kept. */
export function throwIfAborted(signal: AbortSignal | undefined, done: string): void {
  if (signal?.aborted) {
    throw new CairnError('ABORTED', `Stopped on request. ${done}`, { cause: signal.reason })
  }
}
