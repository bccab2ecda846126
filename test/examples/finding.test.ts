// The two examples in which devices find each other, as two programs each: over a HyperDHT network
// of our own, and by mDNS, both on loopback.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Bonjour, type ServiceConfig } from 'bonjour-service'
import createTestnet from 'hyperdht/testnet.js'
import test, { type Assertion } from 'brittle'

interface Program {
  /** What it has said. */
  said: string
  type(line: string): void
  saying(text: string): Promise<void>
  end(): Promise<number | null>
}

function start(t: Assertion, example: string, args: string[]): Program {
  const script = fileURLToPath(new URL(`../../examples/${example}.js`, import.meta.url))
  const child = spawn(process.execPath, [script, ...args])
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const program: Program = {
    said: '',
    type: (line) => child.stdin.write(`${line}\n`),
    async saying(text) {
      while (!program.said.includes(text)) {
        const over = await Promise.race([once(child.stdout, 'data').then(() => false), ended])
        if (over !== false) throw new Error(`ended before "${text}": ${program.said}`)
      }
    },
    async end() {
      child.kill('SIGINT')
      return ((await ended) as [number | null])[0]
    }
  }
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => (program.said += bytes.toString()))
  }
  return program
}

/** Two programs of one project meet, and what is typed in one is shown by the other. */
async function assertMeeting(t: Assertion, example: string, options: string[]): Promise<void> {
  const key = randomBytes(32).toString('hex')
  const folder = await t.tmp()
  const open = (name: string): Program =>
    start(t, example, [join(folder, name), key, name, ...options])
  const one = open('Laptop-1')
  await one.saying('can be found')
  one.type('a river')
  const two = open('Laptop-2')
  await Promise.all([one.saying('met Laptop-2'), two.saying('met Laptop-1')])
  await two.saying('created: a river')
  two.type('a house')
  await one.saying('created: a house')
  t.pass('each shows what the other recorded')
  t.alike(await Promise.all([one.end(), two.end()]), [0, 0])
}

test('examples/swarm.ts: two devices meet over a HyperDHT', { timeout: 90_000 }, async (t) => {
  const testnet = await createTestnet(3)
  t.teardown(() => testnet.destroy(), { order: 1 })
  const { host, port } = testnet.bootstrap[0]
  await assertMeeting(t, 'swarm', ['--bootstrap', `${host}:${port}`, '--host', '127.0.0.1'])
})

test('examples/lan.ts: two devices meet by mDNS', { timeout: 90_000 }, async (t) => {
  if (process.platform !== 'linux') return t.comment('skipped: needs multicast over loopback')
  const port = String(50_000 + Math.floor(Math.random() * 10_000))
  await assertMeeting(t, 'lan', ['--interface', '127.0.0.1', '--port', port])
})

test('examples/lan.ts: a device goes by another name each time', { timeout: 60_000 }, async (t) => {
  if (process.platform !== 'linux') return t.comment('skipped: needs multicast over loopback')
  const port = String(50_000 + Math.floor(Math.random() * 10_000))
  const key = randomBytes(32).toString('hex')
  const folder = await t.tmp()
  const names = new Set<string>()
  for (let day = 1; day <= 2; day++) {
    const options = ['--interface', '127.0.0.1', '--port', port]
    const laptop = start(t, 'lan', [folder, key, 'Laptop-1', ...options])
    await laptop.saying('can be found')
    names.add(await nameOnTheWifi(t, port))
    t.is(await laptop.end(), 0)
  }
  t.is(names.size, 2, [...names].join(' '))
})

/** Of the one device that can be found there. */
async function nameOnTheWifi(t: Assertion, port: string): Promise<string> {
  const config = { port: Number(port), interface: '127.0.0.1', bind: '224.0.0.251' }
  const bonjour = new Bonjour(config as Partial<ServiceConfig>)
  t.teardown(() => bonjour.destroy())
  return new Promise((resolve) => {
    bonjour.find({ type: 'cairnlog' }, ({ name }) => resolve(name))
  })
}
