// The one promise that all else rests on: what the view shows depends on the set of entries, never
// on order, batches or route, and is what a rebuild gives.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import test from 'brittle'
import { View, type Observation } from '../../lib/index/public.js'
import { formatVersion } from '../../lib/log/version.js'
import { contents, collect, toUuid } from './helpers.js'
import { check, FEEDS, histories, play, type Version } from './histories.js'
import { MemorySource } from './memory-source.js'
import { modelRow } from './model.js'

const routes = fc.array(
  fc.record({ feed: fc.nat(FEEDS.length - 1), blocks: fc.integer({ min: 1, max: 6 }) }),
  { maxLength: 12 }
)

test(
  'delivered by any route, after every step: as the model says, and as a rebuild',
  { timeout: 120_000 },
  async (t) => {
    const property = fc.asyncProperty(
      histories,
      routes,
      fc.boolean(),
      async (steps, route, reopen) => {
        const { source: all, versions } = play(steps)
        const dir = await mkdtemp(join(tmpdir(), 'cairnlog-view-'))
        const source = new MemorySource()
        let view = await View.open(dir, source)
        try {
          const whole = FEEDS.map((_, feed) => ({ feed, blocks: 1e6 }))
          for (const { feed, blocks } of [...route, ...whole]) {
            const name = FEEDS[feed]!
            source.receive(all, name, source.length(name) + blocks)
            await view.update()
            await compareWithModel(
              view,
              versions.filter(({ ref }) => ref.seq < source.length(ref.feed))
            )
            if (reopen && blocks === 1) {
              await view.close()
              view = await View.open(dir, source)
            }
          }
          const incremental = await contents(view)
          await view.rebuild()
          same(await contents(view), incremental)
        } finally {
          await view.close()
          await rm(dir, { recursive: true })
        }
      }
    )
    await check(t, property, 40)
  }
)

async function compareWithModel(view: View, versions: readonly Version[]): Promise<void> {
  const byId = new Map<string, Version[]>()
  for (const version of versions) {
    const id = toUuid(version.entry.id)
    byId.set(id, [...(byId.get(id) ?? []), version])
  }
  const rows = new Map([...byId].map(([id, list]) => [id, modelRow(list)]))
  const wanted = [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, { heads }]) => ({ id, heads }))
  const found = await collect<Observation>(view.query({ deleted: true }))
  same(
    found.map(({ id, versionId, forks }) => ({
      id,
      heads: [versionId, ...forks.map((fork) => fork.versionId)]
    })),
    wanted
  )
  const content = new Map(versions.map((v) => [formatVersion(v.ref), v.entry]))
  for (const o of found) {
    for (const head of [o, ...o.forks]) {
      const entry = content.get(head.versionId)!
      same([head.tags, head.deleted], [entry.tags, entry.deleted])
    }
  }
  const pendingLinks = [...rows.values()].reduce((n, row) => n + row.pending.length, 0)
  const forked = [...rows.values()].filter((row) => row.heads.length > 1).length
  const observations = found.filter((o) => !o.deleted).length
  const status = view.status()
  same(
    [status.observations, status.deleted, status.forked, status.pendingLinks],
    [observations, found.length - observations, forked, pendingLinks]
  )
}

function same(found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)]
  if (a !== b) throw new Error(`found  ${a}\nwanted ${b}`)
}
