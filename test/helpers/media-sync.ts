// The exchange of media between two replicas, with the options that tests leave out.

import { type MediaOptions, syncMedia } from '../../lib/exchange/media.js'
import type { MediaReport } from '../../lib/exchange/media-report.js'
import { type Progress, ProgressMeter } from '../../lib/exchange/progress.js'
import type { Amount } from '../../lib/exchange/report.js'
import type { MediaPolicy, Wanted } from '../../lib/log/media/reference.js'
import type { Replica } from '../../lib/log/replica.js'

export const ALL_TIERS: MediaPolicy = { thumbnail: true, preview: true, original: true }

export interface MediaOutcome {
  readonly received: Amount
  readonly sent: Amount
  readonly media: MediaReport
  readonly progress: Progress[]
}

export async function exchangeMedia(
  here: Replica,
  there: Replica,
  wanted: Wanted,
  options: Partial<MediaOptions> = {}
): Promise<MediaOutcome> {
  const received = { entries: 0, media: 0, bytes: 0 }
  const sent = { entries: 0, media: 0, bytes: 0 }
  const progress: Progress[] = []
  const meter = new ProgressMeter((each) => progress.push(each))
  const media = await syncMedia(here, there, {
    wanted,
    receive: ALL_TIERS,
    send: ALL_TIERS,
    progress: meter,
    received,
    sent,
    ...options
  })
  return { received, sent, media, progress }
}
