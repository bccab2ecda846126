// Exchanging: sync files, requests and answers, progress and reports.
//   node build/examples/api/exchange.js

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type CreateSyncFileOptions,
  type DeviceSyncOptions,
  type DeviceSyncReport,
  type Progress,
  SyncFile,
  type SyncChanges,
  type SyncReport,
  type TransferOptions,
  sync
} from 'cairnlog'
import { PROJECT_KEY as projectKey, createDevices } from 'cairnlog/testing'
import { check } from '../checks.js'

await using test = await createDevices(2)
const [one, two] = test.devices
if (one === undefined || two === undefined) throw new Error('two devices were expected')
const folder = await mkdtemp(join(tmpdir(), 'cairnlog-'))
const stick = join(folder, 'territory.cairn')
await one.observations.create({ tags: { type: 'house' } })

//#region CreateSyncFileOptions
const volumes: CreateSyncFileOptions = { volumeSize: 20_000_000 } // for email
await one.createSyncFile(stick, volumes)
//#endregion

//#region DeviceSyncOptions, DeviceSyncReport, TransferOptions, SyncOptions, Progress, OnProgress, Phase, Counter
const leave = new AbortController()
const onProgress = ({ phase, entries, media }: Progress): void => {
  console.log(phase, `data ${entries.done}/${entries.total}, photos ${media.done}/${media.total}`)
}
const transfer: TransferOptions = { signal: leave.signal, onProgress, listChanges: true }
const options: DeviceSyncOptions = { ...transfer, verify: true } // look for damage in all of it
const report: DeviceSyncReport = await two.sync(stick, options)
//#endregion

//#region SyncReport, SyncChanges, DeviceChanges, ChangeKind, Amount, FeedReport, Refusal
const { received, sent, refused }: SyncReport = report
const changes: readonly SyncChanges[] = report.changes
console.log(`received ${received.entries} entries, ${received.media} photos; sent ${sent.entries}`)
for (const by of changes) console.log(`from ${by.name}: ${by.created} new, ${by.edited} edited`)
for (const { feed, code, message } of refused) console.log(feed, code, message)
//#endregion
check('one was received, and nothing refused', received.entries === 1 && refused.length === 0)

//#region sync
const file = await SyncFile.open(stick, { projectKey })
const exchanged: SyncReport = await sync(two, file) // any two that hold feeds
await file.close()
//#endregion
check('nothing was new', exchanged.received.entries === 0)
await rm(folder, { recursive: true })
