// The command connect: exchanges with devices that can be reached now, and goes on live. Over TCP,
// or through Hyperswarm where that is installed.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Device, MediaChoice } from '../main.js'
import { toMediaChoice, toPort } from './arguments.js'
import type { Commands, Run } from './command.js'
import { CommandError, EXIT } from './failures.js'
import { Meeting } from './meeting.js'
import { withDevice } from './open.js'

/** Until somebody is found. */
const LOOK_AGAIN_MS = 5000

interface ConnectOptions {
  readonly listen?: number | true
  readonly once?: boolean
  readonly bootstrap?: string
  readonly media?: MediaChoice
}

export function addConnecting(commands: Commands): void {
  commands.add<ConnectOptions>({
    name: 'connect',
    group: 'Devices within reach:',
    about:
      'Exchange with devices of the project and go on live: at HOST:PORT, or wherever Hyperswarm finds them.',
    example: 'cairnlog connect 192.168.1.20:7017 --once',
    args: [['[host:port]', 'a device that listens; without it Hyperswarm looks for all']],
    options: [
      {
        flags: '--listen [port]',
        about: 'wait for others at this port (any free one)',
        parse: toPort
      },
      { flags: '--once', about: 'end as soon as both sides have what the other had' },
      {
        flags: '--media <which>',
        about:
          'photos and files that are taken: all, previews (with thumbnails), thumbnails or none',
        parse: toMediaChoice
      },
      {
        flags: '--bootstrap <host:port,...>',
        about: 'where Hyperswarm begins to look, in a network of your own'
      }
    ],
    work: (run, options, [address]) =>
      withDevice(run, (device) => meet(run, device, options, address))
  })
}

async function meet(
  run: Run,
  device: Device,
  options: ConnectOptions,
  address: string | undefined
): Promise<void> {
  const { once: isOnce = false, media } = options
  const meeting = new Meeting(run, device, { isOnce, media })
  if (options.listen !== undefined) await listen(meeting, run, options.listen)
  else if (address !== undefined) await call(meeting, address, run.signal)
  else await swarm(meeting, device, options.bootstrap)
}

async function call(meeting: Meeting, address: string, signal: AbortSignal): Promise<void> {
  const { host, port } = toAddress(address)
  const socket = connect(port, host)
  try {
    await once(socket, 'connect', { signal })
  } catch (error) {
    socket.destroy()
    signal.throwIfAborted()
    throw new CommandError(
      `Nobody answers at ${address}: ${(error as NodeJS.ErrnoException).code ?? 'no connection'}.`,
      'Check the address, and that connect --listen runs there.',
      EXIT.peer,
      'PEER_CLOSED'
    )
  }
  await meeting.end(meeting.join(socket))
}

async function listen(meeting: Meeting, { out }: Run, port: number | true): Promise<void> {
  const server = createServer((socket) => meeting.welcome(socket))
  server.listen(port === true ? 0 : port)
  try {
    await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
      throw new CommandError(
        `It cannot listen on port ${port === true ? 'of its choice' : port}: ${error.code}.`,
        'Choose another port, or leave it away for any that is free.',
        EXIT.peer
      )
    })
    out.note(`Listening on port ${(server.address() as AddressInfo).port}. Ctrl-C ends it.`)
    await meeting.end()
  } finally {
    server.close()
  }
}

async function swarm(meeting: Meeting, device: Device, nodes: string | undefined): Promise<void> {
  const { default: Hyperswarm } = await import('hyperswarm').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new CommandError(
      'Without an address Hyperswarm has to look for devices, and it is not installed.',
      'Give HOST:PORT, or install it beside cairnlog: npm install hyperswarm'
    )
  })
  const bootstrap = nodes?.split(',').map(toAddress)
  const found = new Hyperswarm(bootstrap === undefined ? {} : { bootstrap })
  found.on('connection', (socket: Duplex) => meeting.welcome(socket))
  const looking = found.join(Buffer.from(device.topic))
  // Two that begin at the same moment miss each other, and would look again after minutes.
  const again = setInterval(() => {
    if (!meeting.hasMet) looking.refresh().catch(() => undefined)
  }, LOOK_AGAIN_MS)
  try {
    meeting.note('Looking for devices of the project. Ctrl-C ends it.')
    await meeting.end()
  } finally {
    clearInterval(again)
    await found.destroy()
  }
}

function toAddress(text: string): { host: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  if (host !== undefined && port > 0 && port < 65_536) return { host, port }
  throw new CommandError(
    `"${text}" is no address.`,
    'Give HOST:PORT, for example 192.168.1.20:7017'
  )
}
