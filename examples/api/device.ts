// A device: opening it, what it says of itself, and what is wrong with what it holds.
//   node build/examples/api/device.js

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Branch,
  type Branches,
  type CheckCode,
  type CheckOptions,
  type CheckProblem,
  type CheckProgress,
  Device,
  type DeviceOptions,
  type DeviceStatus,
  type Head,
  type ViewEvent,
  createProjectKey
} from 'cairnlog'
import { all, check } from '../checks.js'

const folder = await mkdtemp(join(tmpdir(), 'cairnlog-'))

//#region Device, DeviceOptions, ViewEvent
const options: DeviceOptions = {
  projectKey: createProjectKey(),
  name: 'Laptop 1',
  configuration: { name: 'rivers', version: '1.0.0' },
  onCopied: 'refuse', // 'new-feed': a copied folder goes on as a device of its own
  onEvent: (event: ViewEvent) => console.log('the view', event.type, event.message)
}
const device = await Device.open(join(folder, 'laptop-1'), options)
await device.observations.create({ lat: -1.05, lon: -77.6, tags: { type: 'river' } })
await device.flush() // survives a power cut from here on
//#endregion

//#region DeviceStatus, DeviceFeed, Carrier, MediaCounts, ViewStatus
const status: DeviceStatus = await device.status()
console.log(`${status.observations} observations in ${status.feeds.length} feeds`)
console.log(
  `${status.onlyHere} are only on this laptop; ${status.media.missing} photos are missing`
)
for (const { path, writtenAt } of status.writtenTo)
  console.log(`written to ${path} on ${writtenAt}`)
//#endregion
check('the one observation is only here', status.onlyHere === 1)

//#region CheckProblem, CheckCode, CheckOptions, CheckProgress
const codes = new Set<CheckCode>()
const onProgress = (progress: CheckProgress): void => console.log(progress)
const checking: CheckOptions = { onProgress, quick: true } // looks at photos' sizes only
for await (const problem of device.check(checking)) {
  const { code, message, nextStep }: CheckProblem = problem
  codes.add(code)
  console.log(message, nextStep)
}
//#endregion
check('nothing is wrong with it', codes.size === 0)

//#region Branches, Branch
const branches: Branches = device.branches
const others: Branch[] = await branches.list() // other continuations of feeds that forked
for (const branch of others) console.log(await all(branches.read(branch)))
//#endregion
check('no feed has forked', others.length === 0)

//#region Head, Range
const heads: Head[] = await device.heads()
for (const { feed, length, held } of heads) console.log(feed, length, held)
//#endregion
check('a feed is held whole, from 0', heads[0]?.held[0]?.from === 0)

await device.close()
await rm(folder, { recursive: true })
