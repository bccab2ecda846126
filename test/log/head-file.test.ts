import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import b4a from 'b4a'
import { toFeedId } from '../../lib/log/feed-id.js'
import { readHeadFile, writeHeadFile, type HeadFile } from '../../lib/log/head-file.js'
import { codeOf } from '../helpers/rejection.js'

const head: HeadFile = {
  projectId: 'aa'.repeat(32),
  feed: toFeedId(b4a.alloc(32, 1)),
  label: '0',
  length: 12,
  rootHash: b4a.alloc(32, 2),
  predecessor: toFeedId(b4a.alloc(32, 3))
}

test('what was written is read, and nothing else is left in the folder', async (t) => {
  const dir = await t.tmp()
  await writeHeadFile(join(dir, 'HEAD'), { ...head, length: 3 })
  await writeHeadFile(join(dir, 'HEAD'), head)
  t.alike(await readHeadFile(join(dir, 'HEAD')), head)
  t.alike(await readdir(dir), ['HEAD'])
})

test('where there is none, there is null', async (t) => {
  t.is(await readHeadFile(join(await t.tmp(), 'HEAD')), null)
})

test('a file cut off at any byte, or otherwise damaged, is DEVICE_DAMAGED with its path', async (t) => {
  const path = join(await t.tmp(), 'HEAD')
  await writeHeadFile(path, head)
  const text = await readFile(path, 'utf8')
  const damaged = [
    ...Array.from({ length: text.length - 2 }, (_, i) => text.slice(0, i)),
    'null',
    '[]',
    '\0'.repeat(text.length),
    text.replace('"format": 1', '"format": 2'),
    text.replace('"length": 12', '"length": -1'),
    text.replace('"length": 12', '"length": 1.5'),
    text.replace('"length": 12', '"length": "12"'),
    text.replace(String(head.feed), 'nobody'),
    text.replace('0202', 'zzzz')
  ]
  for (const content of damaged) {
    await writeFile(path, content)
    const code = await codeOf(() => readHeadFile(path))
    if (code !== 'DEVICE_DAMAGED') t.fail(`${content}: ${code}`)
  }
  t.pass()
})

test('a folder in its place is an error and not an absent file', async (t) => {
  const path = join(await t.tmp(), 'HEAD')
  await mkdir(path)
  await t.exception(readHeadFile(path), /EISDIR/)
})
