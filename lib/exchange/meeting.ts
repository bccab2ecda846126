// Whether what two replicas hold of a feed is one feed: one of the two heads is where the other one
// was, or goes through it. Else the feed forked.

import b4a from 'b4a'
import type { Head, Replica, ReplicaDescription } from '../log/replica.js'
import { assertSigned } from '../log/signature.js'
import { type Party, findProvenParting } from './parting.js'
import { compareHeads } from './plan.js'
import { feedForked } from './refusals.js'

/** One of the two, and where the feed ends there. */
export interface Side extends Party {
  readonly head: Head | undefined
}

/** Throws FEED_FORKED, and FEED_FORGED where a head is not what its writer signed. */
export async function assertOneFeed(feed: string, here: Side, there: Side): Promise<void> {
  const [mine, other] = [here.head, there.head]
  const comparison = compareHeads(mine, other)
  if (comparison === 'equal') return
  // A device has verified what it holds; a file's or a peer's word is checked.
  for (const { head, description } of [here, there]) {
    if (isClaim(head, description)) assertSigned(head, description.label)
  }
  const shorter = comparison === 'here-longer' ? other : mine
  const longer = comparison === 'here-longer' ? here : there
  const forked = comparison === 'forked' || (await wentElsewhere(longer.replica, feed, shorter))
  if (!forked) return
  const common = Math.min(mine?.length ?? 0, other?.length ?? 0)
  const parting = await findProvenParting(here, there, feed, common)
  // A root hash that a file or a peer names of a place on the way is signed by nobody.
  const isFact = comparison === 'forked' || longer.description.contiguous
  if (parting === null && !isFact) return
  throw feedForked(feed, parting, mine, other, here.description, there.description)
}

/** The same of what both hold now. */
export async function assertStillOneFeed(feed: string, a: Replica, b: Replica): Promise<void> {
  const side = async (replica: Replica): Promise<Side> => {
    const [description, heads] = await Promise.all([replica.describe(), replica.heads()])
    return { replica, description, head: heads.get(feed) }
  }
  await assertOneFeed(feed, await side(a), await side(b))
}

/** Whether a feed goes on otherwise in `taker`, which is told at once only of one without holes. */
export async function endsOtherwise(taker: Replica, feed: string, end: Head): Promise<boolean> {
  return (await taker.describe()).contiguous && wentElsewhere(taker, feed, end)
}

/** Whether a feed did not go through that head on its way; false where the replica cannot tell. */
async function wentElsewhere(
  replica: Replica,
  feed: string,
  head: Head | undefined
): Promise<boolean> {
  if (head === undefined) return false
  const rootHash = await replica.rootHash(feed, head.length)
  return rootHash !== null && !b4a.equals(rootHash, head.rootHash)
}

/** Not verified yet. A head without blocks, as a request lists them, gives nothing to be forged. */
function isClaim(head: Head | undefined, side: ReplicaDescription): head is Head {
  if (head === undefined || side.contiguous) return false
  return head.held.length > 0 || !side.oneWay
}
