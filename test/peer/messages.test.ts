import fc from 'fast-check'
import test from 'brittle'
import {
  decodeAnswer,
  decodeGreeting,
  decodeHeads,
  decodePlaces,
  decodePush,
  decodeQuestion,
  decodeRun,
  encodeGreeting,
  encodeHeads,
  encodePlaces,
  encodeQuestion,
  encodeRun
} from '../../lib/peer/messages.js'
import { MalformedMessage, WireReader, WireWriter } from '../../lib/peer/wire.js'
import { Author } from '../helpers/author.js'
import { CONFIGURATION } from '../helpers/fixed.js'

const author = Author.withEntries(1, 5)
const { feed } = author

test('messages come out as they went in', (t) => {
  const greeting = {
    library: '1.2.3',
    device: feed,
    name: 'Portátil',
    configuration: CONFIGURATION,
    readOnly: true,
    media: true,
    saysHeldMedia: true
  }
  t.alike(decodeGreeting(encodeGreeting(greeting)), greeting)
  const { held: _, ...head } = author.head()
  const list = decodeHeads(encodeHeads({ heads: [head], last: true }))
  t.ok(list.last)
  t.is(list.heads[0]?.feed, feed)
  t.alike(new Uint8Array(list.heads[0]!.signature), new Uint8Array(head.signature))
  const run = decodeRun(feed, encodeRun(author.run(2, 6)))
  t.is(run.from, 2)
  t.is(run.to, 6)
  t.alike(
    run.blocks.map((b) => [...b]),
    author.blocks.slice(2, 6).map((b) => [...b])
  )
  const question = { kind: 'run', feed, from: 3, to: 2 ** 39 } as const
  t.alike(decodeQuestion(encodeQuestion(7, question)), { id: 7, question })
  const places = { kind: 'places', places: [{ feed, length: 0 }] } as const
  t.alike(decodeQuestion(encodeQuestion(8, places)), { id: 8, question: places })
  const answers = [{ rootHash: null, byteLength: 9 }]
  t.alike(decodePlaces(encodePlaces(answers), 1), answers)
})

test('numbers of every size keep their value and their bound', (t) => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (n) => {
      const bytes = new WireWriter().uint(n).finish()
      if (new WireReader(bytes).uint(Number.MAX_SAFE_INTEGER) !== n) return false
      if (n === 0) return true
      try {
        new WireReader(bytes).uint(n - 1)
        return false
      } catch (error) {
        return error instanceof MalformedMessage
      }
    })
  )
  t.pass()
})

test('whatever comes in, a decoder gives a value or says that it is malformed', (t) => {
  const decoders = [
    decodeAnswer,
    decodeGreeting,
    decodeHeads,
    decodeQuestion,
    decodePush,
    (bytes: Uint8Array) => decodeRun(feed, bytes),
    (bytes: Uint8Array) => decodePlaces(bytes, 3)
  ]
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(decoders.length - 1), (bytes, i) => {
      try {
        decoders[i]!(bytes)
      } catch (error) {
        if (!(error instanceof MalformedMessage)) throw error
      }
    }),
    { numRuns: 2000 }
  )
  t.pass()
})
