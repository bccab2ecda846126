// Documents of an app's own kind, with the same rules as observations.
//   node build/examples/api/documents.js

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AnyKind,
  Device,
  type Document,
  type DocumentChange,
  type DocumentChanges,
  type DocumentDetails,
  type DocumentFilter,
  type DocumentPatch,
  type DocumentQuery,
  type DocumentVersion,
  type Documents,
  type KeyCondition,
  type KeyScalar,
  type KeyValue,
  type Kind,
  type KindCounts,
  type ShownVersion,
  type WatchDocuments,
  createProjectKey,
  defineKind
} from 'cairnlog'
import { type DocumentsView, type LoggedDocument, View } from 'cairnlog/index'
import type { DocumentEntry, EntrySource } from 'cairnlog/log'
import { all, check } from '../checks.js'

const folder = await mkdtemp(join(tmpdir(), 'cairnlog-'))

//#region defineKind, Kind, AnyKind, KeyValue
interface Visit {
  village: string
  day: string
}
const dayOf = ({ fields }: Document<Visit>): KeyValue => fields.day
const visit: Kind<Visit> = defineKind<Visit>({
  name: 'visit',
  validate: ({ village }) => {
    if (typeof village !== 'string') throw new TypeError('village: must be text')
  },
  keys: { day: dayOf, village: ({ fields }) => fields.village }
})
const kinds: AnyKind[] = [visit]
//#endregion
const device = await Device.open(join(folder, 'laptop'), {
  projectKey: createProjectKey(),
  name: 'Laptop',
  configuration: { name: 'visits', version: '1.0.0' },
  kinds
})

//#region Documents, Document, DocumentDetails
const visits: Documents<Visit> = device.documents(visit)
const by: DocumentDetails = { author: 'Graciela' } // and a trusted time, if there is one
const first: Document<Visit> = await visits.create({ village: 'Sinangoe', day: '2026-05-01' }, by)
//#endregion

//#region DocumentPatch
const patch: DocumentPatch<Visit> = { day: '2026-05-02' }
const moved = await visits.update(first, patch)
//#endregion
check('it is a day later', moved.fields.day === '2026-05-02')

//#region DocumentQuery, DocumentFilter, KeyCondition, KeyScalar
const may: KeyScalar = '2026-05-01'
const since: KeyCondition = { gte: may } // or a value, a list, or whether there is one
const filter: DocumentFilter = { where: { day: since } }
const query: DocumentQuery = { ...filter, order: 'day', reverse: true, limit: 10 }
for await (const { fields } of visits.query(query)) console.log(fields.village, fields.day)
//#endregion
check('one was made in May', (await visits.count(filter)) === 1)

//#region DocumentVersion, ShownVersion
const versions: DocumentVersion<Visit>[] = await all(visits.history(first.id))
const { updatedAt, updatedBy }: ShownVersion = versions[0] ?? first
console.log(`changed ${updatedAt} by ${updatedBy}`)
//#endregion
check('both versions are kept', versions.length === 2)

//#region DocumentChange, WatchDocuments
const leave = new AbortController()
const watching: WatchDocuments = { signal: leave.signal }
const seen = firstOf(visits.watch(watching))
await visits.delete(moved)
const change: DocumentChange<Visit> | undefined = await seen
leave.abort()
//#endregion
check('the deletion was seen', change?.type === 'deleted')

//#region KindCounts
const counts: KindCounts | undefined = (await device.status()).documents['visit']
console.log(counts?.documents, counts?.deleted)
//#endregion
check('it is counted as deleted', counts?.deleted === 1)

//#region DocumentChanges
const report = await device.sync(join(folder, 'territory.cairn'))
const others: DocumentChanges | undefined = report.changes[0]?.documents?.['visit']
console.log(others?.created ?? 0) // of visits, by that device
//#endregion

await device.close()

//#region DocumentsView, LoggedDocument, DocumentEntry
const empty: EntrySource = {
  ends: () => new Map(),
  rootHash: async () => null,
  entry: async () => null,
  async *entries() {}
}
const view = await View.open(join(folder, 'view'), empty, { kinds })
const documents: DocumentsView = view.documents('visit') // of a view alone, without a device
const entries: DocumentEntry[] = ([] as LoggedDocument[]).map(({ entry }) => entry)
console.log(await documents.count(), entries.length)
await view.close()
//#endregion
await rm(folder, { recursive: true })

async function firstOf<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item
  return undefined
}
