// Whether a photo or file on this device is what its name says, found out by reading all of it.

import { throwIfAborted } from '../../errors.js'
import { StreamingHash } from '../crypto.js'
import { toHex } from '../feed-id.js'
import type { BlobName } from '../replica.js'
import type { BlobState, BlobStore } from './blob-store.js'

export async function verifyBlob(
  blobs: BlobStore,
  name: BlobName,
  signal?: AbortSignal
): Promise<BlobState> {
  const state = await blobs.state(name)
  if (state !== 'here') return state
  const hash = new StreamingHash()
  try {
    for await (const chunk of blobs.read(name, 0, { signal })) hash.update(chunk)
  } catch (error) {
    throwIfAborted(signal, 'Nothing was changed.')
    const state = await blobs.state(name)
    if (state === 'here') throw error
    return state
  }
  return toHex(hash.digest()) === name.hash ? 'here' : 'damaged'
}
