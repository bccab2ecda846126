// What somebody without the project key can do to a link, and whoever stands between two peers: the
// first bytes, the encryption, the frames of the multiplexer, and all messages before the proof.

import { setTimeout as pause } from 'node:timers/promises'
import b4a from 'b4a'
import hypercoreCrypto from 'hypercore-crypto'
import { toSignerKey } from '../../lib/log/feed-id.js'
import { coreKeyOf } from '../../lib/log/signature.js'
import { Project } from '../../lib/log/project.js'
import { MESSAGE } from '../../lib/peer/messages.js'
import { encrypt } from '../../lib/peer/transport.js'
import { Wire } from '../../lib/testing-wire.js'
import { OTHER_PROJECT_KEY } from '../helpers/fixed.js'
import type { Random } from '../faults/mutate.js'
import * as say from './fields.js'
import type { Hostile } from './hostile.js'

/** At the other end of the wire; `member` makes one who knows the key and is sound. */
export interface Place {
  readonly wire: Wire
  readonly random: Random
  /** Ids of feeds that the device has. */
  readonly feeds: readonly string[]
  readonly member: (stream?: Wire['a']) => Hostile
}

export interface Met {
  readonly how: string
  /** Types of messages that somebody without the key was told; null: it had the key. */
  readonly told: readonly number[] | null
}

export type Stranger = (place: Place) => Promise<Met>

const PREFACE = b4a.from('cairnlog')

function met(how: string | number, told: readonly number[] | null = []): Met {
  return { how: String(how), told }
}

/** Writes, and goes away after a while. */
async function writes({ wire, random }: Place, ...parts: readonly Uint8Array[]): Promise<string> {
  wire.a.on('error', () => {})
  wire.a.resume()
  for (const part of parts) if (!wire.a.destroyed) wire.a.write(part)
  const how = random.pick(['ends', 'cut', 'stays'])
  if (how === 'stays') await pause(700)
  if (how === 'ends') wire.a.end()
  await pause(20)
  wire.cut()
  return how
}

export const strangers: Record<string, Stranger> = {
  'any bytes': async (place) => {
    const size = place.random.pick([0, 1, 7, 40, 100, 70_000])
    return met(`${size}, ${await writes(place, place.random.bytes(size))}`)
  },

  'a preface and any bytes': async (place) => {
    const { random } = place
    const name = b4a.from(PREFACE)
    if (random.below(3) === 0) name[random.below(8)]! ^= 1
    const rest = b4a.concat([name, random.bytes(random.pick([0, 5, 31, 32, 33, 400]))])
    // A frame of the encryption says its length first, in three bytes.
    const frame = b4a.concat([
      random.pick([b4a.alloc(3), b4a.alloc(3, 255), b4a.from([1, 0, 0]), random.bytes(3)]),
      random.bytes(random.pick([0, 1, 48, 65_536]))
    ])
    return met(`${rest.byteLength}, ${await writes(place, rest, frame, frame)}`)
  },

  'an echo': async ({ wire }) => {
    wire.a.pipe(wire.a)
    wire.a.on('error', () => {})
    await pause(100)
    wire.cut()
    return met('')
  },

  'changed bytes on the line': async ({ wire, random, member }) => {
    const { between, tampered } = middle(wire)
    let left = random.below(8000)
    const how = random.pick(['flipped', 'inserted', 'missing', 'any'])
    tampered((bytes) => {
      const at = left
      left -= bytes.byteLength
      if (at < 0 || at >= bytes.byteLength) return bytes
      const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
      if (how === 'missing') return b4a.concat([before, after.subarray(1 + random.below(9))])
      if (how === 'inserted') return b4a.concat([before, random.bytes(1 + random.below(9)), after])
      if (how === 'any') return b4a.concat([before, random.bytes(after.byteLength)])
      return b4a.concat([before, b4a.from([after[0]! ^ (1 << random.below(8))]), after.subarray(1)])
    })
    const hostile = member(between)
    await hostile.speak()
    await hostile.leave(pause(300))
    wire.cut()
    return met(`${how} at ${left}`, null)
  },

  'bytes in other portions': async ({ wire, random, member }) => {
    const { between, tampered } = middle(wire)
    const size = random.pick([1, 7, 1000])
    let budget = 3000
    tampered((bytes, write) => {
      let at = 0
      for (; at < bytes.byteLength && budget > 0; at += size, budget--)
        write(bytes.subarray(at, at + size))
      return bytes.subarray(Math.min(at, bytes.byteLength))
    })
    const hostile = member(between)
    await hostile.speak()
    await hostile.leave(pause(300))
    wire.cut()
    return met(size, null)
  },

  'no key': async ({ random, member }) => {
    const hostile = member()
    const how = random.pick(['other project', 'any bytes', 'empty', 'reflected', 'none', 'long'])
    hostile.ending = random.pick(['bye', 'end', 'cut', 'stay'])
    hostile.spoil = (message) => {
      if (message.about !== 'proof') return random.below(3) > 0 ? [message] : []
      if (how === 'none') return []
      if (how === 'other project') {
        return [say.proof(hostile.proof(new Project(OTHER_PROJECT_KEY)))]
      }
      // Its own proof is of its own side, so that it cannot be sent back.
      const noise = hostile.noise!
      const { project } = hostile.options
      const mirrored = project.peerProof(noise.handshakeHash as Uint8Array, !noise.isInitiator)
      if (how === 'reflected') return [say.proof(mirrored)]
      return [say.plain('proof', random.bytes(how === 'empty' ? 0 : how === 'long' ? 90_000 : 32))]
    }
    await hostile.speak()
    await hostile.leave(pause(300))
    return met(how, hostile.heard)
  },

  'everything before the proof': async ({ random, member }) => {
    const hostile = member()
    const first = random.pick(Object.values(MESSAGE).filter((type) => type !== MESSAGE.proof))
    const size = random.pick([0, 1, 40, 5000])
    hostile.acts.push({ at: 'opened', act: () => hostile.send(first, random.bytes(size)) })
    hostile.spoil = (message) => (message.about === 'proof' ? [] : [message])
    await hostile.speak()
    await hostile.leave(pause(300))
    return met(`message ${first} of ${size} bytes`, hostile.heard)
  },

  'frames of the multiplexer': async ({ random, member, feeds }) => {
    const hostile = member()
    const at = random.pick(['opened', 'proved', 'listed', 'caught up'] as const)
    const frames = Array.from({ length: random.pick([1, 3, 30]) }, () => frame(random, feeds))
    hostile.acts.push({
      at,
      act: () => {
        const stream = hostile.noise as unknown as { write(bytes: Uint8Array): void }
        for (const each of frames) stream.write(each)
      }
    })
    await hostile.speak()
    await hostile.leave(pause(300))
    const some = frames.slice(0, 3).map((each) => b4a.toString(each.subarray(0, 20), 'hex'))
    return met(`when ${at}: ${some.join(' ')}`, null)
  },

  'no channel': async ({ wire, random, feeds }) => {
    wire.a.on('error', () => {})
    const noise = await encrypt(wire.a, AbortSignal.timeout(1000)).catch(() => null)
    if (noise === null) return met('no handshake')
    noise.on('error', () => {})
    const stream = noise as unknown as { write(bytes: Uint8Array): void }
    const count = random.pick([0, 1, 500])
    if (await Promise.race([noise.opened, pause(1000, false)])) {
      for (let i = 0; i < count && !noise.destroyed; i++) stream.write(frame(random, feeds))
    }
    await pause(random.pick([0, 20, 700]))
    noise.destroy()
    wire.cut()
    return met(count)
  }
}

