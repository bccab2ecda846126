// What an app does with this package, in the strictest TypeScript there is. test/consumer.test.ts
// compiles it against the packed tarball and then runs it; it is no part of the project's own build.

import {
  CairnError,
  createInvite,
  createProjectKey,
  Device,
  openInvite,
  sync,
  SyncFile,
  type CairnErrorCode,
  type Observation,
  type SyncReport
} from 'cairnlog'

/** Hands its argument on, and refuses to compile for `any`, which would let all of this compile. */
function known<T>(value: T & (0 extends 1 & T ? never : unknown)): T {
  return value
}

const folder = process.argv[2] ?? '.'
const projectKey: Uint8Array = known(createProjectKey())
const invite: string = known(await createInvite(projectKey, 'three words here'))
const opened: Uint8Array = known(await openInvite(invite, 'three words here'))

const device: Device = known(
  await Device.open(`${folder}/laptop-1`, {
    projectKey: opened,
    name: 'Laptop 1',
    configuration: { name: 'rivers', version: '1.0.0' }
  })
)

const river: Observation = known(
  await device.observations.create({ lat: -1.05, lon: -77.6, tags: { type: 'river' } })
)
await device.observations.update(river, { tags: { ...river.tags, name: 'Aguarico' } })
const found: Observation | null = known(await device.observations.get(river.id))
if (found === null) throw new Error('an observation got lost')
const lat: number | undefined = known(found.lat)
const forks: number = known(found.forks.length)

for await (const each of device.observations.query({ limit: 10 })) {
  const id: string = known(each.id)
  console.log(id, lat, forks)
}

const path = `${folder}/territory.cairn`
const report: SyncReport = known(
  await device.sync(path, {
    signal: new AbortController().signal,
    onProgress: (progress) => void known(progress)
  })
)

const file: SyncFile = known(await SyncFile.open(path, { projectKey }))
await file.inspect()
await file.close()

try {
  await SyncFile.open(`${folder}/nowhere.cairn`, { projectKey })
} catch (error) {
  if (!(error instanceof CairnError)) throw error
  const code: CairnErrorCode = known(error.code)
  console.log(code)
}

// @ts-expect-error An unknown code is not a code.
const noCode: CairnErrorCode = 'NO_SUCH_CODE'
void noCode
known(sync) satisfies (...args: never[]) => Promise<SyncReport>

await device.close()
const sent: number = known(report.sent.entries)
console.log(`sent ${sent}`)
