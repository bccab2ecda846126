// `device.check()` answers what a troubleshooting page would make people look for by hand.

import b4a from 'b4a'
import test, { type Assertion } from 'brittle'
import type { CheckProblem, CheckProgress } from '../lib/check.js'
import { checksum } from '../lib/index/checksum.js'
import { type Device, defineKind } from '../lib/main.js'
import { encryptInto } from '../lib/log/crypto.js'
import { toSignerKey } from '../lib/log/feed-id.js'
import { Author } from './helpers/author.js'
import { createDevice, inputs, START } from './helpers/devices.js'
import { MemoryReplica } from './helpers/memory-replica.js'

async function problems(device: Device): Promise<CheckProblem[]> {
  const found: CheckProblem[] = []
  for await (const problem of device.check()) found.push(problem)
  return found
}

/** A replica that holds an author's feed. */
async function replicaOf(author: Author): Promise<MemoryReplica> {
  const memory = new MemoryReplica({ projectId: author.project.id })
  const { length } = author.blocks
  for (let from = 0; from < length; from += 1024) {
    await memory.append(author.run(from, Math.min(length, from + 1024)))
  }
  return memory
}

/** A device that took in an author's feed. */
async function deviceWith(t: Assertion, author: Author): Promise<Device> {
  const device = await createDevice(t)
  await device.syncWith(await replicaOf(author))
  return device
}

/** Seals any bytes as a member can, whatever they mean. */
function sealBytes(author: Author, message: Uint8Array): Uint8Array {
  const seq = author.blocks.length
  const context = b4a.alloc(41)
  context.set(toSignerKey(author.feed), 0)
  new DataView(context.buffer, context.byteOffset).setBigUint64(32, BigInt(seq), true)
  const block = b4a.alloc(25 + message.byteLength + 16)
  const nonce = block.subarray(1, 25)
  encryptInto(block.subarray(25), message, context, nonce, author.project.entryKey)
  return block
}

test('a sound device has no problems, and progress ends at its total', async (t) => {
  const device = await createDevice(t)
  await device.observations.createMany(inputs(2100))
  const seen: { done: number; total: number }[] = []
  for await (const problem of device.check({ onProgress: (p) => seen.push(p) })) {
    t.fail(problem.message)
  }
  t.alike(seen.at(-1), {
    done: 2103,
    total: 2103,
    media: { done: 0, total: 0 },
    view: { phase: 'comparing', done: 2100, total: 2100 }
  })
  t.ok(seen.every(({ done }, i) => i === 0 || done >= (seen[i - 1]?.done ?? 0)))
})

test('an entry that decodes to nonsense is ENTRY_UNREADABLE with its place', async (t) => {
  const author = Author.withEntries(1, 2)
  author.put(sealBytes(author, b4a.from([1, 1, 0xff])))
  const device = await deviceWith(t, author)
  const [problem, ...others] = await problems(device)
  t.is(problem?.code, 'ENTRY_UNREADABLE')
  t.is(problem?.feed, author.feed)
  t.is(problem?.seq, 3)
  t.alike(others, [])
  t.is((await device.status()).unreadableEntries, 1)
  t.is(await device.observations.count(), 2)
})

test('an entry of a newer version is ENTRY_NEWER, and says to update', async (t) => {
  const author = Author.withEntries(1, 1)
  author.put(sealBytes(author, b4a.from([9, 1, 0xa0])))
  const [problem] = await problems(await deviceWith(t, author))
  t.is(problem?.code, 'ENTRY_NEWER')
  t.ok(/update/i.test(problem?.nextStep ?? ''))
})

test('coordinates out of range are COORDINATES_INVALID', async (t) => {
  const author = new Author(1).hello().observe({ lat: 91, lon: 0 })
  const [problem] = await problems(await deviceWith(t, author))
  t.is(problem?.code, 'COORDINATES_INVALID')
  t.is(problem?.seq, 1)
})

for (const [year, time] of [
  ['1970', 0],
  ['2017', Date.UTC(2017, 5, 1)],
  ['2106', Date.UTC(2106, 1, 7)]
] as const) {
  test(`a laptop in ${year} is DATE_IMPLAUSIBLE, and its date is kept as recorded`, async (t) => {
    const author = new Author(1).hello().observe({ createdAt: time, updatedAt: time })
    const device = await deviceWith(t, author)
    const [problem] = await problems(device)
    t.is(problem?.code, 'DATE_IMPLAUSIBLE')
    const shown = await device.observations.get(problem?.observation ?? '')
    t.is(shown?.createdAt, new Date(time).toISOString())
  })
}

