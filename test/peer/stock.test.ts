import { join } from 'node:path'
import Corestore from 'corestore'
import test from 'brittle'
import { coreKeyOf } from '../../lib/log/signature.js'
import { toSignerKey } from '../../lib/log/feed-id.js'
import { storeOf } from '../helpers/logs.js'
import { Author } from '../helpers/author.js'
import { createSide } from './helpers.js'

async function contiguous(log: any): Promise<boolean> {
  const store = storeOf(log) as any
  for (const feed of log.ends().keys()) {
    const ok = await store.use(feed, async (core: any) => core.contiguousLength === core.length)
    if (!ok) return false
  }
  return true
}

test('a corestore that knows a key can replicate a feed and cannot move any', async (t) => {
  const side = await createSide(t)
  const author = Author.withEntries(1, 40)
  await side.log.append(author.run())
  const store = new Corestore(join(await t.tmp(), 'stock'))
  t.teardown(() => store.close())
  const bridge = side.peers.createStream(false, { stock: true })
  const stream = store.replicate(true)
  for (const end of [bridge, stream]) end.on('error', () => {})
  stream.pipe(bridge).pipe(stream)
  const core = store.get({ key: Buffer.from(coreKeyOf(toSignerKey(author.feed))) })
  await core.ready()
  await core.update({ wait: true })
  await core.download({ start: 0, end: 41 }).done()
  t.is(core.length, 41)
  t.ok(await contiguous(side.log))

  // It holds a longer one than we do, and ours stays where it is.
  author.observe().observe()
  const longer = author.run(41, 43)
  await core.append(longer.blocks, {
    signature: Buffer.concat([Buffer.from([1, 0]), longer.signature, Buffer.from([0, 0])])
  })
  t.is(core.length, 43)
  await new Promise((go) => setTimeout(go, 300))
  t.is(side.log.ends().get(author.feed)?.length, 41)
  const length = await (storeOf(side.log) as any).use(author.feed, async (c: any) => c.length)
  t.is(length, 41)
  t.ok(await contiguous(side.log))
  await side.log.append(longer)
  t.ok(await contiguous(side.log))
})

test('without being asked to, nothing is served to a plain corestore', async (t) => {
  const side = await createSide(t)
  const store = new Corestore(join(await t.tmp(), 'stock'))
  t.teardown(() => store.close())
  const bridge = side.peers.createStream(false, {})
  const stream = store.replicate(true)
  for (const end of [bridge, stream]) end.on('error', () => {})
  stream.pipe(bridge).pipe(stream)
  await store.get({ key: Buffer.from(coreKeyOf(toSignerKey(side.log.id))) }).ready()
  const error: any = await bridge.link.closed.catch((e: unknown) => e)
  t.is(error.code, 'PEER_CLOSED')
})
