// Photos over a link: after the entries, live, from whoever has them, and what a hostile peer can and
// cannot do with them.

import test, { type Assertion } from 'brittle'
import { toFeedId } from '../../lib/log/feed-id.js'
import { MEDIA_CHUNK } from '../../lib/log/replica.js'
import { encodeMediaQuestion } from '../../lib/peer/media-messages.js'
import { MESSAGE, decodeAnswer } from '../../lib/peer/messages.js'
import type { Device } from '../../lib/main.js'
import { connect } from '../../lib/testing.js'
import { photo } from '../helpers/memory-blobs.js'
import { blobsOf, has, recordPhotos } from '../helpers/photos.js'
import { createDevices, createSide, outcome, puppetFor } from './helpers.js'

const thumbnail = photo(41, 4000)
const preview = photo(42, 100_000)
const original = photo(43, 2 * MEDIA_CHUNK + 9)
const all = { original, preview, thumbnail }

/** Devices besides itself that a device knows to hold a photo. */
function holdersOn(device: Device, hash: string): string[] {
  return blobsOf(device)
    .holders.othersWith(hash)
    .map((said) => said.device)
}

async function until(t: Assertion, what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!(await holds())) {
    if (performance.now() > deadline) return t.fail(`${what}: not within 10 s`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  t.pass(what)
}

test('catching up brings the photos too, and both reports count them', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [Device, Device]
  await recordPhotos(a, all)
  const { caughtUp, ...connection } = connect(a, b)
  const [mine, other] = await caughtUp
  t.ok(await has(b, original, preview, thumbnail))
  t.is(other.received.media, 3)
  t.is(mine.sent.media, 3)
  t.ok(mine.sent.bytes > original.name.size && other.received.bytes > original.name.size)
  await connection.close()
})

test('without live, the link ends when the photos are there', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [Device, Device]
  await recordPhotos(a, { original })
  await recordPhotos(b, { thumbnail })
  const { links } = connect(a, b, { live: false })
  await Promise.all(links.map(({ closed }) => closed))
  t.ok(await has(a, thumbnail))
  t.ok(await has(b, original))
})

test('over a link each side learns which photos the other one holds', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [Device, Device]
  await recordPhotos(a, { original })
  await recordPhotos(b, { thumbnail })
  const { links } = connect(a, b, { live: false })
  await Promise.all(links.map(({ closed }) => closed))
  for (const [one, other] of [
    [a, b],
    [b, a]
  ] as const) {
    for (const { name } of [original, thumbnail]) t.alike(holdersOn(one, name.hash), [other.id])
  }
})

test('what a device says over a link stands against what others said of it, however late', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [Device, Device]
  await recordPhotos(a, { original })
  for (const at of [8.64e15, Number.MAX_SAFE_INTEGER]) {
    await blobsOf(b).acknowledge([{ device: a.id, at, prefixes: new Uint8Array(0) }])
    const { links } = connect(a, b, { live: false })
    await Promise.all(links.map(({ closed }) => closed))
    t.alike(holdersOn(b, original.name.hash), [a.id])
  }
})

test('what becomes whole at a peer while connected is known to be there', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [Device, Device]
  const { caughtUp, ...connection } = connect(a, b)
  await caughtUp
  await recordPhotos(a, { original })
  await until(t, 'B has it, and A knows', async () => holdersOn(a, original.name.hash)[0] === b.id)
  t.ok(await has(b, original))
  t.alike(holdersOn(b, original.name.hash), [a.id])
  await connection.close()
})

test('a photo that is taken while connected arrives after its entry', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [Device, Device]
  const { caughtUp, ...connection } = connect(a, b)
  await caughtUp
  const { id } = await recordPhotos(a, all)
  await until(t, 'the photos are there', () => has(b, original, preview, thumbnail))
  t.ok(await b.observations.get(id))
  await connection.close()
})

test('a photo that the peer gets later is fetched when it has it', async (t) => {
  const [a, b, c] = (await createDevices(t, 3)) as [Device, Device, Device]
  await recordPhotos(a, { original })
  // The entry reaches C by way of B, which has no photo yet.
  const first = connect(a, b)
  await first.links[1].caughtUp.catch(() => {})
  await first.close()
  await blobsOf(b).drop([original.name])
  const second = connect(b, c)
  await second.caughtUp
  t.absent(await has(c, original))
  const again = connect(a, b)
  await until(t, 'B has it, and so has C', () => has(c, original))
  await Promise.all([second.close(), again.close()])
})

test('live entries do not wait for photos', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [Device, Device]
  await recordPhotos(a, { original: photo(50, 12 * MEDIA_CHUNK) })
  const { links, ...connection } = connect(a, b, { bandwidth: 3 * MEDIA_CHUNK })
  let caughtUp = false
  void links[1].caughtUp.then(
    () => (caughtUp = true),
    () => {}
  )
  await until(t, 'the first entry is there', async () => (await b.observations.count()) === 1)
  await a.observations.create({ tags: { type: 'urgent' } })
  await until(t, 'the second entry is there', async () => (await b.observations.count()) === 2)
  t.absent(caughtUp, 'the photo is still on its way')
  await connection.close()
})

