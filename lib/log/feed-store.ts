// The adapter for hypercore and corestore: feeds by feed id, over a narrow interface of our own.
// It relies on a few things that hypercore 11 keeps internal, all of them in this file: raw batched
// block reads (twice as fast as core.get) and merkle nodes from storage, both without a core, and how
// corestore lets go of an idle core (it would keep each one for 8 seconds; 10,000 feeds would cost
// 600 MB).

import { dirname, join } from 'node:path'
import hypercoreCrypto from 'hypercore-crypto'
import flat from 'flat-tree'
import { CairnError } from '../errors.js'
import { type Core, type CoreStorage, endRecovery, noteAppended } from './core.js'
import { FeedEnds } from './feed-ends.js'
import { toFeedId, toSignerKey } from './feed-id.js'
import { Gate } from './gate.js'
import type { TreeNode } from './merkle.js'
import { type OpenStoreOptions, hasRoom, openStore } from './open-store.js'
import { Pool } from './pool.js'
import { readEnds } from './stored-ends.js'
import { coreKeyOf, frameSignature, manifestOf, unframeSignature } from './signature.js'
import { readOnlyError, translateStoreError } from './store-errors.js'
import { Wal } from './wal.js'

/** Open cores at a time: each costs about 60 KB. */
export const MAX_OPEN_FEEDS = 256

/** Blocks asked of the store at once. */
const READ_BATCH = 1024

export interface FeedEnd {
  readonly length: number
  readonly rootHash: Uint8Array
  /** Bare 64 bytes. */
  readonly signature: Uint8Array
}

interface KeyPair {
  readonly publicKey: Uint8Array
  readonly secretKey: Uint8Array
}

export class FeedStore {
  private readonly ownKeys = new Map<string, KeyPair>()
  private readonly cores = new Pool<Core>(MAX_OPEN_FEEDS, {
    open: (feed) => this.openCore(feed),
    close: (core) => this.closeCore(core)
  })
  /** For reading no core need be open. */
  private readonly storages = new Pool<CoreStorage>(MAX_OPEN_FEEDS, {
    open: (feed) => this.openStorage(feed),
    close: (storage) => storage.close()
  })

  private wal: Wal
  /** Closed to all while a store that a full disk has stopped is opened anew. */
  private readonly gate = new Gate()
  private isStopped = false
  private isClosed = false
  private table = new FeedEnds()

  private constructor(
    private store: any,
    private readonly dir: string,
    readonly readOnly: boolean
  ) {
    this.wal = new Wal(join(dir, 'db'), store.storage.db)
  }

  /** Throws DEVICE_LOCKED, DEVICE_COPIED, DEVICE_DAMAGED, NO_SPACE; DEVICE_ROLLED_BACK: `dropLog`. */
  static async open(dir: string, options: OpenStoreOptions = {}): Promise<FeedStore> {
    return new FeedStore(await openStore(dir, options), dir, options.readOnly === true)
  }

  /** The key pair of this device's feed of that label; the same for the life of the store. */
  async ownKeyPair(label: string): Promise<KeyPair> {
    const keyPair: KeyPair = await this.store.createKeyPair(`cairnlog/feed/${label}`)
    this.ownKeys.set(toFeedId(keyPair.publicKey), keyPair)
    return keyPair
  }

  /** Where every feed ends, read without opening one. Feeds without blocks are left out. */
  async ends(): Promise<FeedEnds> {
    this.table = await readEnds(this.store)
    return this.table
  }

  /**
   * Appends to a feed so that it becomes `length` long: incoming blocks with the signature of that
   * length, own blocks, which are sealed for their place, without. Resolves to the new end, or to null
   * where hypercore refused the signature and nothing changed.
   */
  async append(
    feed: string,
    blocks: readonly Uint8Array[],
    length: number,
    signature?: Uint8Array
  ): Promise<FeedEnd | null> {
    return this.use(feed, async (core) => {
      const isInPlace = signature !== undefined || core.length + blocks.length === length
      if (!isInPlace) throw notWhereItWas(feed)
      // With maxLength an overlap is told apart from a forgery: nothing is appended, nothing thrown.
      const signed = signature && { signature: frameSignature(signature) }
      const postappend = async (): Promise<void> => noteAppended(core, blocks.length)
      const options = { maxLength: length, postappend, ...signed }
      let appended
      try {
        appended = await core.append(blocks, options)
      } catch (error) {
        if ((error as { code?: string }).code === 'INVALID_SIGNATURE') return null
        throw error
      }
      if (appended.length !== length) throw notWhereItWas(feed)
      return endOf(core)
    })
  }

  /** Blocks `[from, to)`, which must be held. */
  async read(feed: string, from: number, to: number): Promise<Uint8Array[]> {
    return this.useStorage(feed, async (storage) => {
      const blocks: Uint8Array[] = []
      for (let start = from; start < to; start += READ_BATCH) {
        const batch = storage.read()
        const reads: Promise<Uint8Array | null>[] = []
        for (let seq = start; seq < Math.min(to, start + READ_BATCH); seq++) {
          reads.push(batch.getBlock(seq))
        }
        batch.tryFlush()
        for (const block of await Promise.all(reads)) {
          if (block === null) throw missing(feed, from + blocks.length)
          blocks.push(block)
        }
      }
      return blocks
    })
  }

