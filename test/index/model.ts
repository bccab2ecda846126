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
  const said = (name: string) => {
    const { deleted, tags, lat, lon } = known.get(name)!
    return tags === undefined ? name : JSON.stringify([deleted, tags, lat, lon])
  }
  const isFirst = (name: string) => known.get(name)!.links.length === 0
  const isEarlier = (a: string, b: string) =>
    (known.get(a)!.clock - known.get(b)!.clock || compareNames(a, b)) < 0
  // A first version that says what another one says is no second opinion.
  const isTwin = (name: string) =>
    isFirst(name) &&
    [...known.keys()].some((other) => {
      if (other === name || said(other) !== said(name)) return false
      return !isFirst(other) || linked.has(other) || isEarlier(other, name)
    })
  const heads = [...known.keys()].filter((name) => !linked.has(name) && !isTwin(name))
  heads.sort((a, b) => {
    const gone = Number(known.get(a)!.deleted) - Number(known.get(b)!.deleted)
    return gone || clock(b) - clock(a) || compareNames(b, a)
  })
  return { heads, pending: [...linked].filter((name) => !known.has(name)) }
}

function compareNames(a: string, b: string): number {
  const [feedA, seqA, hashA] = a.split('/') as [string, string, string]
  const [feedB, seqB, hashB] = b.split('/') as [string, string, string]
  if (feedA !== feedB) return feedA < feedB ? -1 : 1
  return Number(seqA) - Number(seqB) || (hashA < hashB ? -1 : 1)
}
