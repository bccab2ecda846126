// Who is known to hold which photos and files: this device's own word, and what it has heard of others
// from sync files and over links. Kept in a sealed file beside the photos: whoever finds the folder
// must not be able to test it for a photo that he knows. A word takes the place of an earlier one by
// its date alone, so whatever makes others believe more than the last word said, as the news over a
// link does, has to be followed by a later one, also where that says less, or nothing.

import { readFile } from 'node:fs/promises'
import { Mutex } from 'async-mutex'
import b4a from 'b4a'
import { seal, unseal } from '../crypto.js'
import { writeDurably } from '../durable-file.js'
import { SIGNER_KEY_BYTES, toFeedId, toSignerKey } from '../feed-id.js'
import type { Project } from '../project.js'
import type { BlobTable, MediaAcknowledgment } from '../replica.js'
import { prefixesOf } from './hash-prefixes.js'
import { HeldMedia, LATEST_WORD } from './held-media.js'
import { translateMediaError } from './media-errors.js'

const CONTEXT = b4a.from('cairnlog/held-media/2')
/** Signer key, when (f64), bytes of prefixes (u32). */
const ROW_HEADER_BYTES: number = SIGNER_KEY_BYTES + 12

/** Whose folder it is: the feed that the device writes now, and its wall clock in milliseconds. */
export interface Holder {
  readonly feed: { readonly id: string; now(): number }
}

export class MediaHolders {
  private readonly heard = new HeldMedia()
  /** A word of this device has to be as late as this, by what others say of its words. */
  private saidAt = 0
  private saidOf: string | null = null
  /** Others were told of more since the last word, and the file says so. */
  private toldMore = false
  private changed = false
  private readonly key: Uint8Array
  private readonly mutex = new Mutex()

  private constructor(
    private readonly path: string,
    project: Project,
    private readonly device: Holder,
    private readonly readOnly: boolean
  ) {
    this.key = project.mediaFolderKey('held')
  }

  /** A damaged file says nothing, so what was told is not known: the next syncs fill it again. */
  static async open(
    path: string,
    project: Project,
    device: Holder,
    readOnly: boolean
  ): Promise<MediaHolders> {
    const holders = new MediaHolders(path, project, device, readOnly)
    const sealed = await readFile(path).catch(() => null)
    if (sealed === null) return holders
    const plain = unseal(sealed, CONTEXT, holders.key)
    holders.toldMore = plain?.[0] !== 0
    if (plain !== null) holders.heard.merge(decodeRows(plain.subarray(1)))
    return holders
  }

  /**
   * This device's word of now: the same as long as what it holds is and nobody was told of more.
   * Null where it never held any.
   */
  own(blobs: BlobTable): MediaAcknowledgment | null {
    const { id: device } = this.device.feed
    const said = this.heard.of(device)
    const stands = said !== undefined && said.at >= this.saidAt && !this.toldMore
    const of = blobs.digest?.() ?? null
    if (stands && of !== null && of === this.saidOf) return said
    this.saidOf = of
    const prefixes = prefixesOf(blobs)
    if (stands && b4a.equals(said.prefixes, prefixes)) return said
    const isSilent = said === undefined && this.saidAt === 0 && !this.toldMore
    if (isSilent && prefixes.byteLength === 0) return null
    const at = Math.max(this.device.feed.now(), this.saidAt + 1, (said?.at ?? 0) + 1)
    const row = { device, at, prefixes }
    if (this.heard.merge([row]).length > 0) {
      this.toldMore = false
      this.changed = true
    }
    return row
  }

  /**
   * Tells others of some that have become whole here: `send` does. What is held then is said anew
   * the next time, also after a crash, for they may be gone again by then.
   */
  async tell(send: () => void): Promise<void> {
    while (!this.toldMore && !this.readOnly) await this.write(true)
    send()
  }

