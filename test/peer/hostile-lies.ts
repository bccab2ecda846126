// What a hostile member can give over a link: fields that no sound peer writes, forged runs, feeds that
// are none. How else he can behave is in hostile-conduct.ts.

import b4a from 'b4a'
import { toFeedId, toSignerKey } from '../../lib/log/feed-id.js'
import { Project } from '../../lib/log/project.js'
import type { Run } from '../../lib/log/replica.js'
import { CHUNK_BYTES } from '../../lib/peer/limits.js'
import { MESSAGE } from '../../lib/peer/messages.js'
import { Author } from '../helpers/author.js'
import { OTHER_PROJECT_KEY } from '../helpers/fixed.js'
import { ofOddSizes } from '../faults/members.js'
import type { Random } from '../faults/mutate.js'
import * as say from './fields.js'
import { type Cast, type Member, besides } from './hostile-cast.js'
import type { Hostile } from './hostile.js'

/** Changes fields of messages about one thing; of some or of all. */
function fieldsOf(...about: say.About[]): Member {
  return (hostile, random, cast) => {
    const share = random.pick([1, 2, 5])
    const times = random.pick([1, 1, 1, 2, 4])
    const feeds = [...cast.honest.map(({ feed }) => feed), ...cast.devices, hostile.device]
    const done: string[] = []
    hostile.spoil = (message) => {
      if (!about.includes(message.about) || random.below(share) > 0) return [message]
      for (let i = 0; i < times; i++) {
        const how = say.mutate(message, random, feeds)
        if (done.length < 12) done.push(how)
      }
      return [message]
    }
    return () => done.join('; ')
  }
}

/** A run as somebody would forge it: everything around it is sound. */
const RUN_LIES: Record<string, (run: Run, random: Random, cast: Cast) => Run | null> = {
  'swapped blocks': (run) => ({ ...run, blocks: run.blocks.toReversed() }),
  'a block of another feed': (run, random, { honest }) => {
    const blocks = [...run.blocks]
    blocks[random.below(blocks.length)] = random.pick(random.pick(honest).blocks)
    return { ...run, blocks }
  },
  'a changed block': (run, random) => {
    const blocks = run.blocks.map((block) => b4a.from(block))
    const block = random.pick(blocks)
    if (block.byteLength > 0) block[random.below(block.byteLength)]! ^= 1
    return { ...run, blocks }
  },
  'a block too few': (run) => ({ ...run, blocks: run.blocks.slice(1) }),
  'a block too many': (run) => ({ ...run, blocks: [...run.blocks, run.blocks[0]!] }),
  'empty blocks': (run) => ({ ...run, blocks: run.blocks.map(() => b4a.alloc(0)) }),
  'a huge block': (run) => ({ ...run, blocks: [b4a.alloc(2 ** 21), ...run.blocks.slice(1)] }),
  'cut short': (run, random) => {
    const to = run.from + 1 + random.below(run.to - run.from)
    return { ...run, to, blocks: run.blocks.slice(0, to - run.from) }
  },
  'an earlier place': (run) => ({ ...run, from: Math.max(0, run.from - 1), to: run.to - 1 }),
  'a later place': (run) => ({ ...run, from: run.from + 1, to: run.to + 1 }),
  'an end far away': (run, random) => ({ ...run, to: random.pick([2 ** 20, 2 ** 32, 2 ** 40]) }),
  'another signature': (run, random) => ({ ...run, signature: random.bytes(64) }),
  'the signature of another place': (run, random, { honest }) => {
    const { rootHash, signature } = random.pick(honest).head()
    return { ...run, rootHash, signature }
  },
  'nothing at all': () => null
}

