import test from 'brittle'
import b4a from 'b4a'
import { blockHash } from '../../lib/log/block-hash.js'
import type { VersionRef } from '../../lib/log/entry.js'
import { toFeedId } from '../../lib/log/feed-id.js'
import { compareVersions, formatVersion, parseVersion, sameVersion } from '../../lib/log/version.js'

const feed = toFeedId(b4a.alloc(32, 1))
const ref: VersionRef = { feed, seq: 7, hash: b4a.from('0011223344556677', 'hex') }

test('the name of a version is feed, sequence and hash', (t) => {
  t.is(formatVersion(ref), `${feed}/7/0011223344556677`)
})

test('a name is read back as it was, also at the largest sequence number', (t) => {
  for (const seq of [0, 7, Number.MAX_SAFE_INTEGER]) {
    t.alike(parseVersion(formatVersion({ ...ref, seq })), { ...ref, seq })
  }
})

test('a text that is no version name is a TypeError', async (t) => {
  const texts = [
    '',
    feed,
    `${feed}/07/0011223344556677`,
    `${feed}/-1/0011223344556677`,
    `${feed}/7/001122334455667`,
    `${feed}/7/0011223344556677 `,
    `${feed.slice(1)}/7/0011223344556677`,
    `${'0'.repeat(52)}/7/0011223344556677`,
    `${feed}/7/001122334455667Z`
  ]
  for (const text of texts)
    await t.exception.all(() => parseVersion(text), /Not a version id/, text)
})

test('a name with a sequence number that no number holds is a TypeError', async (t) => {
  const name = `${feed}/9999999999999999/0011223344556677`
  await t.exception.all(() => parseVersion(name), /Not a version id/)
})

test('versions are ordered by feed, then sequence as a number, then hash', (t) => {
  const [first = '', second = ''] = [feed, toFeedId(b4a.alloc(32, 2))].sort()
  const sorted = [
    { ...ref, feed: first },
    { ...ref, feed: first, hash: b4a.alloc(8, 0xff) },
    { ...ref, feed: first, seq: 10 },
    { ...ref, feed: second, seq: 1 }
  ]
  t.alike([...sorted].reverse().sort(compareVersions), sorted)
})

test('the two branches of a forked feed have different names at the same place', (t) => {
  const other = { ...ref, hash: b4a.alloc(8, 1) }
  t.absent(sameVersion(ref, other))
  t.absent(sameVersion(ref, { ...ref, seq: 8 }))
  t.ok(sameVersion(ref, parseVersion(formatVersion(ref))))
})

test("a block's hash is the first 8 bytes of its BLAKE2b-256", (t) => {
  t.is(b4a.toString(blockHash(b4a.alloc(0)), 'hex'), '0e5751c026e543b2')
})
