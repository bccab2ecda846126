// Several that begin one and the same file at the same time, some of whom are stopped: one of them
// makes it, the others are told so, and what stands there is a sync file that holds what was said.

import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import test from 'brittle'
import { CairnError } from '../../lib/errors.js'
import { sync } from '../../lib/exchange/sync.js'
import { createFile, openOrCreate } from '../../lib/syncfile/files.js'
import { replicaOf } from '../faults/stick.js'
import { Author } from '../helpers/author.js'
import { syncFilePath } from '../helpers/devices.js'
import { options, syncPath } from './files.js'

const ROUNDS = 60
const authors = [1, 2, 3].map((seed) => Author.withEntries(seed, 400))

/** Whose entries are durable in the file; a code where they are not. */
async function begin(path: string, author: Author): Promise<string> {
  await setTimeout(Math.random() * 10)
  const isStopped = Math.random() < 0.5
  const signal = isStopped ? AbortSignal.timeout(Math.ceil(Math.random() * 20)) : undefined
  try {
    const replica = await replicaOf(author)
    const open = Math.random() < 0.5 ? createFile : openOrCreate
    const file = await open(path, options)
    try {
      await sync(replica, file, { signal })
    } finally {
      await file.close()
    }
    return author.feed
  } catch (error) {
    if (error instanceof CairnError) return error.code
    throw error
  }
}

test('one path that many begin at once is made by one of them', { timeout: 120_000 }, async (t) => {
  const codes = new Set<string>()
  for (let round = 0; round < ROUNDS; round++) {
    const path = await syncFilePath(t)
    const many = [...authors, ...authors, ...authors]
    const ends = await Promise.all(many.map((author) => begin(path, author)))
    const replica = await replicaOf()
    await syncPath(path, replica)
    for (const end of ends) {
      if (/^[A-Z_]+$/.test(end)) codes.add(end)
      else if (!replica.feeds.has(end)) t.fail(`${end} was said to be in the file`)
    }
    const left = await readdir(dirname(path))
    if (left.length !== 1) t.fail(left.join(' '))
  }
  const others = ['ABORTED', 'SYNCFILE_EXISTS', 'SYNCFILE_LOCKED']
  t.alike(
    [...codes].filter((code) => !others.includes(code)),
    []
  )
})
