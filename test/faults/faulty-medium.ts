// A stick in memory that records every operation, can fail at any of them, and can tell what a disk
// may hold after a crash: what was synced, and of the rest anything that disks are known to do.

import b4a from 'b4a'
import type { Medium } from '../../lib/syncfile/medium.js'
import { type Storage, translateFileError } from '../../lib/syncfile/storage.js'

/** What lies on a disk: the volumes of one file. Nothing there has its name until it is published. */
export interface Image {
  readonly files: ReadonlyMap<number, Uint8Array>
  readonly published: boolean
}

export type Operation =
  | { readonly kind: 'create' | 'remove' | 'sync'; readonly volume: number }
  | { readonly kind: 'write'; readonly volume: number; readonly offset: number; bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly volume: number; readonly byteLength: number }
  | { readonly kind: 'syncNames' | 'publish' }

export interface Fault {
  /** Which operation it strikes, from 1. */
  readonly at: number
  /**
   * ENOSPC: writes fail from here on, the first one half done. EIO: the medium is gone. crash: the
   * program is gone.
   */
  readonly how: 'ENOSPC' | 'EIO' | 'crash'
  /** ENOSPC strikes only writes of more bytes: what is smaller still fits. */
  readonly over?: number
  /** Reads count, too. */
  readonly reads?: boolean
}

export class Crash extends Error {}

export const NOTHING: Image = { files: new Map(), published: false }

export class FaultyMedium implements Medium {
  readonly path = '/stick/territory.cairn'
  readonly minVolumeBytes = 0
  readonly operations: Operation[] = []
  /** How many operations there were, as the fault counts them. */
  count = 0
  fault: Fault | null = null
  /** Bytes that cannot be read, per volume 1, as half-open ranges. */
  badSpots: { from: number; to: number }[] = []
  readOnly = false
  freeBytes: number | null = null
  private readonly files: Map<number, Uint8Array>
  private published: boolean

  constructor(readonly before: Image = NOTHING) {
    this.files = new Map(before.files)
    this.published = before.published
  }

  /** What is there as long as the power stays on. */
  get image(): Image {
    return { files: new Map(this.files), published: this.published }
  }

  get isUnfinished(): boolean {
    return !this.published
  }

  volumePath(volume: number): string {
    return volume === 1 ? this.path : `${this.path}.${String(volume).padStart(3, '0')}`
  }

  async list(): Promise<number[]> {
    return [...this.files.keys()].sort((a, b) => a - b)
  }

  async open(volume: number): Promise<Storage> {
    if (!this.files.has(volume)) throw this.failure('ENOENT')
    return new FaultyStorage(this, volume)
  }

  async create(volume: number): Promise<Storage> {
    this.perform({ kind: 'create', volume })
    return new FaultyStorage(this, volume)
  }

  async syncNames(): Promise<void> {
    this.perform({ kind: 'syncNames' })
  }

  async remove(volume: number): Promise<void> {
    this.perform({ kind: 'remove', volume })
  }

  async publish(): Promise<void> {
    this.perform({ kind: 'publish' })
    this.published = true
  }

  async replace(): Promise<void> {
    throw new Error('not in memory')
  }

  async free(): Promise<number | null> {
    return this.freeBytes
  }

  bytes(volume: number): Uint8Array {
    this.strike(false, null)
    return this.files.get(volume) ?? b4a.alloc(0)
  }

  read(volume: number, offset: number, byteLength: number): Uint8Array {
    this.strike(true, null)
    const bytes = this.files.get(volume) ?? b4a.alloc(0)
    if (offset + byteLength > bytes.byteLength) throw this.failure('EPARTIALREAD')
    const bad = this.badSpots.some(({ from, to }) => from < offset + byteLength && offset < to)
    if (bad) throw this.failure('EIO')
    return b4a.from(bytes.subarray(offset, offset + byteLength))
  }

  perform(operation: Operation): void {
    this.strike(true, operation)
    this.operations.push(operation)
    apply(this.files, operation)
  }

  /** Fails where the fault says so. */
  private strike(counts: boolean, operation: Operation | null): void {
    const { fault } = this
    const isRead = operation === null
    if (counts && (!isRead || fault?.reads === true)) this.count++
    if (fault === null || this.count < fault.at) return
    if (fault.how === 'crash') throw new Crash(`crash at operation ${fault.at}`)
    if (fault.how === 'EIO') throw this.failure('EIO')
    if (operation?.kind !== 'write') return
    if (operation.bytes.byteLength <= (fault.over ?? -1)) return
    if (this.count === fault.at || fault.over !== undefined) {
      const half = { ...operation, bytes: operation.bytes.subarray(0, operation.bytes.length >> 1) }
      this.operations.push(half)
      apply(this.files, half)
    }
    throw this.failure('ENOSPC')
  }

  private failure(code: string): unknown {
    return translateFileError(Object.assign(new Error(code), { code }), this.path)
  }
}

class FaultyStorage implements Storage {
  readonly descriptor = -1
  constructor(
    private readonly medium: FaultyMedium,
    private readonly volume: number
  ) {}

  get path(): string {
    return this.medium.volumePath(this.volume)
  }

