// What a power cut would leave of a folder. Only what was synced is sure to be there: a file's
// content by fsync of the file, its name by fsync of the folder. The rest may have reached the disk
// or not. This library's own syncs are watched as they happen; RocksDB's are not, and from reading
// what it does (strace) it is known that it syncs its tables, blob files and MANIFEST before it
// relies on them, and its log (*.log) never before it is done with it.

import { cp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Assertion } from 'brittle'

/** What becomes of the part of a RocksDB log that was not synced. */
export const TAILS = ['lost', 'cut', 'zeros', 'torn', 'kept'] as const
export type Tail = (typeof TAILS)[number]

export interface Cut {
  readonly tail: Tail
  /** Whether a rename that was not synced reached the disk. */
  readonly renamed: boolean
  /** From 0 to 1: where, and what of it is torn. */
  readonly random: () => number
}

interface Handle {
  stat(): Promise<{ ino: number; size: number; isDirectory(): boolean }>
  sync(): Promise<void>
  datasync(): Promise<void>
}

export class Disk {
  /** By path: how much of the file has been synced. */
  private readonly synced = new Map<string, number>()
  /** By path: the inode that had this name when its folder was synced last. */
  private readonly names = new Map<string, number>()
  /** By inode, of small files: the content when it was synced last. */
  private readonly contents = new Map<number, Uint8Array>()
  /** Called after each sync, as the moment at which a cut is the most telling. */
  onSync: (() => Promise<void>) | null = null

  private constructor(readonly dir: string) {}

  /** Watches a folder until the test ends. What is there already is taken for synced. */
  static async watch(t: Pick<Assertion, 'teardown'>, dir: string): Promise<Disk> {
    const disk = new Disk(dir)
    await disk.noteAll()
    const probe = await open(join(dir, '..'), 'r')
    const prototype = Object.getPrototypeOf(probe) as Handle
    await probe.close()
    for (const method of ['sync', 'datasync'] as const) {
      const original = prototype[method]
      prototype[method] = async function (this: Handle): Promise<void> {
        const before = await this.stat()
        await original.call(this)
        await disk.note(before.ino, before.size, before.isDirectory())
      }
      t.teardown(() => void (prototype[method] = original))
    }
    return disk
  }

  /** Whether the file or folder has a name that survives. */
  async isNamed(path: string): Promise<boolean> {
    return this.names.get(path) === (await stat(path)).ino
  }

  /** Writes to `target` what a power cut now would leave. */
  async image(target: string, { tail, renamed, random }: Cut): Promise<void> {
    await this.copy(target)
    for (const name of await readdir(target, { recursive: true })) {
      const path = join(target, name)
      const from = join(this.dir, name)
      if (/[/\\]\d+\.log$/.test(name)) await cutLog(path, this.synced.get(from) ?? 0, tail, random)
      // A copy has other inodes. Where the original survives, corestore may make a new one.
      if (name.endsWith('CORESTORE')) {
        if ((this.synced.get(from) ?? 0) > 0) await rm(path)
        else await truncate(path, 0)
      }
      if (name === 'HEAD' && !renamed) await this.unrename(from, path)
    }
  }

  /** The folder as it is at one moment: RocksDB may tidy up meanwhile, and then it is done again. */
  private async copy(target: string): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      await rm(target, { recursive: true, force: true })
      const before = await this.state()
      const done = await cp(this.dir, target, { recursive: true, preserveTimestamps: true }).then(
        () => true,
        () => false
      )
      if (done && before === (await this.state())) return
    }
    throw new Error('the folder does not come to rest')
  }

  private async state(): Promise<string> {
    const names = (await readdir(this.dir, { recursive: true })).sort()
    const sizes = names.map(async (name) => {
      const entry = await stat(join(this.dir, name)).catch(() => null)
      return `${name} ${name.endsWith('LOG') ? 0 : entry?.size}`
    })
    return (await Promise.all(sizes)).join('\n')
  }

  private async unrename(from: string, path: string): Promise<void> {
    const content = this.contents.get(this.names.get(from) ?? -1)
    if (content === undefined) await rm(path)
    else await writeFile(path, content)
  }

  private async noteAll(): Promise<void> {
    for (const name of await readdir(this.dir, { recursive: true })) {
      const path = join(this.dir, name)
      // RocksDB may be tidying up.
      const entry = await stat(path).catch(() => null)
      if (entry === null) continue
      const { ino, size } = entry
      this.synced.set(path, size)
      this.names.set(path, ino)
      if (name === 'HEAD') this.contents.set(ino, await readFile(path))
    }
  }

  private async note(ino: number, size: number, isFolder: boolean): Promise<void> {
    for (const path of await this.pathsOf(ino)) {
      if (!isFolder) {
        this.synced.set(path, Math.max(size, this.synced.get(path) ?? 0))
        if (size < 10_000) this.contents.set(ino, await readFile(path))
        continue
      }
      for (const name of await readdir(path)) {
        const entry = await stat(join(path, name)).catch(() => null)
        if (entry !== null) this.names.set(join(path, name), entry.ino)
      }
    }
    await this.onSync?.()
  }

  private async pathsOf(ino: number): Promise<string[]> {
    const above = join(this.dir, '..')
    const names = await readdir(this.dir, { recursive: true }).catch(() => [])
    const paths = [above, this.dir, ...names.map((name) => join(this.dir, name))]
    const found: string[] = []
    for (const path of paths) {
      const entry = await stat(path).catch(() => null)
      if (entry?.ino === ino) found.push(path)
    }
    return found
  }
}

async function cutLog(
  path: string,
  synced: number,
  tail: Tail,
  random: () => number
): Promise<void> {
  const bytes = await readFile(path)
  const { byteLength } = bytes
  if (tail === 'kept' || synced >= byteLength) return
  const at = synced + Math.floor(random() * (byteLength - synced))
  if (tail === 'lost') {
    if (synced === 0) await rm(path)
    else await truncate(path, synced)
  } else if (tail === 'cut') await truncate(path, at)
  else {
    if (tail === 'zeros') bytes.fill(0, at)
    else for (let i = at; i < byteLength; i++) bytes[i] = Math.floor(random() * 256)
    await writeFile(path, bytes)
  }
}

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), 1 | state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}
