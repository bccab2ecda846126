// How a hostile member can behave, whatever it is that he says: out of order, too often, too much, not
// at all, or not to the end.

import { setTimeout as pause } from 'node:timers/promises'
import b4a from 'b4a'
import { toFeedId } from '../../lib/log/feed-id.js'
import { MESSAGE } from '../../lib/peer/messages.js'
import type { Random } from '../faults/mutate.js'
import { type Cast, MOMENTS, type Member, besides } from './hostile-cast.js'
import type { Hostile } from './hostile.js'
import * as say from './fields.js'

export const conduct: Record<string, Member> = {
  'messages in another order': (hostile, random) => {
    const depth = random.pick([2, 5, 50])
    const waiting: say.Message[] = []
    let timer: NodeJS.Timeout | null = null
    const flush = (): void => {
      timer = null
      while (waiting.length > 0) hostile.put(waiting.splice(random.below(waiting.length), 1)[0]!)
    }
    hostile.spoil = (message) => {
      waiting.push(message)
      if (waiting.length >= depth) flush()
      else timer ??= setTimeout(flush, 10)
      return []
    }
    return `${depth} at once`
  },

  'messages repeated': (hostile, random) => {
    const [share, times] = [random.pick([1, 3, 10]), random.pick([2, 3, 80])]
    hostile.spoil = (message) =>
      random.below(share) > 0 ? [message] : Array<say.Message>(times).fill(message)
    return `one of ${share}, ${times} times`
  },

  'messages missing': (hostile, random) => {
    const share = random.pick([2, 5, 10])
    hostile.spoil = (message) => (random.below(share) === 0 ? [] : [message])
    return `one of ${share}`
  },

  'messages out of turn': (hostile, random, cast) => {
    const count = random.pick([1, 1, 3, 20])
    const at = random.pick(MOMENTS)
    hostile.acts.push({
      at,
      act: () => {
        for (let i = 0; i < count; i++) hostile.put(anything(hostile, random, cast))
      }
    })
    return `${count} when ${at}`
  },

  'questions about what is not there': (hostile, random, cast) => {
    const feeds = [
      ...cast.devices,
      ...cast.honest.map(({ feed }) => feed),
      toFeedId(random.bytes(32))
    ]
    return besides(hostile, random, () => {
      for (let id = 100; id < 140; id++) {
        const feed = random.pick(feeds)
        const [from, to] = [random.absurd() % 2 ** 40, random.absurd() % 2 ** 40]
        const hash = random.pick([...cast.hashes, b4a.toString(random.bytes(32), 'hex')])
        const size = random.pick([1, 4000, 100_000, 2 ** 21, random.absurd(), 2 ** 40])
        const pick = random.below(4)
        if (pick === 0)
          hostile.put(say.askRun(id, feed, Math.min(from, to), Math.max(from, to) + 1))
        if (pick === 1)
          hostile.put(
            say.askPlaces(id, [
              { feed, length: from },
              { feed, length: 1 }
            ])
          )
        if (pick === 2 && id % 3 === 0)
          hostile.put(say.askPiece(id, { hash, size }, random.below(3)))
        if (pick === 3 && id % 3 === 0)
          hostile.put(
            say.askWhich(id, [
              { hash, size },
              { hash, size: 0 }
            ])
          )
      }
    })
  },

  'very many heads': (hostile, random) => {
    const count = random.pick([300, 5000, 70_000])
    const proof = { rootHash: random.bytes(32), signature: random.bytes(64) }
    const id = random.bytes(32)
    return `${count} ${besides(hostile, random, async () => {
      for (let n = 0; n < count && !hostile.over; n += 256) {
        const list = Array.from({ length: 256 }, (_, i) => {
          new DataView(id.buffer, id.byteOffset).setUint32(0, n + i)
          return { feed: toFeedId(id), length: 1 + (i % 9), ...proof }
        })
        hostile.put(say.heads(list, false))
        await hostile.drained()
      }
    })}`
  },

  'very many questions': (hostile, random, cast) => {
    const count = random.pick([60, 64, 65, 500, 5000])
    return `${count} ${besides(hostile, random, async () => {
      const feed = random.pick([cast.devices[0]!, cast.honest[0]!.feed])
      for (let id = 1; id <= count && !hostile.over; id++) {
        hostile.put(say.askRun(id, feed, 0, 2 ** 40))
        if (id % 4 === 0) hostile.put(say.askWhich(id, [{ hash: cast.hashes[0]!, size: 4000 }]))
        if (id % 100 === 0) await hostile.drained()
      }
    })}`
  },

  'very many acknowledgments': (hostile, random, cast) => {
    const count = random.pick([10, 100, 400])
    return `${count} ${besides(hostile, random, async () => {
      for (let n = 0; n < count && !hostile.over; n++) {
        const made = Array.from({ length: 500 }, () => toFeedId(random.bytes(32)))
        const rows = made.map((feed) => ({ device: random.pick(cast.devices), feed, length: n }))
        hostile.put(say.acknowledgments(rows))
        await hostile.drained()
      }
    })}`
  },

  'very much news of photos': (hostile, random, cast) => {
    const count = random.pick([3, 30])
    return `${count} ${besides(hostile, random, async () => {
      for (let n = 0; n < count && !hostile.over; n++) {
        const made = Array.from({ length: 900 }, () => b4a.toString(random.bytes(32), 'hex'))
        hostile.put(say.mediaNews([...made, ...cast.hashes], n % 2 === 0))
        await hostile.drained()
      }
    })}`
  },

  'very much that nobody asked for': (hostile, random) => {
    const { self } = hostile.options
    return besides(hostile, random, async () => {
      for (let n = 0; n < 200 && !hostile.over; n++) {
        const from = self.blocks.length
        self.observe({ tags: { n } })
        hostile.put(say.push(self.run(random.pick([from, from, 0, Math.max(0, from - 3)]))))
        if (n % 20 === 0) await pause(random.below(5))
      }
    })
  },

  'somebody else by name': (hostile, random, cast) => {
    hostile.device = random.pick([
      ...cast.devices,
      cast.honest[0]!.feed,
      toFeedId(random.bytes(32))
    ])
    hostile.saysAt = random.pick([hostile.saysAt, random.absurd(), 8.64e15, 2 ** 53 - 1])
    return `${cast.devices.indexOf(hostile.device)}, who says at ${hostile.saysAt}`
  },

  'news of others without their blocks': (hostile, random, cast) => {
    const how = random.pick(['silent', 'nothing', 'other blocks'])
    if (how === 'silent') hostile.ending = 'stay'
    const { spoil } = hostile
    const known = hostile.feeds
    hostile.spoil = (message) =>
      how === 'silent' && message.about === 'answer' ? [] : spoil(message)
    const tell = async (): Promise<void> => {
      const self = hostile.options.self
      for (let n = 0; n < 40 && !hostile.over; n++, await pause(5)) {
        const heads = [...(await cast.newest()).values()]
        if (how === 'other blocks')
          for (const { feed } of heads) if (!known.has(feed)) known.set(feed, self)
        hostile.put(say.heads(heads, false))
      }
    }
    hostile.acts.push({ at: 'greeted', act: () => void tell() }, { at: 'live', act: tell })
    return how
  },

  'an end in the middle': (hostile, random) => {
    const count = random.below(60)
    let left = count
    hostile.spoil = (message) => {
      if (left-- > 0) return [message]
      hostile.stream.destroy()
      return []
    }
    return `after ${count} messages`
  },

  'a goodbye in the middle': (hostile, random) => {
    const code = random.pick(['DONE', 'PROJECT_MISMATCH', 'x'.repeat(2000), '', 'NO_SPACE', '\0\n'])
    let left = random.below(40)
    hostile.spoil = (message) => {
      if (left-- !== 0) return [message]
      const bytes = b4a.from(code)
      return [say.plain('bye', b4a.concat([b4a.from([bytes.byteLength & 127]), bytes])), message]
    }
    return `${code.slice(0, 20)} after ${left} messages`
  },

  silence: (hostile, random) => {
    const count = random.below(50)
    let left = count
    hostile.keepAlive = random.pick([0, 50])
    hostile.ending = 'stay'
    hostile.spoil = (message) => {
      if (left-- === 0) hostile.mute = true
      return [message]
    }
    return `after ${count} messages, ${hostile.keepAlive > 0 ? 'with' : 'without'} signs of life`
  },

  'no reading': (hostile, random, cast) => {
    hostile.ending = 'stay'
    const at = random.pick(MOMENTS.slice(2))
    hostile.acts.push({
      at,
      act: () => {
        hostile.stream.pause()
        for (let id = 1000; id < 1040; id++)
          hostile.put(say.askRun(id, random.pick(cast.honest).feed, 0, 2000))
      }
    })
    return `when ${at}`
  },

  'a byte at a time': (hostile, random) => {
    hostile.ending = 'stay'
    hostile.keepAlive = 50
    const type = random.pick([MESSAGE.chunk, MESSAGE.mediaChunk])
    const about = type === MESSAGE.chunk ? 'answer' : 'mediaAnswer'
    hostile.spoil = (message) => {
      if (message.about !== about) return [message]
      const bytes = say.encodeFields(message.fields)
      hostile.send(MESSAGE[about], bytes.subarray(0, Math.min(bytes.byteLength, 8)))
      const trickle = async (): Promise<void> => {
        for (let i = 8; i < bytes.byteLength && !hostile.over; i++, await pause(100)) {
          hostile.send(type, bytes.subarray(i, i + 1))
        }
      }
      void trickle()
      return []
    }
    return about
  }
}

