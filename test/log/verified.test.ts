import test from 'brittle'
import { isVerified, markVerified } from '../../lib/log/verified.js'
import { Author } from '../helpers/author.js'
import { createLog } from '../helpers/logs.js'

test('a run that was read from a log is verified, a copy of it with other content is not', async (t) => {
  const log = await createLog(t)
  for await (const run of log.read(log.id, 0, 1)) {
    t.ok(isVerified(run))
    t.absent(isVerified({ ...run, blocks: [] }))
  }
})

test('a run is not verified by what it says of itself', (t) => {
  const run = new Author(1).hello().run()
  t.absent(isVerified({ ...run, verified: true } as typeof run))
  t.ok(isVerified(markVerified(run)))
})