test('a clock that is a day ahead is no problem', async (t) => {
  const time = START + 24 * 3_600_000
  const author = new Author(1).hello().observe({ createdAt: time, updatedAt: time })
  t.alike(await problems(await deviceWith(t, author)), [])
})

test('a feed that floods is taken up to the limit and refused beyond it', async (t) => {
  const author = Author.withEntries(1, 3000)
  const device = await createDevice(t, { feedLimit: 2048 })
  const report = await device.syncWith(await replicaOf(author))
  t.is(report.refused[0]?.code, 'FEED_TOO_LONG')
  t.is(report.refused[0]?.seq, 2048)
  t.is(await device.observations.count(), 2046)
})

test('one row of the view that is wrong, among thousands, is VIEW_OUT_OF_STEP', async (t) => {
  const device = await createDevice(t, { kinds: [defineKind({ name: 'track' })] })
  await device.observations.createMany(inputs(3000))
  await device.documents('track').create({ fields: { length: 7 } })
  await device.observations.create({ tags: { well: 'wet' } })
  t.alike(await problems(device), [])
  const [wrong] = await all(device.observations.query({ tags: { well: 'wet' } }))
  await rewriteRow(device, wrong!.id, (row) => row.write('dry', row.indexOf('wet')))
  t.is((await device.observations.get(wrong!.id))?.tags['well'], 'dry')
  const found = await problems(device)
  t.alike(
    found.map(({ code, observation }) => [code, observation]),
    [['VIEW_OUT_OF_STEP', wrong!.id]]
  )
  await device.rebuildIndex()
  t.alike(await problems(device), [])
})

test('a view with a row that cannot be read is VIEW_OUT_OF_STEP', async (t) => {
  const device = await createDevice(t)
  await device.observations.createMany(inputs(100))
  const [some] = await all(device.observations.query({ limit: 1 }))
  await rewriteRow(device, some!.id, () => {}, 1)
  const [problem] = await problems(device)
  t.is(problem?.code, 'VIEW_OUT_OF_STEP')
  t.is(problem?.observation, undefined)
})

test('a store is not called damaged because the device was closed while it was read', async (t) => {
  for (const quick of [true, false]) {
    const device = await createDevice(t)
    await device.observations.createMany(inputs(5000))
    const found: CheckProblem[] = []
    let closed: Promise<void> | undefined
    const onProgress = ({ done }: CheckProgress): void => {
      if (done > 0) closed ??= device.close()
    }
    const checked = (async () => {
      for await (const problem of device.check({ quick, onProgress })) found.push(problem)
    })()
    await t.exception(checked, { code: 'CLOSED' })
    t.alike(found, [], quick ? 'quick' : 'whole')
    await closed
  }
})

test('a device that is closed while it is checked is not told to be damaged', async (t) => {
  for (const phase of ['reading', 'writing', 'comparing']) {
    const device = await createDevice(t)
    await device.observations.createMany(inputs(2100))
    const found: CheckProblem[] = []
    const checked = (async () => {
      const onProgress = ({ view }: CheckProgress): void => {
        if (view.phase === phase && view.done > 0) void device.close()
      }
      for await (const problem of device.check({ onProgress })) found.push(problem)
    })()
    await t.exception(checked, { code: 'CLOSED' })
    t.alike(found, [], phase)
  }
})

/** Changes a row as only a bug could: its checksum, unless `off`, fits. */
async function rewriteRow(
  device: Device,
  id: string,
  change: (row: Buffer) => void,
  off: number = 0
): Promise<void> {
  const generation = (device as any).view.upkeep.current()
  const bytes = Buffer.from(id.replaceAll('-', ''), 'hex')
  const { offset, byteLength } = generation.shown.columns.find(bytes)
  const { file } = generation.rows
  const row = Buffer.alloc(byteLength)
  await file.read(row, 0, byteLength, offset)
  change(row)
  const seed = checksum(bytes, 0, bytes.byteLength)
  row.writeUInt32LE((checksum(row, 4, byteLength, seed) ^ off) >>> 0, 0)
  await file.write(row, 0, byteLength, offset)
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
