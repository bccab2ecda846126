// `cairnlog/log`: feeds, entries and the Replica interface, for carriers of one's own.

export type {
  BlobHeld,
  BlobName,
  Blobs,
  BlobTable,
  BlobWriter,
  Configuration,
  Gap,
  Head,
  Intake,
  Range,
  ReadOptions,
  Replica,
  ReplicaDescription,
  Run
} from './replica.js'
export { chunksIn, MEDIA_CHUNK } from './replica.js'
export type {
  Attachment,
  DocumentEntry,
  Entry,
  EntrySource,
  HelloEntry,
  LoggedEntry,
  LoggedVersion,
  MediaVariant,
  ObservationEntry,
  TagValue,
  Tags,
  UnknownEntry,
  UnreadableEntry,
  VersionEntry,
  VersionFields,
  VersionRef
} from './entry.js'
export { CHECKPOINT_INTERVAL, entriesIn, isCheckpoint } from './checkpoint.js'
export { Frontier, type TreeNode } from './merkle.js'
export { assertSigned, isSigned, type SignedLength } from './signature.js'
export { createProjectKey } from './project.js'
export { createInvite, openInvite } from './invite.js'
export { compareVersions, formatVersion, parseVersion } from './version.js'
