import { join } from 'node:path'
import { utimes } from 'node:fs/promises'
import test from 'brittle'
import type { View } from '../lib/index/public.js'
import { purgeMedia } from '../lib/media-purge.js'
import { chunked, content, createBlobs, filesIn } from './helpers/blobs.js'

test('what is recorded while unused photos are purged stays', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  const name = await blobs.put(chunked(content(30)))
  const [file = ''] = await filesIn(dir)
  const yesterday = Date.now() / 1000 - 25 * 3600
  await utimes(join(dir, file), yesterday, yesterday)
  let updates = 0
  const view = {
    update: async () => void updates++,
    // The entry that shows it is found from the second time on.
    media: { find: () => (updates > 1 ? name : undefined) }
  } as unknown as View
  const nobody = { holdersOf: async () => [] }
  t.alike(await purgeMedia(blobs, view, nobody, { unused: true }), {
    media: 0,
    bytes: 0,
    onlyHere: { media: 0, bytes: 0 }
  })
  t.is(await blobs.state(name), 'here')
})
