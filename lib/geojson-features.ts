// Reads GeoJSON (RFC 7946) feature by feature, from a text of any size: the features of a collection,
// or the one that it is.

import { JSONParser } from '@streamparser/json'
import type { GeoJSONFeature } from './geojson.js'
import { isPlain } from './observation-input.js'

/** A GeoJSON text in pieces, a file's stream for example; or the text; or what it says. */
export type GeoJSONSource =
  | AsyncIterable<string | Uint8Array>
  | Iterable<string | Uint8Array>
  | string
  | { readonly type: string; readonly features: Iterable<unknown> }
  | GeoJSONFeature

/** Of a Feature that stands alone. */
const MEMBERS = ['type', 'id', 'geometry', 'properties']

/** Features one by one, as they are. Throws a SyntaxError where it is no JSON, or has none. */
export async function* readFeatures(source: GeoJSONSource): AsyncGenerator<unknown> {
  if (typeof source === 'object' && 'features' in source) yield* source.features
  else if (isPlain(source) && 'type' in source) yield theFeature(source)
  else yield* parseFeatures(typeof source === 'string' ? [source] : (source as Pieces))
}

type Pieces = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>

async function* parseFeatures(pieces: Pieces): AsyncGenerator<unknown> {
  const found: unknown[] = []
  const whole: Record<string, unknown> = {}
  let hasFeatures = false
  const paths = ['$.features.*', ...MEMBERS.map((name) => `$.${name}`)]
  const parser = new JSONParser({ paths, keepStack: false })
  parser.onValue = ({ value, key, stack }): void => {
    if (stack.length === 1) whole[String(key)] = value
    else hasFeatures = found.push(value) > 0
  }
  let failure: unknown = null
  parser.onError = (error) => {
    failure ??= error
  }
  for await (const piece of pieces) {
    if (!parser.isEnded) parser.write(piece)
    yield* found.splice(0)
    if (failure !== null) break
  }
  if (failure === null && !parser.isEnded) failure = new Error('the text ends early')
  if (failure !== null) {
    throw new SyntaxError(`This is no GeoJSON: ${(failure as Error).message}`, { cause: failure })
  }
  if (!hasFeatures && whole['type'] !== 'FeatureCollection') yield theFeature(whole)
}

function theFeature(whole: Record<string, unknown>): unknown {
  const { type } = whole
  if (type === 'Feature') return whole
  const instead = typeof type === 'string' ? `, but a ${type.slice(0, 40)}` : ''
  throw new SyntaxError(`This is neither a FeatureCollection nor a Feature${instead}.`)
}