export const lies: Record<string, Member> = {
  'fields of the greeting': fieldsOf('greeting'),
  'fields of heads': fieldsOf('heads'),
  'fields of questions': fieldsOf('question'),
  'fields of answers': fieldsOf('answer'),
  'fields of what is sent unasked': fieldsOf('push'),
  'fields of acknowledgments': fieldsOf('acknowledgments'),
  'fields of questions about photos': fieldsOf('mediaQuestion'),
  'fields of answers about photos': fieldsOf('mediaAnswer'),
  'fields of news of photos': fieldsOf('mediaNews'),
  'fields of everything': fieldsOf(...(Object.keys(MESSAGE) as say.About[])),

  'nothing wrong': () => '',

  'runs that lie': (hostile, random, cast) => {
    const name = random.pick(Object.keys(RUN_LIES))
    const sound = hostile.run
    const victim = random.pick([...hostile.options.feeds])
    const after = random.pick([0, 0, 1, 2])
    let asked = 0
    hostile.run = (author, from, to) => {
      const run = sound(author, from, to)
      const lies = author === victim && asked++ >= after
      return lies && run ? RUN_LIES[name]!(run, random, cast) : run
    }
    return `${name}, run ${after} of ${victim.feed}`
  },

  'answers in other pieces': (hostile, random) => {
    const how = random.pick(['empty', 'missing', 'twice', 'swapped', 'halves', 'and another'])
    hostile.spoilPieces = (pieces) => {
      const i = 1 + random.below(Math.max(1, pieces.length - 1))
      const piece = pieces[i] ?? b4a.alloc(0)
      const half = piece.byteLength >> 1
      if (how === 'empty') return pieces.toSpliced(i, 0, b4a.alloc(0))
      if (how === 'missing') return pieces.toSpliced(i, 1)
      if (how === 'twice') return pieces.toSpliced(i, 0, piece)
      if (how === 'swapped') return [pieces[0]!, ...pieces.slice(1).reverse()]
      if (how === 'halves')
        return pieces.toSpliced(i, 1, piece.subarray(0, half), piece.subarray(half))
      return [...pieces, random.bytes(9)]
    }
    return how
  },

  'places that lie': (hostile, random, cast) => {
    const { place } = hostile
    const how = random.pick(['none', 'random', 'another place', 'now and then'])
    hostile.place = (feed, length) => {
      if (how === 'none') return null
      if (how === 'random') return random.bytes(32)
      if (how === 'another place') return place(feed, length + 1)
      return random.below(2) === 0 ? place(feed, length) : random.bytes(32)
    }
    // Asked about the most where a feed forked.
    return `${how}; ${fork(hostile, random, cast)}`
  },

  'pieces of photos that lie': (hostile, random) => {
    const how = random.pick([
      'other bytes',
      'shorter',
      'longer',
      'nothing',
      'another piece',
      'huge'
    ])
    const { piece } = hostile
    hostile.piece = (photo, chunk) => {
      const bytes = b4a.from(piece(photo, chunk))
      if (how === 'nothing') return b4a.alloc(0)
      if (how === 'shorter') return bytes.subarray(1)
      if (how === 'longer') return b4a.concat([bytes, b4a.alloc(1)])
      if (how === 'huge') return b4a.alloc(2 ** 21)
      if (how === 'another piece') return piece(photo, 1 - chunk)
      if (bytes.byteLength > 0) bytes[random.below(bytes.byteLength)]! ^= 1
      return bytes
    }
    return how
  },

  'one feed under the key of another': (hostile, random, cast) => {
    const [a, b] = [random.pick([...cast.honest]), random.pick([...hostile.options.feeds])]
    const { run } = hostile
    hostile.list = [...hostile.list, { ...b.head(), feed: a.feed }]
    hostile.run = (author, from, to) => {
      if (author !== a) return run(author, from, to)
      const end = Math.min(to, b.blocks.length)
      return from < end ? run(b, from, end) : null
    }
    return `${b.feed} as ${a.feed}`
  },

  'a feed that is not admitted': (hostile, random, cast) => {
    const how = random.pick(['other project', 'wrong mac', 'no hello', 'moved hello'])
    const other = new Project(OTHER_PROJECT_KEY)
    const author = new Author(77, how === 'other project' ? other : hostile.options.project)
    if (how === 'wrong mac') author.hello(other)
    if (how === 'other project') author.hello()
    if (how === 'moved hello') author.put(cast.honest[0]!.blocks[0]!)
    for (let i = 0; i < 5; i++) author.observe()
    offer(hostile, author)
    return how
  },

  'heads that nobody signed': (hostile, random) => {
    const author = random.pick([...hostile.options.feeds])
    const length = random.pick([1, author.blocks.length + 1, 1_000_000, 2 ** 32, 2 ** 40])
    hostile.list.push({ ...author.head(), length })
    return `${author.feed} at ${length}`
  },

  'a feed far longer than its blocks': (hostile, random, cast) => {
    const evil = Author.withEntries(66, 5)
    const length = 2 ** random.pick([5, 20, 22, 40])
    const rootHash = random.bytes(32)
    cast.signed.push(evil)
    hostile.feeds.set(evil.feed, evil)
    hostile.list.push({ feed: evil.feed, length, rootHash, signature: evil.sign(length, rootHash) })
    return `${length}`
  },

  'a fork': fork,

  'a feed that shrinks': (hostile, random) => {
    const author = random.pick([...hostile.options.feeds])
    return besides(hostile, random, () => {
      for (let n = author.blocks.length; n > 0; n -= 1 + random.below(9)) {
        hostile.put(say.heads([author.head(n)], false))
      }
    })
  },

  'blocks of odd sizes': (hostile, random, cast) => {
    const { evil, sizes } = ofOddSizes(random)
    cast.signed.push(evil)
    offer(hostile, evil)
    return sizes.join()
  },

  'entries that are nonsense inside': (hostile, random, cast) => {
    const evil = Author.withEntries(64, 1)
    for (let i = 0; i < 8; i++) {
      const hash = random.pick([...cast.hashes, 'x', b4a.toString(random.bytes(32), 'hex')])
      const size = random.pick([0, -1, 1, 4000, 2 ** 40, 2 ** 40 + 1, 2 ** 53 - 1, 1.5])
      const variant = random.pick<any>([{ hash, size, type: 'image/jpeg' }, null, {}, 7])
      const attachments = [{ variants: { original: variant, preview: variant } }]
      const [lat, lon] = [random.pick([91, -90, 1e300, 0]), random.pick([181, -180, 0])]
      if (i % 3 === 0) evil.put(random.bytes(60))
      else evil.observe({ attachments, lat, lon, clock: random.absurd() })
    }
    cast.signed.push(evil)
    offer(hostile, evil)
    return ''
  },

  'chunks that are too long': (hostile, random) => {
    hostile.spoilPieces = (pieces) => [pieces[0]!, b4a.alloc(random.pick([1, 3, 50]) * CHUNK_BYTES)]
    return ''
  },

  'a feed of which the key is no point': (hostile, random) => {
    const key = random.pick([b4a.alloc(32), b4a.alloc(32, 255), toSignerKey(hostile.device)])
    const feed = toFeedId(key)
    hostile.list.push({ ...hostile.options.self.head(), feed })
    return feed
  }
}

function offer(hostile: Hostile, author: Author): void {
  hostile.feeds.set(author.feed, author)
  hostile.list.push(author.head())
}

function fork(hostile: Hostile, random: Random, cast: Cast): string {
  const branches = [Author.withEntries(67, 8), new Author(67).hello()] as const
  for (let i = 0; i < 3 + random.below(12); i++) branches[1].observe({ tags: { other: i } })
  const [shown, given] = random.pick([branches, branches.toReversed()]) as [Author, Author]
  cast.signed.push(...branches)
  if (random.below(2) === 0) cast.holds.push(branches[0])
  hostile.list.push(shown.head())
  hostile.feeds.set(given.feed, random.pick([shown, given]))
  const turns = random.below(2) === 0
  if (turns)
    hostile.acts.push({ at: 'caught up', act: () => hostile.put(say.heads([given.head()], false)) })
  return `${shown.blocks.length} and ${given.blocks.length} blocks${turns ? ', live too' : ''}`
}
