// The package's face.

export { Device, type Link, type ReplicationStream } from './device.js'
export type {
  CreateSyncFileOptions,
  DeviceFeed,
  DeviceOptions,
  DeviceSyncOptions,
  DeviceStatus,
  TransferOptions
} from './device-options.js'
export type { ArchiveProgress, ArchiveReport, ExportArchiveOptions } from './archive.js'
export type { Branch } from './aside.js'
export type { Branches } from './branches.js'
export type { CheckCode, CheckOptions, CheckProblem, CheckProgress } from './check.js'
export { CairnError, type CairnErrorCode, type CairnErrorFacts } from './errors.js'
export type { Counter, OnProgress, Phase, Progress } from './exchange/progress.js'
export type {
  LeftOutReason,
  MediaLeftOut,
  MediaRefusal,
  MediaReport
} from './exchange/media-report.js'
export type { Amount, FeedReport, Refusal, SyncReport } from './exchange/report.js'
export type { SyncOptions } from './exchange/sync.js'
export { sync } from './sync.js'
export type { CsvOptions } from './csv.js'
export type { GeoJSONFeature } from './geojson.js'
export type { GeoJSONSource } from './geojson-features.js'
export type { ImportOptions, ImportProblem, ImportReport } from './geojson-import.js'
export type { DeviceSyncReport, SyncChanges } from './device-sync.js'
export type {
  AnyKind,
  BoundingBox,
  Change,
  ChangeKind,
  ChangeType,
  DeviceChanges,
  Document,
  DocumentChange,
  DocumentChanges,
  DocumentFilter,
  DocumentQuery,
  DocumentVersion,
  Filter,
  KeyCondition,
  KeyScalar,
  KeyValue,
  Kind,
  KindCounts,
  Observation,
  ObservationVersion,
  Order,
  QueryOptions,
  TagFilter,
  TagScalar,
  Time,
  ShownVersion,
  ViewEvent,
  ViewStatus,
  WatchDocuments,
  WatchOptions
} from './index/public.js'
export type { Attachment, MediaVariant, TagValue, Tags } from './log/entry.js'
export type { Carrier } from './log/acknowledgments.js'
export { createInvite, openInvite } from './log/invite.js'
export { createProjectKey } from './log/project.js'
export type { Configuration, Head, Range, Replica } from './log/replica.js'
export type { MediaPolicy, Tier } from './log/media/reference.js'
export type { Media } from './media.js'
export type {
  AttachmentStatus,
  BestOptions,
  BestVariant,
  ByteStream,
  MediaAmount,
  MediaContent,
  MediaCounts,
  MediaHolder,
  MediaSource,
  MediaUsage,
  PurgedMedia,
  PurgeOptions,
  PutOptions,
  VariantStatus
} from './media-types.js'
export type { MediaChoice, MediaTransferOptions } from './log/media/choice.js'
export type { ObservationInput, ObservationPatch } from './observation-input.js'
export { type DocumentDetails, type DocumentPatch, Documents } from './documents.js'
export { defineKind } from './index/public.js'
export { Observations } from './observations.js'
export type { CreateManyOptions } from './editing.js'
export type { LinkPeer, ReplicateOptions } from './peer/link.js'
export { SyncFile, type SyncFileOptions } from './syncfile/syncfile.js'
export type { CompactOptions, CompactReport } from './syncfile/compact.js'
export type { SavedMedia } from './syncfile/media-copy.js'
export type { SyncFileDevice, SyncFileInfo, SyncFileMedia } from './syncfile/inspect.js'
export type { SalvageOptions, SalvageReport, SalvagedFeed } from './syncfile/salvage.js'
export type { SealedInfo, SealedSyncFile } from './syncfile/sealed.js'
export type { VerifyOptions, VerifyProgress } from './syncfile/verify.js'
export type { FileProblem } from './syncfile/file-problem.js'
