import test from 'brittle'
import { ViewDamage } from '../../lib/index/damage.js'
import { FeedTable } from '../../lib/index/feed-table.js'
import { applyVersions, NO_HEADS } from '../../lib/index/heads.js'
import { decodeRow, encodeRow, encodeSingleRow, readRow } from '../../lib/index/row.js'
import {
  encodeBody,
  readVersion,
  roomForVersion,
  writeVersion
} from '../../lib/index/version-bytes.js'
import type { ObservationEntry, VersionRef } from '../../lib/log/entry.js'
import { feedId, observation, START } from './memory-source.js'

const ref = (device: string, seq: number): VersionRef => ({
  feed: feedId(device),
  seq,
  hash: Buffer.alloc(8, seq)
})

function pack(at: VersionRef, entry: ObservationEntry, feeds: FeedTable) {
  const body = encodeBody(entry)!
  const out = Buffer.alloc(roomForVersion(entry, body))
  return readVersion(out.subarray(0, writeVersion(out, 0, at, entry, body, feeds)), feeds)
}

const FULL = observation({
  links: [ref('a', 1), ref('b', 2 ** 40)],
  clock: START + 7,
  createdAt: START - 10 ** 12,
  updatedAt: START + 5,
  createdBy: feedId('c'),
  trustedAt: START + 6,
  author: 'Ana',
  lat: -1.05,
  lon: 0,
  metadata: { accuracy: 3.5, manual: true },
  tags: { type: 'river', widths: [1, 2], name: 'Río', none: null },
  attachments: [{ variants: { original: { hash: 'ab', size: 3, type: 'image/jpeg' } } }],
  deleted: true,
  unknown: { colour: 'green', bytes: Buffer.from([1, 2, 3]) }
})

test('a row gives back every field of its heads', (t) => {
  const feeds = new FeedTable()
  const plain = observation({ id: FULL.id })
  const versions = [pack(ref('a', 9), FULL, feeds), pack(ref('b', 8), plain, feeds)]
  const row = applyVersions(NO_HEADS, versions)
  const bytes = encodeRow(row, feeds)
  const [winner, other] = decodeRow(bytes, FULL.id, feeds)
  t.alike(winner?.entry, plain)
  t.alike(other?.entry, FULL)
  t.alike(other?.ref, ref('a', 9))
  t.alike(
    readRow(bytes, feeds)
      .pending.map(({ seq }) => seq)
      .sort((a, b) => a - b),
    [1, 2 ** 40]
  )
})

test('the short way to write a row with one version gives the same bytes', (t) => {
  const feeds = new FeedTable()
  const version = pack(ref('a', 300), observation({ lat: 0, lon: 0 }), feeds)
  const row = applyVersions(NO_HEADS, [version])
  t.alike(encodeSingleRow(version.bytes, version.clock), encodeRow(row, feeds))
})

test('a row that is cut anywhere is damage', (t) => {
  const feeds = new FeedTable()
  const bytes = encodeRow(applyVersions(NO_HEADS, [pack(ref('a', 9), FULL, feeds)]), feeds)
  let noticed = 0
  for (let length = 0; length < bytes.byteLength; length++) {
    try {
      decodeRow(bytes.subarray(0, length), FULL.id, feeds)
    } catch (error) {
      if (error instanceof ViewDamage) noticed++
    }
  }
  t.is(noticed, bytes.byteLength)
})

test('a row with any bit flipped decodes or is damage, and nothing else', (t) => {
  const feeds = new FeedTable()
  const bytes = encodeRow(applyVersions(NO_HEADS, [pack(ref('a', 9), FULL, feeds)]), feeds)
  let strange: unknown = null
  for (let bit = 0; bit < bytes.byteLength * 8; bit++) {
    const flipped = Buffer.from(bytes)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    try {
      decodeRow(flipped, FULL.id, feeds)
    } catch (error) {
      if (!(error instanceof ViewDamage)) strange = error
    }
  }
  t.is(strange, null)
})

test('an entry that could not be read back is refused, not written', (t) => {
  t.is(encodeBody(observation({ clock: NaN })), null)
  t.is(encodeBody(observation({ lat: Infinity, lon: 0 })), null)
})