test('a cut line keeps whole pieces, and the next link goes on with them', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [Device, Device]
  const large = photo(51, 5 * MEDIA_CHUNK)
  await recordPhotos(a, { original: large })
  const cut = connect(a, b, { cutAfterBytes: 3.5 * MEDIA_CHUNK })
  t.is(await outcome(cut.links[1].caughtUp), 'PEER_CLOSED')
  await cut.close()
  t.absent(await has(b, large))
  const { caughtUp, ...connection } = connect(a, b)
  const [, report] = await caughtUp
  t.ok(await has(b, large))
  t.ok(report.received.bytes <= 3 * MEDIA_CHUNK, `${report.received.bytes} bytes`)
  await connection.close()
})

test('of a photo that a peer asks for no more is read than the piece it asks for', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [Device, Device]
  await recordPhotos(a, { original })
  const store = blobsOf(a)
  const chunks = store.chunks.bind(store)
  let read = 0
  store.chunks = async function* (...range) {
    for await (const piece of chunks(...range)) {
      read++
      yield piece
    }
  }
  const { caughtUp, ...connection } = connect(a, b)
  await caughtUp
  t.ok(await has(b, original))
  t.is(read, 3)
  await connection.close()
})

test('a link takes the tiers that it was told to', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [Device, Device]
  await recordPhotos(a, all)
  const { caughtUp, ...connection } = connect(a, b, { media: { thumbnail: true } })
  await caughtUp
  t.ok(await has(b, thumbnail))
  t.absent(await has(b, preview))
  await connection.close()
})

test('three devices in a ring fetch each photo once', async (t) => {
  const devices = (await createDevices(t, 3)) as [Device, Device, Device]
  const [a, b, c] = devices
  await recordPhotos(a, all)
  const links = [connect(a, b), connect(b, c), connect(a, c)]
  await Promise.all(links.map(({ caughtUp }) => caughtUp))
  await until(t, 'all have all', async () => {
    const found = await Promise.all(devices.map((each) => has(each, original, preview, thumbnail)))
    return found.every(Boolean)
  })
  const bytes = links.flatMap(({ links: both }) => both.map((link) => link.bytesReceived))
  const total = bytes.reduce((sum, each) => sum + each, 0)
  const once = original.name.size + preview.name.size + thumbnail.name.size
  t.ok(total < 2.2 * once, `${total} bytes for two that lacked ${once}`)
  await Promise.all(links.map((each) => each.close()))
})

test('a peer that asks about a photo of an impossible size is told that it is not here', async (t) => {
  const side = await createSide(t)
  await side.log.blobs.put(
    (async function* () {
      yield thumbnail.bytes
    })()
  )
  const { puppet } = await puppetFor(t, side)
  await puppet.introduce(toFeedId(new Uint8Array(32).fill(3)))
  const { name } = thumbnail
  const names = [{ ...name, size: 2 ** 48 - 1 }, name, { ...name, size: 0 }]
  puppet.send(MESSAGE.mediaQuestion, encodeMediaQuestion(1, { kind: 'which', names }))
  const answer = decodeAnswer(await puppet.until(MESSAGE.mediaAnswer), 3)
  t.alike([...answer.first], [0, 1, 0])
})

for (const [what, spoil] of [
  ['other bytes', (bytes: Uint8Array) => bytes.map((byte) => byte ^ 1)],
  ['a longer piece', (bytes: Uint8Array) => Buffer.concat([bytes, bytes.subarray(0, 1)])],
  ['a shorter piece', (bytes: Uint8Array) => bytes.subarray(1)]
] as const) {
  test(`a peer that gives ${what} for a photo is put off, and nothing is kept`, async (t) => {
    const [a, b] = (await createDevices(t, 2)) as [Device, Device]
    await recordPhotos(a, { original })
    const store = blobsOf(a)
    const read = store.read.bind(store)
    store.read = async function* (name, from, options) {
      for await (const piece of read(name, from, options)) yield spoil(piece)
    }
    const { links, ...connection } = connect(a, b)
    t.is(await outcome(links[1].caughtUp), 'PEER_INVALID')
    t.absent(await has(b, original))
    await connection.close()
    store.read = read
    const next = connect(a, b)
    await next.caughtUp
    t.ok(await has(b, original), 'and it comes whole from a sound one')
    await next.close()
  })
}

for (const [what, type, bytes] of [
  ['an answer that nobody asked for', MESSAGE.mediaAnswer, [1, 1, 0]],
  ['a piece of no answer', MESSAGE.mediaChunk, [1, 2, 3]],
  ['a question cut off', MESSAGE.mediaQuestion, [1, 0, 9, 1, 2]],
  [
    'a question about a photo of no bytes',
    MESSAGE.mediaQuestion,
    [1, 1, ...Array(32).fill(7), 0, 0]
  ],
  ['more photos than one may ask about', MESSAGE.mediaQuestion, [1, 0, 255, 255, 127]]
] as const) {
  test(`${what} ends the link with a code`, async (t) => {
    const side = await createSide(t)
    const { puppet, link } = await puppetFor(t, side)
    await puppet.introduce(toFeedId(new Uint8Array(32).fill(3)))
    puppet.send(type, Uint8Array.from(bytes))
    t.is(await outcome(link.closed), 'PEER_INVALID')
  })
}
