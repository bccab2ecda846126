// One exchange of a device with any replica: the feeds, then the view, then the photos and files that
// it knows of, and what it changed, as an app shows it: "from Laptop 2: 12 new, 3 edited, 2 deleted".

import type { GoneOn } from './branches.js'
import type { TransferOptions } from './device-options.js'
import { syncMedia } from './exchange/media.js'
import type { MediaReport } from './exchange/media-report.js'
import { type Progress, ProgressMeter } from './exchange/progress.js'
import type { Refusal, SyncReport } from './exchange/report.js'
import { sync } from './exchange/sync.js'
import type { DeviceChanges, Tally, View, ViewDevice } from './index/public.js'
import type { Wanted } from './log/media/reference.js'
import type { Replica } from './log/replica.js'
import { ALL_TIERS, checkMediaChoice } from './log/media/choice.js'
import { SyncFile } from './syncfile/syncfile.js'
import type { FileProblem } from './syncfile/file-problem.js'

/** What the entries of one device, as received by a sync, did to the observations here. */
export interface SyncChanges extends DeviceChanges {
  /** The device's name. */
  readonly name?: string
}

export interface DeviceSyncReport extends SyncReport {
  /** By the device that wrote them; none for a device of which nothing was received. */
  readonly changes: readonly SyncChanges[]
  /** Photos and files that were left out or refused. */
  readonly media: MediaReport
  /** What was found damaged or unfinished in the file, also where no feed can be named. */
  readonly problems: readonly FileProblem[]
}

interface Exchange extends TransferOptions {
  /** False: only from here. */
  readonly receive: boolean
  /** What the entries in the view reference, but what was purged here. */
  readonly wanted: Wanted
  /** Done while both sides are still at hand; `issued` where there is more to give now. */
  readonly afterwards: (report: SyncReport) => Promise<GoneOn>
}

/** Exchanges, and brings the view up to date. */
export async function syncDevice(
  log: Replica,
  view: View,
  other: Replica,
  { signal, onProgress, listChanges, receive, afterwards, ...options }: Exchange
): Promise<DeviceSyncReport> {
  const chosen = checkMediaChoice(options)
  // So that what was written here before is not counted as brought by the sync.
  await view.update().catch(() => undefined)
  const tally = view.tally()
  let last: Progress | undefined
  const listener = onProgress && ((progress: Progress) => onProgress((last = progress)))
  try {
    let report: SyncReport
    try {
      report = await sync(log, other, { signal, onProgress: listener, receive })
      const { issued, refused } = await afterwards(report)
      report = { ...report, refused: [...report.refused, ...refused] }
      if (issued) report = withMoreSent(report, await sync(log, other, { signal, receive: false }))
    } finally {
      if (last !== undefined) onProgress?.({ ...last, phase: 'index' })
      // Also what arrived before an abort or a full disk becomes visible.
      await view.update()
    }
    const changes = changesOf(report, tally, view.devices(), listChanges)
    // Only now is it known what the entries reference that have come.
    const { received, sent } = report
    const tiers = other instanceof SyncFile ? other.tiers : null
    const media = await syncMedia(log, other, {
      wanted: options.wanted,
      receive: receive ? (chosen ?? ALL_TIERS) : null,
      send: chosen ?? tiers ?? ALL_TIERS,
      maxBytes: options.maxBytes,
      signal,
      progress: new ProgressMeter(listener, last),
      received,
      sent
    })
    const problems = other instanceof SyncFile ? other.problems : []
    if (last !== undefined) onProgress?.({ ...last, phase: 'done' })
    return { ...report, problems, changes, media }
  } finally {
    tally.finish()
  }
}

function withMoreSent(report: SyncReport, more: SyncReport): SyncReport {
  const sent = {
    entries: report.sent.entries + more.sent.entries,
    media: report.sent.media,
    bytes: report.sent.bytes + more.sent.bytes
  }
  const before = new Map(report.feeds.map((row) => [row.feed, row]))
  const feeds = more.feeds.map((row) => {
    const known = before.get(row.feed)
    return known === undefined ? row : { ...known, sent: known.sent + row.sent }
  })
  const isNews = (row: Refusal): boolean =>
    !report.refused.some(({ feed, code }) => feed === row.feed && code === row.code)
  const refused = [...report.refused, ...more.refused.filter(isNews)]
  return { ...report, sent, feeds, refused }
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
