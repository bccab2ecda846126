// Ids as people use them: the shortest beginning that no other observation has, and any beginning
// that only one has.

import type { Device, Observation } from '../main.js'
import { CommandError } from './failures.js'

const SHORTEST = 8
const HEX_DIGITS = 32
/** Looking up neighbours costs a query each; a longer list shows ids whole. */
const SHORTENED_AT_MOST = 200

/** The observation whose id begins so. */
export async function find({ observations }: Device, text: string): Promise<Observation> {
  const digits = text.toLowerCase().replaceAll('-', '')
  if (!/^[0-9a-f]{4,32}$/.test(digits)) {
    throw new CommandError(
      `"${text}" is no id of an observation.`,
      'Give its first digits, at least four, as cairnlog list shows them.'
    )
  }
  const first = toId(digits.padEnd(HEX_DIGITS, '0'))
  const found: Observation[] = []
  const exact = await observations.get(first)
  if (exact !== null) found.push(exact)
  for await (const next of observations.query({ after: first, limit: 2, deleted: true })) {
    if (next.id.replaceAll('-', '').startsWith(digits)) found.push(next)
  }
  const [one, another] = found
  if (one === undefined) {
    throw new CommandError(
      `There is no observation ${text} on this device.`,
      'Look for it with cairnlog list, or sync first.',
      undefined,
      'OBSERVATION_NOT_FOUND'
    )
  }
  if (another !== undefined) {
    throw new CommandError(
      `Several observations begin with ${text}: ${one.id}, ${another.id} and maybe more.`,
      'Give more digits of the id.'
    )
  }
  return one
}

/** The beginnings to show for these. */
export async function shorten(
  { observations }: Device,
  shown: readonly Observation[]
): Promise<Map<string, string>> {
  const short = new Map<string, string>()
  for (const { id } of shown) {
    if (shown.length > SHORTENED_AT_MOST) {
      short.set(id, id)
      continue
    }
    let length = SHORTEST
    for (const reverse of [false, true]) {
      const next = { after: id, limit: 1, deleted: true, reverse } as const
      for await (const neighbour of observations.query(next)) {
        length = Math.max(length, common(id, neighbour.id) + 1)
      }
    }
    // Never ends with a dash, which stands at a fixed place.
    short.set(id, id.slice(0, length).replace(/-$/, id.slice(length - 1, length + 1)))
  }
  return short
}

function common(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}

function toId(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
