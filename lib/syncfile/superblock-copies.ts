// The superblock as it stands on a medium, twice: either copy will do.

import { readAround } from './bad-spots.js'
import { FIRST_RECORD, SUPERBLOCK_BYTES } from './format.js'
import type { Storage } from './storage.js'
import { type Superblock, decodeSuperblock } from './superblock.js'

/** The superblock, from whichever copy is sound; null where neither is. */
export async function readSuperblock(storage: Storage): Promise<Superblock | null> {
  const sound = (await superblockCopies(storage)).find((copy) => copy !== null)
  return sound ? decodeSuperblock(sound) : null
}

/** Each copy of the superblock as it stands; null where it is damaged. */
export async function superblockCopies(storage: Storage): Promise<(Uint8Array | null)[]> {
  const size = await storage.size()
  const copies: (Uint8Array | null)[] = []
  for (let at = 0; at < FIRST_RECORD; at += SUPERBLOCK_BYTES) {
    const whole = at + SUPERBLOCK_BYTES <= size
    const bytes = whole ? await readAround(storage, at, SUPERBLOCK_BYTES) : null
    copies.push(bytes !== null && decodeSuperblock(bytes) !== null ? bytes : null)
  }
  return copies
}
