// The names of a file's volumes, and what else may stand beside them.

import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import { FileMedium } from '../../lib/syncfile/medium.js'
import { SyncFile } from '../../lib/syncfile/syncfile.js'
import { replicaOf } from '../faults/stick.js'
import { Author } from '../helpers/author.js'
import { codeOf } from '../helpers/rejection.js'
import { fileWith, newFileAt, syncPath, withKey } from './files.js'

test('where one name is taken meanwhile no volume gets its own, and nothing is lost', async (t) => {
  const dir = await t.tmp()
  const path = join(dir, 'territory.cairn')
  const medium = new FileMedium(path, true)
  for (const volume of [1, 2, 3]) await (await medium.create(volume)).close()
  await writeFile(path, 'of somebody else')
  t.is(await codeOf(() => medium.publish([1, 2, 3])), 'SYNCFILE_EXISTS')
  t.is(await readFile(path, 'utf8'), 'of somebody else')
  const volumes = ['.002.part', '.003.part', '.part'].map((end) => `territory.cairn${end}`)
  t.alike((await readdir(dir)).sort(), ['territory.cairn', ...volumes])
  t.is(medium.isUnfinished, true)
})

test('what only looks like a volume is passed by, and the file is synced with', async (t) => {
  const path = await fileWith(t, [Author.withEntries(1, 5)])
  await mkdir(`${path}.002`)
  await mkdir(`${path}.2026`)
  for (const end of ['.001', '.0002', '.2025', '.0003.part', '.NaN'])
    await copyFile(path, path + end)
  const { readOnly, refused, sent } = await syncPath(
    path,
    await replicaOf(Author.withEntries(2, 5))
  )
  t.alike([readOnly, refused, sent.entries], [false, [], 5])
  await using file = await SyncFile.open(path, withKey)
  t.alike([file.readOnly, await file.verify()], [false, []])
  t.is(await codeOf(() => new FileMedium(path).create(2)), 'PATH_UNUSABLE')
})

test('the file beside its backup of an earlier year can be begun anew', async (t) => {
  const path = await fileWith(t, [Author.withEntries(1, 5)])
  await copyFile(path, `${path}.2025`)
  await rm(path)
  await newFileAt(path, await replicaOf(Author.withEntries(2, 5)), 0)
  await using file = await SyncFile.open(path, withKey)
  t.alike([file.readOnly, (await file.inspect()).entries], [false, 5])
})

test('a foreign file with the name of the next volume is told, and nothing is written', async (t) => {
  const path = await fileWith(t, [Author.withEntries(1, 5)])
  await copyFile(path, `${path}.002`)
  await using file = await SyncFile.open(path, withKey)
  t.is(file.readOnly, true)
  t.alike(
    file.problems.map((problem) => [problem.code, problem.path]),
    [['VOLUME_MISSING', `${path}.002`]]
  )
})
