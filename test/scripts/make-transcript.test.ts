// The field story in the README is what the program says today.

import test from 'brittle'
import { lasting, play, written } from '../../scripts/make-transcript.js'

test(
  'the transcript in the README is what the program gives, apart from times, ids and sizes',
  { timeout: 180_000 },
  async (t) => {
    const story = await play()
    t.ok(story.split('\n').length > 30)
    t.is(
      lasting(await written()),
      lasting(story),
      'node build/scripts/make-transcript.js --write mends it'
    )
  }
)
