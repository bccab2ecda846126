// Devices of a project find each other over the internet with Hyperswarm:
//   node build/examples/swarm.js FOLDER PROJECT_KEY_IN_HEX NAME

import { argv } from 'node:process'
import Hyperswarm from 'hyperswarm'
import { Device } from '../lib/main.js'

const [folder, key, name] = argv.slice(2)
if (folder === undefined || key === undefined || name === undefined) {
  throw new Error('usage: node build/examples/swarm.js FOLDER PROJECT_KEY_IN_HEX NAME')
}
const device = await Device.open(folder, {
  projectKey: new Uint8Array(Buffer.from(key, 'hex')),
  name,
  configuration: { name: 'example', version: '1.0.0' }
})

const swarm = new Hyperswarm()
swarm.on('connection', (socket: any) => {
  socket.on('error', () => {})
  const link = device.replicate(socket)
  link.caughtUp.then(
    ({ received, sent }) => {
      console.log(`${link.peer?.name}: received ${received.entries}, sent ${sent.entries}`)
    },
    (error: Error) => console.log(error.message)
  )
})
swarm.join(Buffer.from(device.topic))
process.once('SIGINT', () => {
  void swarm.destroy().then(() => device.close())
})
