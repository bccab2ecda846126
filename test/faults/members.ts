// What a hostile member can put into a sync file: he has the project key, so he seals what he likes,
// and signs feeds of his own. He cannot sign for another device.

import b4a from 'b4a'
import { toFeedId } from '../../lib/log/feed-id.js'
import { Project } from '../../lib/log/project.js'
import { Author } from '../helpers/author.js'
import { OTHER_PROJECT_KEY } from '../helpers/fixed.js'
import { type Forged, type ForgedFile, type Random, segmentsOf, writeForged } from './mutate.js'

type Member = (random: Random, project: Project, honest: readonly Author[]) => Forged

interface Made extends Partial<Omit<Forged, 'bytes'>> {
  readonly file: ForgedFile
}

/** A case around a file that holds all honest feeds besides. */
function member(
  make: (random: Random, honest: readonly Author[], project: Project) => Made
): Member {
  return (random, project, honest) => {
    const { file, ...rest } = make(random, honest, project)
    const intact = honest.map(({ feed }) => feed)
    return { how: '', intact, mayRefuse: false, ...rest, bytes: writeForged(project, file) }
  }
}

function allOf(authors: readonly Author[]): ForgedFile['segments'] {
  return authors.flatMap((author) => segmentsOf(author, 10))
}

function without(honest: readonly Author[], ...touched: readonly string[]): string[] {
  return honest.map(({ feed }) => feed).filter((feed) => !touched.includes(feed))
}

/** A member whose last blocks are far too small or too large, or hold nothing that he sealed. */
export function ofOddSizes(random: Random): { evil: Author; sizes: readonly number[] } {
  const evil = Author.withEntries(65, 2)
  const sizes = random.pick([[0, 0, 1], [24, 40, 41], [256 * 1024 + 1], [256 * 1024], [1_000_000]])
  for (const size of sizes)
    evil.put(random.pick([b4a.alloc(size), random.bytes(Math.min(size, 99))]))
  return { evil, sizes }
}

const LABEL_LIES: Record<string, (random: Random, honest: readonly Author[]) => object> = {
  feed: (random, honest) => ({ feed: random.pick(honest).feed }),
  'feed of nobody': (random) => ({ feed: toFeedId(random.bytes(32)) }),
  from: (random) => ({ from: random.absurd() }),
  count: (random) => ({ count: random.below(1025) }),
  continues: () => ({ continues: true }),
  rootHash: (random) => ({ rootHash: random.bytes(32) }),
  signature: (random) => ({ signature: random.bytes(64) })
}

