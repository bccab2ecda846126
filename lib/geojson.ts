// Observations as GeoJSON (RFC 7946). Tags become properties, so that any map shows them; the whole
// observation is in the one property `cairnlog`, so that nothing is lost on the way out and back.

import type { Observation } from './index/public.js'

/** The property that holds an observation whole. */
export const WHOLE = 'cairnlog'

export interface GeoJSONFeature {
  readonly type: 'Feature'
  readonly id?: string | number
  readonly geometry: { readonly type: string; readonly coordinates?: unknown } | null
  readonly properties: Readonly<Record<string, unknown>> | null
}

/** Characters that are given at once. */
const CHUNK = 64 * 1024

function toFeature(observation: Observation): GeoJSONFeature {
  const { id, lat, lon, tags, metadata } = observation
  const altitude: unknown = metadata?.['altitude']
  const place = [lon, lat, ...(typeof altitude === 'number' ? [altitude] : [])]
  return {
    type: 'Feature',
    id,
    geometry: lat === undefined ? null : { type: 'Point', coordinates: place },
    properties: { ...tags, [WHOLE]: observation }
  }
}

/** A FeatureCollection as text, in pieces: to be written one behind the other. */
export async function* toGeoJSON(observations: AsyncIterable<Observation>): AsyncGenerator<string> {
  let text = '{"type":"FeatureCollection","features":['
  let separator = '\n'
  for await (const observation of observations) {
    text += separator + JSON.stringify(toFeature(observation))
    separator = ',\n'
    if (text.length < CHUNK) continue
    yield text
    text = ''
  }
  yield `${text}\n]}\n`
}
