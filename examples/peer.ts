// What lan.ts and swarm.ts share: a device from the command line that records each line that is
// typed, meets whoever is connected, and shows what the others record.

import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'
import { parseArgs } from 'node:util'
import { Device } from 'cairnlog'

export interface Peer {
  readonly device: Device
  /** Further options, as they were given. */
  readonly options: Readonly<Record<string, string | undefined>>
  readonly meet: (stream: Duplex) => void
  /** Called before the device is closed, when the program is to end. */
  readonly onEnd: (leave: () => Promise<void>) => void
}

/** Opens the device; `names` are options of the program's own. */
export async function openPeer(program: string, names: readonly string[]): Promise<Peer> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]))
  })
  const [folder, key, name] = positionals
  if (folder === undefined || key === undefined || name === undefined) {
    const further = names.map((option) => ` [--${option} ...]`).join('')
    throw new Error(`usage: node build/examples/${program}.js FOLDER KEY_IN_HEX NAME${further}`)
  }
  const device = await Device.open(folder, {
    projectKey: new Uint8Array(Buffer.from(key, 'hex')),
    name,
    configuration: { name: 'example', version: '1.0.0' }
  })
  const typed = createInterface({ input: process.stdin })
  typed.on('line', (text) => void device.observations.create({ tags: { text } }))
  void showChanges(device)
  return {
    device,
    options: values as Record<string, string | undefined>,
    meet: (stream) => meet(device, stream),
    onEnd: (leave) => {
      process.once('SIGINT', () => {
        typed.close()
        void leave().then(() => device.close())
      })
    }
  }
}

function meet(device: Device, stream: Duplex): void {
  // The link says what went wrong; an error that nobody hears would end the program.
  stream.on('error', () => {})
  const link = device.replicate(stream)
  link.caughtUp.then(
    ({ received, sent }) => {
      console.log(`met ${link.peer?.name}: received ${received.entries}, sent ${sent.entries}`)
    },
    (error: Error) => console.log(error.message)
  )
}

async function showChanges(device: Device): Promise<void> {
  for await (const { type, observation } of device.observations.watch()) {
    if (observation === null || observation.updatedBy === device.id) continue
    console.log(`${type}: ${String(observation.tags['text'])}`)
  }
}
