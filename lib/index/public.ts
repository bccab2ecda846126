// `cairnlog/index`: the observation view by itself, over anything that gives entries.

export { View, type WatchOptions } from './view.js'
export { defineKind, type AnyKind, type Kind } from './kind.js'
export type { KindCounts } from './kind-table.js'
export type { KeyValue } from './ordered.js'
export type { DocumentChange, DocumentsView, WatchDocuments } from './documents.js'
export type { DocumentFilter, DocumentQuery, KeyCondition, KeyScalar } from './document-query.js'
export type { Document, DocumentVersion, LoggedDocument } from './document.js'
export type { ShownVersion } from './shown-version.js'
export type { AuditOptions, AuditProgress, Discrepancy } from './audit.js'
export type { Change, ChangeType } from './watch.js'
export type { ChangeKind } from './deeds.js'
export type { DeviceChanges, DocumentChanges, Tally } from './tally.js'
export type { ViewDevice, ViewEvent, ViewOptions, ViewStatus, ViewUpdate } from './view-types.js'
export type { IndexOptions, ViewProgress } from './indexer.js'
export type { RebuildReason } from './damage.js'
export type { Order, QueryOptions } from './query.js'
export type { Filter, TagFilter, TagScalar, Time } from './filter.js'
export type { BoundingBox } from './place.js'
export type { MediaCatalogue } from './media-catalogue.js'
export type { MediaPolicy, MediaReference, Tier, Wanted } from '../log/media/reference.js'
export type { DecodedHead as ObservationHead } from './row.js'
export type { LoggedObservation, Observation, ObservationVersion } from './observation.js'
export type {
  Attachment,
  DocumentEntry,
  EntrySource,
  LoggedEntry,
  MediaVariant,
  ObservationEntry,
  Tags,
  TagValue,
  VersionRef
} from '../log/entry.js'
