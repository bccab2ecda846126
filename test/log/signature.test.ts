// Manifest, key and signature against a stock hypercore that knows nothing of us.

import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import b4a from 'b4a'
import Hypercore from 'hypercore'
import hypercoreCrypto from 'hypercore-crypto'
import { toFeedId } from '../../lib/log/feed-id.js'
import {
  assertSigned,
  coreKeyOf,
  frameSignature,
  isSigned,
  manifestOf,
  unframeSignature,
  type SignedLength
} from '../../lib/log/signature.js'
import { codeOf } from '../helpers/rejection.js'

async function stockCore(t: Assertion): Promise<{ core: any; head: SignedLength }> {
  const keyPair = hypercoreCrypto.keyPair()
  const core = new Hypercore(join(await t.tmp(), 'core'), { keyPair })
  t.teardown(() => core.close())
  await core.append([b4a.from('a'), b4a.from('b'), b4a.from('c')])
  const head = {
    feed: toFeedId(keyPair.publicKey),
    length: 3,
    rootHash: await core.treeHash(),
    signature: unframeSignature(core.core.state.signature)
  }
  return { core, head }
}

test('the core key that follows from a signer key is the one a stock hypercore has', async (t) => {
  const keyPair = hypercoreCrypto.keyPair()
  const core = new Hypercore(join(await t.tmp(), 'core'), { keyPair })
  await core.ready()
  t.teardown(() => core.close())
  t.alike(coreKeyOf(keyPair.publicKey), core.key)
})

test('a signature of a stock hypercore counts', async (t) => {
  const { head } = await stockCore(t)
  t.ok(isSigned(head))
})

test('a signature counts for one feed, one length and one root hash only', async (t) => {
  const { head } = await stockCore(t)
  t.absent(isSigned({ ...head, length: 2 }))
  t.absent(isSigned({ ...head, rootHash: b4a.alloc(32, 1) }))
  t.absent(isSigned({ ...head, signature: b4a.alloc(64) }))
  t.absent(isSigned({ ...head, signature: head.signature.subarray(0, 63) }))
  t.absent(isSigned({ ...head, feed: toFeedId(hypercoreCrypto.keyPair().publicKey) }))
})

test('a head that is not signed is refused with FEED_FORGED', async (t) => {
  const { head } = await stockCore(t)
  t.is(await codeOf(() => assertSigned({ ...head, length: 4 }, 'a file')), 'FEED_FORGED')
})

test('a stock hypercore takes our framed signature for its own', async (t) => {
  const { core, head } = await stockCore(t)
  t.alike(frameSignature(head.signature), core.core.state.signature)
  const copy = new Hypercore(join(await t.tmp(), 'copy'), {
    key: core.key,
    manifest: core.manifest
  })
  t.teardown(() => copy.close())
  const blocks = [b4a.from('a'), b4a.from('b'), b4a.from('c')]
  await copy.append(blocks, { signature: frameSignature(head.signature) })
  t.is(copy.length, 3)
})

test('a signature in any other frame is refused, so that no extra bytes are kept', async (t) => {
  const framed = frameSignature(b4a.alloc(64, 5))
  const others = [
    b4a.concat([framed, b4a.alloc(1)]),
    framed.subarray(0, 67),
    b4a.concat([b4a.from([2]), framed.subarray(1)]),
    b4a.concat([framed.subarray(0, 67), b4a.from([1])])
  ]
  for (const other of others) await t.exception(() => unframeSignature(other), /unknown frame/)
})

test('the signer is the only thing that a manifest of ours says', (t) => {
  const signerKey = b4a.alloc(32, 9)
  t.alike(manifestOf(signerKey), { version: 1, signers: [{ publicKey: signerKey }] })
})
