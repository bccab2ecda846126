// Two programs that can reach each other.

import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import DHT from 'hyperdht'
import createTestnet from 'hyperdht/testnet.js'
import Hyperswarm from 'hyperswarm'
import test from 'brittle'
import { inputs } from '../helpers/devices.js'
import {
  ROOT,
  type Ran,
  cairnlog,
  document,
  laptops,
  openLaptop,
  record,
  succeed
} from '../helpers/program.js'

const SLOW = { timeout: 120_000 }

test(
  'one listens, one connects: both have everything, and live entries are shown',
  SLOW,
  async (t) => {
    const [one, two = ''] = await laptops(t, 2)
    await record(one, inputs(3))
    await record(two, inputs(2))
    const { port, ended, child } = await listening(one)
    const met = await document(`connect localhost:${port} --once`, { cwd: two })
    t.is(met.exit, 0)
    t.alike(
      met.peers.map(({ name, received, sent }: any) => [name, received.entries, sent.entries]),
      [['Laptop 1', 3, 2]]
    )
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    t.is(code, 130)
    t.ok(stdout.includes('Met Laptop 2.'), stdout)
    t.ok(stdout.includes('From Laptop 2: 2 new'), stdout)
    t.ok(stderr.includes('Stopped by Ctrl-C.'), stderr)
    t.is((await document('status', { cwd: one })).observations, 5)
  }
)

test('photos come over a connection as they are asked for', SLOW, async (t) => {
  const [one, two = ''] = await laptops(t, 2)
  const photo = join(await t.tmp(), 'DSC_1.jpg')
  await writeFile(photo, randomBytes(20_000))
  await succeed(t, `add --photo ${photo}`, { cwd: one })
  const { port, child, ended } = await listening(one)
  const took = async (which: string): Promise<number> => {
    const line = `connect localhost:${port} --once --media ${which}`
    return (await document(line, { cwd: two })).peers[0].received.media
  }
  t.is(await took('none'), 0)
  t.is(await took('all'), 1)
  child.kill('SIGINT')
  await ended
})

test('a connection that cannot be had is said in two lines', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  const { code, stderr } = await cairnlog('connect localhost:1 --once', { cwd })
  t.is(code, 7, stderr)
  t.ok(/^cairnlog: .+\nWhat to do: .+\n$/.test(stderr), stderr)
  t.is((await cairnlog('connect nowhere', { cwd })).code, 2)
})

test('a device of the project is found through Hyperswarm', SLOW, async (t) => {
  const [one, two = ''] = await laptops(t, 2)
  await record(one, inputs(3))
  const testnet = await createTestnet(3)
  t.teardown(() => testnet.destroy(), { order: 3 })
  // Everything stays on loopback: no other address of this machine is offered.
  const { bootstrap } = testnet
  const onLoopback = { bootstrap, host: '127.0.0.1', shareLocalAddress: false, firewalled: false }
  const swarm = new Hyperswarm({ dht: new DHT(onLoopback) })
  t.teardown(() => swarm.destroy(), { order: 1 })
  const device = await openLaptop(one)
  t.teardown(() => device.close(), { order: 2 })
  swarm.on('connection', (socket: any) => {
    socket.on('error', () => {})
    device.replicate(socket)
  })
  await swarm.join(Buffer.from(device.topic), { server: true, client: false }).flushed()

  const nodes = bootstrap.map(({ host, port }: any) => `${host}:${port}`).join(',')
  const met = await document(`connect --once --bootstrap ${nodes}`, { cwd: two })
  t.is(met.exit, 0)
  t.alike(
    met.peers.map(({ name, received }: any) => [name, received.entries]),
    [['Laptop 1', 3]]
  )
})

test('without Hyperswarm it is said how to do without, or to get it', SLOW, async (t) => {
  // The program in a place where only what the package declares can be found.
  const [cwd] = await laptops(t, 1)
  const modules = join(await t.tmp(), 'node_modules')
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  await mkdir(join(modules, 'cairnlog/build'), { recursive: true })
  await cp(join(ROOT, 'package.json'), join(modules, 'cairnlog/package.json'))
  await cp(join(ROOT, 'build/lib'), join(modules, 'cairnlog/build/lib'), { recursive: true })
  for (const name of Object.keys(manifest.dependencies)) {
    await mkdir(dirname(join(modules, name)), { recursive: true })
    await symlink(join(ROOT, 'node_modules', name), join(modules, name), 'dir')
  }
  const program = join(modules, 'cairnlog/build/lib/cli/main.js')
  const { code, stderr } = await cairnlog('connect', { cwd, program })
  t.is(code, 2)
  t.is(
    stderr,
    'cairnlog: Without an address Hyperswarm has to look for devices, and it is not installed.\n' +
      'What to do: Give HOST:PORT, or install it beside cairnlog: npm install hyperswarm\n'
  )
})

interface Listening {
  readonly port: string
  readonly child: ChildProcess
  readonly ended: Promise<Ran>
}

/** A program that waits for others, once it does. */
async function listening(cwd: string): Promise<Listening> {
  let child!: ChildProcess
  const ended = cairnlog('connect --listen', { cwd, onStart: (started) => (child = started) })
  const port = await new Promise<string>((resolve) => {
    child.stderr!.on('data', (text: string) => {
      const [, digits] = /port (\d+)/.exec(text) ?? []
      if (digits !== undefined) resolve(digits)
    })
  })
  return { port, child, ended }
}
