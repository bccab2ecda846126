// A device: one laptop's log, its view, and the ways to exchange with others. This is what an app
// opens.

import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import {
  type CreateSyncFileOptions,
  type DeviceFeed,
  type DeviceOptions,
  type DeviceSyncOptions,
  type DeviceStatus,
  type TransferOptions,
  checkConfiguration,
  checkCreate,
  checkOptions
} from './device-options.js'
import { CairnError } from './errors.js'
import { Aside } from './aside.js'
import { Branches } from './branches.js'
import { type CheckOptions, type CheckProblem, checkDevice } from './check.js'
import type { SyncReport } from './exchange/report.js'
import { toIsoTime } from './index/observation.js'
import { View } from './index/public.js'
import { Log } from './log/log.js'
import { Project } from './log/project.js'
import { entriesIn } from './log/checkpoint.js'
import type { Configuration, Head, Replica } from './log/replica.js'
import { Observations } from './observations.js'
import type { Link, ReplicateOptions } from './peer/link.js'
import { Peers, type ReplicationStream } from './peer/peers.js'
import { type DeviceSyncReport, syncDevice } from './device-sync.js'
import { AnswerFile, assumeHeld, headsOf } from './syncfile/answer.js'
import { type NewSyncFile, createFile, openOrCreate } from './syncfile/files.js'
import { SyncFile } from './syncfile/syncfile.js'
import { type ViewFolder, viewFolder } from './view-folder.js'

export class Device {
  readonly observations: Observations
  private readonly peers: Peers
  private closing: Promise<void> | null = null
  /** The other continuations of feeds that forked. */
  readonly branches: Branches
  private readonly aside: Aside

  private constructor(
    dir: string,
    private readonly options: DeviceOptions,
    private readonly project: Project,
    private readonly log: Log,
    private readonly view: View,
    private readonly folder: ViewFolder
  ) {
    const assertOpen = (): void => this.assertOpen()
    this.observations = new Observations(log, view, assertOpen)
    this.aside = new Aside(join(dir, 'aside'), () => this.newFile(), project)
    this.branches = new Branches(log, view, this.aside, options.projectKey, assertOpen)
    this.peers = new Peers({ log, project, onReceived: () => view.update() })
  }

  /**
   * Opens the device in a folder, or makes a new one there. Throws PROJECT_MISMATCH,
   * DEVICE_LOCKED, DEVICE_COPIED, DEVICE_ROLLED_BACK, DEVICE_DAMAGED, PATH_UNUSABLE, NO_SPACE.
   */
  static async open(dir: string, options: DeviceOptions): Promise<Device> {
    checkOptions(dir, options)
    const { name, configuration, wallClock, onCopied, succeeds, feedLimit, onEvent } = options
    const project = new Project(options.projectKey)
    const log = await Log.open(dir, {
      project,
      name,
      configuration,
      ...(wallClock !== undefined && { wallClock }),
      ...(onCopied !== undefined && { onCopied }),
      ...(succeeds !== undefined && { succeeds }),
      ...(feedLimit !== undefined && { feedLimit })
    })
    try {
      const folder = await viewFolder(dir, log.readOnly)
      const view = await View.open(folder.path, log, { onEvent })
      return new Device(dir, options, project, log, view, folder)
    } catch (error) {
      await log.close()
      throw error
    }
  }

  /** Device id: the id of its feed. */
  get id(): string {
    return this.log.id
  }

  /** As recorded when the device was made; a name given later does not change it. */
  get name(): string {
    return this.log.name
  }

  /** Public fingerprint of the project, hex. Safe to show. */
  get projectId(): string {
    return this.project.id
  }

  /** Where the project's devices can look for each other: 32 bytes, known to members alone. */
  get topic(): Uint8Array {
    return this.project.topic
  }

  get configuration(): Configuration {
    return this.log.configuration
  }

  /** The device's feeds as a Replica, for carriers other than those of this library. */
  get replica(): Replica {
    return this.log
  }

  /** From now on this device works, and syncs, with another configuration. */
  setConfiguration(configuration: Configuration): void {
    checkConfiguration(configuration)
    this.log.configuration = { name: configuration.name, version: configuration.version }
  }

  /**
   * Exchanges with a sync file, both ways; makes it if there is none. Resolves when it is durable
   * and what came is visible. Throws PROJECT_MISMATCH, CONFIGURATION_MISMATCH, NOT_A_SYNCFILE,
   * SYNCFILE_VERSION, SYNCFILE_DAMAGED, SYNCFILE_LOCKED, VOLUME_MISSING, NO_SPACE, PATH_UNUSABLE,
   * IO_FAILED, ABORTED.
   */
  async sync(path: string, options: DeviceSyncOptions = {}): Promise<DeviceSyncReport> {
    this.assertOpen()
    const file = await openOrCreate(path, this.newFile())
    try {
      if (options.verify === true) await file.verify({ signal: options.signal })
      const report = await this.syncWith(file, options)
      await this.noteWritten(file)
      return report
    } finally {
      await file.close()
    }
  }

