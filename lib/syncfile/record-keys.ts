// Which keys open a record. A file has one set of them; what is left of a damaged one may be of two
// files, so there each record says by its file id whose keys it takes.

import type { Project } from '../log/project.js'
import type { RecordHeader } from './record.js'

export interface FileKeys {
  readonly label: Uint8Array
  readonly media: Uint8Array
  readonly directory: Uint8Array
}

/** The keys of a file, or of whichever file an id names. */
export type RecordKeys = FileKeys | ((fileId: Uint8Array) => FileKeys)

export function fileKeys(project: Project, fileId: Uint8Array): FileKeys {
  return {
    label: project.syncFileKey(fileId, 'label'),
    media: project.syncFileKey(fileId, 'media'),
    directory: project.syncFileKey(fileId, 'directory')
  }
}

export function keysFor(keys: RecordKeys, { fileId }: RecordHeader): FileKeys {
  return typeof keys === 'function' ? keys(fileId) : keys
}
