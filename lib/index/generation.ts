// One tree on disk, in a folder of its own under the view's: the rows, the feed table and the
// summary. A view that is made anew goes into the next generation, and only when that is complete
// does it take the place of the last; until then, and for queries that still run, the last one
// stays. So a rebuild that breaks off costs nothing but its time.

import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openTree, type Tree } from './bee.js'
import { ViewDamage } from './damage.js'
import { FeedTable } from './feed-table.js'
import { FEED_KEYS, feedKey, feedNumber, ROW_KEYS, rowId, SUMMARY_KEY } from './keys.js'
import { decodeSummary, emptySummary, encodeSummary, type Summary } from './summary.js'

const FOLDER_NAME = /^g([1-9][0-9]{0,14})$/

/** Numbers of the generations in a view's folder, newest first; none where there is no folder. */
export async function listGenerations(dir: string): Promise<number[]> {
  const names = await readdir(dir).catch(() => [])
  const numbers = names.map((name) => Number(FOLDER_NAME.exec(name)?.[1] ?? 0))
  return numbers.filter((number) => number > 0).sort((a, b) => b - a)
}

export async function removeGeneration(dir: string, number: number): Promise<void> {
  await rm(folderOf(dir, number), { recursive: true, force: true, maxRetries: 3 })
}

function folderOf(dir: string, number: number): string {
  return join(dir, `g${number}`)
}

export class Generation {
  feeds: FeedTable = new FeedTable()
  summary: Summary = emptySummary()
  /** The greatest id that has a row; empty where there is none. */
  lastId: Buffer = Buffer.alloc(0)

  #readers = 0
  #idle: (() => void) | null = null
  #closing: Promise<void> | null = null

  private constructor(
    private readonly dir: string,
    readonly number: number,
    readonly tree: Tree
  ) {}

  static async create(dir: string, number: number): Promise<Generation> {
    await mkdir(folderOf(dir, number), { recursive: true })
    return new Generation(dir, number, await openTree(folderOf(dir, number)))
  }

  /** Throws ViewDamage where it is not one that can be used. */
  static async load(dir: string, number: number): Promise<Generation> {
    const generation = await Generation.create(dir, number)
    try {
      await generation.reload()
    } catch (error) {
      await generation.close()
      throw error
    }
    return generation
  }

  /** Reads feed table and summary from the tree, forgetting what has not been written. */
  async reload(): Promise<void> {
    const record = await this.tree.get(SUMMARY_KEY)
    const summary = record === null ? emptySummary() : decodeSummary(record)
    if (!summary.complete) throw new ViewDamage('The view was not completed')
    const feeds = new FeedTable()
    for await (const { key, value } of this.tree.range(FEED_KEYS)) {
      feeds.load(feedNumber(key), value)
    }
    feeds.saved()
    this.lastId = Buffer.alloc(0)
    for await (const { key } of this.tree.range({ ...ROW_KEYS, reverse: true, limit: 1 })) {
      this.lastId = Buffer.from(rowId(key))
    }
    this.summary = summary
    this.feeds = feeds
  }

  /** Feed table and summary as records for a batch. */
  *records(): Generator<[key: Uint8Array, value: Uint8Array]> {
    for (const [number, record] of this.feeds.unsaved()) yield [feedKey(number), record]
    yield [SUMMARY_KEY, encodeSummary(this.summary)]
  }

  /** A reader holds the files open until it releases them. */
  retain(): void {
    this.#readers++
  }

  release(): void {
    if (--this.#readers === 0) this.#idle?.()
  }

  /** Deletes the files as soon as nobody reads them any more. */
  async retire(): Promise<void> {
    if (this.#readers > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
    await this.destroy()
  }

  async destroy(): Promise<void> {
    await this.close().catch(() => undefined)
    await removeGeneration(this.dir, this.number)
  }

  /** Lets go of a retired one that is still being read, because the view is being closed. */
  dismiss(): void {
    this.#idle?.()
  }

  close(): Promise<void> {
    this.#closing ??= this.tree.close()
    return this.#closing
  }
}
