import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import { Aside } from '../lib/aside.js'
import type { SyncReport } from '../lib/exchange/report.js'
import { project, replicaOf } from './faults/stick.js'
import { Author } from './helpers/author.js'
import { CONFIGURATION, PROJECT_KEY, START } from './helpers/fixed.js'

const author = Author.withEntries(1, 9)
const forked = {
  refused: [{ code: 'FEED_FORKED', feed: author.feed, message: '' }]
} as unknown as Pick<SyncReport, 'refused'>

async function createAside(
  t: Assertion,
  feedLimit: number
): Promise<{ aside: Aside; dir: string }> {
  const dir = join(await t.tmp(), 'aside')
  const newFile = { project, configuration: CONFIGURATION, now: () => START }
  return { aside: new Aside(dir, PROJECT_KEY, () => newFile, feedLimit), dir }
}

test('a branch longer than any feed may be is not kept', async (t) => {
  for (const [limit, lengths] of [
    [9, []],
    [10, [10]]
  ] as const) {
    const { aside } = await createAside(t, limit)
    await aside.keep(await replicaOf(author), forked)
    t.alike(
      (await aside.list()).map(({ length }) => length),
      lengths
    )
  }
})

test('keeping a branch stops when it is told to, leaves nothing, and is done again later', async (t) => {
  const { aside, dir } = await createAside(t, 10)
  const replica = await replicaOf(author)
  const abort = new AbortController()
  const read = replica.read.bind(replica)
  replica.read = async function* (...range) {
    abort.abort()
    yield* read(...range)
  }
  await aside.keep(replica, forked, abort.signal)
  t.alike(await readdir(dir), [])
  await aside.keep(replica, forked)
  t.is((await aside.list())[0]?.length, 10)
})

test('a file that cannot be read is passed by, named, and written anew when the branch comes again', async (t) => {
  const { aside } = await createAside(t, 10)
  const replica = await replicaOf(author)
  await aside.keep(replica, forked)
  for (const issued of [false, true]) {
    const [branch] = await aside.list()
    const { path } = branch!
    for (const content of ['', 'x'.repeat(5000)]) {
      await writeFile(path, content)
      const { branches, unreadable } = await aside.look()
      t.alike(branches, [])
      t.is(unreadable[0]?.path, path)
      await aside.keep(replica, forked)
      t.alike(await aside.list(), [{ ...branch!, issued }])
    }
    if (!issued) await aside.markIssued(branch!)
  }
})
