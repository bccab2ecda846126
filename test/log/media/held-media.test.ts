// Who says to hold which photos: what is taken of it, and for how long.

import { writeFile } from 'node:fs/promises'
import test from 'brittle'
import b4a from 'b4a'
import { randomBytes } from '../../../lib/log/crypto.js'
import { toFeedId, toHex } from '../../../lib/log/feed-id.js'
import {
  MAX_PREFIXES,
  PREFIX_BYTES,
  arePrefixes,
  hasPrefix,
  prefixesOf,
  withHashes
} from '../../../lib/log/media/hash-prefixes.js'
import { HeldMedia, MAX_HELD_MEDIA_BYTES } from '../../../lib/log/media/held-media.js'
import type { BlobStore } from '../../../lib/log/media/blob-store.js'
import { MEDIA_CHUNK } from '../../../lib/log/replica.js'
import { chunked, content, createBlobs, openBlobs } from '../../helpers/blobs.js'

const device = toFeedId(b4a.alloc(32, 5))
const hashes = Array.from({ length: 500 }, () => toHex(randomBytes(32)))
const whole = hashes.map((hash) => ({ hash, size: 10, chunks: 1 }))

test('of each whole photo, and of no other, it is said that it is held', (t) => {
  const begun = { hash: toHex(randomBytes(32)), size: 2 * MEDIA_CHUNK, chunks: 1 }
  const prefixes = prefixesOf([...whole, begun])
  t.is(prefixes.byteLength, 500 * PREFIX_BYTES)
  t.ok(arePrefixes(prefixes))
  t.ok(hashes.every((hash) => hasPrefix(prefixes, hash)))
  t.absent(hasPrefix(prefixes, begun.hash))
  const more = withHashes(prefixes, [begun.hash, hashes[0]!])
  t.ok(arePrefixes(more) && hasPrefix(more, begun.hash) && more.byteLength === 501 * PREFIX_BYTES)
  t.is(withHashes(more, hashes), more, 'nothing new')
})

test('further ones find their places among those that are known', (t) => {
  const all = prefixesOf(whole)
  for (const known of [0, 1, 250, 499]) {
    const more = withHashes(prefixesOf(whole.slice(0, known)), [...hashes, ...hashes])
    t.ok(b4a.equals(more, all), `beside ${known}`)
  }
})

test('news of one photo is taken at once, however many the device is known to hold', (t) => {
  const held = new HeldMedia()
  const hash = (): string => toHex(randomBytes(32))
  held.add(device, Array.from({ length: 100_000 }, hash))
  const began = performance.now()
  for (let news = 0; news < 200; news++) held.add(device, [hash()])
  const took = performance.now() - began
  t.is(held.of(device)?.prefixes.byteLength, 100_200 * PREFIX_BYTES)
  t.ok(took < 4000, `200 in ${took.toFixed()} ms`)
})

test('of too many the largest are said', (t) => {
  const many = Array.from({ length: MAX_PREFIXES + 10 }, (_, n) => ({
    hash: n.toString(16).padStart(64, '0').split('').reverse().join(''),
    size: n + 1,
    chunks: 1
  }))
  const prefixes = prefixesOf(many)
  t.is(prefixes.byteLength, MAX_PREFIXES * PREFIX_BYTES)
  t.absent(hasPrefix(prefixes, many[9]!.hash))
  t.ok(hasPrefix(prefixes, many[10]!.hash))
  t.absent(arePrefixes(b4a.concat([prefixes, b4a.alloc(8, 255)])))
})

test('a later word takes the place of an earlier one, whichever comes first', (t) => {
  const held = new HeldMedia()
  const [first, last] = [prefixesOf(whole), prefixesOf(whole.slice(1))]
  t.is(held.merge([{ device, at: 2, prefixes: last }]).length, 1)
  t.is(held.merge([{ device, at: 1, prefixes: first }]).length, 0)
  t.alike(held.holdersOf(hashes[0]!), [])
  t.is(held.holdersOf(hashes[1]!)[0]?.device, device)
})

test('a word of a day that there is not is not taken, and no word stands against the own one', (t) => {
  const held = new HeldMedia()
  const [other, own] = [prefixesOf(whole.slice(1)), prefixesOf(whole)]
  t.is(held.merge([{ device, at: Number.MAX_SAFE_INTEGER, prefixes: other }]).length, 0)
  t.is(held.merge([{ device, at: 8.64e15, prefixes: other }]).length, 1)
  t.ok(held.replace({ device, at: 2, prefixes: own }))
  t.is(held.holdersOf(hashes[0]!)[0]?.at, 2)
})

