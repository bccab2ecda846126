// What a measured peer is: a log alone, or a device with its view.

import type { Duplex } from 'node:stream'
import { sync } from '../lib/exchange/sync.js'
import { Log } from '../lib/log/log.js'
import { Project } from '../lib/log/project.js'
import { Device } from '../lib/main.js'
import type { Link, ReplicateOptions } from '../lib/peer/link.js'
import { Peers } from '../lib/peer/peers.js'

const projectKey = new Uint8Array(32).fill(7)
const configuration = { name: 'bench', version: '1.0.0' }

export interface Side {
  replicate(stream: Duplex, options: ReplicateOptions): Link
  blocks(): number
  feeds(): number
  /** When the log next has something new, own or received. */
  nextGrowth(): Promise<void>
  close(): Promise<void>
}

export async function openLog(dir: string): Promise<Side & { log: Log }> {
  const project = new Project(projectKey)
  const log = await Log.open(dir, { project, name: dir, configuration })
  const peers = new Peers({
    log,
    project,
    exchange: (here, there, { signal, onProgress }) => sync(here, there, { signal, onProgress }),
    keepAside: async () => ({ refused: [] }),
    onReceived: async () => {}
  })
  return {
    log,
    ...measuresOf(log),
    replicate: (stream, options) => peers.replicate(stream, options),
    async close() {
      await peers.close()
      await log.close()
    }
  }
}

export async function openDevice(dir: string): Promise<Side & { device: Device }> {
  const device = await Device.open(dir, { projectKey, name: dir, configuration })
  return {
    device,
    ...measuresOf(device.replica as Log),
    replicate: (stream, options) => device.replicate(stream, options),
    close: () => device.close()
  }
}

function measuresOf(log: Log): Pick<Side, 'blocks' | 'feeds' | 'nextGrowth'> {
  return {
    blocks: () => [...log.ends().values()].reduce((sum, { length }) => sum + length, 0),
    feeds: () => log.ends().size,
    nextGrowth: () =>
      new Promise((resolve) => {
        const stop = log.onGrowth(() => {
          stop()
          resolve()
        })
      })
  }
}
