// One exchange of a device with any replica: the feeds, then the view, and what it changed, as an
// app shows it: "from Laptop 2: 12 new, 3 edited, 2 deleted".

import type { TransferOptions } from './device-options.js'
import type { Progress } from './exchange/progress.js'
import type { SyncReport } from './exchange/report.js'
import { sync } from './exchange/sync.js'
import type { DeviceChanges, Tally, View, ViewDevice } from './index/public.js'
import type { Replica } from './log/replica.js'
import { SyncFile } from './syncfile/syncfile.js'
import type { FileProblem } from './syncfile/volumes.js'

/** What the entries of one device, as received by a sync, did to the observations here. */
export interface SyncChanges extends DeviceChanges {
  /** The device's name. */
  readonly name?: string
}

export interface DeviceSyncReport extends SyncReport {
  /** By the device that wrote them; none for a device of which nothing was received. */
  readonly changes: readonly SyncChanges[]
  /** What was found damaged in the file when it was opened, also where no feed can be named. */
  readonly problems: readonly FileProblem[]
}

interface Exchange extends TransferOptions {
  /** False: only from here. */
  readonly receive: boolean
  /** Done while both sides are still at hand. */
  readonly afterwards: (report: SyncReport) => Promise<void>
}

/** Exchanges, and brings the view up to date. */
export async function syncDevice(
  log: Replica,
  view: View,
  other: Replica,
  { signal, onProgress, listChanges, receive, afterwards }: Exchange
): Promise<DeviceSyncReport> {
  // So that what was written here before is not counted as brought by the sync.
  await view.update().catch(() => undefined)
  const tally = view.tally()
  let last: Progress | undefined
  const listener = onProgress && ((progress: Progress) => onProgress((last = progress)))
  try {
    let report: SyncReport
    try {
      report = await sync(log, other, { signal, onProgress: listener, receive })
      await afterwards(report)
    } finally {
      if (last !== undefined) onProgress?.({ ...last, phase: 'index' })
      // Also what arrived before an abort or a full disk becomes visible.
      await view.update()
      if (last !== undefined) onProgress?.({ ...last, phase: 'done' })
    }
    const problems = other instanceof SyncFile ? other.problems : []
    return { ...report, problems, changes: changesOf(report, tally, view.devices(), listChanges) }
  } finally {
    tally.finish()
  }
}

function changesOf(
  report: SyncReport,
  tally: Tally,
  devices: readonly ViewDevice[],
  ids: boolean | undefined
): SyncChanges[] {
  const names = new Map(devices.map(({ id, name }) => [id, name]))
  const givers = new Set(report.feeds.filter((f) => f.received > 0).map(({ feed }) => feed))
  const changes = tally.finish({ ids }).filter(({ device }) => givers.has(device))
  return changes.map((change) => {
    const name = names.get(change.device)
    return { ...change, ...(name !== undefined && { name }) }
  })
}
