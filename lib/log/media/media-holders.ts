// Who is known to hold which photos and files: this device's own word, and what it has heard of others
// from sync files and over links. Kept in a sealed file beside the photos: whoever finds the folder
// must not be able to test it for a photo that he knows.

import { readFile } from 'node:fs/promises'
import { Mutex } from 'async-mutex'
import b4a from 'b4a'
import { seal, unseal } from '../crypto.js'
import { writeDurably } from '../durable-file.js'
import { SIGNER_KEY_BYTES, toFeedId, toSignerKey } from '../feed-id.js'
import type { Project } from '../project.js'
import type { BlobTable, MediaAcknowledgment } from '../replica.js'
import { prefixesOf } from './hash-prefixes.js'
import { HeldMedia } from './held-media.js'

const CONTEXT = b4a.from('cairnlog/held-media/1')
/** Signer key, when (f64), bytes of prefixes (u32). */
const ROW_HEADER_BYTES: number = SIGNER_KEY_BYTES + 12

/** Whose folder it is: the feed that the device writes now, and its wall clock in milliseconds. */
export interface Holder {
  readonly feed: { readonly id: string; now(): number }
}

export class MediaHolders {
  private readonly heard = new HeldMedia()
  /** When this device last gave its word, as far as anybody says. */
  private saidAt = 0
  private saidOf: string | null = null
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

  /** A damaged file says nothing: it is filled again by the next syncs. */
  static async open(
    path: string,
    project: Project,
    device: Holder,
    readOnly: boolean
  ): Promise<MediaHolders> {
    const holders = new MediaHolders(path, project, device, readOnly)
    const sealed = await readFile(path).catch(() => null)
    const plain = sealed && unseal(sealed, CONTEXT, holders.key)
    if (plain !== null) holders.heard.merge(decodeRows(plain))
    return holders
  }

  /** This device's word of now, the same as long as what it holds is; null where it never held any. */
  own(blobs: BlobTable): MediaAcknowledgment | null {
    const { id: device } = this.device.feed
    const said = this.heard.of(device)
    const of = blobs.digest?.() ?? null
    if (said !== undefined && of !== null && of === this.saidOf) return said
    this.saidOf = of
    const prefixes = prefixesOf(blobs)
    if (said === undefined && prefixes.byteLength === 0) return null
    if (said !== undefined && said.at >= this.saidAt && b4a.equals(said.prefixes, prefixes)) {
      return said
    }
    const row = {
      device,
      at: Math.max(this.device.feed.now(), this.saidAt + 1, (said?.at ?? 0) + 1),
      prefixes
    }
    this.changed = this.heard.merge([row]).length > 0 || this.changed
    return row
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
      else this.saidAt = Math.max(this.saidAt, row.at)
    }
    if (this.heard.merge(others).length > 0) this.changed = true
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
  save(): Promise<void> {
    return this.mutex.runExclusive(async () => {
      if (!this.changed || this.readOnly) return
      this.changed = false
      try {
        await writeDurably(this.path, seal(encodeRows(this.heard.rows()), CONTEXT, this.key))
      } catch (error) {
        this.changed = true
        throw error
      }
    })
  }
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
