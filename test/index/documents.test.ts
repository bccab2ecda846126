// Documents in any order and by any route: what the view shows, finds and counts is what a few
// lines over the set of all versions say, and what a rebuild gives.

import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import test from 'brittle'
import { boxesTouch } from '../../lib/index/cells.js'
import {
  defineKind,
  View,
  type Document,
  type DocumentQuery,
  type KeyCondition,
  type ViewEvent
} from '../../lib/index/public.js'
import type { DocumentEntry, VersionRef } from '../../lib/log/entry.js'
import { formatVersion } from '../../lib/log/version.js'
import { check } from '../helpers/property.js'
import { collect, toUuid } from './helpers.js'
import { FEEDS, histories, type Step } from './histories.js'
import { MemorySource, observation, observationId, START } from './memory-source.js'
import { modelRow } from './model.js'

interface Fields {
  n: number
  word: string | null
}

const WORDS = ['a', 'b', null, 'throws']

const kind = defineKind<Fields>({
  name: 'thing',
  validate({ n }) {
    if (n % 5 === 4) throw new Error('a fifth is invalid')
  },
  keys: {
    third: ({ fields }) => fields.n % 3,
    word: ({ fields }) => {
      if (fields.word === 'throws') throw new Error('as app functions do')
      return fields.word
    }
  },
  bbox: ({ fields: { n } }) => (n % 4 === 0 ? null : [n - 180, 0, n - 179.5, n])
})

interface Version {
  ref: VersionRef
  entry: DocumentEntry
}

/** Half of the steps are about documents of the kind, the others of another one, of the same ids. */
function play(steps: readonly Step[]): { source: MemorySource; versions: Version[] } {
  const source = new MemorySource()
  for (const feed of FEEDS) source.hello(feed, feed.slice(0, 4))
  const versions: Version[] = []
  for (const [n, step] of steps.entries()) {
    const id = observationId(START, step.about)
    const type = step.about === 2 && n % 2 === 0 ? 'other' : 'thing'
    const earlier = versions.filter((v) => v.entry.type === type && v.entry.id[15] === id[15])
    const links =
      earlier.length === 0 ? [] : step.links.map((l) => earlier[l % earlier.length]!.ref)
    const {
      tags: _,
      attachments: __,
      ...carried
    } = observation({
      id,
      links: [...new Set(links)],
      clock: START + step.clock,
      deleted: step.deleted
    })
    const fields = { n, word: WORDS[n % WORDS.length] }
    const entry: DocumentEntry = { ...carried, kind: 'document', type, fields }
    versions.push({ ref: source.append(FEEDS[step.device]!, entry), entry })
    if (n % 6 === 0) source.append(FEEDS[0]!, observation({ id, clock: START }))
  }
  return { source, versions }
}

interface Row {
  id: string
  heads: string[]
  winner: DocumentEntry
}

function model(versions: readonly Version[]): Row[] {
  const ids = [...new Set(versions.map(({ entry }) => toUuid(entry.id)))].sort()
  return ids.map((id) => {
    const about = versions.filter(({ entry }) => toUuid(entry.id) === id)
    const { heads } = modelRow(about)
    const winner = about.find(({ ref }) => formatVersion(ref) === heads[0])!.entry
    return { id, heads, winner }
  })
}

const fieldsOf = (row: Row): Fields => row.winner.fields as unknown as Fields
const word = (row: Row): string | null =>
  fieldsOf(row).word === 'throws' ? null : fieldsOf(row).word

const QUERIES: [DocumentQuery & { order?: 'third' | 'word' }, (row: Row) => boolean][] = [
  [{}, () => true],
  [{ reverse: true }, () => true],
  [{ deleted: 'only' }, () => true],
  [{ forked: true }, (row) => row.heads.length > 1],
  [{ valid: false }, (row) => fieldsOf(row).n % 5 === 4],
  [{ order: 'third' }, () => true],
  [{ order: 'word', reverse: true }, () => true],
  [{ where: { third: { gte: 1 } }, order: 'third' }, (row) => fieldsOf(row).n % 3 >= 1],
  [
    { where: { third: [2, 0], word: 'a' } },
    (row) => fieldsOf(row).n % 3 !== 1 && word(row) === 'a'
  ],
  [{ where: { word: { present: false } } }, (row) => word(row) === null],
  [
    { where: { word: { gt: 'a', lte: 'b' } as KeyCondition }, order: 'third', reverse: true },
    (row) => word(row) === 'b'
  ],
  [
    { bbox: [-175, 0, -170, 8] },
    ({ winner }) => {
      const { n } = winner.fields as unknown as Fields
      return n % 4 !== 0 && boxesTouch([-175, 0, -170, 8], [n - 180, 0, n - 179.5, n])
    }
  ]
]

