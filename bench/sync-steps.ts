// The steps of the suite `sync`. Each is given paths that an earlier step has made.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import Corestore from 'corestore'
import { sync } from '../lib/exchange/sync.js'
import { Log } from '../lib/log/log.js'
import { Project } from '../lib/log/project.js'
import { Device, SyncFile } from '../lib/main.js'
import { observations } from './generator.js'
import type { Prepared } from './measure.js'
import type { Offer } from './stock-server.js'

const projectKey = new Uint8Array(32).fill(7)
const configuration = { name: 'bench', version: '1.0.0' }

/** A device and the sync file that it meets. */
export interface Meeting {
  readonly dir: string
  readonly file: string
}

/** A device that is empty, and a file of which it gets a copy of its own. */
export interface Arrival extends Meeting {
  readonly copy: string
}

/** Records observations on a device, which is made where there is none. */
export async function record(params: {
  dir: string
  count: number
  seed: number
}): Promise<Prepared> {
  const device = await openDevice(params.dir)
  return {
    async run() {
      const blocks = await device.observations.createMany(observations(params.count, params.seed))
      await device.flush()
      return { blocks, bytes: 0 }
    },
    close: () => device.close()
  }
}

/** Writes all that a device holds into a new file. */
export async function create({ dir, file }: Meeting): Promise<Prepared> {
  const device = await openDevice(dir)
  return {
    async run() {
      await device.createSyncFile(file)
      return { blocks: await blocksOf(device), bytes: await sizeOf(file) }
    },
    close: () => device.close()
  }
}

/** Brings a file into an empty device's log; the view is left alone. */
export async function receiveLog({ dir, file, copy }: Arrival): Promise<Prepared> {
  await copyFile(file, copy)
  const options = { project: new Project(projectKey), name: dir, configuration }
  const log = await Log.open(dir, options)
  return {
    async run() {
      const source = await SyncFile.open(copy, { projectKey })
      const report = await sync(log, source)
      await source.close()
      const blocks = [...log.ends().values()].reduce((sum, { length }) => sum + length, 0)
      return { blocks, bytes: report.received.bytes }
    },
    close: () => log.close()
  }
}

/** Brings a file into an empty device; every observation can be seen when it is done. */
export async function receiveAll({ dir, file, copy }: Arrival): Promise<Prepared> {
  await copyFile(file, copy)
  const device = await openDevice(dir)
  return {
    async run() {
      const { received } = await device.sync(copy)
      if ((await device.observations.count()) !== received.entries) {
        throw new Error('some observations do not show')
      }
      return { blocks: await blocksOf(device), bytes: received.bytes }
    },
    close: () => device.close()
  }
}

/** Syncs a device with a file, whatever each lacks. */
export async function meet({ dir, file }: Meeting): Promise<Prepared> {
  const device = await openDevice(dir)
  const before = await sizeOf(file)
  return {
    async run() {
      const { received, sent } = await device.sync(file)
      const grown = (await sizeOf(file)) - before
      return { blocks: received.entries + sent.entries, bytes: received.bytes + grown }
    },
    close: () => device.close()
  }
}

/** Stock replication of a device's feeds over a loopback socket, from a process of its own. */
export async function stock({ from, dir }: { from: string; dir: string }): Promise<Prepared> {
  const server = fork(fileURLToPath(new URL('./stock-server.js', import.meta.url)), [from])
  const offer = await firstMessage(server)
  const store = new Corestore(dir)
  await store.ready()
  const core = store.get({ key: Buffer.from(offer.key, 'hex') })
  await core.ready()
  const socket = connect(offer.port, '127.0.0.1')
  await once(socket, 'connect')
  const stream = store.replicate(true)
  return {
    async run() {
      socket.pipe(stream).pipe(socket)
      await core.download({ start: 0, end: offer.length }).done()
      // As durable as a sync leaves it.
      await store.storage.db.flush()
      if (core.contiguousLength !== offer.length) throw new Error('some blocks are missing')
      return { blocks: offer.length, bytes: core.byteLength }
    },
    async close() {
      socket.destroy()
      await store.close()
      server.disconnect()
      await once(server, 'exit')
    }
  }
}

async function openDevice(dir: string): Promise<Device> {
  return Device.open(dir, { projectKey, name: dir, configuration })
}

async function blocksOf(device: Device): Promise<number> {
  return (await device.heads()).reduce((sum, { length }) => sum + length, 0)
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file)).size
}

async function firstMessage(server: ChildProcess): Promise<Offer> {
  const [message] = (await Promise.race([
    once(server, 'message'),
    once(server, 'exit').then(() => {
      throw new Error('the stock server ended')
    })
  ])) as [Offer]
  return message
}
