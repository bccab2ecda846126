// Which system is first at a step, and how far ours is before or behind it.

import { type Result, summaryOf } from './compare.js'
import { OURS, SYSTEMS } from './systems.js'

export const PROPERTIES = ['milliseconds', 'cpuMilliseconds', 'peakBytes'] as const
export type Property = (typeof PROPERTIES)[number]

/** A floor is no competitor. */
const FLOORS = new Set(SYSTEMS.filter(({ isFloor }) => isFloor).map(({ name }) => name))

/** The one with the least of it; results of one step at one N. */
export function firstOf(results: readonly Result[], property: Property): Result | undefined {
  return inOrder(results, property)[0]
}

/** `**1st**, 4.6 x before Mapeo`; empty where ours has no figure, or is alone. */
export function placeOf(results: readonly Result[], property: Property): string {
  const order = inOrder(results, property)
  const place = order.findIndex(({ system }) => system === OURS)
  const ours = order[place]
  if (ours === undefined) return ''
  const [first, second] = order as [Result, Result | undefined]
  if (place > 0) {
    const ratio = valueOf(ours, property) / valueOf(first, property)
    return `${place + 1}${place === 1 ? 'nd' : place === 2 ? 'rd' : 'th'} of ${order.length}, ${shown(ratio)} behind ${first.system}`
  }
  if (second === undefined) return '**alone**'
  return `**1st** of ${order.length}, ${shown(valueOf(second, property) / valueOf(ours, property))} before ${second.system}`
}

function inOrder(results: readonly Result[], property: Property): Result[] {
  return results
    .filter((result) => result.runs.length > 0 && !FLOORS.has(result.system))
    .toSorted((a, b) => valueOf(a, property) - valueOf(b, property))
}

function valueOf(result: Result, property: Property): number {
  return summaryOf(result)?.[property] ?? Infinity
}

function shown(ratio: number): string {
  return `${ratio < 10 ? ratio.toFixed(1) : ratio.toFixed(0)} x`
}