async function compare(view: View, versions: readonly Version[]): Promise<void> {
  const rows = model(versions.filter(({ entry }) => entry.type === 'thing'))
  const others = model(versions.filter(({ entry }) => entry.type === 'other'))
  const things = view.documents('thing')
  for (const [query, matches] of QUERIES) {
    const wanted = rows
      .filter(({ winner }) => winner.deleted === (query.deleted === 'only'))
      .filter(matches)
    const { order } = query
    const rank = (row: Row): string =>
      order === 'third' ? `${fieldsOf(row).n % 3}` : order === 'word' ? (word(row) ?? '~') : ''
    wanted.sort((a, b) => (rank(a) + a.id < rank(b) + b.id ? -1 : 1))
    if (query.reverse === true) wanted.reverse()
    const found = await collect<Document<Fields>>(things.query(query))
    const plain = found.map((d) => [
      d.id,
      [d.versionId, ...d.forks.map((f) => f.versionId)],
      d.fields
    ])
    same(
      plain,
      wanted.map(({ id, heads, winner }) => [id, heads, winner.fields]),
      query
    )
    const pages: string[] = []
    for (let after: string | undefined; ; after = pages.at(-1)) {
      const page = { ...query, limit: 2, ...(after !== undefined && { after }) }
      const ids = (await collect(things.query(page))).map(({ id }) => id)
      if (ids.length === 0) break
      pages.push(...ids)
    }
    same(
      pages,
      wanted.map(({ id }) => id),
      { pagesOf: query }
    )
    const { order: _o, reverse: _r, ...filter } = query
    same(await things.count(filter), wanted.length, { countOf: query })
  }
  const live = rows.filter(({ winner }) => !winner.deleted)
  same(
    view.status().documents['thing'],
    {
      documents: live.length,
      deleted: rows.length - live.length,
      forked: rows.filter(({ heads }) => heads.length > 1).length,
      invalid: live.filter((row) => fieldsOf(row).n % 5 === 4).length,
      failed: rows.filter((row) => fieldsOf(row).word === 'throws').length
    },
    'counts'
  )
  same(view.status().otherDocuments, others.length, 'others')
}

function same(found: unknown, wanted: unknown, what: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)]
  if (a !== b) throw new Error(`${JSON.stringify(what)}\nfound  ${a}\nwanted ${b}`)
}

const routes = fc.array(
  fc.record({ feed: fc.nat(FEEDS.length - 1), blocks: fc.integer({ min: 1, max: 9 }) }),
  { maxLength: 4 }
)
const opened = fc.constantFrom('at once', 'later', 'in between')

test(
  'delivered by any route, the kind registered at once or later: as the model says, and as a rebuild',
  { timeout: 120_000 },
  async (t) => {
    const property = fc.asyncProperty(histories, routes, opened, async (steps, route, when) => {
      const { source: everything, versions } = play(steps)
      const dir = await mkdtemp(join(tmpdir(), 'cairnlog-documents-'))
      const source = new MemorySource()
      const kinds = [kind]
      let view = await View.open(dir, source, when === 'later' ? {} : { kinds })
      const reopen = async (options: object): Promise<void> => {
        await view.close()
        view = await View.open(dir, source, options)
      }
      try {
        for (const [i, { feed, blocks }] of route.entries()) {
          if (when === 'in between') await reopen(i % 2 === 0 ? {} : { kinds })
          const name = FEEDS[feed]!
          source.receive(everything, name, source.length(name) + blocks)
          await view.update()
        }
        await reopen({ kinds })
        await compare(
          view,
          versions.filter(({ ref }) => ref.seq < source.length(ref.feed))
        )
        for (const feed of FEEDS) source.receive(everything, feed, 1e6)
        await view.update()
        await compare(view, versions)
        await view.fold()
        await compare(view, versions)
        await view.rebuild()
        await compare(view, versions)
      } finally {
        await view.close()
        await rm(dir, { recursive: true })
      }
    })
    await check(t, property, { runs: 20 })
  }
)

test('a view whose rows were cut short is made anew, and finds the documents', async (t) => {
  const steps = Array.from({ length: 20 }, (_, n) => {
    return { device: n % 3, about: n % 3, links: [n], clock: n, deleted: false }
  })
  const { source, versions } = play(steps)
  const dir = await t.tmp()
  const first = await View.open(dir, source, { kinds: [kind] })
  await first.update()
  await first.close()
  const [folder] = await readdir(dir)
  await truncate(join(dir, folder!, 'rows'), 50)
  const events: ViewEvent[] = []
  const onEvent = (event: ViewEvent): void => void events.push(event)
  const view = await View.open(dir, source, { kinds: [kind], onEvent })
  t.teardown(() => view.close())
  await compare(view, versions)
  t.ok(events.some((event) => event.type === 'view-rebuild' && event.reason === 'damaged'))
})
