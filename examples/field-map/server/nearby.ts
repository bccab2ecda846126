// Laptops nearby: found on the Wi-Fi by DNS-SD, or by an address that somebody types in, and met
// over TCP. Off until somebody asks for it. What is exchanged is encrypted, and only with devices
// that know the project key; the name under which this one is found is made up at each start, so
// that nobody on the Wi-Fi can follow a laptop from day to day by it.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Device, Link } from 'cairnlog'
import { Bonjour } from 'bonjour-service'
import type { Nearby, PeerView } from '../wire/api.js'
import { toChanges } from './jobs.js'
import { AppError, toTrouble } from './trouble.js'

/** Connections at a time that others may open, and that are opened to laptops found on the Wi-Fi. */
const MAX_LINKS = 64
/** Laptops in the list; of those that are gone the oldest ones are left out. */
const MAX_PEERS = 50

export interface NearbyOptions {
  /** Where to listen: everywhere on the Wi-Fi, or 127.0.0.1 for tests. */
  readonly host: string
  readonly tell: (nearby: Nearby) => void
}

export class NearbyLaptops {
  #server: Server | null = null
  #bonjour: Bonjour | null = null
  readonly #peers = new Map<string, PeerView>()
  readonly #links = new Set<Link>()

  constructor(
    private readonly device: Device,
    private readonly options: NearbyOptions
  ) {}

  view(): Nearby {
    const address = this.#server?.address() as AddressInfo | null | undefined
    const port = address?.port
    const on = this.#server !== null
    return {
      on,
      ...(port !== undefined && { port }),
      addresses: on && port !== undefined ? this.#addresses().map((ip) => `${ip}:${port}`) : [],
      finding: this.#bonjour !== null,
      peers: [...this.#peers.values()]
    }
  }

  async start(): Promise<Nearby> {
    if (this.#server !== null) return this.view()
    const server = createServer((socket) => this.#meet(socket, addressOf(socket), 'unasked'))
    server.maxConnections = MAX_LINKS
    server.listen(0, this.options.host)
    await once(server, 'listening')
    this.#server = server
    if (this.options.host !== '127.0.0.1') this.#find((server.address() as AddressInfo).port)
    return this.#told()
  }

  async stop(): Promise<Nearby> {
    const bonjour = this.#bonjour
    bonjour?.unpublishAll(() => bonjour.destroy())
    this.#bonjour = null
    this.#server?.close()
    this.#server = null
    await Promise.all([...this.#links].map((link) => link.close()))
    this.#peers.clear()
    return this.#told()
  }

  /** `address` is host:port, as the other laptop shows it. */
  connect(address: string): Nearby {
    const [, host, port] = /^\s*\[?([\w.:-]+?)\]?:(\d{1,5})\s*$/.exec(address) ?? []
    if (host === undefined || !(Number(port) > 0 && Number(port) < 65_536)) {
      throw new AppError('BAD_REQUEST', 'An address looks like 192.168.1.23:41234.')
    }
    this.#meet(connect(Number(port), host), `${host}:${port}`, 'asked')
    return this.view()
  }

  #find(port: number): void {
    const bonjour = new Bonjour({}, () => undefined)
    const name = randomBytes(8).toString('hex')
    bonjour.publish({ name, type: 'cairnlog', port })
    bonjour.find({ type: 'cairnlog' }, (service) => {
      // Of two laptops the one whose name is smaller connects, so that they meet once.
      const address = service.addresses?.find((ip) => ip.includes('.'))
      if (address === undefined || name >= service.name || this.#links.size >= MAX_LINKS) return
      this.#meet(connect(service.port, address), `${address}:${service.port}`, 'asked')
    })
    this.#bonjour = bonjour
  }

  /** `unasked`: a connection that came from outside, which anybody on the Wi-Fi can open. */
  #meet(socket: Socket, address: string, how: 'asked' | 'unasked'): void {
    socket.on('error', () => {})
    const link = this.device.replicate(socket)
    this.#links.add(link)
    this.#note(address, { state: 'meeting' })
    const gone = (change: Partial<PeerView> = {}): void => {
      // Known once it has proved that it is of the project: nobody else is kept in mind.
      if (how === 'asked' || link.peer !== null) this.#note(address, { ...change, state: 'gone' })
      else if (this.#peers.delete(address)) this.#told()
    }
    link.caughtUp.then(
      ({ changes }) => {
        const { name } = link.peer ?? {}
        const named = name === undefined ? {} : { name }
        this.#note(address, { ...named, state: 'together', changes: toChanges(changes) })
      },
      (error: unknown) => gone({ trouble: toTrouble(error) })
    )
    void link.closed
      .catch(() => undefined)
      .then(() => {
        this.#links.delete(link)
        gone()
      })
  }

  #note(address: string, change: Partial<PeerView>): void {
    if (this.#server === null && !this.#peers.has(address) && change.state === 'gone') return
    const known = this.#peers.get(address) ?? { address, state: 'meeting', changes: [] }
    this.#peers.set(address, { ...known, ...change })
    for (const [old, { state }] of this.#peers) {
      if (this.#peers.size <= MAX_PEERS) break
      if (state === 'gone' && old !== address) this.#peers.delete(old)
    }
    this.#told()
  }

  #told(): Nearby {
    const nearby = this.view()
    this.options.tell(nearby)
    return nearby
  }

  #addresses(): string[] {
    if (this.options.host === '127.0.0.1') return ['127.0.0.1']
    return Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address }) => address)
  }
}

function addressOf({ remoteAddress, remotePort }: Socket): string {
  return `${(remoteAddress ?? '?').replace(/^::ffff:/, '')}:${remotePort ?? 0}`
}
