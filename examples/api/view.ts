// The view alone, over entries of one's own making.
//   node build/examples/api/view.js

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AuditOptions,
  type AuditProgress,
  type Discrepancy,
  type IndexOptions,
  type LoggedObservation,
  type MediaCatalogue,
  type MediaReference,
  type ObservationHead,
  type RebuildReason,
  type Tally,
  View,
  type ViewDevice,
  type ViewOptions,
  type ViewProgress,
  type ViewUpdate,
  type Wanted
} from 'cairnlog/index'
import type {
  Entry,
  EntrySource,
  HelloEntry,
  LoggedEntry,
  LoggedVersion,
  ObservationEntry,
  UnknownEntry,
  UnreadableEntry,
  VersionEntry,
  VersionFields
} from 'cairnlog/log'
import { check } from '../checks.js'

const folder = await mkdtemp(join(tmpdir(), 'cairnlog-'))
const FEED = 'y'.repeat(52)
const now = Date.UTC(2026, 4, 1)
const id = Uint8Array.from([1, 157, 224, 213, 200, 0, 112, 0, 128, 0, 0, 0, 0, 0, 0, 1])

//#region Entry, HelloEntry, ObservationEntry, VersionFields, VersionEntry, UnknownEntry, UnreadableEntry
const hello: HelloEntry = {
  kind: 'hello',
  name: 'Laptop 1',
  createdAt: now,
  library: '1.0.0',
  admission: new Uint8Array(32)
}
const fields: VersionFields = {
  id,
  links: [],
  clock: now,
  createdAt: now,
  updatedAt: now,
  deleted: false
}
const house: ObservationEntry = {
  ...fields,
  kind: 'observation',
  tags: { type: 'house' },
  attachments: []
}
const version: VersionEntry = house
const newer: UnknownEntry = { kind: 'unknown', version: 9, kindCode: 1 } // counted, and kept
const broken: UnreadableEntry = { kind: 'unreadable', reason: 'no CBOR' }
const entries: Entry[] = [hello, version, newer, broken]
//#endregion

//#region EntrySource, LoggedEntry, LoggedVersion, LoggedObservation
const logged: LoggedEntry[] = entries.map((entry, seq) => ({
  ref: { feed: FEED, seq, hash: new Uint8Array(8).fill(seq) },
  entry
}))
const source: EntrySource = {
  ends: () => new Map([[FEED, { length: logged.length, rootHash: new Uint8Array(32) }]]),
  rootHash: async () => new Uint8Array(32),
  entry: async (_feed, seq) => logged[seq] ?? null,
  async *entries(_feed, from, to) {
    yield logged.slice(from, to)
  }
}
const first = logged[1] as LoggedVersion<ObservationEntry> satisfies LoggedObservation
//#endregion
check('the house is its first version', first.entry === house)

//#region View, ViewOptions, ViewUpdate, IndexOptions, ViewProgress, RebuildReason
const reasons = new Set<RebuildReason>()
const options: ViewOptions = {
  onEvent: (event) => event.type === 'view-rebuild' && reasons.add(event.reason)
}
const view = await View.open(join(folder, 'view'), source, options)
const onProgress = ({ phase, done, total }: ViewProgress): void => console.log(phase, done, total)
const updating: IndexOptions = { onProgress }
const done: ViewUpdate = await view.update(updating)
console.log(done.observations, await view.count(), view.status())
//#endregion
check('the house can be seen', (await view.count()) === 1)
check('what is not understood is counted', view.status().unknownEntries === 1)

//#region AuditOptions, AuditProgress, Discrepancy
const comparing: AuditOptions = {
  onProgress: ({ phase, done, total }: AuditProgress) => console.log(phase, done, total)
}
const wrong: Discrepancy[] = []
for await (const row of view.audit(comparing)) wrong.push(row)
//#endregion
check('it shows what the feeds say', wrong.length === 0)

//#region ObservationHead
const shown = '019de0d5-c800-7000-8000-000000000001'
const heads: readonly ObservationHead[] = await view.heads(shown)
//#endregion
check('it has one head', heads.length === 1)

//#region ViewDevice
const devices: ViewDevice[] = view.devices()
console.log(devices.map(({ name }) => name))
//#endregion

//#region Tally
const tally: Tally = view.tally() // counts, by device, what updates bring from now on
await view.update()
console.log(tally.finish())
//#endregion

//#region MediaCatalogue, MediaReference, Wanted
const catalogue: MediaCatalogue = view.media
const wanted: Wanted = (policy, lacking) => catalogue.wanted(policy, lacking)
const all = { original: true, preview: true, thumbnail: true }
const references: MediaReference[] = [...wanted(all, () => true)]
//#endregion
check('no photo is referenced', references.length === 0)

await view.close()
await rm(folder, { recursive: true })
