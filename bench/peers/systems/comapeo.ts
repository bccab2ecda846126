// @comapeo/core, through its public API: one manager a device, one project. A manager cannot be
// closed, so every step ends with its process.

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { observations } from '../../generator.js'
import type { Prepared, Work } from '../../measure.js'
import { fileOf, load, loadModule } from '../installed.js'
import type { Params } from '../system.js'
import { SEED, someOf } from '../task.js'

const DONE: Work = { blocks: 0, bytes: 0 }
/** Calls in flight; more did not make it faster. */
const AT_ONCE = 100

export async function recordEach({ dir, count, run }: Params): Promise<Prepared> {
  const { project } = await openNew(join(dir, `each-${run}`))
  return {
    async run() {
      for (const value of values(count)) await project.observation.create(value)
      return { ...DONE, blocks: count }
    }
  }
}

export async function record({ dir, count, run }: Params): Promise<Prepared> {
  const { project } = await openNew(join(dir, `device-${run}`))
  return {
    async run() {
      const calls: Promise<unknown>[] = []
      for (const value of values(count)) {
        calls.push(project.observation.create(value))
        if (calls.length === AT_ONCE) await Promise.all(calls.splice(0))
      }
      await Promise.all(calls)
      return { ...DONE, blocks: count }
    }
  }
}

/** Both managers in one process, joined beforehand; what is timed is the data. */
export async function catchUp({ dir, count, run }: Params): Promise<Prepared> {
  const from = await open(join(dir, 'device-0'))
  const last = await lastOf(from.project)
  const manager = await managerIn(join(dir, `peer-${run}`))
  const { name, port } = await from.manager.startLocalPeerDiscoveryServer()
  // It drops its own connections, too, where its server does not listen.
  await manager.startLocalPeerDiscoveryServer()
  manager.connectLocalPeer({ address: '127.0.0.1', name, port })
  while (!(await isConnectedTo(from.manager, manager.deviceId))) await pause()
  const { MEMBER_ROLE_ID } = await loadModule('comapeo', '@comapeo/core/src/roles.js')
  const invited = once(manager.invite, 'invite-received')
  const accepted = from.project.$member.invite(manager.deviceId, { roleId: MEMBER_ROLE_ID })
  const [invite] = await invited
  const projectId = await manager.invite.accept(invite)
  await accepted
  const project = await manager.getProject(projectId)
  await project.$sync.waitForSync('initial')
  return {
    async run() {
      from.project.$sync.start()
      project.$sync.start()
      await project.$sync.waitForSync('full')
      await shown(project, last, count)
      return { ...DONE, blocks: count }
    }
  }
}

/** Its SQLite database and the positions of its indexer are removed; opening it makes them anew. */
export async function rebuild({ dir, count }: Params): Promise<Prepared> {
  const home = join(dir, 'device-0')
  for (const path of readdirSync(home, { recursive: true, encoding: 'utf8' })) {
    const isView = /^db.(?!client)[^/]*$/.test(path) || path.endsWith('/indexer')
    if (isView) rmSync(join(home, path), { recursive: true })
  }
  return {
    async run() {
      const { project } = await open(home)
      while ((await project.observation.getMany()).length < count) await pause()
      return DONE
    }
  }
}

export async function all({ dir }: Params): Promise<Prepared> {
  const { project } = await open(join(dir, 'device-0'))
  return {
    run: async () => ({ ...DONE, blocks: (await project.observation.getMany()).length })
  }
}

export async function get({ dir }: Params): Promise<Prepared> {
  const { project } = await open(join(dir, 'device-0'))
  const ids = someOf<any>(await project.observation.getMany()).map(({ docId }) => docId)
  return {
    async run() {
      for (const id of ids) await project.observation.getByDocId(id)
      return { ...DONE, blocks: ids.length }
    }
  }
}

/** `docId` of what was recorded last. */
async function lastOf(project: any): Promise<string> {
  const indexOf = (doc: any): number => Number(doc.versionId.split('/')[1])
  const docs: any[] = await project.observation.getMany()
  return docs.reduce((a, b) => (indexOf(b) > indexOf(a) ? b : a)).docId
}

/** Asking for one at a time costs little; all are read once, at the end. */
async function shown(project: any, last: string, count: number): Promise<void> {
  const maybe = { mustBeFound: false }
  while ((await project.observation.getByDocId(last, maybe)) === null) await pause()
  while ((await project.observation.getMany()).length < count) await pause()
}

function* values(count: number): Generator<object> {
  for (const { lat, lon, tags, metadata } of observations(count, SEED)) {
    const { altitude, accuracy } = metadata as { altitude: number; accuracy: number }
    yield {
      schemaName: 'observation',
      lat,
      lon,
      tags,
      attachments: [],
      metadata: {
        manualLocation: false,
        position: {
          mocked: false,
          timestamp: '2026-01-01T00:00:00.000Z',
          coords: { latitude: lat, longitude: lon, altitude, accuracy }
        }
      }
    }
  }
}

interface Opened {
  readonly manager: any
  readonly project: any
}

async function openNew(dir: string): Promise<Opened> {
  const manager = await managerIn(dir)
  const id = await manager.createProject({ name: 'bench' })
  writeFileSync(join(dir, 'project'), id)
  return { manager, project: await manager.getProject(id) }
}

async function open(dir: string): Promise<Opened> {
  const manager = await managerIn(dir)
  return { manager, project: await manager.getProject(readFileSync(join(dir, 'project'), 'utf8')) }
}

async function managerIn(dir: string): Promise<any> {
  const { MapeoManager } = await loadModule('comapeo', '@comapeo/core/src/index.js')
  for (const folder of ['db', 'cores']) mkdirSync(join(dir, folder), { recursive: true })
  const manager = new MapeoManager({
    rootKey: createHash('md5').update(dir).digest(),
    projectMigrationsFolder: fileOf('comapeo', '@comapeo/core/drizzle/project'),
    clientMigrationsFolder: fileOf('comapeo', '@comapeo/core/drizzle/client'),
    dbFolder: join(dir, 'db'),
    coreStorage: join(dir, 'cores'),
    fastify: load('comapeo', 'fastify')()
  })
  await manager.setDeviceInfo({ name: 'bench', deviceType: 'desktop' })
  return manager
}

async function isConnectedTo(manager: any, deviceId: string): Promise<boolean> {
  const peers: any[] = await manager.listLocalPeers()
  return peers.some((peer) => peer.deviceId === deviceId && peer.status === 'connected')
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20))
}
