// Our frontier against hypercore's own tree.

import { join } from 'node:path'
import test from 'brittle'
import b4a from 'b4a'
import Hypercore from 'hypercore'
import { Frontier, Subtrees } from '../../lib/log/merkle.js'

const LENGTHS = [
  ...Array.from({ length: 40 }, (_, i) => i + 1),
  63,
  64,
  65,
  127,
  333,
  511,
  1000,
  1025
]

test("the frontier's root hash is hypercore's treeHash at every length", async (t) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`seed ${seed}`)
  const blocks = randomBlocks(seed, 1025)
  const core = new Hypercore(join(await t.tmp(), 'core'))
  await core.append(blocks)
  t.teardown(() => core.close())
  const tree = new Frontier()
  const wrong = []
  for (const [i, block] of blocks.entries()) {
    tree.append(block)
    if (!LENGTHS.includes(i + 1)) continue
    if (!b4a.equals(tree.rootHash(), await core.treeHash(i + 1))) wrong.push(i + 1)
  }
  t.alike(wrong, [])
})

test('a frontier counts blocks and bytes', (t) => {
  const tree = new Frontier().appendAll([b4a.alloc(3), b4a.alloc(0), b4a.alloc(5)])
  t.is(tree.length, 3)
  t.is(tree.byteLength, 8)
})

test('a clone grows on its own', (t) => {
  const tree = new Frontier().appendAll(randomBlocks(1, 5))
  const before = tree.rootHash()
  tree.clone().append(b4a.alloc(1))
  t.alike(tree.rootHash(), before)
  t.is(tree.length, 5)
})

test('subtrees hashed apart, from anywhere to anywhere, make the same tree', (t) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`seed ${seed}`)
  const blocks = randomBlocks(seed, 300)
  const whole = Array.from({ length: 301 }, (_, n) => new Frontier().appendAll(blocks.slice(0, n)))
  const wrong: string[] = []
  for (let from = 0; from < 300; from++) {
    const apart = new Subtrees(from)
    for (let to = from + 1; to <= 300; to++) {
      apart.append(blocks[to - 1]!)
      const tree = whole[from]!.clone()
      for (const node of apart.nodes) tree.appendNode(node)
      const same = tree.length === to && tree.byteLength === whole[to]!.byteLength
      if (!same || !b4a.equals(tree.rootHash(), whole[to]!.rootHash())) wrong.push(`${from}-${to}`)
    }
  }
  t.alike(wrong, [])
})

test('many blocks become few nodes, and a node out of place is not taken', async (t) => {
  const apart = new Subtrees(1024)
  for (const block of randomBlocks(1, 1024)) apart.append(block)
  t.is(apart.nodes.length, 1)
  await t.exception(() => new Frontier().appendNode(apart.nodes[0]!), /out of place/)
})

function randomBlocks(seed: number, count: number): Uint8Array[] {
  let state = seed
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0)
  return Array.from({ length: count }, () => {
    const block = b4a.alloc(next() % 50)
    for (let i = 0; i < block.byteLength; i++) block[i] = next() >>> 24
    return block
  })
}
