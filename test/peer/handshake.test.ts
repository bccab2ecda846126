import { PassThrough } from 'node:stream'
import b4a from 'b4a'
import test from 'brittle'
import { Project } from '../../lib/log/project.js'
import { MESSAGE, decodeGreeting } from '../../lib/peer/messages.js'
import { Wire } from '../../lib/testing.js'
import { Author } from '../helpers/author.js'
import { OTHER_PROJECT_KEY, PROJECT_KEY } from '../helpers/fixed.js'
import { createSide, link, outcome, puppetFor } from './helpers.js'

test('devices of two projects tell each other nothing', async (t) => {
  const a = await createSide(t)
  const b = await createSide(t, { projectKey: OTHER_PROJECT_KEY })
  const { links, wire } = link(a, b)
  t.alike(await Promise.all(links.map((side) => outcome(side.caughtUp))), [
    'PROJECT_MISMATCH',
    'PROJECT_MISMATCH'
  ])
  t.is(await outcome(links[0].closed), 'PROJECT_MISMATCH')
  t.is(links[0].peer, null)
  t.ok(wire.bytes < 1500, `${wire.bytes} bytes were exchanged`)
  t.is(a.log.ends().size, 1)
})

test('a stranger gets a proof that tells nothing, and a goodbye', async (t) => {
  const side = await createSide(t)
  const { puppet, link } = await puppetFor(t, side)
  const proof = await puppet.until(MESSAGE.proof)
  t.is(proof.byteLength, 32)
  const { id } = new Project(PROJECT_KEY)
  t.unlike(b4a.toString(proof, 'hex'), id)
  puppet.send(MESSAGE.proof, new Uint8Array(32))
  const bye = await puppet.until(MESSAGE.bye)
  t.ok(b4a.toString(bye).includes('PROJECT_MISMATCH'))
  t.alike(puppet.received, [], 'nothing else was sent')
  t.is(await outcome(link.caughtUp), 'PROJECT_MISMATCH')
})

test('a proof is of no use on another connection, nor mirrored', async (t) => {
  const side = await createSide(t)
  const first = await puppetFor(t, side)
  const proof = await first.puppet.until(MESSAGE.proof)
  first.puppet.send(MESSAGE.proof, proof)
  t.is(await outcome(first.link.caughtUp), 'PROJECT_MISMATCH', 'mirrored')
  const recorded = await puppetFor(t, side)
  const project = new Project(PROJECT_KEY)
  const sound = project.peerProof(recorded.puppet.noise.handshakeHash as Uint8Array, true)
  const second = await puppetFor(t, side)
  second.puppet.send(MESSAGE.proof, sound)
  t.is(await outcome(second.link.caughtUp), 'PROJECT_MISMATCH', 'replayed')
  recorded.puppet.send(MESSAGE.proof, sound)
  t.is(decodeGreeting(await recorded.puppet.until(MESSAGE.greeting)).device, side.log.id)
})

test('nothing but a proof is heard before the proof', async (t) => {
  for (const type of [MESSAGE.greeting, MESSAGE.heads, MESSAGE.question, MESSAGE.caughtUp]) {
    const { puppet, link } = await puppetFor(t, await createSide(t))
    puppet.send(type, new Uint8Array(8))
    t.is(await outcome(link.caughtUp), 'PEER_INVALID')
    t.absent(puppet.received.some((message) => message.type === MESSAGE.greeting))
  }
})

test('configurations of different names do not meet; of different versions they do', async (t) => {
  const a = await createSide(t)
  const b = await createSide(t)
  b.log.configuration = { name: 'rivers', version: '9' }
  await Promise.all(link(a, b).links.map((side) => side.caughtUp))
  const c = await createSide(t)
  c.log.configuration = { name: 'forests', version: '1' }
  const { links } = link(a, c)
  t.alike(await Promise.all(links.map((side) => outcome(side.caughtUp))), [
    'CONFIGURATION_MISMATCH',
    'CONFIGURATION_MISMATCH'
  ])
  t.is(c.log.ends().size, 1)
})

test('an echo, another protocol and one that hangs up are told apart', async (t) => {
  const side = await createSide(t, { silenceMs: 300 })
  t.is(await outcome(side.peers.replicate(new PassThrough(), {}).caughtUp), 'PEER_INVALID')
  const http = new Wire()
  http.b.write('HTTP/1.1 400 Bad Request\r\n\r\n')
  http.b.on('error', () => {}).resume()
  t.is(await outcome(side.peers.replicate(http.a, {}).caughtUp), 'PEER_INVALID')
  const gone = new Wire()
  const left = side.peers.replicate(gone.a, {})
  gone.b.end()
  t.is(await outcome(left.caughtUp), 'PEER_CLOSED')
  const silent = new Wire()
  t.is(await outcome(side.peers.replicate(silent.a, {}).caughtUp), 'PEER_SILENT')
})

test('a device does not replicate with its own copy', async (t) => {
  const side = await createSide(t)
  const { puppet, link } = await puppetFor(t, side)
  await puppet.introduce(side.log.id)
  t.is(await outcome(link.caughtUp), 'DEVICE_COPIED')
  const other = await puppetFor(t, side)
  await other.puppet.introduce(new Author(9).feed)
  await other.puppet.until(MESSAGE.heads)
  t.is(other.link.peer?.name, 'Puppet')
})