  get readOnly(): boolean {
    return this.medium.readOnly
  }

  async size(): Promise<number> {
    return this.medium.bytes(this.volume).byteLength
  }

  async read(offset: number, byteLength: number): Promise<Uint8Array> {
    return this.medium.read(this.volume, offset, byteLength)
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.medium.perform({ kind: 'write', volume: this.volume, offset, bytes: b4a.from(bytes) })
  }

  async truncate(byteLength: number): Promise<void> {
    this.medium.perform({ kind: 'truncate', volume: this.volume, byteLength })
  }

  async sync(): Promise<void> {
    this.medium.perform({ kind: 'sync', volume: this.volume })
  }

  lock(): boolean {
    return true
  }

  async isCurrent(): Promise<boolean> {
    return true
  }

  async close(): Promise<void> {}
}

function apply(files: Map<number, Uint8Array>, operation: Operation): void {
  if (operation.kind === 'create') files.set(operation.volume, b4a.alloc(0))
  if (operation.kind === 'remove') files.delete(operation.volume)
  if (operation.kind === 'write' || operation.kind === 'truncate') {
    const bytes = files.get(operation.volume)
    // Its volume never came to be.
    if (bytes === undefined) return
    if (operation.kind === 'truncate') {
      files.set(operation.volume, bytes.slice(0, operation.byteLength))
    } else {
      const { offset } = operation
      const out = b4a.alloc(Math.max(bytes.byteLength, offset + operation.bytes.byteLength))
      out.set(bytes, 0)
      out.set(operation.bytes, offset)
      files.set(operation.volume, out)
    }
  }
}

export interface CrashOptions {
  readonly random: () => number
  /** The medium acknowledged its last sync and did nothing. */
  readonly lies?: boolean
}

/**
 * What may lie on the disk if the power goes now. Synced writes are there. Of those that are not:
 * each number of the first ones, all but one, one torn at a sector, one of which only the file's
 * length arrived, and some random choices.
 */
export function* crashImages(
  medium: FaultyMedium,
  { random, lies = false }: CrashOptions
): Generator<Image> {
  const { operations, before } = medium
  const published = before.published || operations.some(({ kind }) => kind === 'publish')
  const durable = new Map(before.files)
  const pending: Operation[] = []
  for (const [i, operation] of operations.entries()) {
    if (operation.kind === 'sync' || operation.kind === 'syncNames') continue
    if (isDurable(operations, i, lies)) apply(durable, operation)
    else pending.push(operation)
  }
  const with_ = (chosen: readonly Operation[]): Image => {
    const files = new Map(durable)
    for (const operation of chosen) apply(files, operation)
    return { files, published }
  }
  for (let n = 0; n <= pending.length; n++) yield with_(pending.slice(0, n))
  for (const [i, operation] of pending.entries()) {
    const others = (replaced?: Operation): Operation[] =>
      replaced === undefined ? pending.toSpliced(i, 1) : pending.toSpliced(i, 1, replaced)
    yield with_(others())
    if (operation.kind !== 'write') continue
    const { offset, bytes } = operation
    yield with_(others({ ...operation, bytes: b4a.alloc(bytes.byteLength) }))
    for (const cut of tears(offset, bytes.byteLength, random)) {
      const torn = { ...operation, bytes: bytes.subarray(0, cut) }
      yield with_([...pending.slice(0, i), torn])
      yield with_(others(torn))
    }
  }
  for (let i = 0; i < 6; i++) yield with_(pending.filter(() => random() < 0.5))
}

/** Whether a later sync of the same thing has made an operation last. */
function isDurable(operations: readonly Operation[], index: number, lies: boolean): boolean {
  const operation = operations[index]
  const isSync = ({ kind }: Operation): boolean => kind === 'sync' || kind === 'syncNames'
  const lie = lies ? operations.findLastIndex(isSync) : -1
  return operations.some((later, i) => {
    if (i <= index || i === lie) return false
    if (operation?.kind === 'create' || operation?.kind === 'remove') {
      return later.kind === 'syncNames' || later.kind === 'publish'
    }
    return (
      later.kind === 'sync' &&
      operation !== undefined &&
      'volume' in operation &&
      operation.volume === later.volume
    )
  })
}

/** Sector boundaries within a write: all of a few, some of many. */
function tears(offset: number, byteLength: number, random: () => number): number[] {
  const cuts: number[] = []
  for (let at = 512 - (offset % 512); at < byteLength; at += 512) cuts.push(at)
  while (cuts.length > 6) cuts.splice(Math.floor(random() * cuts.length), 1)
  return cuts
}

/** Random numbers that a printed seed repeats (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let n = Math.imul(state ^ (state >>> 15), 1 | state)
    n = (n + Math.imul(n ^ (n >>> 7), 61 | n)) ^ n
    return ((n ^ (n >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The same for the same content, to meet no image twice. */
export function fingerprint({ files, published }: Image): string {
  const parts = [...files]
    .sort(([a], [b]) => a - b)
    .map(([volume, bytes]) => `${volume}:${b4a.toString(bytes, 'latin1')}`)
  return `${published}|${parts.join('|')}`
}
