import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import { PurgeMarks } from '../../../lib/log/media/purge-marks.js'
import { Project } from '../../../lib/log/project.js'
import { content, nameOf } from '../../helpers/blobs.js'
import { PROJECT_KEY } from '../../helpers/fixed.js'

const HASHES = Array.from({ length: 12 }, (_, i) => nameOf(content(10, i + 1)).hash)
const [FIRST = '', SECOND = ''] = HASHES

test('of many that mark at the same time each is durable when it is told so', async (t) => {
  const { path, marks } = await createMarks(t)
  const adding = HASHES.map(async (hash) => {
    await marks.add([hash])
    t.ok((await openMarks(path)).has(hash))
  })
  await Promise.all(adding)
  t.is((await openMarks(path)).count, HASHES.length)
})

test('what is unmarked while the file is written is in the next one', async (t) => {
  const { path, marks } = await createMarks(t)
  await marks.add([FIRST])
  const adding = marks.add([SECOND])
  // By now its content has been put together.
  await new Promise(setImmediate)
  marks.remove(FIRST)
  await adding
  await marks.save()
  t.absent((await openMarks(path)).has(FIRST))
  t.ok((await openMarks(path)).has(SECOND))
})

test('a mark that could not be written is no mark, and the next one is written', async (t) => {
  const { path, marks } = await createMarks(t)
  await mkdir(`${path}.new`)
  await t.exception(marks.add([FIRST]), { code: 'EISDIR' })
  t.absent(marks.has(FIRST))
  await rm(`${path}.new`, { recursive: true })
  await marks.add([SECOND])
  const reopened = await openMarks(path)
  t.absent(reopened.has(FIRST))
  t.ok(reopened.has(SECOND))
})

async function createMarks(t: Assertion): Promise<{ path: string; marks: PurgeMarks }> {
  const path = join(await t.tmp(), 'purged')
  return { path, marks: await openMarks(path) }
}

function openMarks(path: string): Promise<PurgeMarks> {
  return PurgeMarks.open(path, new Project(PROJECT_KEY))
}
