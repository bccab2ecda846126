import test from 'brittle'
import { BlockCache } from '../../lib/index/block-cache.js'

const MIB = 2 ** 20

test('blocks used last are kept, up to 32 MiB of what they take decoded', async (t) => {
  const cache = new BlockCache()
  const loaded: number[] = []
  const use = async (seq: number): Promise<void> => {
    await cache.get(seq, () => {
      loaded.push(seq)
      return Promise.resolve({ block: seq, byteLength: 10 * MIB })
    })
  }
  for (const seq of [1, 2, 3, 1, 4, 1, 3, 2]) await use(seq)
  t.alike(loaded, [1, 2, 3, 4, 2], '2 was used longest ago when there was no room for 4')
})

test('a block that could not be read is asked for again', async (t) => {
  const cache = new BlockCache()
  const failing = (): Promise<never> => Promise.reject(new Error('the disk'))
  await t.exception(() => cache.get(1, failing), /the disk/)
  t.is(await cache.get(1, () => Promise.resolve({ block: 'read', byteLength: 1 })), 'read')
})
