// A device: one laptop's log, its view, and the ways to exchange with others. This is what an app
// opens.

import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import {
  type CreateSyncFileOptions,
  type DeviceOptions,
  type DeviceSyncOptions,
  type DeviceStatus,
  type TransferOptions,
  checkConfiguration,
  checkOptions
} from './device-options.js'
import { CairnError } from './errors.js'
import { type ArchiveReport, type ExportArchiveOptions, exportArchive } from './archive.js'
import { Aside } from './aside.js'
import { Branches, type GoneOn } from './branches.js'
import { type CheckOptions, type CheckProblem, checkDevice } from './check.js'
import type { SyncReport } from './exchange/report.js'
import { isFeedId, shortFeedId } from './log/feed-id.js'
import { type Kind, View } from './index/public.js'
import { Log } from './log/log.js'
import { Project } from './log/project.js'
import type { Configuration, Head, Replica } from './log/replica.js'
import { Media } from './media.js'
import { Puts } from './media-puts.js'
import { wantedOf } from './media-wanted.js'
import { Observations } from './observations.js'
import type { Link as PeerLink, ReplicateOptions } from './peer/link.js'
import { Peers, type ReplicationStream as PeerStream } from './peer/peers.js'
import { Documents } from './documents.js'
import { DeviceFiles } from './device-files.js'
import { type DeviceSyncReport, syncDevice } from './device-sync.js'
import { statusOf } from './status.js'
import type { NewSyncFile } from './syncfile/files.js'
import { type ViewFolder, viewFolder } from './view-folder.js'

/** A connection of this device to one peer. */
export type Link = PeerLink<DeviceSyncReport>
/** In corestore's shape: to be piped into a raw stream and back. */
export type ReplicationStream = PeerStream<DeviceSyncReport>

export class Device {
  readonly observations: Observations
  /** Photos, recordings and files. */
  readonly media: Media
  private readonly puts = new Puts()
  private readonly peers: Peers<DeviceSyncReport>
  private closing: Promise<void> | null = null
  /** The other continuations of feeds that forked. */
  readonly branches: Branches
  private readonly aside: Aside
  private readonly files: DeviceFiles

  private constructor(
    dir: string,
    options: DeviceOptions,
    private readonly project: Project,
    private readonly log: Log,
    private readonly view: View,
    private readonly folder: ViewFolder
  ) {
    const assertOpen = (): void => this.assertOpen()
    this.observations = new Observations(log, view, assertOpen)
    this.media = new Media(log, view, assertOpen, this.puts)
    const { projectKey } = options
    const newFile = (): NewSyncFile => this.newFile()
    this.aside = new Aside(join(dir, 'aside'), projectKey, newFile, log.feedLimit)
    this.files = new DeviceFiles({
      log,
      projectKey,
      newFile,
      exchange: (file, transfer, receive) => this.exchange(log, file, { ...transfer, receive })
    })
    this.branches = new Branches(log, view, this.aside, assertOpen)
    this.peers = new Peers({
      log,
      project,
      exchange: (here, peer, transfer) => this.exchange(here, peer, transfer),
      keepAside: (peer, report, signal) => this.keepAside(peer, report, signal),
      onReceived: () => view.update(),
      wanted: wantedOf(log.blobs, view)
    })
  }

  /**
   * Opens the device in a folder, or makes a new one there. Throws PROJECT_MISMATCH,
   * DEVICE_LOCKED, DEVICE_COPIED, DEVICE_ROLLED_BACK, DEVICE_DAMAGED, PATH_UNUSABLE, NO_SPACE.
   */
  static async open(dir: string, options: DeviceOptions): Promise<Device> {
    checkOptions(dir, options)
    const { onEvent, kinds } = options
    const project = new Project(options.projectKey)
    const log = await Log.open(dir, { ...options, project })
    try {
      const folder = await viewFolder(dir, log.readOnly)
      const view = await View.open(folder.path, log, { onEvent, kinds, now: () => log.now() })
      return new Device(dir, options, project, log, view, folder)
    } catch (error) {
      await log.close()
      throw error
    }
  }

  /** Device id: the id of its feed; another one once it has learned that this feed forked. */
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

  /** The documents of a kind that was registered at the opening. Throws a TypeError otherwise. */
  documents<F = Readonly<Record<string, unknown>>>(kind: Kind<F> | string): Documents<F> {
    const name = typeof kind === 'string' ? kind : kind.name
    return new Documents<F>(this.log, this.view, () => this.assertOpen(), name)
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
    return this.files.sync(path, options)
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
    return this.files.create(path, options)
  }

  /** Exchanges with any replica, both ways, and brings the view up to date. */
  async syncWith(other: Replica, options: TransferOptions = {}): Promise<DeviceSyncReport> {
    this.assertOpen()
    return this.exchange(this.log, other, options)
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
    return statusOf(this.log, this.view, this.projectId)
  }

  /**
   * Confirms that a new device carries on for this one, as its `succeeds` claims; then both read as
   * one, and this one records nothing more, for good. Throws SUCCESSOR_UNKNOWN where no such claim
   * has arrived here, DEVICE_HANDED_OVER where another was confirmed, DEVICE_READ_ONLY, NO_SPACE.
   */
  async confirmSuccessor(device: string): Promise<void> {
    this.assertOpen()
    if (!isFeedId(device)) throw new TypeError('device: must be the id of a device')
    if ((await this.log.hello(device))?.predecessor !== this.id) throw unknownSuccessor(device)
    await this.log.handOver(device)
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
    yield* checkDevice(this.log, this.view, await this.branches.unsettled(), options)
  }

  /**
   * Writes observations, and their photos, into a zip: GeoJSON, CSV, `photos/`, and `missing.csv`,
   * which names what is not in it and who has it. Throws FILE_EXISTS, PATH_UNUSABLE, NO_SPACE,
   * IO_FAILED, ABORTED; then no archive is there.
   */
  async exportArchive(path: string, options: ExportArchiveOptions = {}): Promise<ArchiveReport> {
    this.assertOpen()
    return exportArchive(this.log, this.view, this.media, path, options)
  }

  close(): Promise<void> {
    return (this.closing ??= this.closeOnce())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Exchanges, keeps the other branches of feeds that forked, and brings the view up to date. */
  private exchange(
    here: Replica,
    there: Replica,
    { branches = there, ...options }: TransferOptions & { branches?: Replica; receive?: boolean }
  ): Promise<DeviceSyncReport> {
    const afterwards = (report: SyncReport): Promise<GoneOn> =>
      this.keepAside(branches, report, options.signal)
    const wanted = wantedOf(this.log.blobs, this.view)
    return syncDevice(here, this.view, there, { receive: true, ...options, afterwards, wanted })
  }

  /** Keeps other branches; where an own feed had forked, goes on under a fresh one. */
  private async keepAside(
    other: Replica,
    report: SyncReport,
    signal?: AbortSignal
  ): Promise<GoneOn> {
    if (this.log.readOnly) return { issued: false, refused: [] }
    await this.aside.keep(other, report, signal)
    return this.branches.goOn(report.refused)
  }

  private newFile(): NewSyncFile {
    const { project, configuration } = this
    return { project, configuration, now: () => this.log.now() }
  }

  private async closeOnce(): Promise<void> {
    try {
      await Promise.all([this.puts.end(), this.peers.close()])
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

function unknownSuccessor(device: string): CairnError {
  return new CairnError(
    'SUCCESSOR_UNKNOWN',
    `No device ${shortFeedId(device)} that says it carries on for this one is known here. Open the new one with succeeds: this device's id, sync with it, and try again.`,
    { feed: device }
  )
}