test('what is not sound, or too much in all, is not taken', (t) => {
  const held = new HeldMedia()
  const backwards = b4a.concat([b4a.alloc(8, 2), b4a.alloc(8, 1)])
  for (const prefixes of [backwards, b4a.alloc(7), b4a.alloc(16)]) {
    t.is(held.merge([{ device, at: 1, prefixes }]).length, 0)
  }
  t.is(held.merge([{ device, at: -1, prefixes: b4a.alloc(8) }]).length, 0)
  const some = prefixesOf(whole)
  for (let n = 0; n < 3000; n++) {
    held.merge([{ device: toFeedId(randomBytes(32)), at: 1, prefixes: some }])
  }
  const bytes = held.rows().reduce((sum, { prefixes }) => sum + prefixes.byteLength, 0)
  t.ok(bytes <= MAX_HELD_MEDIA_BYTES && bytes > MAX_HELD_MEDIA_BYTES * 0.9, `${bytes} bytes`)
})

test('a word of its own is the same until something changes, also after a restart', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  t.alike(await blobs.acknowledgments(), [], 'who never had a photo says nothing')
  await blobs.put(chunked(content(100)))
  const [first] = await blobs.acknowledgments()
  t.alike(await blobs.acknowledgments(), [first])
  await blobs.flush()
  const again = await openBlobs(dir)
  t.alike(await again.acknowledgments(), [first])
  const name = await again.put(chunked(content(200)))
  const [second] = await again.acknowledgments()
  t.ok(second!.at > first!.at && hasPrefix(second!.prefixes, name.hash))
  await again.drop([name])
  const [third] = await again.acknowledgments()
  t.ok(third!.at > second!.at)
  t.absent(hasPrefix(third!.prefixes, name.hash))
})

test('a device whose word was lost speaks after what others heard of it', async (t) => {
  const { blobs } = await createBlobs(t)
  const own = toFeedId(b4a.alloc(32, 1))
  await blobs.put(chunked(content(100)))
  const later = Date.UTC(2106, 1, 7)
  await blobs.acknowledge([{ device: own, at: later, prefixes: new Uint8Array(0) }])
  t.is((await blobs.acknowledgments())[0]?.at, later + 1)
})

test('who told a peer of more speaks anew, also where it holds nothing by then', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  await blobs.holders.tell(() => {})
  const [first] = await blobs.acknowledgments()
  t.is(first!.prefixes.byteLength, 0)
  t.alike(await blobs.acknowledgments(), [first], 'once')
  await blobs.flush()
  const again = await openBlobs(dir)
  t.alike(await again.acknowledgments(), [first])
  await again.holders.tell(() => {})
  await again.holders.tell(() => {})
  const [next] = await again.acknowledgments()
  t.ok(next!.at > first!.at, 'though the clock has not moved')
})

test('who was killed after it told of more speaks anew', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  let atThatMoment: Promise<BlobStore> | undefined
  await blobs.holders.tell(() => void (atThatMoment = openBlobs(dir)))
  const [said] = await (await atThatMoment!).acknowledgments()
  t.is(said?.prefixes.byteLength, 0)
})

test('a word given while news are about to go out is not the last one', async (t) => {
  const { blobs } = await createBlobs(t)
  await blobs.put(chunked(content(100)))
  const told = blobs.holders.tell(() => {})
  const [between] = await blobs.acknowledgments()
  await told
  const [last] = await blobs.acknowledgments()
  t.ok(last!.at > between!.at)
})

test('a device whose file of who holds what is damaged speaks anew', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  await blobs.holders.tell(() => {})
  await writeFile(`${dir}/media-held`, 'no such thing')
  t.is((await (await openBlobs(dir)).acknowledgments()).length, 1)
})

test('who hears that others take its last word for more speaks anew', async (t) => {
  const { blobs } = await createBlobs(t)
  const own = toFeedId(b4a.alloc(32, 1))
  await blobs.acknowledge([{ device: own, at: 0, prefixes: prefixesOf(whole) }])
  const [first] = await blobs.acknowledgments()
  t.ok(first!.at > 0 && first!.prefixes.byteLength === 0, 'also where it had said nothing')
  await blobs.acknowledge([first!])
  t.alike(await blobs.acknowledgments(), [first])
  await blobs.acknowledge([{ ...first!, prefixes: prefixesOf(whole) }])
  const [second] = await blobs.acknowledgments()
  t.ok(second!.at > first!.at)
  blobs.holders.hearOfOwn(second!.at)
  t.alike(await blobs.acknowledgments(), [second])
  blobs.holders.hearOfOwn(second!.at + 10)
  t.is((await blobs.acknowledgments())[0]!.at, second!.at + 11)
  blobs.holders.hearOfOwn(Number.MAX_SAFE_INTEGER)
  t.is((await blobs.acknowledgments())[0]!.at, second!.at + 11, 'no word could follow that')
})
