// One case: a device and an honest peer with a few feeds and photos, and one to three hostile peers that
// talk to the device at the same time; and what has to come of it.

import type { Device, Link, ReplicateOptions } from '../../lib/main.js'
import { MEDIA_CHUNK } from '../../lib/log/replica.js'
import { Project } from '../../lib/log/project.js'
import { PROJECT_KEY, Wire, connect, createDevices } from '../../lib/testing.js'
import { Random } from '../faults/mutate.js'
import { Author } from '../helpers/author.js'
import { assertAllSigned } from '../helpers/logs.js'
import { type Photo, photo } from '../helpers/memory-blobs.js'
import { has, keep, recordPhotos } from '../helpers/photos.js'
import {
  assertEnd,
  assertKept,
  assertNothingTold,
  assertPhotos,
  assertShown,
  logOf,
  stateOf,
  turn,
  within
} from './fuzz-checks.js'
import type { Cast } from './hostile-cast.js'
import { conduct } from './hostile-conduct.js'
import { lies } from './hostile-lies.js'
import { Hostile } from './hostile.js'
import { type Met, strangers } from './hostile-strangers.js'

/** How long a device bears the silence of a hostile peer. */
const SILENCE_MS = 500

const OWN_PHOTO = photo(11, 5000)
const OTHER_PHOTOS = [photo(12, 70_000), photo(13, 900)] as const

/** What honest authors have written. */
export class Base {
  readonly project: Project = new Project(PROJECT_KEY)
  readonly photos: readonly Photo[] = [photo(1, 4000), photo(2, 90_000), photo(3, MEDIA_CHUNK + 9)]
  readonly small: readonly Author[]
  private readonly long = new Map<number, Author>()

  constructor() {
    this.small = [1, 2, 3].map((seed) => {
      const author = Author.withEntries(seed, seed * 12)
      const { name } = this.photos[seed - 1] as Photo
      const original = { ...name, type: 'image/jpeg' }
      return author.observe({ lat: seed, lon: seed, attachments: [{ variants: { original } }] })
    })
  }

  /** A feed that takes several runs; from 4,000 entries on several are asked for ahead. */
  longFeed(entries: number): Author {
    const made = this.long.get(entries) ?? Author.withEntries(entries, entries)
    this.long.set(entries, made)
    return made
  }
}

const members = { ...lies, ...conduct }

interface Seat {
  readonly name: string
  readonly i: number
  readonly random: Random
}

type Part = { readonly name: string; readonly play: () => Promise<Met> }

export class CaseRun {
  private readonly random: Random
  private readonly honest: readonly Author[]
  private readonly parts: Part[]
  private readonly how: string[] = []
  private readonly links: Link[] = []
  /** When the honest peer has caught up: who stays until then must not keep it from that. */
  private readonly met: Promise<unknown>
  private release!: () => void
  private cast!: Cast
  private own!: ReadonlySet<string>
  private device!: Device
  private other!: Device

  constructor(
    seed: number,
    private readonly base: Base,
    only: string | undefined
  ) {
    this.met = new Promise<void>((resolve) => (this.release = resolve))
    this.random = new Random(seed)
    const { random } = this
    const long = random.pick([0, 0, 0, 0, 0, 0, 1300, 1300, 4300])
    this.honest = long > 0 ? [...base.small, base.longFeed(long)] : base.small
    const count = random.pick([1, 1, 1, 2, 3])
    this.parts = Array.from({ length: count }, (_, i) => {
      const isStranger = only === undefined ? random.below(4) === 0 : only in strangers
      const name = only ?? random.pick(Object.keys(isStranger ? strangers : members))
      if (!(name in strangers || name in members)) throw new TypeError(`no kind "${name}"`)
      const own = new Random(random.below(2 ** 31))
      const seat = { name, i, random: own }
      return { name, play: () => (isStranger ? this.stranger(seat) : this.member(seat)) }
    })
  }

