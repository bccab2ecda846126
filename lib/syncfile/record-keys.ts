// Which keys open a record. A file has one set of them; what is left of a damaged one may be of two
// files, so there each record says by its file id whose keys it takes.

import type { LoadedFile } from './load.js'
import type { RecordHeader } from './record.js'

type FileKeys = LoadedFile['keys']

/** The keys of a file, or of whichever file an id names. */
export type RecordKeys = FileKeys | ((fileId: Uint8Array) => FileKeys)

export function keysFor(keys: RecordKeys, { fileId }: RecordHeader): FileKeys {
  return typeof keys === 'function' ? keys(fileId) : keys
}
