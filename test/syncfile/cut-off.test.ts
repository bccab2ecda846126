// A pulled stick or a copy that broke off leaves a commit without its end. That is told as what it
// is, by opening, by verifying and without the key, and what is damaged besides is still told.

import { readFile, truncate } from 'node:fs/promises'
import test from 'brittle'
import { SyncFile } from '../../lib/syncfile/syncfile.js'
import { replicaOf, upTo } from '../faults/stick.js'
import { Author } from '../helpers/author.js'
import { fileWith, flip, syncPath, withKey } from './files.js'

const [a, b] = [Author.withEntries(1, 30), Author.withEntries(2, 20)]

/** What opening and verifying say, with the key and without it. */
async function told(path: string): Promise<Record<'opened' | 'verified' | 'sealed', unknown[]>> {
  const file = await SyncFile.open(path, withKey)
  const sealed = await SyncFile.open(path)
  try {
    return {
      opened: file.problems.map(codeAndOffset),
      verified: (await file.verify()).map(codeAndOffset),
      sealed: (await sealed.verify()).map(codeAndOffset)
    }
  } finally {
    await file.close()
    await sealed.close()
  }
}

function codeAndOffset({ code, offset }: { code: string; offset?: number }): unknown[] {
  return [code, offset]
}

test('a commit that was cut off anywhere is told as that, until a sync has put it right', async (t) => {
  const path = await fileWith(t, [upTo(a, 10)])
  const { length: committed } = await readFile(path)
  await syncPath(path, await replicaOf(a, b))
  const { length } = await readFile(path)
  const cutOff = [['SYNCFILE_UNFINISHED', committed]]
  for (let size = length - 1; size > committed; size -= 97) {
    await truncate(path, size)
    const said = await told(path)
    t.alike(said, { opened: cutOff, verified: cutOff, sealed: cutOff }, `${size} of ${length}`)
  }
  await truncate(path, committed)
  t.alike(await told(path), { opened: [], verified: [], sealed: [] }, 'an older state')
  await syncPath(path, await replicaOf(a, b))
  await truncate(path, (await readFile(path)).length - 1)
  await syncPath(path, await replicaOf(a, b))
  t.alike(await told(path), { opened: [], verified: [], sealed: [] }, 'put right')
})

test('what is damaged before the cut is still told as damage', async (t) => {
  const path = await fileWith(t, [upTo(a, 10)])
  const { length: committed } = await readFile(path)
  await syncPath(path, await replicaOf(a, b))
  await truncate(path, (await readFile(path)).length - 1)
  await flip(path, 700)
  const { verified, sealed } = await told(path)
  const both = [
    ['SYNCFILE_DAMAGED', 512],
    ['SYNCFILE_UNFINISHED', committed]
  ]
  t.alike({ verified, sealed }, { verified: both, sealed: both })
})

test('a file cut off in its first commit; what is damaged in there is still told', async (t) => {
  const path = await fileWith(t, [a, b])
  await truncate(path, (await readFile(path)).length - 1)
  const cutOff = ['SYNCFILE_UNFINISHED', 512]
  const { opened, verified } = await told(path)
  t.alike({ opened, verified }, { opened: [cutOff], verified: [cutOff] })
  await flip(path, 700)
  t.alike((await told(path)).opened, [['SYNCFILE_DAMAGED', 512], cutOff])
})