  get names(): string[] {
    return this.parts.map(({ name }) => name)
  }

  told(): string {
    return this.names.map((name, i) => `${name} [${this.how[i] ?? ''}]`).join(' + ')
  }

  async run(): Promise<void> {
    const withNewcomer = this.random.below(3) === 0
    const test = await createDevices(withNewcomer ? 3 : 2)
    const [device, other, next = other] = test.devices as [Device, Device, Device?]
    this.device = device
    this.other = other
    this.own = new Set(test.devices.map(({ id }) => id))
    const { photos } = this.base
    this.cast = {
      honest: this.honest,
      devices: [device.id, other.id],
      newest: () => logOf(other).heads(),
      hashes: photos.map(({ name }) => name.hash),
      signed: [],
      holds: []
    }
    try {
      await this.fill()
      const before = await stateOf(device)
      const line = connect(device, other)
      const played = Promise.all(this.parts.map(({ play }) => play()))
      await within('an honest peer catches up', this.meet(line.caughtUp))
      this.release()
      await within('live entries go to and fro meanwhile', this.assertLive())
      const met = await within('a hostile peer plays its part', played)
      for (const { told } of met) assertNothingTold(told)
      await within('hostile links end', this.assertEnded())
      await within('live entries go to and fro', this.assertLive())
      await assertKept(device, before)
      await within('photos come', this.assertPhotosCome())
      await within('the honest link ends', line.close())
      await this.assertFresh(next)
      await this.assertSound(device)
    } finally {
      await within('devices close', test.close())
    }
  }

  /** Each of the two has its own entries and photos, and parts of what there is. */
  private async fill(): Promise<void> {
    const { random, device, other, base } = this
    await recordPhotos(device, { original: OWN_PHOTO })
    await recordPhotos(other, { original: OTHER_PHOTOS[0]!, thumbnail: OTHER_PHOTOS[1]! })
    for (const author of this.honest) {
      for (const [i, holder] of [device, other].entries()) {
        const all = author.blocks.length
        // The honest peer has all of them, so that all can be had without the hostile one.
        const to = i === 1 ? all : random.pick([0, 1, random.below(all), all])
        for (let from = 0; from < to; from += 1024) {
          await logOf(holder).append(author.run(from, Math.min(to, from + 1024)))
        }
      }
    }
    for (const each of base.photos) {
      if (random.below(4) === 0) await keep(device, each)
      if (random.below(3) === 0) await keep(other, each)
    }
  }

  private async meet(caughtUp: Promise<unknown>): Promise<void> {
    await caughtUp
    for (const author of this.honest) {
      const length = logOf(this.device).ends().get(author.feed)?.length
      if (length !== author.blocks.length) throw new Error(`${author.feed}: ${length} blocks`)
    }
  }

  private hostile(i: number, random: Random, stream: Wire['a']): Hostile {
    const self = Author.withEntries(200 + i, 3)
    this.cast.signed.push(self)
    const feeds = [...this.honest, self]
    const { project, photos } = this.base
    return new Hostile(stream, {
      project,
      self,
      feeds,
      photos,
      random
    })
  }

  private async member({ name, i, random }: Seat): Promise<Met> {
    const wire = new Wire()
    const hostile = this.hostile(i, random, wire.a)
    const how = members[name]!(hostile, random, this.cast)
    for (const author of this.cast.holds.splice(0)) await logOf(this.device).append(author.run())
    this.how[i] = typeof how === 'string' ? how : 'some'
    const isSound = name === 'nothing wrong'
    const link = isSound ? this.device.replicate(wire.b) : this.join(wire, this.choice(random))
    try {
      await hostile.speak()
      if (isSound) await this.assertTaken(hostile, link)
      await hostile.leave(this.met)
    } finally {
      if (typeof how !== 'string') this.how[i] = how()
      wire.cut()
    }
    return { how: '', told: null }
  }