/** A frame of Protomux: which channel, which type, and the rest; or one of its own messages. */
function frame(random: Random, feeds: readonly string[]): Uint8Array {
  const number = (n: number): Uint8Array => {
    // compact-encoding: one byte, or a mark and two, four or eight.
    if (n < 0xfd) return b4a.from([n])
    const bytes = Buffer.alloc(9)
    const size = n <= 0xffff ? 2 : n <= 0xffffffff ? 4 : 8
    bytes[0] = size === 2 ? 0xfd : size === 4 ? 0xfe : 0xff
    if (size === 2) bytes.writeUInt16LE(n, 1)
    else if (size === 4) bytes.writeUInt32LE(n, 1)
    else bytes.writeBigUInt64LE(BigInt(n), 1)
    return bytes.subarray(0, 1 + size)
  }
  const small = (): Uint8Array => number(random.pick([0, 1, 1, 2, 3, random.absurd()]))
  const protocol = b4a.from(random.pick(['cairnlog/1', 'hypercore/alpha', '', 'x'.repeat(200)]))
  const core = hypercoreCrypto.discoveryKey(coreKeyOf(toSignerKey(random.pick(feeds))))
  const id = random.pick([
    [b4a.from([random.below(3)])],
    [b4a.from([1, 32]), core, random.bytes(80)]
  ])
  const open = [number(protocol.byteLength), protocol, ...id]
  const parts = random.pick<() => Uint8Array[]>([
    () => [b4a.from([0, 1]), small(), ...open],
    () => [b4a.from([0, 0]), small(), small(), random.bytes(9), small(), small(), small()],
    () => [b4a.from([0, random.pick([2, 3])]), small()],
    () => [small(), small(), random.bytes(random.below(60))],
    () => [random.bytes(random.below(60))]
  ])
  return b4a.concat(parts())
}

/** Somebody on the line: what goes to the other end of `wire` may be changed on its way. */
function middle(wire: Wire): {
  between: Wire['a']
  tampered: (change: (bytes: Uint8Array, write: (part: Uint8Array) => void) => Uint8Array) => void
} {
  const own = new Wire()
  const [here, there] = [own.b, wire.a]
  for (const end of [here, there, own.a]) end.on('error', () => {})
  there.pipe(here)
  here.on('close', () => there.destroy())
  there.on('close', () => here.destroy())
  const write = (part: Uint8Array): void => {
    if (!there.destroyed && part.byteLength > 0) there.write(part)
  }
  return {
    between: own.a,
    tampered: (change) => {
      here.on('data', (bytes: Uint8Array) => write(change(bytes, write)))
      here.on('end', () => there.end())
    }
  }
}
