// Photos: taken in from the page, handed out to it, and, for each that an observation lists, whether
// it is here, which of its variants to show, and who has it if it is not.

import { Readable } from 'node:stream'
import type { Attachment, Device } from 'cairnlog'
import type { PhotoView } from '../wire/api.js'
import type { App } from './app.js'
import { type Routes, stream } from './http.js'
import { AppError } from './trouble.js'

/** Pictures that a browser draws; nothing that it would run. */
const TYPES = /^image\/(?:jpeg|png|webp|gif)$/

export function photoRoutes(app: App): Routes {
  return {
    'POST /api/photos': async ({ request }) => {
      const type = request.headers['content-type'] ?? ''
      if (!TYPES.test(type)) throw new AppError('BAD_REQUEST', 'That is no picture.')
      return app.ready.device.media.put(request, { type })
    },
    'GET /media/:hash': async ({ part, query, response }) => {
      const [size, type] = [Number(query.get('size')), query.get('type') ?? '']
      if (!TYPES.test(type)) throw new AppError('BAD_REQUEST', 'That is no picture.')
      const content = app.ready.device.media.get({ hash: part, size, type })
      await stream(
        response,
        {
          'content-type': type,
          'content-length': size,
          // Content named by its hash never changes.
          'cache-control': 'private, max-age=31536000, immutable'
        },
        Readable.from(content.stream())
      )
    }
  }
}

/** One for each that is listed, in that order: the list is never shortened. */
export function photoViews(
  { media }: Device,
  attachments: readonly Attachment[]
): Promise<PhotoView[]> {
  return Promise.all(
    attachments.map(async (attachment) => {
      const [status, shown] = await Promise.all([
        media.status(attachment),
        media.best(attachment, { prefer: 'preview' })
      ])
      const states = Object.values(status)
      const damaged = states.some(({ state }) => state === 'damaged')
      const recordedBy = states.find((one) => one.recordedBy !== undefined)?.recordedBy
      const [holder] = states.flatMap(({ heldBy = [] }) => heldBy)
      return {
        ...(attachment.name !== undefined && { name: attachment.name }),
        state: shown !== null ? 'here' : damaged ? 'damaged' : 'missing',
        ...(shown !== null && {
          shown: { hash: shown.hash, size: shown.size, type: shown.type }
        }),
        ...(recordedBy !== undefined && { device: recordedBy.device }),
        ...(holder !== undefined && { heldBy: holder.device })
      }
    })
  )
}