  /** What this device holds, and what it has heard of others. */
  rows(blobs: BlobTable): MediaAcknowledgment[] {
    // Takes its place among the others.
    this.own(blobs)
    return this.heard.rows()
  }

  hear(rows: readonly MediaAcknowledgment[]): void {
    const others: MediaAcknowledgment[] = []
    for (const row of rows) {
      if (row.device !== this.device.feed.id) others.push(row)
      else this.hearOfOwn(row.at, row.prefixes)
    }
    if (this.heard.merge(others).length > 0) this.changed = true
  }

  /**
   * Somebody knows a word of this device of that time, and what it said or was told besides. Only a
   * later one takes the place of another one of that time.
   */
  hearOfOwn(at: number, prefixes?: Uint8Array): void {
    if (!(at < LATEST_WORD)) return
    const said = this.heard.of(this.device.feed.id)
    const isOther =
      prefixes !== undefined &&
      (said?.at ?? 0) === at &&
      !b4a.equals(prefixes, said?.prefixes ?? new Uint8Array(0))
    this.saidAt = Math.max(this.saidAt, isOther ? at + 1 : at)
  }

  /** A device's word from itself: whatever others have dated later does not stand against it. */
  hearFrom(said: MediaAcknowledgment): void {
    if (said.device !== this.device.feed.id && this.heard.replace(said)) this.changed = true
  }

  /** A device has said that some more have become whole there. */
  hearMore(device: string, hashes: readonly string[]): void {
    if (device !== this.device.feed.id && this.heard.add(device, hashes)) this.changed = true
  }

  /** When a device last gave its word, as this one has heard. */
  heardAt(device: string): number | null {
    return this.heard.of(device)?.at ?? null
  }

  /** The other devices that have said they hold a photo or file. */
  othersWith(hash: string): MediaAcknowledgment[] {
    return this.heard.holdersOf(hash).filter(({ device }) => device !== this.device.feed.id)
  }

  /** Writes the file where it would say something new; one at a time. */
  async save(): Promise<void> {
    if (!this.readOnly) await this.write(false)
  }

  private write(tellsMore: boolean): Promise<void> {
    return this.mutex.runExclusive(async () => {
      if (tellsMore ? this.toldMore : !this.changed) return
      this.changed = false
      try {
        const plain = encodeFile(this.heard.rows(), tellsMore || this.toldMore)
        await writeDurably(this.path, seal(plain, CONTEXT, this.key))
      } catch (error) {
        this.changed = true
        throw translateMediaError(error, this.path)
      }
      if (tellsMore) this.toldMore = true
    })
  }
}

/** 1 where others were told of more since the own word, then the rows. */
function encodeFile(rows: readonly MediaAcknowledgment[], toldMore: boolean): Uint8Array {
  return b4a.concat([Uint8Array.of(toldMore ? 1 : 0), encodeRows(rows)])
}

function encodeRows(rows: readonly MediaAcknowledgment[]): Uint8Array {
  const parts: Uint8Array[] = []
  for (const { device, at, prefixes } of rows) {
    const header = Buffer.alloc(ROW_HEADER_BYTES)
    header.set(toSignerKey(device))
    header.writeDoubleLE(at, SIGNER_KEY_BYTES)
    header.writeUInt32LE(prefixes.byteLength, SIGNER_KEY_BYTES + 8)
    parts.push(header, prefixes)
  }
  return b4a.concat(parts)
}

function* decodeRows(bytes: Uint8Array): Generator<MediaAcknowledgment> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + ROW_HEADER_BYTES <= all.byteLength;) {
    const device = toFeedId(all.subarray(at, at + SIGNER_KEY_BYTES))
    const saidAt = all.readDoubleLE(at + SIGNER_KEY_BYTES)
    const begin = at + ROW_HEADER_BYTES
    at = begin + all.readUInt32LE(at + SIGNER_KEY_BYTES + 8)
    yield { device, at: saidAt, prefixes: b4a.from(all.subarray(begin, at)) }
  }
}
