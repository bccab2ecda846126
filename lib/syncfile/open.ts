// Opening and making sync files: every check that comes before anything else.

import b4a from 'b4a'
import { CairnError } from '../errors.js'
import { HASH_BYTES, randomBytes } from '../log/crypto.js'
import { toHex } from '../log/feed-id.js'
import type { MediaPolicy } from '../log/media/reference.js'
import { KEY_EPOCH, type Project } from '../log/project.js'
import type { Configuration } from '../log/replica.js'
import { FILE_ID_BYTES, type Kind, READ_VERSION } from './format.js'
import { type LoadedFile, load } from './load.js'
import type { Medium } from './medium.js'
import { type Superblock, hasMagic } from './superblock.js'
import { assertReadable, writeVersionFor } from './version-rule.js'
import { assertFirstVolume } from './volume-set.js'
import { Volumes } from './volumes.js'

/** What a SyncFile is made from. */
export interface SyncFileParts {
  readonly volumes: Volumes
  readonly project: Project
  readonly file: LoadedFile
  /** Null where the file lost what said so. */
  readonly configuration: Configuration | null
  /** The tiers of media that the file takes, where somebody chose. */
  readonly tiers: MediaPolicy | null
  /** Milliseconds since 1970, as the writer believes it. */
  readonly now: () => number
  /** The file is under construction and has not got its name. */
  readonly unfinished: boolean
  /** Other writers were kept out before anything was read. */
  readonly locked: boolean
}

interface NewFile {
  readonly kind: Kind
  /** Bytes per volume; 0 for no limit. */
  readonly volumeBytes: number
  readonly configuration: Configuration | null
  readonly tiers?: MediaPolicy | null
  readonly now: () => number
}

/** Loads what a medium holds; closes it where that is no sync file of this project. */
export async function openParts(
  medium: Medium,
  project: Project,
  now: () => number,
  lock: boolean,
  signal?: AbortSignal
): Promise<SyncFileParts> {
  const volumes = await Volumes.open(medium, lock)
  try {
    const { superblock } = volumes
    if (superblock !== null) {
      assertReadable(superblock, medium.path)
      assertFirstVolume(superblock, medium.path)
      assertProject(superblock, project, medium.path)
    }
    const file = await load(volumes, project, signal)
    if (file === null) throw await notLoadable(volumes)
    const found = file.unlisted.length + file.unlistedMedia.length
    if (file.directory === null && found === 0) throw neverCommitted(medium.path)
    const configuration = file.directory?.configuration ?? null
    const tiers = file.directory?.tiers ?? null
    return { volumes, project, file, configuration, tiers, now, unfinished: false, locked: lock }
  } catch (error) {
    await volumes.close()
    throw error
  }
}

/** Begins a file that gets its name at its first commit: nobody ever sees half of it. */
export async function createParts(
  medium: Medium,
  project: Project,
  { kind, volumeBytes, configuration, tiers = null, now }: NewFile
): Promise<SyncFileParts> {
  const fileId = randomBytes(FILE_ID_BYTES)
  const superblock: Superblock = {
    readVersion: READ_VERSION,
    // Never changed; the trailer of a commit with media asks for more.
    writeVersion: writeVersionFor(false),
    kind,
    keyEpoch: KEY_EPOCH,
    fileId,
    projectId: project.idBytes,
    setId: fileId,
    volume: 1,
    volumeBytes,
    previousTrailer: b4a.alloc(HASH_BYTES)
  }
  const volumes = new Volumes(medium, superblock)
  try {
    await volumes.begin(superblock)
    const file = await load(volumes, project)
    if (file === null) throw new Error('a fresh sync file does not load')
    return { volumes, project, file, configuration, tiers, now, unfinished: true, locked: true }
  } catch (error) {
    await volumes.discard()
    throw error
  }
}

function assertProject(superblock: Superblock, project: Project, path: string): void {
  if (b4a.equals(superblock.projectId, project.idBytes)) return
  const found = toHex(superblock.projectId)
  throw new CairnError(
    'PROJECT_MISMATCH',
    `${path} belongs to project ${found.slice(0, 8)}, and this device to project ${project.id.slice(0, 8)}. Choose a file of your own project, or open this one on a device of its project. The file was not changed.`,
    { path, expected: project.id, found }
  )
}

/** Why nothing in a file says whose it is. */
export async function notLoadable({ first, path }: Volumes): Promise<CairnError> {
  const size = await first.size()
  if (size === 0) return notASyncFile(path, 'it is empty')
  const start = await first.read(0, Math.min(8, size))
  return hasMagic(start) ? neverCommitted(path) : notASyncFile(path, 'it does not begin like one')
}

function notASyncFile(path: string, found: string): CairnError {
  return new CairnError(
    'NOT_A_SYNCFILE',
    `${path} is not a cairnlog sync file: ${found}. It was not changed.`,
    { path, found }
  )
}

function neverCommitted(path: string): CairnError {
  return new CairnError(
    'SYNCFILE_DAMAGED',
    `${path} begins like a sync file and holds nothing that is whole. It may have been cut off while it was copied: copy it again, or make a new one.`,
    { path }
  )
}
