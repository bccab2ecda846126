// An independent judge of the view: heads, pending links and winner straight from the definition,
// over the set of all versions of one observation, with no notion of order.

import type { ObservationEntry, VersionRef } from '../../lib/log/entry.js'
import { formatVersion } from '../../lib/log/version.js'

export interface ModelVersion {
  ref: VersionRef
  entry: Pick<ObservationEntry, 'clock' | 'deleted' | 'links'> &
    Partial<Pick<ObservationEntry, 'tags' | 'lat' | 'lon'>>
}

export interface ModelRow {
  /** Version names, winner first. */
  heads: string[]
  /** Version names, in any order. */
  pending: string[]
}

export function modelRow(versions: readonly ModelVersion[]): ModelRow {
  const known = new Map(versions.map((v) => [formatVersion(v.ref), v.entry]))
  const linked = new Set(versions.flatMap((v) => v.entry.links.map(formatVersion)))
  const clock = (name: string) => {
    const { clock: own, links } = known.get(name)!
    const above = links.map((l) => known.get(formatVersion(l))).filter((e) => e !== undefined)
    return Math.max(own, ...above.map((e) => e.clock + 1))
  }
  // First versions that say the same are one: replaced together, shown as the best of them.
  const said = (name: string) => {
    const { links, deleted, tags, lat, lon } = known.get(name)!
    if (links.length > 0 || tags === undefined) return name
    return JSON.stringify([deleted, tags, lat, lon])
  }
  const replaced = new Set([...known.keys()].filter((name) => linked.has(name)).map(said))
  let heads = [...known.keys()].filter((name) => !linked.has(name) && !replaced.has(said(name)))
  heads.sort((a, b) => {
    const gone = Number(known.get(a)!.deleted) - Number(known.get(b)!.deleted)
    return gone || clock(b) - clock(a) || compareNames(b, a)
  })
  heads = heads.filter((name, i) => heads.findIndex((other) => said(other) === said(name)) === i)
  return { heads, pending: [...linked].filter((name) => !known.has(name)) }
}

function compareNames(a: string, b: string): number {
  const [feedA, seqA, hashA] = a.split('/') as [string, string, string]
  const [feedB, seqB, hashB] = b.split('/') as [string, string, string]
  if (feedA !== feedB) return feedA < feedB ? -1 : 1
  return Number(seqA) - Number(seqB) || (hashA < hashB ? -1 : 1)
}
