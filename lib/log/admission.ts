// Who may be a feed of this project: a feed whose entry 0 is a hello with the right MAC over the
// signer key. Checked in memory, before the store is touched.

import { CairnError } from '../errors.js'
import type { BlockCodec } from './block.js'
import { equalMacs } from './crypto.js'
import type { HelloEntry } from './entry.js'
import { shortFeedId, toSignerKey } from './feed-id.js'
import type { Project } from './project.js'

/** The hello in a feed's first block. Throws FEED_NOT_ADMITTED where it is none of this project. */
export function admitFeed(
  project: Project,
  feed: string,
  codec: BlockCodec,
  firstBlock: Uint8Array | undefined
): HelloEntry {
  const entry = firstBlock === undefined ? undefined : codec.open(0, firstBlock)
  const admitted =
    entry?.kind === 'hello' && equalMacs(entry.admission, project.admit(toSignerKey(feed)))
  if (!admitted) {
    throw new CairnError(
      'FEED_NOT_ADMITTED',
      `Feed ${shortFeedId(feed)} does not begin with a hello of this project, so nothing of it was taken.`,
      { feed, seq: 0 }
    )
  }
  return entry
}
