// The newest commit of a file and the directories that it needs, each read only where it is what it
// should be: sealed by a member, before the one that names it, and listing no more than is there.

import b4a from 'b4a'
import { unseal } from '../log/crypto.js'
import type { Project } from '../log/project.js'
import { readOrNull } from './bad-spots.js'
import { type Directory, type DirectoryPlace, decodeDirectory } from './directory.js'
import { MAX_DIRECTORY_CHAIN, MAX_GENERATIONS, MAX_RECORD_BYTES, RECORD_TYPE } from './format.js'
import { ListedBytes } from './listed-bytes.js'
import { decodeRecordHeader, isWhole, payloadOf, recordBytes } from './record.js'
import { type FileKeys, fileKeys } from './record-keys.js'
import { MAX_WORK, trailersFromEnd } from './scan.js'
import type { Trailer } from './trailer.js'
import { assertReadable, isWritable } from './version-rule.js'
import type { Volumes } from './volumes.js'

export interface NewestCommit {
  /** Of its trailer. */
  readonly offset: number
  readonly trailer: Trailer
  readonly directory: Directory
  readonly place: DirectoryPlace
  /** What its directory lists, to go on counting. */
  readonly listed: ListedBytes
}

/** Throws SYNCFILE_VERSION, ABORTED. */
export async function newestCommit(
  volumes: Volumes,
  project: Project,
  signal?: AbortSignal
): Promise<NewestCommit | null> {
  // Anybody can write trailers that point to large records which are no directories.
  const sizes = await volumes.sizes()
  let budget = 0
  for (const size of sizes.values()) budget += MAX_WORK * size
  for (const volume of volumes.numbers.reverse()) {
    const trailers = trailersFromEnd(volumes.at(volume), sizes.get(volume) ?? 0, signal)
    for await (const { offset, trailer } of trailers) {
      const set = volumes.superblock?.setId
      if (set !== undefined && !b4a.equals(trailer.fileId, set)) continue
      assertReadable(trailer, volumes.path)
      budget -= trailer.directoryBytes
      if (budget < 0) return null
      const place = {
        volume,
        offset: trailer.directoryOffset,
        byteLength: trailer.directoryBytes,
        hash: trailer.directoryHash
      }
      const listed = new ListedBytes(sizes)
      const keys = fileKeys(project, trailer.fileId)
      const directory = await readDirectory(volumes, keys, place, listed)
      if (directory?.generation !== trailer.generation) continue
      volumes.continuable = isWritable(trailer) && trailer.generation + 1 < MAX_GENERATIONS
      return { offset, trailer, directory, place, listed }
    }
  }
  return null
}

interface Chain {
  /** The oldest first. */
  readonly directories: Directory[]
  readonly chainBytes: number
  readonly fullBytes: number
  readonly broken: boolean
}

export async function readChain(
  volumes: Volumes,
  keys: FileKeys,
  newest: NewestCommit
): Promise<Chain> {
  const directories = [newest.directory]
  let chainBytes = 0
  let at: DirectoryPlace = newest.place
  for (let next = newest.directory.previous; next !== null;) {
    chainBytes += at.byteLength
    // Each directory lies before the one that points to it, so a chain cannot turn in circles.
    const earlier =
      next.volume < at.volume || (next.volume === at.volume && next.offset < at.offset)
    const sound = earlier && directories.length <= MAX_DIRECTORY_CHAIN
    const directory = sound ? await readDirectory(volumes, keys, next, newest.listed) : null
    if (directory === null) return { directories, chainBytes, fullBytes: 0, broken: true }
    directories.unshift(directory)
    at = next
    next = directory.previous
  }
  return { directories, chainBytes, fullBytes: at.byteLength, broken: false }
}

/**
 * The directory at a place; null where it is not there, not whole, or not this project's, or where it
 * lists more than there is.
 */
export async function readDirectory(
  volumes: Volumes,
  keys: FileKeys,
  place: DirectoryPlace,
  listed?: ListedBytes
): Promise<Directory | null> {
  const storage = volumes.find(place.volume)
  if (storage === undefined) return null
  const size = await storage.size()
  if (place.byteLength > MAX_RECORD_BYTES) return null
  if (place.offset + place.byteLength > size) return null
  const record = await readOrNull(storage, place.offset, place.byteLength)
  const header = record && decodeRecordHeader(record)
  if (record === null || header === null) return null
  if (header.type !== RECORD_TYPE.directory || recordBytes(header) !== place.byteLength) return null
  if (!b4a.equals(header.hash, place.hash) || !isWhole(record, header)) return null
  const plain = unseal(
    payloadOf(record, header),
    directoryContext(header.generation),
    keys.directory
  )
  const directory = plain && decodeDirectory(plain, listed?.upTo(place))
  return directory?.generation === header.generation ? directory : null
}

/** What a sealed directory is bound to besides its file's key. */
export function directoryContext(generation: number): Uint8Array {
  return b4a.from(`cairnlog/directory/${generation}`)
}
