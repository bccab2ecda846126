// `cairnlog/syncfile`: sync files by themselves.

export { SyncFile, type SyncFileOptions } from './syncfile.js'
export { SealedSyncFile, type SealedInfo } from './sealed.js'
export type { CompactOptions, CompactReport } from './compact.js'
export type { SyncFileDevice, SyncFileInfo, SyncFileMedia } from './inspect.js'
export type { SalvageOptions, SalvageReport, SalvagedFeed } from './salvage.js'
export type { SavedMedia } from './media-copy.js'
export type { VerifyOptions, VerifyProgress } from './verify.js'
export type { FileProblem } from './file-problem.js'
export { EXTENSION, type Kind } from './format.js'
