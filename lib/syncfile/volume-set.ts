// Which of the files beside a sync file are volumes of it, which only have such a name, and which is the
// first.

import b4a from 'b4a'
import { CairnError } from '../errors.js'
import { readAround } from './bad-spots.js'
import { FIRST_RECORD, RECORD_HEADER_BYTES } from './format.js'
import { MAX_VOLUME_GAP, type Medium } from './medium.js'
import { decodeRecordHeader } from './record.js'
import type { Storage } from './storage.js'
import { readSuperblock } from './superblock-copies.js'
import type { Superblock } from './superblock.js'

/**
 * The numbers above 1, ascending, without what belongs to no other volume: a backup whose name ends
 * in a year is no sign of 2,000 missing ones. A foreign volume nearer by stays, and is told.
 */
export async function withoutStrangers(
  medium: Medium,
  listed: readonly number[],
  set: Uint8Array | undefined
): Promise<number[]> {
  const numbers: number[] = []
  let last = 1
  for (const volume of listed) {
    if (volume === 1) continue
    if (volume - last > MAX_VOLUME_GAP && !(await isVolume(medium, volume, set))) continue
    numbers.push(volume)
    last = volume
  }
  return numbers
}

async function isVolume(
  medium: Medium,
  volume: number,
  set: Uint8Array | undefined
): Promise<boolean> {
  try {
    const storage = await medium.open(volume)
    try {
      return await isOfSet(storage, await readSuperblock(storage), volume, set)
    } finally {
      await storage.close()
    }
  } catch (error) {
    if (error instanceof CairnError) return false
    throw error
  }
}

/** Whether a file is this volume of a set, by its superblock or, where that is lost, its records. */
export async function isOfSet(
  storage: Storage,
  superblock: Superblock | null,
  volume: number,
  set: Uint8Array | undefined
): Promise<boolean> {
  if (superblock === null) return set !== undefined && carries(storage, set)
  return superblock.volume === volume && (set === undefined || b4a.equals(superblock.setId, set))
}

/** Whether a volume whose superblock is lost holds records of a set. */
async function carries(storage: Storage, set: Uint8Array): Promise<boolean> {
  const size = await storage.size()
  if (size < FIRST_RECORD + RECORD_HEADER_BYTES) return false
  const header = decodeRecordHeader(await readAround(storage, FIRST_RECORD, RECORD_HEADER_BYTES))
  return header !== null && b4a.equals(header.fileId, set)
}

/** Throws where a file that is not the first of its set was opened as if it were. */
export function assertFirstVolume(superblock: Superblock, path: string): void {
  if (superblock.volume === 1) return
  throw new CairnError(
    'VOLUME_MISSING',
    `${path} is volume ${superblock.volume} of a sync file. Open the first one, whose name has no number at its end.`,
    { path, expected: 1, found: superblock.volume }
  )
}
