import test from 'brittle'
import { applyPatch, checkInput, checkPatch } from '../lib/observation-input.js'

const hash = 'ab'.repeat(32)
const variant = { hash, size: 3, type: 'image/jpeg' }

test('nothing but an object is needed', (t) => {
  t.alike(checkInput({}), { tags: {}, attachments: [] })
})

test('latitude 0 and longitude 0 are a location', (t) => {
  t.alike(checkInput({ lat: 0, lon: 0 }), { lat: 0, lon: 0, tags: {}, attachments: [] })
})

test('the edges of the world are locations', (t) => {
  for (const [lat, lon] of [
    [90, 180],
    [-90, -180]
  ] as const) {
    const content = checkInput({ lat, lon })
    t.alike([content.lat, content.lon], [lat, lon])
  }
})

test('everything that an app may say is taken as it is', (t) => {
  const input = {
    lat: -1.05,
    lon: -77.6,
    tags: { type: 'river', depth: 2.5, dry: false, note: null, names: ['a', 1, true] },
    metadata: { accuracy: 4, nested: { list: [null, 'x'] } },
    attachments: [{ name: 'a.jpg', variants: { original: variant, preview: variant } }],
    author: 'Rosa'
  }
  t.alike(checkInput(input), input)
})

test('what was checked is a copy: what is filled in later is not in it', (t) => {
  const input = {
    tags: { type: 'river', names: ['a'] },
    metadata: { nested: { list: [1] } },
    attachments: [{ name: 'a.jpg', caption: ['x'], variants: { original: { ...variant } } }]
  }
  const before = structuredClone(input)
  const content = checkInput(input)
  input.tags.type = 'lake'
  input.tags.names.push('b')
  input.metadata.nested.list.push(2)
  input.attachments[0]!.caption.push('y')
  input.attachments[0]!.variants.original.size = 4
  input.attachments.pop()
  t.alike(content, before)
})

test('a trusted time may be a Date, a text or milliseconds', (t) => {
  const time = Date.UTC(2026, 4, 1)
  for (const trustedAt of [new Date(time), '2026-05-01T00:00:00Z', time, time + 0.2]) {
    t.is(checkInput({ trustedAt }).trustedAt, time)
  }
})

class Custom {}
const wrong: Array<[field: string, input: unknown]> = [
  ['observation', undefined],
  ['observation', null],
  ['observation', 'text'],
  ['observation', []],
  ['observation', new Custom()],
  ['latitude', { latitude: 1 }],
  ['id', { id: 'x' }],
  ['lat', { lat: '1', lon: 1 }],
  ['lat', { lat: 90.1, lon: 1 }],
  ['lat', { lat: Number.NaN, lon: 1 }],
  ['lon', { lat: 1, lon: -180.1 }],
  ['lon', { lat: 1, lon: Infinity }],
  ['lon', { lat: 0 }],
  ['lat', { lon: 0 }],
  ['lon', { lat: 1, lon: null }],
  ['tags', { tags: 'x' }],
  ['tags', { tags: [] }],
  ['tags.deep', { tags: { deep: { er: 1 } } }],
  ['tags.deep', { tags: { deep: [['x']] } }],
  ['tags.none', { tags: { none: [null] } }],
  ['tags.number', { tags: { number: Number.NaN } }],
  ['tags.big', { tags: { big: 1n } }],
  ['tags.missing', { tags: { missing: undefined } }],
  ['tags.__proto__', { tags: JSON.parse('{"__proto__":1}') }],
  ['metadata', { metadata: 5 }],
  ['metadata.when', { metadata: { when: new Date() } }],
  ['metadata.list.0', { metadata: { list: [Infinity] } }],
  ['metadata.in.__proto__', { metadata: JSON.parse('{"in":{"__proto__":1}}') }],
  ['attachments', { attachments: {} }],
  ['attachments[0]', { attachments: ['a.jpg'] }],
  ['attachments[1]', { attachments: [{ variants: {} }, { name: 'a.jpg' }] }],
  ['attachments[0].name', { attachments: [{ name: 5, variants: {} }] }],
  ['attachments[0].variants.huge', { attachments: [{ variants: { huge: variant } }] }],
  ['attachments[0].variants.original', { attachments: [{ variants: { original: 'x' } }] }],
  [
    'attachments[0].variants.preview',
    { attachments: [{ variants: { preview: { ...variant, hash: 'AB'.repeat(32) } } }] }
  ],
  [
    'attachments[0].variants.preview',
    { attachments: [{ variants: { preview: { ...variant, size: -1 } } }] }
  ],
  [
    'attachments[0].variants.preview',
    { attachments: [{ variants: { preview: { ...variant, size: 2 ** 40 + 1 } } }] }
  ],
  [
    'attachments[0].variants.preview',
    { attachments: [{ variants: { preview: { ...variant, type: undefined } } }] }
  ],
  ['author', { author: 5 }],
  ['trustedAt', { trustedAt: 'yesterday' }],
  ['trustedAt', { trustedAt: new Date(Number.NaN) }],
  ['trustedAt', { trustedAt: true }]
]

test('every wrong field is a TypeError that begins with its name', async (t) => {
  for (const [field, input] of wrong) {
    const begins = new RegExp(`^TypeError: ${field.replace(/[[\].]/g, '\\$&')}[.:]`)
    await t.exception.all(() => checkInput(input), begins, field)
  }
})

test('metadata that contains itself is a TypeError and no endless loop', async (t) => {
  const metadata: Record<string, unknown> = {}
  metadata['self'] = metadata
  await t.exception.all(() => checkInput({ metadata }), /metadata/)
})

const before = checkInput({ lat: 1, lon: 2, tags: { type: 'river', dry: true }, author: 'Rosa' })

test('a patch replaces the fields that it names, whole, and leaves the others', (t) => {
  t.alike(applyPatch(before, { tags: { type: 'lake' } }), { ...before, tags: { type: 'lake' } })
  t.alike(applyPatch(before, {}), before)
  t.alike(applyPatch(before, checkPatch({ author: undefined })), before)
})

test('null in a patch takes a field away', (t) => {
  const { lat: _lat, lon: _lon, author: _author, ...rest } = before
  t.alike(applyPatch(before, { lat: null, lon: null, author: null, tags: null }), {
    ...rest,
    tags: {}
  })
})

test('a patch may not leave half a location', async (t) => {
  await t.exception.all(() => applyPatch(before, { lat: null }), /^TypeError: lat:/)
  await t.exception.all(() => applyPatch(before, { lon: null }), /^TypeError: lon:/)
  await t.exception.all(() => applyPatch(checkInput({}), { lat: 1 }), /^TypeError: lon:/)
})

test('a patch does not change what it is applied to, and keeps what it does not know', (t) => {
  const content = { ...before, unknown: { mood: 'calm' } }
  const copy = structuredClone(content)
  t.alike(applyPatch(content, { author: 'Ana' }).unknown, { mood: 'calm' })
  t.alike(content, copy)
})