  private async stranger({ name, i, random }: Seat): Promise<Met> {
    const wire = new Wire()
    this.join(wire, this.choice(random))
    const member = (stream = wire.a): Hostile => this.hostile(i, random, stream)
    const feeds = [...logOf(this.device).ends().keys()]
    const met = await strangers[name]!({ wire, random, feeds, member })
    this.how[i] = met.how
    wire.cut()
    return met
  }

  private choice(random: Random): ReplicateOptions {
    const choices = [{}, {}, {}, { live: false }, { stock: true }, { media: { thumbnail: true } }]
    return random.pick<ReplicateOptions>(choices)
  }

  /** Links the device to whoever is at the other end, and bears little from him. */
  private join(wire: Wire, options: ReplicateOptions): Link {
    const { context } = (this.device as unknown as { peers: { context: { silenceMs: number } } })
      .peers
    const { silenceMs } = context
    context.silenceMs = SILENCE_MS
    const link = this.device.replicate(wire.b, options)
    this.links.push(link)
    context.silenceMs = silenceMs
    return link
  }

  /** A sound one is believed: else the others would prove nothing. */
  private async assertTaken({ options }: Hostile, link: Link): Promise<void> {
    const { feed, blocks } = options.self
    const isThere = (): boolean => logOf(this.device).ends().get(feed)?.length === blocks.length
    await within('a sound peer is caught up with', link.caughtUp)
    while (!isThere()) await turn()
  }

  private async assertEnded(): Promise<void> {
    for (const link of this.links) {
      for (const promise of [link.caughtUp, link.closed]) await assertEnd(promise)
    }
  }

  /** What is recorded now reaches the other side over the link that was there all the time. */
  private async assertLive(): Promise<void> {
    const { device, other } = this
    const [mine, theirs] = await Promise.all([
      device.observations.create({ tags: { live: 'mine' } }),
      other.observations.create({ tags: { live: 'theirs' } })
    ])
    while (!(await other.observations.get(mine.id))) await turn()
    while (!(await device.observations.get(theirs.id))) await turn()
  }

  /** Also those that were left to a hostile peer, who was asked for them first. */
  private async assertPhotosCome(): Promise<void> {
    while (!(await has(this.device, OWN_PHOTO, ...OTHER_PHOTOS))) await turn()
  }

  /** A link made now brings both sides to the same, and nothing that was taken in is refused there. */
  private async assertFresh(next: Device): Promise<void> {
    const { device } = this
    const { links, caughtUp } = connect(device, next, { live: false })
    const reports = await within('a fresh link completes', caughtUp)
    await within('a fresh link ends', Promise.all(links.map(({ closed }) => closed)))
    for (const { refused } of reports) {
      const forged = refused.find(({ code }) => code !== 'FEED_FORKED')
      if (forged) throw new Error(`what was taken in is refused elsewhere: ${forged.message}`)
    }
    const [here, there] = [logOf(device).ends(), logOf(next).ends()]
    for (const [feed, { length }] of here) {
      if (this.isForked(feed) || there.get(feed)?.length === length) continue
      throw new Error(`${feed}: ${there.get(feed)?.length} of ${length} blocks arrived`)
    }
    await this.assertSound(next)
    const said = logOf(device).blobs.holders.othersWith(OTHER_PHOTOS[0].name.hash)
    if (said.some((row) => row.device === next.id)) return
    throw new Error('what a device says it holds is not known')
  }

  private async assertSound(holder: Device): Promise<void> {
    const { honest, cast } = this
    await assertAllSigned(logOf(holder), [...honest, ...cast.signed], this.own)
    await assertPhotos(holder, this.base.photos)
    await assertShown(holder, { places: this.base.small.length, quick: this.random.below(4) > 0 })
  }

  private isForked(feed: string): boolean {
    return this.cast.signed.filter((author) => author.feed === feed).length > 1
  }
}
