import { once } from 'node:events'
import net from 'node:net'
import Hyperswarm from 'hyperswarm'
import DHT from 'hyperdht'
import createTestnet from 'hyperdht/testnet.js'
import test from 'brittle'
import { WebSocket, WebSocketServer, createWebSocketStream } from 'ws'
import type { Device, Link } from '../../lib/main.js'
import { connect, waitForEqual } from '../../lib/testing.js'
import { inputs } from '../helpers/devices.js'
import { createDevices } from './helpers.js'

async function assertLive(t: any, a: Device, b: Device, links: Link[]): Promise<void> {
  await Promise.all(links.map((link) => link.caughtUp))
  await a.observations.create({ tags: { from: 'a' } })
  await b.observations.create({ tags: { from: 'b' } })
  await waitForEqual([a, b])
  t.is(await a.observations.count(), 22)
  t.is(await b.observations.count(), 22)
}

async function twoDevices(t: any): Promise<[Device, Device]> {
  const [a, b] = (await createDevices(t, 2)) as [Device, Device]
  await a.observations.createMany(inputs(20))
  return [a, b]
}

test('over a TCP socket', async (t) => {
  const [a, b] = await twoDevices(t)
  let served: Link | undefined
  const server = net.createServer((socket) => (served = b.replicate(socket)))
  t.teardown(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  const link = a.replicate(socket)
  await link.caughtUp
  await assertLive(t, a, b, [link, served!])
  await link.close()
  await served!.closed
})

test('over a pair of streams', async (t) => {
  const [a, b] = await twoDevices(t)
  const { links } = connect(a, b, { latency: 2 })
  await assertLive(t, a, b, [...links])
})

test("in corestore's shape, piped", async (t) => {
  const [a, b] = await twoDevices(t)
  const [x, y] = [a.replicate(true), b.replicate(false)]
  x.pipe(y).pipe(x)
  await assertLive(t, a, b, [x.link, y.link])
})

test('over a WebSocket', async (t) => {
  const [a, b] = await twoDevices(t)
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const client = new WebSocket(`ws://127.0.0.1:${port}`)
  const [socket] = (await once(server, 'connection')) as [WebSocket]
  if (client.readyState !== WebSocket.OPEN) await once(client, 'open')
  const links = [
    a.replicate(createWebSocketStream(client)),
    b.replicate(createWebSocketStream(socket))
  ]
  await assertLive(t, a, b, links)
  await Promise.all(links.map((link) => link.close()))
  client.terminate()
})

test('over a Hyperswarm connection', { timeout: 60_000 }, async (t) => {
  const [a, b] = await twoDevices(t)
  const testnet = await createTestnet(3)
  t.teardown(() => testnet.destroy(), { order: 2 })
  // Everything stays on loopback: no other address of this machine is offered.
  const { bootstrap } = testnet
  const onLoopback = { bootstrap, host: '127.0.0.1', shareLocalAddress: false, firewalled: false }
  const swarms = [a, b].map(() => new Hyperswarm({ dht: new DHT(onLoopback) }))
  t.teardown(() => Promise.all(swarms.map((swarm) => swarm.destroy())), { order: 1 })
  const topic = Buffer.from(a.topic)
  const links = [a, b].map(
    (device, i) =>
      new Promise<Link>((resolve) => {
        swarms[i].on('connection', (socket: any) => {
          // Of a connection that is lost Hyperswarm tells by an error on its stream.
          socket.on('error', () => {})
          resolve(device.replicate(socket))
        })
      })
  )
  await swarms[0].join(topic, { server: true, client: false }).flushed()
  swarms[1].join(topic, { server: false, client: true })
  const [one, two] = (await Promise.all(links)) as [Link, Link]
  await assertLive(t, a, b, [one, two])
  await one.close()
  await two.closed
})
