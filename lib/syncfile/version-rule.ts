// Which files this version may read and which it may write. A file's version is the highest that
// its superblock or its newest trailer names: the superblock never changes, a later commit may
// have been written by a newer library.

import { CairnError } from '../errors.js'
import { KEY_EPOCH } from '../log/project.js'
import { READ_VERSION, WRITE_VERSION, WRITE_VERSION_WITHOUT_MEDIA } from './format.js'

export interface Versions {
  /** A reader must know it. */
  readonly readVersion: number
  /** A writer must know it. */
  readonly writeVersion: number
  /** Which project key it takes to open what is sealed. */
  readonly keyEpoch: number
}

/** Throws SYNCFILE_VERSION. */
export function assertReadable(versions: Versions, path: string): void {
  const { readVersion, keyEpoch } = versions
  if (readVersion > READ_VERSION) {
    throw new CairnError(
      'SYNCFILE_VERSION',
      `${path} was written by a newer version of this program (format ${readVersion}; this one reads up to ${READ_VERSION}). Update, then try again. The file was not changed.`,
      { path, expected: READ_VERSION, found: readVersion }
    )
  }
  if (keyEpoch !== KEY_EPOCH) {
    throw new CairnError(
      'SYNCFILE_VERSION',
      `${path} is sealed with project key number ${keyEpoch}, and this version knows number ${KEY_EPOCH} only. Update, then try again. The file was not changed.`,
      { path, expected: KEY_EPOCH, found: keyEpoch }
    )
  }
}

export function isWritable({ writeVersion }: Versions): boolean {
  return writeVersion <= WRITE_VERSION
}

/** Of a file that may be read only. */
export function notWritable(path: string): CairnError {
  return new CairnError(
    'SYNCFILE_VERSION',
    `${path} was written by a newer version of this program: this one can read it, and would lose a part of it by writing. Update, then try again. The file was not changed.`,
    { path, expected: WRITE_VERSION }
  )
}

/** What a writer must know of a file: one that knows nothing of media would drop them. */
export function writeVersionFor(hasMedia: boolean): number {
  return hasMedia ? WRITE_VERSION : WRITE_VERSION_WITHOUT_MEDIA
}
