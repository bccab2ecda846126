// Two laptops that can only send each other small files: one asks by email, the other replies with
// just what it lacks.
//   node build/examples/request-and-reply.js

import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Device, createProjectKey } from 'cairnlog'
import { check } from './checks.js'

const folder = await mkdtemp(join(tmpdir(), 'cairnlog-'))
const [snapshot, request, reply] = ['all.cairn', 'ask.cairn', 'reply.cairn'].map((name) =>
  join(folder, name)
) as [string, string, string]
const shared = {
  projectKey: createProjectKey(),
  configuration: { name: 'rivers', version: '1.0.0' }
}
const base = await Device.open(join(folder, 'base'), { ...shared, name: 'Base' })
const camp = await Device.open(join(folder, 'camp'), { ...shared, name: 'Camp' })

// Long ago the camp was given everything on a stick.
await base.observations.createMany(walk(5000))
await base.createSyncFile(snapshot)
await camp.sync(snapshot)

// Since then the base has recorded more. The camp says where its feeds end; that is all.
await base.observations.createMany(walk(40))
await camp.createSyncFile(request, { kind: 'request' })
await base.createSyncFile(reply, { for: request })
const sizes = await Promise.all(
  [snapshot, request, reply].map(async (path) => (await stat(path)).size)
)
console.log(`everything ${sizes[0]} bytes, the request ${sizes[1]}, the reply ${sizes[2]}`)

const { received, oneWay, refused } = await camp.sync(reply)
check('the camp got the 40 new ones', received.entries === 40)
check('nothing was written back into the reply', oneWay)
check('nothing was refused', refused.length === 0)
check('the camp shows all of them', (await camp.observations.count()) === 5040)

// A reply is of use to the one who asked. Somebody else is told what is missing before it.
const stranger = await Device.open(join(folder, 'third'), { ...shared, name: 'Third laptop' })
const [why] = (await stranger.sync(reply)).refused
console.log(`On a third laptop: ${why?.code}: ${why?.message}`)
check('a third laptop is told why it cannot use it', why?.code === 'BASE_MISSING')

for (const device of [base, camp, stranger]) await device.close()
await rm(folder, { recursive: true })

function* walk(steps: number): Generator<{ lat: number; lon: number; tags: { step: number } }> {
  for (let step = 0; step < steps; step++) {
    yield { lat: -1 + step / 1e4, lon: -77 - step / 1e4, tags: { step } }
  }
}