  /**
   * Writes a new file: a snapshot of everything this device holds; with `kind: 'request'` only
   * where its feeds end; with `for` an answer, which holds only what that side lacks. Throws
   * SYNCFILE_EXISTS, SYNCFILE_LOCKED, NO_SPACE, PATH_UNUSABLE, IO_FAILED, ABORTED.
   */
  async createSyncFile(
    path: string,
    options: CreateSyncFileOptions = {}
  ): Promise<DeviceSyncReport> {
    this.assertOpen()
    const { kind, volumeSize } = checkCreate(options)
    const asker = options.for === undefined ? null : await this.headsFor(options.for)
    const file = await createFile(path, {
      ...this.newFile(),
      kind: asker === null ? kind : 'answer',
      ...(volumeSize !== undefined && { volumeSize })
    })
    try {
      if (kind === 'request') file.listHeads((await this.log.heads()).values())
      const target = asker === null ? file : new AnswerFile(file, asker)
      const report = await this.exchange(target, options, false)
      // A request moves nothing, so the exchange had nothing to commit.
      await file.commit()
      if (file.kind === 'snapshot') await this.noteWritten(file)
      return report
    } finally {
      await file.close()
    }
  }

  /** Exchanges with any replica, both ways, and brings the view up to date. */
  async syncWith(other: Replica, options: TransferOptions = {}): Promise<DeviceSyncReport> {
    this.assertOpen()
    return this.exchange(other, options, true)
  }

  /**
   * Exchanges with a peer over any duplex, and goes on live: a Hyperswarm connection, a socket.
   * Given who begins the handshake, makes an encrypted stream in corestore's shape, to be piped,
   * with its `link`. How it goes is told by the link's promises.
   */
  replicate(stream: Duplex, options?: ReplicateOptions): Link
  replicate(isInitiator: boolean, options?: ReplicateOptions): ReplicationStream
  replicate(over: Duplex | boolean, options?: ReplicateOptions): Link | ReplicationStream {
    this.assertOpen()
    return this.peers.start(over, options)
  }

  /** Where every feed that this device holds ends, by feed id. */
  async heads(): Promise<Head[]> {
    this.assertOpen()
    const heads = await this.log.heads()
    return [...heads.values()].sort((a, b) => (a.feed < b.feed ? -1 : 1))
  }

  async status(): Promise<DeviceStatus> {
    this.assertOpen()
    await this.view.update()
    const feeds: DeviceFeed[] = []
    for (const [device, { length }] of this.log.ends()) {
      const hello = await this.log.hello(device)
      const predecessor = hello?.predecessor
      feeds.push({
        device,
        length,
        ...(hello !== null && { name: hello.name }),
        ...(predecessor !== undefined && { predecessor })
      })
    }
    const { id, name, projectId, configuration } = this
    const { held } = this.log
    const own = this.log.ends().get(id)?.length ?? 0
    return {
      ...this.view.status(),
      id,
      name,
      projectId,
      configuration,
      feeds,
      onlyHere: entriesIn(held.table.heldBesides(id, id), own),
      writtenTo: held.writtenTo,
      readOnly: this.log.readOnly
    }
  }

  /** Makes the view anew from the feeds. Never needed; always safe. */
  async rebuildIndex(options: { signal?: AbortSignal } = {}): Promise<void> {
    this.assertOpen()
    await this.view.rebuild(options)
  }

  /** Makes everything written so far survive a power cut. */
  async flush(): Promise<void> {
    this.assertOpen()
    await this.log.flush()
  }

  /** Everything that is wrong with what this device holds, with what to do about it. */
  async *check(options: CheckOptions = {}): AsyncGenerator<CheckProblem> {
    this.assertOpen()
    await this.view.update()
    yield* checkDevice(this.log, this.view, await this.branches.list(), options)
  }

  async close(): Promise<void> {
    this.closing ??= this.closeOnce()
    await this.closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private async exchange(
    other: Replica,
    options: TransferOptions,
    receive: boolean
  ): Promise<DeviceSyncReport> {
    const afterwards = async (report: SyncReport): Promise<void> => {
      if (!this.log.readOnly) await this.aside.keep(other, report)
    }
    return syncDevice(this.log, this.view, other, { ...options, receive, afterwards })
  }

  /** What somebody else holds: from their request or sync file, or as their device told. */
  private async headsFor(asker: string | Iterable<Head>): Promise<ReadonlyMap<string, Head>> {
    if (typeof asker !== 'string') return assumeHeld([...asker])
    const { projectKey } = this.options
    await using file = await SyncFile.open(asker, { projectKey })
    return headsOf(file)
  }

  /** Remembers that a sync file held own entries: not proof that they are safe, but a clue. */
  private async noteWritten(file: SyncFile): Promise<void> {
    const length = (await file.heads()).get(this.id)?.length
    if (length === undefined || file.readOnly) return
    const writtenAt = toIsoTime(this.log.now())
    await this.log.noteWritten({ path: file.path, writtenAt, length })
  }

  private newFile(): NewSyncFile {
    const { project, configuration } = this
    return { project, configuration, now: () => this.log.now() }
  }

  private async closeOnce(): Promise<void> {
    try {
      await this.peers.close()
      await this.view.close()
      await this.folder.leave()
    } finally {
      await this.log.close()
    }
  }

  private assertOpen(): void {
    if (this.closing === null) return
    throw new CairnError('CLOSED', `The device "${this.name}" has been closed.`)
  }
}
