// What is sound of a damaged file goes into a new one, which is then synced with: so the laptop has
// all that could be saved, and the new file all that the laptop has. The damaged one is left alone.

import { rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SyncFile } from 'cairnlog'
import type { Saved } from '../wire/api.js'
import { EXTENSION, type KeyedDevice, mustBeThere, syncInPassing, usablePath } from './files.js'
import type { Work, WorkOptions, WorkReport } from './jobs.js'

export function salvageFile(keyed: KeyedDevice, damaged: string, into: string): Work {
  const source = usablePath(damaged, false)
  const target = usablePath(into, true)
  const run = async (options: WorkOptions): Promise<WorkReport> => {
    const saved = await salvage(keyed, source, target, options)
    return { ...(await keyed.device.sync(target, options)), saved }
  }
  return { kind: 'salvage', target, phase: 'salvage', run }
}

/** Of a file that came through the page: the new one takes its place, to be downloaded. */
export function salvageUpload(keyed: KeyedDevice, source: string): Work {
  const target = join(dirname(source), `${basename(source, EXTENSION)}-saved${EXTENSION}`)
  const run = async (options: WorkOptions): Promise<WorkReport> => {
    try {
      const saved = await salvage(keyed, source, target, options)
      const report = await syncInPassing(keyed, target, options)
      await rm(source)
      return { ...report, saved }
    } catch (error) {
      await rm(target, { force: true })
      throw error
    }
  }
  return { kind: 'upload', target: basename(target), phase: 'salvage', run }
}

async function salvage(
  { device, projectKey }: KeyedDevice,
  source: string,
  target: string,
  { signal, onRead }: WorkOptions
): Promise<Saved> {
  await mustBeThere(source)
  const { configuration } = device
  const { blocks, media } = await SyncFile.salvage(source, target, {
    projectKey,
    configuration,
    signal,
    onProgress: onRead
  })
  return {
    entries: { held: blocks.held, lost: blocks.lost },
    images: { held: media.held, lost: media.lost }
  }
}
