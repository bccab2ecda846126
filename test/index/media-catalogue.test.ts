import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import type { Attachment, ObservationEntry } from '../../lib/log/entry.js'
import { type MediaPolicy, TIERS, type Tier } from '../../lib/log/media/reference.js'
import { randomFrom } from '../helpers/disk.js'
import { contents, openView } from './helpers.js'
import { feedId, MemorySource, observation, observationId, START } from './memory-source.js'

const A = feedId('a')
const B = feedId('b')
const ALL: MediaPolicy = { original: true, preview: true, thumbnail: true }

test('wanted gives thumbnails, then previews, then originals, newest first in each', async (t) => {
  const source = new MemorySource()
  for (const n of [2, 0, 1]) {
    source.append(A, shows(n, { original: hex(n), preview: hex(10 + n), thumbnail: hex(20 + n) }))
  }
  const { view } = await openView(t, source)
  await view.update()
  const wanted = (policy: MediaPolicy): string[] =>
    [...view.media.wanted(policy)].map((m) => m.hash)
  t.alike(wanted(ALL), [22, 21, 20, 12, 11, 10, 2, 1, 0].map(hex))
  t.alike(wanted({ ...ALL, original: false, thumbnail: false }), [12, 11, 10].map(hex))
  t.alike(wanted({ original: false, preview: false, thumbnail: false }), [])
  const lacking = (hash: Uint8Array, size: number): boolean => size === 1000 && hash[31] !== 11
  t.alike(
    [...view.media.wanted({ ...ALL, original: false }, lacking)].map((m) => m.hash),
    [22, 21, 20, 12, 10].map(hex)
  )
})

test('nobody wants a blob that is larger than any may be', async (t) => {
  const source = new MemorySource()
  source.append(A, shows(0, { original: hex(1) }, 2 ** 40))
  source.append(A, shows(1, { original: hex(2) }, 2 ** 40 + 1))
  const { view } = await openView(t, source)
  await view.update()
  t.alike(
    [...view.media.wanted(ALL)].map((m) => m.hash),
    [hex(1)]
  )
})

test('a blob shown in two tiers travels once, with the first that is asked for', async (t) => {
  const source = new MemorySource()
  source.append(A, shows(0, { original: hex(7) }))
  source.append(A, shows(1, { thumbnail: hex(7) }))
  source.append(A, shows(2, { original: hex(8) }))
  const { view } = await openView(t, source)
  await view.update()
  t.alike(
    [...view.media.wanted(ALL)].map(({ hash, tiers }) => [hash, tiers]),
    [
      [hex(7), ['thumbnail', 'original']],
      [hex(8), ['original']]
    ]
  )
  t.alike(
    [...view.media.wanted({ ...ALL, thumbnail: false })].map(({ hash }) => hash),
    [hex(8), hex(7)]
  )
})

test('what was replaced or deleted is still referenced', async (t) => {
  const source = new MemorySource()
  const first = source.append(A, shows(0, { original: hex(1) }))
  const id = observationId(START)
  const second = source.append(A, observation({ id, links: [first], clock: START + 9 }))
  source.append(A, observation({ id, links: [second], clock: START + 10, deleted: true }))
  const { view } = await openView(t, source)
  await view.update()
  t.alike(
    [...view.media].map(({ hash, device }) => [hash, device]),
    [[hex(1), A]]
  )
})

test('two sizes for one hash are two references, and neither hides the other', async (t) => {
  const source = new MemorySource()
  source.append(A, shows(0, { original: hex(1) }, 1000))
  source.append(B, shows(1, { original: hex(1) }, 999))
  const { view } = await openView(t, source)
  await view.update()
  t.alike(
    [...view.media.wanted(ALL)].map(({ size }) => size),
    [999, 1000]
  )
  t.is(view.media.find({ hash: hex(1), size: 1000 })?.device, A)
  t.is(view.media.find({ hash: hex(1), size: 1001 }), undefined)
})

test('what is no reference to a blob is passed over, the rest of the entry is not', async (t) => {
  const source = new MemorySource()
  const nonsense = [
    null,
    'text',
    { hash: 'AB', size: 1, type: 'x' },
    { hash: 'A'.repeat(64), size: 1, type: 'x' },
    { hash: hex(1), size: 0, type: 'x' },
    { hash: hex(1), size: -1, type: 'x' },
    { hash: hex(1), size: 1.5, type: 'x' },
    { hash: hex(1), size: 2 ** 50, type: 'x' },
    { hash: hex(1), size: '7', type: 'x' },
    { size: 5 }
  ]
  const attachments = nonsense.map((variant) => ({ variants: { original: variant } }))
  const sound = { variants: { preview: { hash: hex(3), size: 5, type: 'image/jpeg' } } }
  const odd = { variants: { thumbnail: { hash: hex(4), size: 5 }, huge: sound.variants.preview } }
  source.append(
    A,
    observation({ attachments: [...attachments, sound, odd] as unknown as Attachment[] })
  )
  const { view } = await openView(t, source)
  await view.update()
  t.alike(
    [...view.media].map(({ hash, type }) => [hash, type]),
    [
      [hex(3), 'image/jpeg'],
      [hex(4), '']
    ]
  )
})

test('the catalogue is the same by any route: bit by bit, at once, reopened, folded', async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e9)
  t.comment(`SEED=${seed}`)
  const random = randomFrom(seed)
  const pick = (limit: number): number => Math.floor(random() * limit)
  const whole = new MemorySource()
  for (let n = 0; n < 3000; n++) {
    const variants: Partial<Record<Tier, string>> = {}
    for (const tier of TIERS) if (random() < 0.4) variants[tier] = hex(pick(500))
    const time = pick(4000)
    whole.append(random() < 0.5 ? A : B, {
      ...shows(time, variants, 1000 + pick(2)),
      id: observationId(START + n),
      clock: START + pick(50)
    })
  }
  const bits = new MemorySource()
  const one = await openView(t, bits)
  while (bits.length(A) + bits.length(B) < 3000) {
    const feed = random() < 0.5 ? A : B
    bits.receive(whole, feed, bits.length(feed) + 1 + pick(400))
    await one.view.update()
  }
  const other = await openView(t, whole)
  await other.view.update()
  t.ok(other.view.media.count > 800)
  const expected = await contents(other.view)
  t.alike(await contents(one.view), expected)
  await one.view.fold()
  t.alike(await contents(one.view), expected)
  t.alike([...one.view.media.wanted(ALL)].length, one.view.media.count)
  await one.view.close()
  const reopened = await openView(t, bits, one.dir)
  t.alike(reopened.events, [])
  t.alike(await contents(reopened.view), expected)
  t.is((await readdir(join(one.dir))).length, 1)
})

/** An observation created `n` ms after the start that shows these. */
function shows(
  n: number,
  hashes: Partial<Record<Tier, string>>,
  size: number = 1000
): ObservationEntry {
  const entries = Object.entries(hashes).map(([tier, hash]) => [tier, { hash, size, type: 'x/y' }])
  const attachments = [{ variants: Object.fromEntries(entries) }]
  return observation({ id: observationId(START + n), clock: START + n, attachments })
}

function hex(n: number): string {
  return n.toString(16).padStart(64, '0')
}
