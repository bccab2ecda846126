// A sync file by itself: looking at it, verifying, salvaging, compacting.
//   node build/examples/api/syncfile.js

import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type CompactOptions,
  type CompactReport,
  type FileProblem,
  type SalvageOptions,
  type SalvageReport,
  type SealedInfo,
  SyncFile,
  type SyncFileInfo,
  type SyncFileOptions,
  type VerifyOptions
} from 'cairnlog'
import { EXTENSION, type Kind, SealedSyncFile } from 'cairnlog/syncfile'
import { PROJECT_KEY as projectKey, createDevices } from 'cairnlog/testing'
import { check } from '../checks.js'

await using test = await createDevices(1)
const [device] = test.devices
if (device === undefined) throw new Error('a device was expected')
const folder = await mkdtemp(join(tmpdir(), 'cairnlog-'))
await device.observations.createMany(Array.from({ length: 3000 }, (_, i) => ({ tags: { i } })))

//#region EXTENSION
const stick = join(folder, `territory${EXTENSION}`)
//#endregion
await device.createSyncFile(stick)

//#region SealedSyncFile, SealedInfo
const found: SealedSyncFile = await SyncFile.open(stick) // without the key: somebody found this stick
const sealed: SealedInfo = await found.inspect()
console.log(sealed.projectId, sealed.commits, sealed.whole)
await found.close()
//#endregion
check('it can be looked at without the key', found instanceof SealedSyncFile && sealed.whole)

//#region SyncFile, SyncFileOptions, SyncFileInfo, SyncFileDevice, SyncFileMedia
const withKey: SyncFileOptions = { projectKey }
const file = await SyncFile.open(stick, withKey)
const info: SyncFileInfo = await file.inspect()
for (const { name, entries } of info.devices) console.log(`${name}: ${entries} entries`)
//#endregion

//#region cairnlog/syncfile Kind
const kind: Kind = info.kind // snapshot, request, answer
//#endregion
check('it is a snapshot of one device', kind === 'snapshot' && info.devices.length === 1)

//#region VerifyOptions, VerifyProgress, FileProblem
const watched: VerifyOptions = { onProgress: ({ done, total }) => console.log(done, total) }
const problems: FileProblem[] = await file.verify(watched)
for (const { message } of problems) console.log(message)
//#endregion
check('it is sound', problems.length === 0)

//#region CompactOptions, CompactReport
const quietly: CompactOptions = {}
const { before, after }: CompactReport = await file.compact(quietly)
console.log(`${before} bytes before, ${after} after`)
//#endregion
await file.close()

// A third of it is lost.
const handle = await open(stick, 'r+')
const { size } = await handle.stat()
await handle.write(new Uint8Array(300), 0, 300, Math.floor(size / 2))
await handle.close()
const target = join(folder, 'saved.cairn')
//#region SalvageReport, SalvageOptions, SalvagedFeed, SavedMedia
const options: SalvageOptions = { configuration: device.configuration } // if it lost its own
const saved: SalvageReport = await SyncFile.salvage(stick, target, { projectKey, ...options })
console.log(saved.complete, saved.blocks.held, saved.blocks.lost)
for (const { feed, lost } of saved.feeds) console.log(feed, lost)
//#endregion
await rm(folder, { recursive: true })
