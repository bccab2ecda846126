// What must hold whatever a hostile peer does.

import b4a from 'b4a'
import { CairnError } from '../../lib/errors.js'
import type { CheckProblem, Device } from '../../lib/main.js'
import type { Log } from '../../lib/log/log.js'
import { isWhole } from '../../lib/peer/media-server.js'
import { MESSAGE } from '../../lib/peer/messages.js'
import { MalformedMessage } from '../../lib/peer/wire.js'
import type { Photo } from '../helpers/memory-blobs.js'
import { has } from '../helpers/photos.js'

/** No part of a case takes longer, unless it hangs. */
const PATIENCE_MS = 30_000

/** Of memory in one case, which holds all of its devices and hostile peers. */
const MAX_GROWTH_MIB = 500

/** What no peer can bring about in a device. */
const DAMAGE: ReadonlySet<CheckProblem['code']> = new Set<CheckProblem['code']>([
  'MEDIA_DAMAGED',
  'STORE_DAMAGED',
  'VIEW_OUT_OF_STEP'
])

/** How a link may end, whoever is at the other end. */
const ENDS: ReadonlySet<string> = new Set([
  'CONFIGURATION_MISMATCH',
  'DEVICE_COPIED',
  'PEER_CLOSED',
  'PEER_INVALID',
  'PEER_SILENT',
  'PROJECT_MISMATCH'
])

export interface State {
  readonly ends: ReadonlyMap<string, { length: number; rootHash: Uint8Array }>
  /** Ids of the observations that are shown. */
  readonly ids: ReadonlySet<string>
}

export function logOf(device: Device): Log {
  return device.replica as Log
}

export async function stateOf(device: Device): Promise<State> {
  const ids = new Set<string>()
  for await (const { id } of device.observations.query({})) ids.add(id)
  return { ends: new Map(logOf(device).ends()), ids }
}

export function turn(): Promise<void> {
  return new Promise((go) => setTimeout(go, 5))
}

/** Throws where it takes too long. */
export async function within<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`${what}: not within ${PATIENCE_MS / 1000} s`)
    timer = setTimeout(() => reject(error), PATIENCE_MS)
  })
  try {
    return await Promise.race([work, late])
  } catch (error) {
    throw error instanceof CairnError
      ? new Error(`${what}: ${error.message}`, { cause: error })
      : error
  } finally {
    clearTimeout(timer)
  }
}

/** A link ends in peace or says what an app can handle. */
export async function assertEnd(promise: Promise<unknown>): Promise<void> {
  try {
    await promise
  } catch (error) {
    if (!(error instanceof CairnError) || !ENDS.has(error.code)) throw error
    // Whatever is thrown while a message is handled is told as the peer's fault; ours would be, too.
    const { code, cause = null, message } = error
    if (code !== 'PEER_INVALID' || cause === null || cause instanceof MalformedMessage) return
    throw new Error(message, { cause })
  }
}

/** Before the proof a stranger hears a proof and a goodbye. */
export function assertNothingTold(told: readonly number[] | null): void {
  const said = told?.find((type) => type !== MESSAGE.proof && type !== MESSAGE.bye)
  if (said !== undefined) throw new Error(`somebody without the key was told message ${said}`)
}

/** What it held it holds. */
export async function assertKept(device: Device, before: State): Promise<void> {
  for (const [feed, { length, rootHash }] of before.ends) {
    const now = await logOf(device).rootHash(feed, length)
    if (now === null || !b4a.equals(now, rootHash)) throw new Error(`${feed} is not what it was`)
  }
  const { ids } = await stateOf(device)
  for (const id of before.ids) if (!ids.has(id)) throw new Error(`${id} is gone`)
}

/** Every photo that is there as a whole is what its name says. */
export async function assertPhotos(device: Device, photos: readonly Photo[]): Promise<void> {
  const table = await logOf(device).blobs.held()
  for (const each of photos) {
    if (!isWhole(table, each.name) || (await has(device, each))) continue
    throw new Error(`photo ${each.name.hash} is not what its name says`)
  }
}

/** Every query of the view can be answered, and what is stored is sound. */
export async function assertShown(
  device: Device,
  { places, quick }: { places: number; quick: boolean }
): Promise<void> {
  const bbox: [number, number, number, number] = [-10, -10, 10, 10]
  for (const query of [{}, { bbox }, { tags: { live: 'mine' } }, { deleted: true, limit: 50 }]) {
    for await (const { id } of device.observations.query(query)) {
      await device.observations.get(id)
    }
  }
  const shown = await device.observations.count({ bbox })
  if (shown < places) throw new Error(`${shown} of ${places} places are shown`)
  await device.status()
  for await (const { code, message } of device.check({ quick })) {
    if (DAMAGE.has(code)) throw new Error(`${code}: ${message}`)
  }
}

/** What nobody caught. */
export class Stray {
  private readonly errors: unknown[] = []
  private readonly hear = (error: unknown): void => void this.errors.push(error)

  constructor() {
    for (const event of STRAY) process.on(event, this.hear)
  }

  async assertNone(): Promise<void> {
    // It is noticed a turn later.
    await new Promise((go) => setImmediate(go))
    if (this.errors.length > 0) throw new Error('nobody caught this', { cause: this.errors[0] })
  }

  stop(): void {
    for (const event of STRAY) process.off(event, this.hear)
  }
}

const STRAY = ['uncaughtException', 'unhandledRejection'] as const

/** Memory that a case takes beyond what the process had: stores that were closed leave some behind. */
export class Growth {
  private readonly before = process.memoryUsage.rss()
  private most = 0
  private readonly timer: NodeJS.Timeout = setInterval(() => {
    this.most = Math.max(this.most, process.memoryUsage.rss() - this.before)
  }, 20)

  stop(): void {
    clearInterval(this.timer)
  }

  assertBounded(): void {
    const grown = Math.round(this.most / 2 ** 20)
    if (grown > MAX_GROWTH_MIB) throw new Error(`${grown} MiB more`)
  }
}
