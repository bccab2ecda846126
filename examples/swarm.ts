// Devices of a project find each other over the internet with Hyperswarm. In two terminals:
//   node build/examples/swarm.js FOLDER KEY_IN_HEX NAME
// What is typed in one shows up in the other. With --bootstrap HOST:PORT it looks in a network of
// one's own, with --host only on that address of this computer.

import Hyperswarm from 'hyperswarm'
import DHT from 'hyperdht'
import { openPeer } from './peer.js'

const { device, options, meet, onEnd } = await openPeer('swarm', ['bootstrap', 'host'])
const { bootstrap, host } = options
const dht = new DHT({
  ...(bootstrap !== undefined && { bootstrap: [bootstrap] }),
  ...(host !== undefined && { host, shareLocalAddress: false, firewalled: false })
})
const swarm = new Hyperswarm({ dht })
swarm.on('connection', meet)
onEnd(() => swarm.destroy())

// Only who knows the project key can work out the topic.
const discovery = swarm.join(Buffer.from(device.topic))
await discovery.flushed()
console.log(`${device.name} can be found`)
