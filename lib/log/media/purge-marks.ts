// What was purged here, so that the next sync does not bring it back. A file of this device alone:
// an entry in its feed was the other way, and would have told everybody, for ever, what one laptop
// once had no room for. Written whole, encrypted, before anything is removed.

import { readFile } from 'node:fs/promises'
import { Mutex } from 'async-mutex'
import b4a from 'b4a'
import { HASH_BYTES, seal, unseal } from '../crypto.js'
import { writeDurably } from '../durable-file.js'
import type { Project } from '../project.js'
import { HashIndex } from './hash-index.js'

const CONTEXT = b4a.from('cairnlog/purged/1')

export class PurgeMarks {
  private readonly hashes = new HashIndex(HASH_BYTES)
  private changed = false
  private readonly key: Uint8Array
  private readonly mutex = new Mutex()

  private constructor(
    private readonly path: string,
    project: Project
  ) {
    this.key = project.mediaFolderKey('purged')
  }

  /** A damaged file counts as none: what was purged may come back, nothing is lost. */
  static async open(path: string, project: Project): Promise<PurgeMarks> {
    const marks = new PurgeMarks(path, project)
    const sealed = await readFile(path).catch(() => null)
    const hashes = sealed && unseal(sealed, CONTEXT, marks.key)
    for (let at = 0; hashes && at + HASH_BYTES <= hashes.byteLength; at += HASH_BYTES) {
      marks.hashes.add(hashes.subarray(at, at + HASH_BYTES))
    }
    return marks
  }

  get count(): number {
    return this.hashes.count
  }

  has(hash: string): boolean {
    return this.count > 0 && this.hasBytes(b4a.from(hash, 'hex'))
  }

  hasBytes(hash: Uint8Array): boolean {
    return this.hashes.find(hash) !== -1
  }

  /** Durable when this resolves; where it throws, nothing is marked that was not. */
  add(hashes: readonly string[]): Promise<void> {
    return this.mutex.runExclusive(async () => {
      const fresh = hashes.filter((hash) => !this.has(hash))
      for (const hash of fresh) this.hashes.add(b4a.from(hash, 'hex'))
      if (fresh.length > 0) this.changed = true
      try {
        await this.write()
      } catch (error) {
        for (const hash of fresh) this.remove(hash)
        throw error
      }
    })
  }

  /** Durable after the next `save`: a mark counts only for what is not here, so that is soon enough. */
  remove(hash: string): void {
    if (!this.has(hash)) return
    this.hashes.remove(this.hashes.find(b4a.from(hash, 'hex')))
    this.changed = true
  }

  removeAll(hashes: Iterable<string>): void {
    if (this.count > 0) for (const hash of hashes) this.remove(hash)
  }

  /** Writes the file where it would say something new; one at a time. */
  save(): Promise<void> {
    return this.mutex.runExclusive(() => this.write())
  }

  private async write(): Promise<void> {
    if (!this.changed) return
    // Before the writing: what changes meanwhile is for the next one.
    this.changed = false
    const plain = Buffer.alloc(this.count * HASH_BYTES)
    for (let i = 0; i < this.count; i++) plain.set(this.hashes.key(i), i * HASH_BYTES)
    try {
      await writeDurably(this.path, seal(plain, CONTEXT, this.key))
    } catch (error) {
      this.changed = true
      throw error
    }
  }
}
