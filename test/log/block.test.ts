import test from 'brittle'
import b4a from 'b4a'
import { BlockCodec } from '../../lib/log/block.js'
import { toFeedId } from '../../lib/log/feed-id.js'
import { Project } from '../../lib/log/project.js'
import { observation } from '../helpers/author.js'
import { OTHER_PROJECT_KEY, PROJECT_KEY } from '../helpers/fixed.js'

const project = new Project(PROJECT_KEY)
const feed = toFeedId(b4a.alloc(32, 1))
const codec = new BlockCodec(project, feed)
const entry = observation(1, 1, { tags: { note: 'the bridge is gone' } })

test('a sealed entry opens at its place', (t) => {
  t.alike(codec.open(7, codec.seal(7, entry)), entry)
})

test('a block that was moved to another sequence number does not open', (t) => {
  t.is(codec.open(8, codec.seal(7, entry)).kind, 'unreadable')
})

test('a block that was moved to another feed does not open', (t) => {
  const other = new BlockCodec(project, toFeedId(b4a.alloc(32, 2)))
  t.is(other.open(7, codec.seal(7, entry)).kind, 'unreadable')
})

test('a block does not open with the key of another project', (t) => {
  const other = new BlockCodec(new Project(OTHER_PROJECT_KEY), feed)
  t.is(other.open(7, codec.seal(7, entry)).kind, 'unreadable')
})

test('a block with any one flipped bit does not open as an entry', (t) => {
  const block = codec.seal(7, entry)
  const opened = []
  for (let i = 0; i < block.byteLength; i++) {
    const flipped = b4a.from(block)
    flipped[i]! ^= 1 << (i % 8)
    const { kind } = codec.open(7, flipped)
    if (kind !== 'unreadable' && kind !== 'unknown') opened.push(i)
  }
  t.alike(opened, [])
})

test('a block cut off at any byte does not open', (t) => {
  const block = codec.seal(7, entry)
  const opened = []
  for (let i = 0; i < block.byteLength; i++) {
    if (codec.open(7, block.subarray(0, i)).kind !== 'unreadable') opened.push(i)
  }
  t.alike(opened, [])
})

test('a block of a later key epoch is carried as unknown', (t) => {
  const block = codec.seal(7, entry)
  block[0] = 1
  t.is(codec.open(7, block).kind, 'unknown')
})

test('sealing the same entry a thousand times uses no nonce twice', (t) => {
  const nonces = new Set<string>()
  for (let i = 0; i < 1000; i++)
    nonces.add(b4a.toString(codec.seal(7, entry).subarray(1, 25), 'hex'))
  t.is(nonces.size, 1000)
})

test('nothing of an entry can be read in its block', (t) => {
  const text = b4a.toString(codec.seal(7, entry), 'latin1')
  t.absent(/bridge|tags|note/.test(text))
})
