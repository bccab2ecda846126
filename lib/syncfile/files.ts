// Sync files by path: open, make, or whichever fits.

import b4a from 'b4a'
import type { MediaPolicy } from '../log/media/reference.js'
import type { Project } from '../log/project.js'
import type { Configuration } from '../log/replica.js'
import { DEFAULT_VOLUME_BYTES, type Kind } from './format.js'
import { isSameFile, isThere } from '../log/durable-file.js'
import { FileMedium, UNFINISHED, existingFile, newFile } from './medium.js'
import { createParts, openParts } from './open.js'
import { SyncFile } from './syncfile.js'
import { readSuperblock } from './superblock-copies.js'

export interface NewSyncFile {
  readonly project: Project
  readonly configuration: Configuration
  readonly now: () => number
  readonly kind?: Kind
  /** Bytes per volume. */
  readonly volumeSize?: number
  /** The tiers of media that a new file is for; everything unless told otherwise. */
  readonly tiers?: MediaPolicy | null
}

/**
 * Opens the file to sync with it, or begins one; keeps other writers out until `close`. Throws
 * ABORTED.
 */
export async function openOrCreate(
  path: string,
  options: NewSyncFile,
  signal?: AbortSignal
): Promise<SyncFile> {
  const medium = await existingFile(path)
  await finishPublishing(medium.path)
  if (!(await isThere(medium.path))) return createFile(path, options)
  const { project, now, configuration } = options
  const parts = await openParts(medium, project, now, true, signal)
  // A file that lost its directories no longer knows; it is labelled anew when it is written to.
  return new SyncFile({ ...parts, configuration: parts.configuration ?? configuration })
}

/** Begins a new file. Throws SYNCFILE_EXISTS, PATH_UNUSABLE, SYNCFILE_LOCKED. */
export async function createFile(path: string, options: NewSyncFile): Promise<SyncFile> {
  const { project, configuration, now, kind = 'snapshot', tiers = null } = options
  const volumeBytes = options.volumeSize ?? DEFAULT_VOLUME_BYTES
  await finishPublishing(path)
  const file = { kind, volumeBytes, configuration, tiers, now }
  return new SyncFile(await createParts(await newFile(path), project, file))
}

/**
 * Ends what was interrupted while a file of several volumes got its names: its commit was durable by
 * then, and only some of the names are missing.
 */
async function finishPublishing(path: string): Promise<void> {
  const medium = new FileMedium(path, true)
  if (!(await hasSomeNames(path, medium))) return
  const first = await medium.open(1).catch(() => null)
  if (first === null) return
  try {
    if (!first.readOnly) first.lock()
    // Whoever gave the names may have done so until just now.
    if (!(await first.isCurrent()) || !(await hasSomeNames(path, medium))) return
    const named = new FileMedium(path)
    const set = (await readSuperblock(first))?.setId
    for (const volume of await named.list()) {
      const storage = await named.open(volume)
      const found = (await readSuperblock(storage))?.setId
      await storage.close()
      if (set === undefined || found === undefined || !b4a.equals(set, found)) return
    }
    await medium.publish(await medium.list())
  } finally {
    await first.close()
  }
}

/** Whether an unfinished file has got the names of some volumes, and not that of the first one alone. */
async function hasSomeNames(path: string, unfinished: FileMedium): Promise<boolean> {
  if (!(await unfinished.list()).includes(1)) return false
  const named = await new FileMedium(path).list()
  if (named.length === 0) return false
  return !named.includes(1) || (await isSameFile(path, path + UNFINISHED))
}
