// Peers below the level of devices, with a patience that a test can wait for; and one that speaks
// the protocol by hand, to say what no sound peer says.

import type { Duplex } from 'node:stream'
import SecretStream from '@hyperswarm/secret-stream'
import type { Assertion } from 'brittle'
import type { CairnError } from '../../lib/errors.js'
import type { SyncReport } from '../../lib/exchange/report.js'
import { sync } from '../../lib/exchange/sync.js'
import { LIBRARY_VERSION } from '../../lib/log/library-version.js'
import type { Log } from '../../lib/log/log.js'
import { Project } from '../../lib/log/project.js'
import { type Channel, openChannel } from '../../lib/peer/channel.js'
import { PROTOCOL } from '../../lib/peer/limits.js'
import type { Link, ReplicateOptions } from '../../lib/peer/link.js'
import { MESSAGE, encodeBye, encodeGreeting, encodeHeads } from '../../lib/peer/messages.js'
import { Peers } from '../../lib/peer/peers.js'
import type { NoiseStream } from '../../lib/peer/transport.js'
import { Wire, type WireOptions, createDevices as create } from '../../lib/testing.js'
import type { Device } from '../../lib/main.js'
import { CONFIGURATION, PROJECT_KEY } from '../helpers/fixed.js'
import { createLog } from '../helpers/logs.js'

export interface Side {
  readonly log: Log
  readonly peers: Peers<SyncReport>
}

export interface SideOptions {
  silenceMs?: number
  projectKey?: Uint8Array
  name?: string
}

/** A log with peers, closed in teardown. */
export async function createSide(
  t: Assertion,
  { silenceMs = 5000, projectKey = PROJECT_KEY, name = 'Laptop' }: SideOptions = {}
): Promise<Side> {
  const log = await createLog(t, { projectKey, name })
  const peers = new Peers({
    log,
    project: new Project(projectKey),
    exchange: (here, there, { signal, onProgress }) => sync(here, there, { signal, onProgress }),
    keepAside: async () => ({ refused: [] }),
    onReceived: async () => {},
    silenceMs
  })
  t.teardown(() => peers.close(), { order: -1 })
  return { log, peers }
}

/** Devices that go away with the test. */
export async function createDevices(t: Assertion, count: number): Promise<Device[]> {
  const test = await create(count)
  t.teardown(() => test.close())
  return test.devices
}

export function link(
  a: Side,
  b: Side,
  options: WireOptions & ReplicateOptions = {}
): { links: [Link, Link]; wire: Wire } {
  const wire = new Wire(options)
  const { live, signal } = options
  const both = { live, signal }
  return { wire, links: [a.peers.replicate(wire.a, both), b.peers.replicate(wire.b, both)] }
}

/** How a promise was rejected: the code, or `resolved`. */
export async function outcome(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: CairnError) => error.code ?? String(error)
  )
}

/** A peer that a test moves by hand. */
export class Puppet {
  readonly received: Array<{ type: number; bytes: Uint8Array }> = []
  closed = false
  private waiting: Array<() => void> = []

  private constructor(
    readonly noise: NoiseStream,
    readonly channel: Channel
  ) {}

  /** Talks to the other end of an encrypted stream that `stream` is piped into. */
  static async open(t: Assertion, stream: Duplex): Promise<Puppet> {
    const noise: NoiseStream & { pipe(to: unknown): unknown } = new SecretStream(true)
    stream.pipe(noise.rawStream).pipe(stream)
    const handlers = {
      message: (type: number, bytes: Uint8Array) => puppet.hear(type, bytes),
      close: () => puppet.hear(-1, new Uint8Array(0))
    }
    noise.on('error', () => {})
    t.teardown(() => noise.destroy())
    if (!(await noise.opened)) throw new Error('no handshake')
    const channel = openChannel(noise, PROTOCOL, handlers)
    if (channel === null) throw new Error('no channel')
    const puppet = new Puppet(noise, channel)
    return puppet
  }

  send(type: number, bytes: Uint8Array): void {
    this.channel.send(type, bytes)
  }

  /** Proves and greets like a device of the project. */
  async introduce(device: string, project: Project = new Project(PROJECT_KEY)): Promise<this> {
    this.send(MESSAGE.proof, project.peerProof(this.noise.handshakeHash as Uint8Array, true))
    await this.until(MESSAGE.greeting)
    const greeting = { library: LIBRARY_VERSION, device, name: 'Puppet', readOnly: false }
    this.send(MESSAGE.greeting, encodeGreeting({ ...greeting, configuration: CONFIGURATION }))
    return this
  }

  heads(heads: Parameters<typeof encodeHeads>[0]['heads'], last = true): this {
    this.send(MESSAGE.heads, encodeHeads({ heads, last }))
    return this
  }

  bye(code = 'DONE'): void {
    this.send(MESSAGE.bye, encodeBye(code))
  }

  /** The bytes of the next message of that type that has not been looked at. */
  async until(type: number): Promise<Uint8Array> {
    for (;;) {
      const i = this.received.findIndex((message) => message.type === type)
      const [found] = i === -1 ? [] : this.received.splice(i, 1)
      if (found !== undefined) return found.bytes
      if (this.closed) throw new Error(`closed before message ${type}`)
      await new Promise<void>((resolve) => this.waiting.push(resolve))
    }
  }

  private hear(type: number, bytes: Uint8Array): void {
    if (type === -1) this.closed = true
    else this.received.push({ type, bytes })
    for (const resume of this.waiting.splice(0)) resume()
  }
}

/** A puppet on one end and a side's link on the other, which takes its end as the responder. */
export async function puppetFor(
  t: Assertion,
  side: Side,
  options: ReplicateOptions = {}
): Promise<{ puppet: Puppet; link: Link; wire: Wire }> {
  const wire = new Wire()
  const bridge = side.peers.createStream(false, options)
  bridge.on('error', () => {})
  wire.b.pipe(bridge).pipe(wire.b)
  return { puppet: await Puppet.open(t, wire.a), link: bridge.link, wire }
}
