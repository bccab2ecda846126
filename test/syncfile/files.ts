// Real sync files of a few authors, for tests of what an app meets.

import { readFile, stat, writeFile } from 'node:fs/promises'
import type { Assertion } from 'brittle'
import b4a from 'b4a'
import type { SyncReport } from '../../lib/exchange/report.js'
import { type SyncOptions, sync } from '../../lib/exchange/sync.js'
import { hash } from '../../lib/log/crypto.js'
import { SUPERBLOCK_BYTES } from '../../lib/syncfile/format.js'
import type { SyncFileOptions } from '../../lib/syncfile/syncfile.js'
import { type NewSyncFile, createFile, openOrCreate } from '../../lib/syncfile/files.js'
import { project, replicaOf } from '../faults/stick.js'
import type { Author } from '../helpers/author.js'
import { syncFilePath } from '../helpers/devices.js'
import { CONFIGURATION, PROJECT_KEY, START } from '../helpers/fixed.js'
import type { MemoryReplica } from '../helpers/memory-replica.js'

export const options: NewSyncFile = { project, configuration: CONFIGURATION, now: () => START }
export const withKey: SyncFileOptions = { projectKey: PROJECT_KEY }

/** The path of a file that holds these authors, one commit for each argument. */
export async function fileWith(t: Assertion, ...commits: Author[][]): Promise<string> {
  const path = await syncFilePath(t)
  for (const authors of commits) await syncPath(path, await replicaOf(...authors))
  return path
}

/** What `device.sync(path)` does below the device. */
export async function syncPath(
  path: string,
  replica: MemoryReplica,
  settings: SyncOptions & Partial<NewSyncFile> = {}
): Promise<SyncReport> {
  const file = await openOrCreate(path, { ...options, ...settings })
  try {
    return await sync(replica, file, settings)
  } finally {
    await file.close()
  }
}

export async function newFileAt(
  path: string,
  replica: MemoryReplica,
  volumeSize: number
): Promise<void> {
  const file = await createFile(path, { ...options, volumeSize })
  await sync(replica, file)
  await file.close()
}

export interface State {
  readonly bytes: Uint8Array
  readonly changed: bigint
}

export async function stateOf(path: string): Promise<State> {
  return { bytes: await readFile(path), changed: (await stat(path, { bigint: true })).mtimeNs }
}

/** Both copies of the superblock changed, as a writer with other ideas would have written them. */
export async function rewriteSuperblock(
  path: string,
  change: (view: DataView) => void
): Promise<void> {
  const bytes = await readFile(path)
  for (let at = 0; at < 2 * SUPERBLOCK_BYTES; at += SUPERBLOCK_BYTES) {
    const copy = bytes.subarray(at, at + SUPERBLOCK_BYTES)
    change(new DataView(copy.buffer, copy.byteOffset))
    const end = SUPERBLOCK_BYTES - 32
    copy.set(hash(copy.subarray(0, end)), end)
  }
  await writeFile(path, bytes)
}

export async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[at]! ^= 0x40
  await writeFile(path, bytes)
}

export function isSame(a: State, b: State): boolean {
  return b4a.equals(a.bytes, b.bytes) && a.changed === b.changed
}