  /** The merkle roots over the first `length` blocks. */
  async roots(feed: string, length: number): Promise<TreeNode[]> {
    return this.useStorage(feed, async (storage) => {
      const batch = storage.read()
      const reads = flat.fullRoots(2 * length).map((index) => batch.getTreeNode(index))
      batch.tryFlush()
      return (await Promise.all(reads)).map((node) => {
        if (node === null) throw missing(feed, length)
        return node
      })
    })
  }

  async rootHash(feed: string, length: number): Promise<Uint8Array> {
    return hypercoreCrypto.tree(await this.roots(feed, length))
  }

  /** Makes everything appended so far survive a power cut. */
  async flush(): Promise<void> {
    // storage.flush() acts on another column family and flushes nothing of ours (design, 4).
    await this.write(() => this.wal.flush())
  }

  /** The same at a tenth of the cost, for a few entries: see wal.ts. */
  async flushLog(): Promise<void> {
    await this.write(() => this.wal.sync())
  }

  /** Lets stock replication over `mux` read a feed; it stays open until the connection is `over`. */
  async serveStock(feed: string, mux: unknown, over: Promise<unknown>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const serve = async ({ core: { replicator } }: Core): Promise<void> => {
        if (!replicator.attached(mux)) replicator.attachTo(mux)
        resolve()
        await over
      }
      this.guard(() => this.cores.use(feed, serve)).catch(reject)
    })
  }

  /** Throws DEVICE_READ_ONLY. */
  assertWritable(): void {
    if (this.readOnly) throw readOnlyError(dirname(this.dir))
  }

  /** How many feeds are open now. */
  get openCount(): number {
    return this.cores.count
  }

  async close(): Promise<void> {
    this.isClosed = true
    // One that is being opened anew is closed as well.
    await this.gate.pass(() => this.closeAll())
  }

  private async closeAll(): Promise<void> {
    // The store closes those itself.
    await this.cores.drain()
    for (const storage of await this.storages.drain()) await storage.close()
    await this.wal.close()
    await this.store.close()
  }

  private async write(work: () => Promise<void>): Promise<void> {
    if (this.readOnly) return
    await this.goOn()
    await this.gate.pass(() => this.guard(work))
  }

  /**
   * RocksDB writes nothing more after a full disk until it is opened anew: when there is room. To be
   * called before an append looks where the feed ends: what was said to have failed may have been
   * written after all.
   */
  async goOn(): Promise<void> {
    if (!this.isStopped || this.isClosed || !(await hasRoom(this.dir))) return
    await this.gate.shut(async () => {
      if (!this.isStopped || this.isClosed) return
      await this.closeAll()
      this.store = await openStore(this.dir, {})
      this.wal = new Wal(join(this.dir, 'db'), this.store.storage.db)
      this.isStopped = false
      for (const [feed, end] of await readEnds(this.store)) {
        if (end.length !== this.table.get(feed)?.length) this.table.set(feed, end)
      }
    })
  }

  private failed(error: unknown): unknown {
    const known = translateStoreError(error)
    if (known instanceof CairnError && known.code === 'NO_SPACE') this.isStopped = true
    return known
  }

  private use<T>(feed: string, work: (core: Core) => Promise<T>): Promise<T> {
    return this.gate.pass(() => this.guard(() => this.cores.use(feed, work)))
  }

  private useStorage<T>(feed: string, work: (storage: CoreStorage) => Promise<T>): Promise<T> {
    return this.gate.pass(() => this.guard(() => this.storages.use(feed, work)))
  }

  private async guard<T>(work: () => Promise<T>): Promise<T> {
    if (this.isClosed) throw new CairnError('CLOSED', 'The device was closed meanwhile.')
    try {
      return await work()
    } catch (error) {
      throw this.failed(error)
    }
  }

  private async openCore(feed: string): Promise<Core> {
    const signerKey = toSignerKey(feed)
    const keyPair = this.ownKeys.get(feed)
    const core: Core = this.store.get({
      key: coreKeyOf(signerKey),
      manifest: manifestOf(signerKey),
      // Stock replication may only serve: what it downloads would leave holes (design, 2).
      pushOnly: true,
      ...(keyPair && { keyPair })
    })
    await core.ready()
    if (core.recovering > 0 && !this.readOnly) await endRecovery(core)
    return core
  }

  private async openStorage(feed: string): Promise<CoreStorage> {
    const discoveryKey = hypercoreCrypto.discoveryKey(coreKeyOf(toSignerKey(feed)))
    const storage: CoreStorage | null = await this.store.storage.resumeCore(discoveryKey)
    if (storage === null) throw missing(feed, 0)
    return storage
  }

  private async closeCore(core: Core): Promise<void> {
    const inner = core.core
    await core.close()
    await inner.close()
    this.store.cores._gcing.delete(inner)
    this.store.cores._gc(inner)
  }
}

function endOf(core: Core): FeedEnd {
  return {
    length: core.length,
    rootHash: hypercoreCrypto.tree(core.state.roots),
    signature: unframeSignature(core.state.signature)
  }
}

function notWhereItWas(feed: string): Error {
  return new Error(`feed ${feed} is not where it was thought`)
}

function missing(feed: string, seq: number): CairnError {
  return new CairnError(
    'DEVICE_DAMAGED',
    `Block ${seq} of feed ${feed} should be in this device's store and is not. Sync with a file or device that has it.`,
    { feed, seq }
  )
}
