// A device and sync files: which file is opened or made for what, and what the device remembers of
// it. The exchange itself is the same as with any other replica.

import type { CreateSyncFileOptions, DeviceSyncOptions, TransferOptions } from './device-options.js'
import { checkCreate } from './device-options.js'
import type { DeviceSyncReport } from './device-sync.js'
import { toIsoTime } from './index/shown-version.js'
import { checkMediaChoice } from './log/media/choice.js'
import type { Log } from './log/log.js'
import type { Head, Replica } from './log/replica.js'
import { AnswerFile, type Asker, askerOf, assumeHeld } from './syncfile/answer.js'
import { type NewSyncFile, createFile, openOrCreate } from './syncfile/files.js'
import { SyncFile } from './syncfile/syncfile.js'

interface DeviceFilesParts {
  readonly log: Log
  readonly projectKey: Uint8Array
  readonly newFile: () => NewSyncFile
  /** Exchanges with the file; `receive` false: only from here. */
  readonly exchange: (
    file: Replica,
    options: TransferOptions,
    receive: boolean
  ) => Promise<DeviceSyncReport>
}

export class DeviceFiles {
  constructor(private readonly parts: DeviceFilesParts) {}

  /** As `device.sync`. */
  async sync(path: string, options: DeviceSyncOptions): Promise<DeviceSyncReport> {
    const { newFile, exchange } = this.parts
    const tiers = checkMediaChoice(options)
    const { signal } = options
    const file = await openOrCreate(path, { ...newFile(), ...(tiers && { tiers }) }, signal)
    try {
      if (options.verify === true) await file.verify({ signal })
      const report = await exchange(file, options, true)
      await this.noteWritten(file)
      return report
    } finally {
      await file.close()
    }
  }

  /** As `device.createSyncFile`. */
  async create(path: string, options: CreateSyncFileOptions): Promise<DeviceSyncReport> {
    const { newFile, exchange } = this.parts
    const { kind, volumeSize } = checkCreate(options)
    const tiers = checkMediaChoice(options)
    const asker =
      options.for === undefined ? null : await this.askerFrom(options.for, options.signal)
    const file = await createFile(path, {
      ...newFile(),
      kind: asker === null ? kind : 'answer',
      ...(volumeSize !== undefined && { volumeSize }),
      ...(tiers && { tiers })
    })
    try {
      if (kind === 'request') await this.ask(file, (options.media ?? false) !== false)
      const target = asker === null ? file : new AnswerFile(file, asker)
      // An answer is for a small file; photos go along where that was asked for.
      const { media = asker === null ? undefined : false } = options
      const report = await exchange(target, { ...options, media }, false)
      // A request moves nothing, so the exchange had nothing to commit.
      await file.commit()
      if (file.kind === 'snapshot') await this.noteWritten(file)
      return report
    } finally {
      await file.close()
    }
  }

  /** Says what is here, so that the answer leaves it out; of photos only where they are asked for. */
  private async ask(file: SyncFile, media: boolean): Promise<void> {
    const { log } = this.parts
    file.listHeads((await log.heads()).values())
    const said = media ? log.blobs.holders.own(await log.blobs.held()) : null
    if (said !== null) await file.blobs.acknowledge([said])
  }

  /** What somebody else holds: from their request or sync file, or as their device told. */
  private async askerFrom(
    asker: string | Iterable<Head>,
    signal: AbortSignal | undefined
  ): Promise<Asker> {
    if (typeof asker !== 'string') return { heads: assumeHeld([...asker]), has: () => false }
    const { projectKey } = this.parts
    await using file = await SyncFile.open(asker, { projectKey, ...(signal && { signal }) })
    return askerOf(file)
  }

  /** Remembers that a sync file held own entries: not proof that they are safe, but a clue. */
  private async noteWritten(file: SyncFile): Promise<void> {
    const { log } = this.parts
    const length = (await file.heads()).get(log.id)?.length
    if (length === undefined || file.readOnly) return
    log.held.written({ path: file.path, writtenAt: toIsoTime(log.now()), length })
    await log.held.save()
  }
}
