// Where every feed of a store ends, read without opening one. Part of the adapter that feed-store.ts
// is.

import { FeedEnds } from './feed-ends.js'
import { toFeedId } from './feed-id.js'
import { unframeSignature } from './signature.js'

/** Feeds asked about at once. */
const BATCH = 1024

/** Feeds without blocks are left out. */
export async function readEnds(store: any): Promise<FeedEnds> {
  const ends = new FeedEnds()
  let discoveryKeys: Uint8Array[] = []
  const read = async (): Promise<void> => {
    const infos = await store.storage.getInfos(discoveryKeys)
    discoveryKeys = []
    for (const info of infos) {
      const signer = info?.auth?.manifest?.signers[0]?.publicKey
      if (!info?.head || !signer || info.head.length === 0) continue
      ends.set(toFeedId(signer), {
        length: info.head.length,
        rootHash: info.head.rootHash,
        signature: unframeSignature(info.head.signature)
      })
    }
  }
  for await (const discoveryKey of store.list()) {
    if (discoveryKeys.push(discoveryKey) === BATCH) await read()
  }
  await read()
  return ends
}
