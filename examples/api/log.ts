// Feeds from outside: a replica of your own, and the checks that whatever it gives is put to.
//   node build/examples/api/log.js

import type { Head, Replica } from 'cairnlog'
import { sync } from 'cairnlog'
import {
  type BlobHeld,
  type BlobName,
  type BlobTable,
  type BlobWriter,
  type Blobs,
  CHECKPOINT_INTERVAL,
  Frontier,
  type Gap,
  type Intake,
  MEDIA_CHUNK,
  type ReadOptions,
  type ReplicaDescription,
  type Run,
  type SignedLength,
  type TreeNode,
  type VersionRef,
  assertSigned,
  chunksIn,
  compareVersions,
  entriesIn,
  formatVersion,
  isCheckpoint,
  isSigned,
  parseVersion
} from 'cairnlog/log'
import { createDevices } from 'cairnlog/testing'
import { all, check } from '../checks.js'

await using test = await createDevices(2)
const [one, two] = test.devices
if (one === undefined || two === undefined) throw new Error('two devices were expected')
const { versionId } = await one.observations.create({ tags: { type: 'house' } })

//#region Replica, ReplicaDescription, ReadOptions, Gap, Intake, Run
/** Hands everything on to another replica, one run after the other, and counts them. */
class Counted implements Replica {
  runs = 0
  constructor(private readonly inner: Replica) {}
  describe = (): Promise<ReplicaDescription> => this.inner.describe()
  heads = (): Promise<ReadonlyMap<string, Head>> => this.inner.heads()
  byteLength = (...range: [string, number, number]): Promise<number> =>
    this.inner.byteLength(...range)
  rootHash = (feed: string, length: number): Promise<Uint8Array | null> =>
    this.inner.rootHash(feed, length)
  prepare = (intake: Intake): Promise<void> => this.inner.prepare(intake)
  append = (run: Run): Promise<void> => this.inner.append(run)
  commit = (): Promise<void> => this.inner.commit()
  rollback = (): Promise<void> => this.inner.rollback()
  async *read(feed: string, from: number, to: number, options?: ReadOptions): AsyncGenerator<Run> {
    const onGap = (gap: Gap): void => options?.onGap?.(gap)
    for await (const run of this.inner.read(feed, from, to, { ...options, onGap })) {
      this.runs++
      yield run
    }
  }
}
const counted = new Counted(one.replica)
await sync(two, counted)
//#endregion
check('the other has the house, by a replica of our own', counted.runs > 0)

const [feed, head] = [...(await one.replica.heads())][0] ?? []
if (feed === undefined || head === undefined) throw new Error('a feed was expected')
const [run] = await all(one.replica.read(feed, 0, head.length))
if (run === undefined) throw new Error('a run was expected')

//#region isSigned, SignedLength
const end: SignedLength = head
console.log(isSigned(end)) // by the key that the feed is named after
//#endregion

//#region assertSigned
assertSigned(end, 'what the stick says') // throws FEED_FORGED, and says where
//#endregion

//#region Frontier, TreeNode
const tree = new Frontier().appendAll(run.blocks)
const roots: TreeNode[] = [{ index: 0, size: 0, hash: tree.rootHash() }]
//#endregion
check('the blocks hash to what was signed', Buffer.compare(tree.rootHash(), head.rootHash) === 0)
check('a root has 32 bytes', roots[0]?.hash.byteLength === 32)

//#region isCheckpoint
console.log(isCheckpoint(1024)) // true: this block is the signature over all before it
//#endregion

//#region CHECKPOINT_INTERVAL
console.log(`a run has at most ${CHECKPOINT_INTERVAL} blocks`)
//#endregion

//#region entriesIn
check('of two blocks one is an observation', entriesIn(0, 2) === 1)
//#endregion

//#region parseVersion, VersionRef
const version: VersionRef = parseVersion(versionId)
check('it is block 1 of its feed', version.feed === feed && version.seq === 1)
//#endregion

//#region formatVersion
check('and back', formatVersion(version) === versionId)
//#endregion

//#region compareVersions
const later: VersionRef = { ...version, seq: version.seq + 1 }
check('by feed, then by place', compareVersions(version, later) < 0)
//#endregion

//#region chunksIn
check('3 MB move in three chunks', chunksIn(3_000_000) === 3)
//#endregion

//#region MEDIA_CHUNK
check('of 1 MiB', MEDIA_CHUNK === 1024 * 1024)
//#endregion

const { hash, size } = await one.media.put(new Uint8Array(2_000_000), { type: 'image/jpeg' })
//#region Blobs, BlobTable, BlobHeld, BlobName, BlobWriter
const from: Blobs | undefined = one.replica.blobs
const to: Blobs | undefined = two.replica.blobs
const table: BlobTable | undefined = await from?.held()
const held: BlobHeld | undefined = table?.get(hash)
const name: BlobName = { hash, size }
const writer: BlobWriter | undefined = await to?.write(name)
for await (const chunk of from?.read(name, writer?.next ?? 0) ?? []) await writer?.append(chunk)
await writer?.finish() // throws MEDIA_FORGED where it is not what its name says
await writer?.close()
//#endregion
check('both chunks were there', held?.chunks === 2)
check('now it is on both', (await to?.held())?.get(hash)?.chunks === 2)
