// A device: one laptop's log, its view, and the ways to exchange with others. This is what an app
// opens.

import { join } from 'node:path'
import {
  type CreateSyncFileOptions,
  type DeviceOptions,
  type DeviceStatus,
  type TransferOptions,
  checkConfiguration,
  checkCreate,
  checkOptions
} from './device-options.js'
import { CairnError } from './errors.js'
import type { Progress } from './exchange/progress.js'
import type { SyncReport } from './exchange/report.js'
import { sync } from './exchange/sync.js'
import { View } from './index/public.js'
import { Log } from './log/log.js'
import { Project } from './log/project.js'
import type { Configuration, Head, Replica } from './log/replica.js'
import { Observations } from './observations.js'
import { AnswerFile, assumeHeld, headsOf } from './syncfile/answer.js'
import { type NewSyncFile, createFile, openOrCreate } from './syncfile/files.js'
import { SyncFile } from './syncfile/syncfile.js'

export class Device {
  readonly observations: Observations
  private closing: Promise<void> | null = null

  private constructor(
    private readonly options: DeviceOptions,
    private readonly project: Project,
    private readonly log: Log,
    private readonly view: View
  ) {
    this.observations = new Observations(log, view, () => this.assertOpen())
  }

  /**
   * Opens the device in a folder, or makes a new one there. Throws PROJECT_MISMATCH,
   * DEVICE_LOCKED, DEVICE_COPIED, DEVICE_ROLLED_BACK, DEVICE_DAMAGED, NO_SPACE.
   */
  static async open(dir: string, options: DeviceOptions): Promise<Device> {
    checkOptions(dir, options)
    const { name, configuration, wallClock, onEvent } = options
    const project = new Project(options.projectKey)
    const log = await Log.open(dir, {
      project,
      name,
      configuration,
      ...(wallClock !== undefined && { wallClock })
    })
    try {
      const view = await View.open(join(dir, 'view'), log, { onEvent })
      return new Device(options, project, log, view)
    } catch (error) {
      await log.close()
      throw error
    }
  }

  /** Device id: the id of its feed. */
  get id(): string {
    return this.log.id
  }

  get name(): string {
    return this.options.name
  }

  /** Public fingerprint of the project, hex. Safe to show. */
  get projectId(): string {
    return this.project.id
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
   * SYNCFILE_VERSION, SYNCFILE_DAMAGED, SYNCFILE_LOCKED, NO_SPACE, PATH_UNUSABLE, IO_FAILED,
   * ABORTED.
   */
  async sync(path: string, options: TransferOptions = {}): Promise<SyncReport> {
    this.assertOpen()
    const file = await openOrCreate(path, this.newFile())
    try {
      return await this.syncWith(file, options)
    } finally {
      await file.close()
    }
  }

  /**
   * Writes a new file: a snapshot of everything this device holds; with `kind: 'request'` only
   * where its feeds end; with `for` an answer, which holds only what that side lacks. Throws
   * SYNCFILE_EXISTS, NO_SPACE, PATH_UNUSABLE, IO_FAILED, ABORTED.
   */
  async createSyncFile(path: string, options: CreateSyncFileOptions = {}): Promise<SyncReport> {
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
      return report
    } finally {
      await file.close()
    }
  }

  /** Exchanges with any replica, both ways, and brings the view up to date. */
  async syncWith(other: Replica, options: TransferOptions = {}): Promise<SyncReport> {
    this.assertOpen()
    return this.exchange(other, options, true)
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
    const names = new Map(this.view.devices().map(({ id, name }) => [id, name]))
    const feeds = [...this.log.ends()].map(([device, { length }]) => {
      const name = names.get(device)
      return { device, length, ...(name !== undefined && { name }) }
    })
    const { id, name, projectId, configuration } = this
    return { ...this.view.status(), id, name, projectId, configuration, feeds }
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

  async close(): Promise<void> {
    this.closing ??= this.closeOnce()
    await this.closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private async exchange(
    other: Replica,
    { signal, onProgress }: TransferOptions,
    receive: boolean
  ): Promise<SyncReport> {
    let last: Progress | undefined
    const listener = onProgress && ((progress: Progress) => onProgress((last = progress)))
    try {
      return await sync(this.log, other, { signal, onProgress: listener, receive })
    } finally {
      if (last !== undefined) onProgress?.({ ...last, phase: 'index' })
      // Also what arrived before an abort or a full disk becomes visible.
      await this.view.update()
      if (last !== undefined) onProgress?.({ ...last, phase: 'done' })
    }
  }

  /** What somebody else holds: from their request or sync file, or as their device told. */
  private async headsFor(asker: string | Iterable<Head>): Promise<ReadonlyMap<string, Head>> {
    if (typeof asker !== 'string') return assumeHeld([...asker])
    const { projectKey } = this.options
    await using file = await SyncFile.open(asker, { projectKey })
    return headsOf(file)
  }

  private newFile(): NewSyncFile {
    const { project, configuration } = this
    return { project, configuration, now: () => this.log.now() }
  }

  private async closeOnce(): Promise<void> {
    try {
      await this.view.close()
    } finally {
      await this.log.close()
    }
  }

  private assertOpen(): void {
    if (this.closing === null) return
    throw new CairnError('CLOSED', `The device "${this.name}" has been closed.`)
  }
}
