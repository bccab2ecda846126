import test, { type Assertion } from 'brittle'
import { toFeedId } from '../../lib/log/feed-id.js'
import { LIBRARY_VERSION } from '../../lib/log/library-version.js'
import { Project } from '../../lib/log/project.js'
import { Conversation } from '../../lib/peer/conversation.js'
import { CHUNK_BYTES } from '../../lib/peer/limits.js'
import { MESSAGE } from '../../lib/peer/messages.js'
import { Wire } from '../../lib/testing.js'
import { CONFIGURATION, PROJECT_KEY } from '../helpers/fixed.js'

async function openPair(t: Assertion): Promise<{ wire: Wire; one: Conversation }> {
  const wire = new Wire()
  const device = toFeedId(new Uint8Array(32).fill(3))
  const greeting = {
    library: LIBRARY_VERSION,
    device,
    name: 'Laptop',
    readOnly: false,
    configuration: CONFIGURATION
  }
  const talk = (stream: Wire['a']): Conversation =>
    new Conversation(stream, false, {
      project: new Project(PROJECT_KEY),
      greeting: () => greeting,
      silenceMs: 5000
    })
  const [one, other] = [talk(wire.a), talk(wire.b)]
  t.teardown(() => [one, other].forEach((each) => each.destroy()))
  await Promise.all([one.open(), other.open()])
  return { wire, one }
}

test('waiting to send leaves nothing behind for as long as the link lives', async (t) => {
  const { one } = await openPair(t)
  const then = one.over.then.bind(one.over)
  let listeners = 0
  Reflect.set(one.over, 'then', (...args: Parameters<typeof then>) => {
    listeners++
    return then(...args)
  })
  for (let i = 0; i < 20; i++) {
    one.send(MESSAGE.chunk, new Uint8Array(CHUNK_BYTES))
    await one.drained()
  }
  t.is(listeners, 0)
})

test('whoever waits to send goes on when it is over', async (t) => {
  const { wire, one } = await openPair(t)
  wire.stall()
  for (let i = 0; i < 20; i++) one.send(MESSAGE.chunk, new Uint8Array(CHUNK_BYTES))
  let waits = true
  const waiting = one.drained().then(() => (waits = false))
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.ok(waits)
  one.end(null)
  await waiting
  t.absent(waits)
})
