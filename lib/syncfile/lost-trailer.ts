// The last trailer of a full volume, put together again where its bytes are damaged. Everything in
// it stands elsewhere as well, and the next volume repeats its checksum: what fits that checksum is
// the trailer, byte for byte, and what does not is another state of the volume.

import b4a from 'b4a'
import { HASH_BYTES } from '../log/crypto.js'
import {
  FIRST_RECORD,
  READ_VERSION,
  TRAILER_BYTES,
  WRITE_VERSION,
  WRITE_VERSION_WITHOUT_MEDIA
} from './format.js'
import { recordBytes } from './record.js'
import { scan, trailersFromEnd } from './scan.js'
import type { Storage } from './storage.js'
import type { Superblock } from './superblock.js'
import { encodeTrailer } from './trailer.js'

export interface LostTrailer {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** Null where no directory behind the last whole trailer can have had one with that checksum. */
export async function findLostTrailer(
  storage: Storage,
  volume: number,
  { setId: fileId, kind, keyEpoch, writeVersion }: Superblock,
  checksum: Uint8Array
): Promise<LostTrailer | null> {
  const size = await storage.size()
  let [previous, from] = [0, FIRST_RECORD]
  for await (const { offset, trailer } of trailersFromEnd(storage, size)) {
    ;[previous, from] = [offset, trailer.end]
    break
  }
  const { directories } = await scan(storage, from, size, { volume, labelKey: () => null })
  for (const { offset: directoryOffset, header } of directories.reverse()) {
    const directoryBytes = recordBytes(header)
    const offset = directoryOffset + directoryBytes
    const { generation, hash: directoryHash } = header
    // A volume that ends earlier lost more than this.
    if (offset + TRAILER_BYTES > size) continue
    const directory = { generation, directoryOffset, directoryBytes, directoryHash, previous }
    const fixed = { fileId, kind, keyEpoch, readVersion: READ_VERSION, end: offset + TRAILER_BYTES }
    for (const version of new Set([writeVersion, WRITE_VERSION, WRITE_VERSION_WITHOUT_MEDIA])) {
      const bytes = encodeTrailer({ ...fixed, ...directory, writeVersion: version })
      const found = bytes.subarray(TRAILER_BYTES - HASH_BYTES)
      if (b4a.equals(found, checksum)) return { offset, bytes }
    }
  }
  return null
}
