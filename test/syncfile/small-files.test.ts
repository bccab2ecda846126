// A request lists heads and no blocks, an answer holds only what the asker lacks; neither is ever
// written into.

import { stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import { SyncFile } from '../../lib/syncfile/syncfile.js'
import { createDevice, inputs, plainHeads } from '../helpers/devices.js'
import { isSame, stateOf, withKey } from './files.js'

test('request and answer: what one lacks comes back in a small file, and neither is written to', async (t) => {
  const dir = await t.tmp()
  const [asker, other] = [await createDevice(t, { name: 'Asker' }), await createDevice(t)]
  await asker.observations.createMany(inputs(30))
  await other.observations.createMany(inputs(2000))
  await asker.syncWith(other.replica)
  await other.observations.createMany(inputs(5))
  const [request, answer] = [join(dir, 'request.cairn'), join(dir, 'answer.cairn')]
  await asker.createSyncFile(request, { kind: 'request' })
  await other.createSyncFile(answer, { for: request })
  t.ok((await stat(answer)).size < 4096, `${(await stat(answer)).size} bytes`)
  const before = [await stateOf(request), await stateOf(answer)]
  const report = await asker.sync(answer)
  t.is(report.oneWay, true)
  t.is(report.received.entries, 5)
  t.is((await other.sync(request)).oneWay, true)
  await asker.sync(answer)
  t.ok(isSame(await stateOf(request), before[0]!))
  t.ok(isSame(await stateOf(answer), before[1]!))
  t.alike(plainHeads(await asker.heads()), plainHeads(await other.heads()))
})

test('a request of ten feeds takes less than 2 KB', async (t) => {
  const asker = await createDevice(t)
  for (let i = 0; i < 9; i++) {
    const other = await createDevice(t)
    await other.observations.createMany(inputs(3))
    await asker.syncWith(other.replica)
    await other.close()
  }
  const path = join(await t.tmp(), 'request.cairn')
  await asker.createSyncFile(path, { kind: 'request' })
  t.is((await asker.heads()).length, 10)
  const { size } = await stat(path)
  t.ok(size < 2048, `${size} bytes`)
  const file = await SyncFile.open(path, withKey)
  t.is((await file.inspect()).kind, 'request')
  t.alike(await file.verify(), [])
  await file.close()
})

test('who lacks the base of a tail gets all the rest, and is told BASE_MISSING and from where', async (t) => {
  const dir = await t.tmp()
  const [asker, other, third] = [
    await createDevice(t),
    await createDevice(t),
    await createDevice(t)
  ]
  await other.observations.createMany(inputs(40))
  await asker.syncWith(other.replica)
  await other.observations.createMany(inputs(4))
  await other.syncWith(third.replica)
  const answer = join(dir, 'answer.cairn')
  await other.createSyncFile(answer, { for: await asker.heads() })
  const stranger = await createDevice(t)
  const report = await stranger.sync(answer)
  t.alike(
    report.refused.map(({ feed, code, seq }) => ({ feed, code, seq })),
    [{ feed: other.id, code: 'BASE_MISSING', seq: 0 }]
  )
  t.ok((await stranger.heads()).some(({ feed }) => feed === third.id))
})

test('an answer that was cut off gives what is whole in it, and is not written into', async (t) => {
  const dir = await t.tmp()
  const [asker, other] = [await createDevice(t), await createDevice(t)]
  await other.observations.createMany(inputs(20))
  const answer = join(dir, 'answer.cairn')
  await other.createSyncFile(answer, { for: await asker.heads() })
  await truncate(answer, (await stat(answer)).size - 300)
  const before = await stateOf(answer)
  const report = await asker.sync(answer)
  t.is(report.received.entries, 20)
  t.ok(isSame(await stateOf(answer), before))
})
