// What is sound of a damaged file goes into a new one, which is then synced with: so the laptop has
// all that could be saved, and the new file all that the laptop has. The damaged one is left alone.

import { rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Device, SyncFile } from 'cairnlog'
import type { Saved } from '../wire/api.js'
import { EXTENSION, mustBeThere, usablePath } from './files.js'
import type { Work, WorkOptions, WorkReport } from './jobs.js'

export interface Salvager {
  readonly device: Device
  readonly projectKey: Uint8Array
}

export function salvageFile(salvager: Salvager, damaged: string, into: string): Work {
  const source = usablePath(damaged, false)
  const target = usablePath(into, true)
  const run = (options: WorkOptions): Promise<WorkReport> =>
    salvage(salvager, source, target, options)
  return { kind: 'salvage', target, phase: 'salvage', run }
}

/** Of a file that came through the page: the new one takes its place, to be downloaded. */
export function salvageUpload(salvager: Salvager, source: string): Work {
  const target = join(dirname(source), `${basename(source, EXTENSION)}-saved${EXTENSION}`)
  const run = async (options: WorkOptions): Promise<WorkReport> => {
    try {
      const report = await salvage(salvager, source, target, options)
      await rm(source)
      return report
    } catch (error) {
      await rm(target, { force: true })
      throw error
    }
  }
  return { kind: 'upload', target: basename(target), phase: 'salvage', run }
}

async function salvage(
  { device, projectKey }: Salvager,
  source: string,
  target: string,
  options: WorkOptions
): Promise<WorkReport> {
  await mustBeThere(source)
  const { configuration } = device
  const { signal } = options
  const { blocks, media } = await SyncFile.salvage(source, target, {
    projectKey,
    configuration,
    signal
  })
  const saved: Saved = {
    entries: { held: blocks.held, lost: blocks.lost },
    images: { held: media.held, lost: media.lost }
  }
  return { ...(await device.sync(target, options)), saved }
}
