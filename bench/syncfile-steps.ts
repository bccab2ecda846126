// The steps of the suite `syncfile`: what large files and files of many feeds cost, the log alone,
// without a view.

import { copyFile, open, stat } from 'node:fs/promises'
import sodium from 'sodium-universal'
import { sync } from '../lib/exchange/sync.js'
import { Log } from '../lib/log/log.js'
import { Project } from '../lib/log/project.js'
import { SyncFile } from '../lib/main.js'
import { createFile } from '../lib/syncfile/files.js'
import { MadeReplica } from './authors.js'
import type { Prepared } from './measure.js'

const projectKey = new Uint8Array(32).fill(7)
const configuration = { name: 'bench', version: '1.0.0' }

/** Feeds taken in at once while a project is gathered. */
const FEEDS_AT_ONCE = 500

/** A log in a folder, and a file. */
export interface LogAndFile {
  readonly dir: string
  readonly file: string
}

/** Fills a log with feeds that others are supposed to have written. */
export async function gather(params: {
  dir: string
  feeds: number
  entries: number
}): Promise<Prepared> {
  const { dir, feeds, entries } = params
  const log = await openLog(dir)
  const project = new Project(projectKey)
  const atOnce = entries > 1000 ? 1 : FEEDS_AT_ONCE
  return {
    async run() {
      let blocks = 0
      for (let made = 0; made < feeds; made += atOnce) {
        const replica = new MadeReplica(project, configuration)
        for (let i = made; i < Math.min(feeds, made + atOnce); i++) replica.add(1 + i, entries)
        const { received, refused } = await sync(log, replica)
        if (refused.length > 0) throw new Error(refused[0]?.message)
        blocks += received.entries
      }
      return { blocks, bytes: 0 }
    },
    close: () => log.close()
  }
}

/** Writes all that a log holds into a new file. */
export async function create({ dir, file }: LogAndFile): Promise<Prepared> {
  const log = await openLog(dir)
  return {
    async run() {
      const project = new Project(projectKey)
      const target = await createFile(file, { project, configuration, now: Date.now })
      const { sent } = await sync(log, target)
      await target.close()
      return { blocks: blocksOf(log), bytes: sent.bytes }
    },
    close: () => log.close()
  }
}

/** Brings a copy of a file into an empty log. */
export async function receive(params: LogAndFile & { copy: string }): Promise<Prepared> {
  await copyFile(params.file, params.copy)
  const log = await openLog(params.dir)
  let openFeeds = 0
  return {
    async run() {
      const source = await SyncFile.open(params.copy, { projectKey })
      const { received, refused } = await sync(log, source, {
        onProgress: () => (openFeeds = Math.max(openFeeds, log.openFeeds))
      })
      await source.close()
      if (refused.length > 0) throw new Error(refused[0]?.message)
      if (openFeeds > 256) throw new Error(`${openFeeds} feeds were open at once`)
      return { blocks: blocksOf(log), bytes: received.bytes }
    },
    close: () => log.close()
  }
}

/** Re-hashes and re-verifies a whole file. */
export async function verify({ file }: { file: string }): Promise<Prepared> {
  return {
    async run() {
      const source = await SyncFile.open(file, { projectKey })
      const problems = await source.verify()
      await source.close()
      if (problems.length > 0) throw new Error(problems[0]?.message)
      return { blocks: 0, bytes: (await stat(file)).size }
    }
  }
}

/** Syncs a log with a file that has nothing new, opening the file included. */
export async function nothing({ dir, file }: LogAndFile): Promise<Prepared> {
  const log = await openLog(dir)
  const before = (await stat(file)).size
  // What a device has known since it was opened is not part of meeting a file.
  await log.heads()
  return {
    async run() {
      const target = await SyncFile.open(file, { projectKey })
      await sync(log, target)
      await target.close()
      const grown = (await stat(file)).size - before
      if (grown !== 0) throw new Error(`a sync with nothing new wrote ${grown} bytes`)
      return { blocks: 0, bytes: 0 }
    },
    close: () => log.close()
  }
}

/** What any program pays that moves a file with care: copy it, sync it, hash it. */
export async function floor(params: { file: string; copy: string }): Promise<Prepared> {
  return {
    async run() {
      await copyFile(params.file, params.copy)
      const file = await open(params.copy, 'r+')
      await file.datasync()
      const state = Buffer.alloc(sodium.crypto_generichash_STATEBYTES)
      sodium.crypto_generichash_init(state, null, 32)
      const buffer = Buffer.alloc(2 ** 20)
      let bytes = 0
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, bytes)
        if (bytesRead === 0) break
        sodium.crypto_generichash_update(state, buffer.subarray(0, bytesRead))
        bytes += bytesRead
      }
      sodium.crypto_generichash_final(state, Buffer.alloc(32))
      await file.close()
      return { blocks: 0, bytes }
    }
  }
}

async function openLog(dir: string): Promise<Log> {
  return Log.open(dir, { project: new Project(projectKey), name: dir, configuration })
}

function blocksOf(log: Log): number {
  return [...log.ends().values()].reduce((sum, { length }) => sum + length, 0)
}