export const members: Record<string, Member> = {
  'a label that lies': member((random, honest) => {
    const segments = allOf(honest)
    const lie = random.pick(segments)
    const name = random.pick(Object.keys(LABEL_LIES))
    const before = lie.label.feed
    lie.label = { ...lie.label, ...LABEL_LIES[name]!(random, honest) }
    return { file: { segments }, how: name, intact: without(honest, before, lie.label.feed) }
  }),

  'a directory that lies about one feed': member((random, honest) => {
    const victim = random.below(honest.length)
    let how = ''
    const directory = (fields: Record<string, any>): void => {
      for (let i = random.below(3); i >= 0; i--) {
        const name = random.pick(['segments', 'segments', 'heads'])
        const row = random.pick((fields[name] as unknown[][]).filter(([feed]) => feed === victim))
        if (row === undefined) continue
        // A head that names another feed would be a lie about that one.
        const column =
          name === 'heads' ? 1 + random.below(row.length - 1) : random.below(row.length)
        const value = row[column] instanceof Uint8Array ? random.bytes(64) : random.absurd()
        how += `[${column}]=${typeof value === 'number' ? value : 'bytes'} `
        row[column] = value
      }
    }
    const intact = without(honest, honest[victim]!.feed)
    return { file: { segments: allOf(honest), directory }, intact, how }
  }),

  'a directory with a field of another type': member((random, honest) => {
    let how = ''
    const directory = (fields: Record<string, any>): void => {
      const names = Object.keys(fields).filter((name) => name !== 'generation')
      const name = random.pick(names)
      how = name
      fields[name] = random.pick<unknown>([
        null,
        [],
        {},
        'x',
        -1,
        2 ** 60,
        [[]],
        [[null]],
        undefined
      ])
    }
    return { file: { segments: allOf(honest), directory }, how, intact: [], mayRefuse: true }
  }),

  'a directory whose bytes are scrambled': member((random, honest) => {
    const scramble = (plain: Uint8Array): void => {
      for (let i = random.below(8); i >= 0; i--) {
        plain[random.below(plain.byteLength)] = random.below(256)
      }
    }
    // It may name another configuration afterwards.
    return { file: { segments: allOf(honest), scramble }, intact: [], mayRefuse: true }
  }),

  'directories in a circle': member((random, honest) => {
    const segments = allOf(honest)
    const directory = (fields: Record<string, any>): void => {
      const last = fields['segments'].at(-1) as number[]
      const at = last[5]! + last[6]!
      const offset = random.pick([at, at, at + 1, 512, random.absurd()])
      fields['previous'] = [
        random.pick([1, 1, 0, 2, 2 ** 40]),
        offset,
        random.absurd(),
        random.bytes(32)
      ]
      fields['chain'] = random.absurd()
    }
    return { file: { segments, directory } }
  }),

  'a feed that is not admitted': member((random, honest) => {
    const how = random.pick(['other project', 'wrong mac', 'no hello', 'moved hello'])
    const project = honest[0]!.project
    const author = new Author(
      77,
      how === 'other project' ? new Project(OTHER_PROJECT_KEY) : project
    )
    if (how === 'wrong mac') author.hello(new Project(OTHER_PROJECT_KEY))
    if (how === 'other project') author.hello()
    if (how === 'moved hello') author.put(honest[0]!.blocks[0]!)
    for (let i = 0; i < 5; i++) author.observe()
    return { file: { segments: [...segmentsOf(author, 3), ...allOf(honest)] }, how }
  }),

  'a feed far longer than its blocks': member((random, honest) => {
    const evil = Author.withEntries(66, 5)
    const length = 2 ** random.pick([5, 20, 40, 52])
    const directory = (fields: Record<string, any>): void => {
      const head = fields['heads'].find(([feed]: number[]) => feed === 0)
      const rootHash = random.bytes(32)
      head.splice(1, 3, length, rootHash, evil.sign(length, rootHash))
    }
    const segments = [...segmentsOf(evil), ...allOf(honest)]
    return { file: { segments, directory }, members: [evil], how: `${length}` }
  }),

  'very many tiny feeds': member((random, honest) => {
    const tiny = Array.from({ length: 40 + random.below(40) }, (_, i) => {
      return Author.withEntries(1000 + i, random.below(2))
    })
    const segments = [...allOf(tiny), ...allOf(honest)]
    return { file: { segments }, members: tiny, how: `${tiny.length}` }
  }),

  'a run that never ends': member((random, honest) => {
    const victim = random.below(honest.length)
    const directory = (fields: Record<string, any>): void => {
      for (let i = 0; i < 5_000; i++) {
        const continues = random.below(50) === 0 ? 0 : 1
        fields['segments'].push([victim, i + 100, 1, continues, 1, 512 + i, 300])
      }
    }
    return { file: { segments: allOf(honest), directory } }
  }),

  'very many rows for one place': member((random, honest) => {
    const victim = random.below(honest.length)
    const count = random.pick([1, 7, 1024])
    const directory = (fields: Record<string, any>): void => {
      for (let i = 0; i < 5_000; i++) {
        const from = random.pick([0, i * 2, 1000])
        fields['segments'].push([victim, from, count, 0, 1, 512 + i, 5000])
      }
    }
    const intact = without(honest, honest[victim]!.feed)
    return { file: { segments: allOf(honest), directory }, intact }
  }),

  'everything dropped': member((random, honest) => {
    const victim = random.below(honest.length)
    const directory = (fields: Record<string, any>): void => {
      const own = (fields['segments'] as number[][]).filter(([feed]) => feed === victim)
      fields['dropped'] = own.map((row) => [1, row[5]])
      for (let i = 0; i < 20_000; i++) fields['dropped'].push([2, i])
    }
    const intact = without(honest, honest[victim]!.feed)
    return { file: { segments: allOf(honest), directory }, intact }
  }),

  'the other branch of a feed that the device holds': member((random, honest) => {
    const victim = random.pick([1, 2, 3])
    const fork = new Author(victim).hello()
    for (let i = 0; i < random.below(60); i++) fork.observe({ tags: { forged: true } })
    const feed = fork.feed
    const rest = honest.filter((author) => author.feed !== feed)
    const segments = [...segmentsOf(fork, 10), ...allOf(rest)]
    return { file: { segments }, intact: without(honest, feed), holds: [feed], members: [fork] }
  }),

  'blocks of odd sizes': member((random, honest) => {
    const { evil, sizes } = ofOddSizes(random)
    const segments = [...segmentsOf(evil, random.pick([1, 2, 100])), ...allOf(honest)]
    return { file: { segments }, members: [evil], how: sizes.join() }
  }),

  'entries that are nonsense inside': member((random, honest, project) => {
    const evil = Author.withEntries(64, 1)
    for (let i = 0; i < 8; i++) evil.put(project.id.length > 0 ? random.bytes(60) : b4a.alloc(0))
    const segments = [...segmentsOf(evil, 4), ...allOf(honest)]
    return { file: { segments }, members: [evil] }
  }),

  'blocks of one feed in another': member((random, honest) => {
    const segments = allOf(honest)
    const [a, b] = [random.pick(segments), random.pick(segments)]
    const blocks = [...b.blocks].slice(0, a.blocks.length)
    const touched = a.blocks.every((block, i) => blocks[i] === block) ? [] : [a.label.feed]
    a.blocks = [...blocks, ...a.blocks.slice(blocks.length)]
    return { file: { segments }, intact: without(honest, ...touched) }
  }),

  'a payload whose lengths lie': member((random, honest) => {
    const segments = allOf(honest)
    const lie = random.pick(segments)
    lie.payload = random.bytes(random.pick([0, 1, 3, 4, 40, 4096]))
    return { file: { segments }, intact: without(honest, lie.label.feed) }
  }),

  'segments that nothing lists': member((random, honest) => {
    const segments = allOf(honest)
    for (let i = 0; i < 1500; i++) {
      const label = { ...random.pick(segments).label, from: i, signature: b4a.alloc(64) }
      segments.push({
        label: { ...label, feed: toFeedId(b4a.alloc(32, 9)), count: 1 },
        blocks: [b4a.alloc(1)]
      })
    }
    const directory = (fields: Record<string, any>): void => {
      fields['chain'] = 'broken'
    }
    return { file: { segments, directory } }
  }),

  'a kind that it is not': member((random, honest) => {
    const kind = random.pick(['request', 'answer'] as const)
    return { file: { segments: allOf(honest), kind }, how: kind }
  })
}