/** A question, answer, or whatever, with valid bytes and out of its place. */
function anything(hostile: Hostile, random: Random, cast: Cast): say.Message {
  const { random: _, ...options } = hostile.options
  const author = random.pick([...options.feeds])
  const from = random.below(author.blocks.length)
  const run = author.run(from, from + 1 + random.below(author.blocks.length - from))
  const id = random.pick([0, 1, 2, 3, random.absurd()])
  const names = options.photos.map(({ name }) => name)
  return random.pick<() => say.Message>([
    () => say.proof(hostile.proof()),
    () => say.greeting(hostile.greeting()),
    () => say.heads([author.head(1 + from)], random.below(2) === 0),
    () => say.askRun(id, random.pick([author.feed, ...cast.devices]), from, from + 1),
    () => say.askPlaces(id, [{ feed: author.feed, length: random.absurd() }]),
    () => say.answer(id, say.runFields(run)),
    () => say.plain('chunk', random.bytes(random.below(100))),
    () => say.plain('caughtUp'),
    () => say.push(run),
    () => say.acknowledgments([{ device: cast.devices[0]!, feed: author.feed, length: 3 }]),
    () => say.askWhich(id, names),
    () => say.askPiece(id, random.pick(names), 0),
    () => say.askHeld(id, random.absurd()),
    () => say.answer(id, say.plain('answer', random.bytes(8)).fields, 'mediaAnswer'),
    () => say.plain('mediaChunk', random.bytes(random.below(100))),
    () => say.mediaNews(cast.hashes, random.below(2) === 0),
    () => say.plain('mediaCaughtUp')
  ])()
}
