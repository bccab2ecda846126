// Photos: taken in from the page, handed out to it. Only where the library carries them: until
// `device.media` is there, the page does not offer any.

import { pipeline } from 'node:stream/promises'
import type { Device } from 'cairnlog'
import type { Variant } from '../wire/api.js'
import type { App } from './app.js'
import type { Routes } from './http.js'
import { AppError } from './trouble.js'

/** The part of `device.media` that is used here. */
interface Media {
  put(source: AsyncIterable<Uint8Array>, options: { type: string }): Promise<Variant>
  get(variant: Variant): Promise<AsyncIterable<Uint8Array> & { bytes(): Promise<Uint8Array> }>
}

/** Pictures that a browser draws; nothing that it would run. */
const TYPES = /^image\/(?:jpeg|png|webp|gif)$/

export function photoRoutes(app: App): Routes {
  return {
    'POST /api/photos': async ({ request }) => {
      const type = request.headers['content-type'] ?? ''
      if (!TYPES.test(type)) throw new AppError('BAD_REQUEST', 'That is no picture.')
      return mediaOf(app.ready.device).put(request, { type })
    },
    'GET /media/:hash': async ({ part, query, response }) => {
      const [size, type] = [Number(query.get('size')), query.get('type') ?? '']
      if (!TYPES.test(type)) throw new AppError('BAD_REQUEST', 'That is no picture.')
      const source = await mediaOf(app.ready.device).get({ hash: part, size, type })
      // Content named by its hash never changes.
      const headers = { 'content-type': type, 'cache-control': 'private, max-age=31536000' }
      response.writeHead(200, headers)
      await pipeline(source, response)
    }
  }
}

function mediaOf(device: Device): Media {
  const { media } = device as unknown as { media?: Media }
  if (media === undefined) throw new AppError('NO_PHOTOS', 'Photos are not carried yet.')
  return media
}
