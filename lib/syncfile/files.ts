// Sync files by path: open, make, or whichever fits.

import type { Project } from '../log/project.js'
import type { Configuration } from '../log/replica.js'
import { DEFAULT_VOLUME_BYTES, type Kind } from './format.js'
import { FileMedium, exists, newFile } from './medium.js'
import { createParts, openParts } from './open.js'
import { SyncFile } from './syncfile.js'

export interface NewSyncFile {
  readonly project: Project
  readonly configuration: Configuration
  readonly now: () => number
  readonly kind?: Kind
  /** Bytes per volume. */
  readonly volumeSize?: number
}

/** Opens the file to sync with it, or begins one; other writers are kept out until `close`. */
export async function openOrCreate(path: string, options: NewSyncFile): Promise<SyncFile> {
  if (!(await exists(path))) return createFile(path, options)
  const { project, now, configuration } = options
  const parts = await openParts(new FileMedium(path), project, now, true)
  // A file that lost its directories no longer knows; it is labelled anew when it is written to.
  return new SyncFile({ ...parts, configuration: parts.configuration ?? configuration })
}

/** Begins a new file. Throws SYNCFILE_EXISTS, PATH_UNUSABLE, SYNCFILE_LOCKED. */
export async function createFile(path: string, options: NewSyncFile): Promise<SyncFile> {
  const { project, configuration, now, kind = 'snapshot' } = options
  const volumeBytes = options.volumeSize ?? DEFAULT_VOLUME_BYTES
  const file = { kind, volumeBytes, configuration, now }
  return new SyncFile(await createParts(await newFile(path), project, file))
}
