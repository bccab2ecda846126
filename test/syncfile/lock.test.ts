// One writer at a time: between processes and within one, while everybody may read; and what was
// written between reading and locking is never written over.

import { spawn } from 'node:child_process'
import { copyFile, link, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'brittle'
import b4a from 'b4a'
import { sync } from '../../lib/exchange/sync.js'
import { createFile, openOrCreate } from '../../lib/syncfile/files.js'
import { SyncFile } from '../../lib/syncfile/syncfile.js'
import { FaultyMedium } from '../faults/faulty-medium.js'
import { imageOf, openOn, replicaOf, takeFrom, truthOf } from '../faults/stick.js'
import { Author } from '../helpers/author.js'
import { syncFilePath } from '../helpers/devices.js'
import { codeOf } from '../helpers/rejection.js'
import { fileWith, isSame, newFileAt, options, stateOf, syncPath, withKey } from './files.js'

const [a, b, c] = [Author.withEntries(1, 5), Author.withEntries(2, 3), Author.withEntries(3, 2)]

test('within one process a second writer is SYNCFILE_LOCKED, and reading goes on', async (t) => {
  const path = await fileWith(t, [a])
  const writer = await openOrCreate(path, options)
  t.is(await codeOf(async () => syncPath(path, await replicaOf(b))), 'SYNCFILE_LOCKED')
  const reader = await SyncFile.open(path, withKey)
  t.is((await reader.inspect()).entries, 5)
  t.alike(await reader.verify(), [])
  const taker = await replicaOf()
  await sync(taker, reader)
  t.is(taker.feeds.get(a.feed)?.blocks.length, 6)
  t.is(await codeOf(async () => sync(await replicaOf(b), reader)), 'SYNCFILE_LOCKED')
  await reader.close()
  await writer.close()
  t.is((await syncPath(path, await replicaOf(b))).sent.entries, 3)
})

test('a second process that has the file open makes it SYNCFILE_LOCKED, until it is gone', async (t) => {
  const path = await fileWith(t, [a])
  const program = fileURLToPath(new URL('hold-file.js', import.meta.url))
  const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const before = await stateOf(path)
  t.is(await codeOf(async () => syncPath(path, await replicaOf(b))), 'SYNCFILE_LOCKED')
  const reader = await SyncFile.open(path, withKey)
  t.is((await reader.inspect()).entries, 5)
  await reader.close()
  t.ok(isSame(await stateOf(path), before))
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('close', resolve))
  t.is((await syncPath(path, await replicaOf(b))).sent.entries, 3)
})

test('two that begin the same new file: one is SYNCFILE_LOCKED, the other completes', async (t) => {
  const path = await syncFilePath(t)
  const first = await createFile(path, options)
  t.is(await codeOf(() => createFile(path, options)), 'SYNCFILE_LOCKED')
  await sync(await replicaOf(a), first)
  await first.close()
  t.is((await syncPath(path, await replicaOf(b))).received.entries, 5)
})

test('what somebody committed since the file was read is not written over', async (t) => {
  const path = await fileWith(t, [a])
  const late = await SyncFile.open(path, withKey)
  await syncPath(path, await replicaOf(b))
  const before = await stateOf(path)
  t.is(await codeOf(async () => sync(await replicaOf(c), late)), 'SYNCFILE_LOCKED')
  t.is(await codeOf(() => late.compact()), 'SYNCFILE_LOCKED')
  await late.close()
  t.ok(isSame(await stateOf(path), before))
})

test('what took the place of a file since it was read is not written over, nor the old one', async (t) => {
  const path = await fileWith(t, [a], [b])
  const late = await SyncFile.open(path, withKey)
  const compacting = await SyncFile.open(path, withKey)
  await compacting.compact()
  await compacting.close()
  const before = await stateOf(path)
  t.is(await codeOf(async () => sync(await replicaOf(c), late)), 'SYNCFILE_LOCKED')
  await late.close()
  t.ok(isSame(await stateOf(path), before))
})

test('what an attempt left behind is never emptied: it may be somebody else under another name', async (t) => {
  const path = await fileWith(t, [a])
  // Stopped between giving the name and taking the old one away, then renamed by a person.
  await link(path, `${path}.part`)
  const kept = `${path}.backup`
  await rename(path, kept)
  const before = await readFile(kept)
  await syncPath(path, await replicaOf(b))
  t.ok(b4a.equals(await readFile(kept), before))
  const file = await SyncFile.open(path, withKey)
  t.is((await file.heads()).size, 1)
  await file.close()
  await rm(kept)
})

test('a file with two names, the unfinished one too, is compacted and keeps all', async (t) => {
  const path = await fileWith(t, [a], [b])
  await link(path, `${path}.part`)
  const file = await SyncFile.open(path, withKey)
  await file.compact()
  t.is((await file.inspect()).entries, 8)
  await file.close()
  t.alike(await readdir(dirname(path)), ['territory.cairn'])
})

test('volumes that an earlier attempt left do not become part of a new file', async (t) => {
  const path = await syncFilePath(t)
  await writeFile(`${path}.part`, 'half of something')
  await writeFile(`${path}.002.part`, 'and another half')
  await writeFile(`${path}.003.part`, 'and another')
  await syncPath(path, await replicaOf(a))
  t.alike(await readdir(dirname(path)), ['territory.cairn'])
})

test('a set of which only some volumes got their names when it was stopped is completed', async (t) => {
  const path = await syncFilePath(t)
  const big = new Author(7).hello()
  for (let i = 0; i < 200; i++) big.observe({ tags: { note: 'x'.repeat(200_000) } })
  const device = await replicaOf()
  for (let at = 0; at < 201; at += 40) await device.append(big.run(at, Math.min(201, at + 40)))
  await newFileAt(path, device, 16 * 1024 * 1024)
  const names = (await readdir(dirname(path))).sort()
  t.ok(names.length >= 3, names.join(' '))
  await rename(path, `${path}.part`)
  await copyFile(`${path}.002`, `${path}.002.part`)
  await rm(`${path}.002`)
  const report = await syncPath(path, await replicaOf(a))
  t.is(report.received.entries, 200)
  t.alike((await readdir(dirname(path))).sort(), names)
})

test('a commit with nothing but damage to tell takes the lock and cuts the tail first', async (t) => {
  const image = await imageOf([[a, b]])
  const noise = b4a.alloc(700, 7)
  const bytes = b4a.concat([image.files.get(1)!, noise])
  bytes[600]! ^= 1
  const medium = new FaultyMedium({ files: new Map([[1, bytes]]), published: true })
  await takeFrom(medium, truthOf(a, b))
  const file = await openOn(medium)
  await sync(await replicaOf(a, b), file)
  t.alike(await file.verify(), [])
  await file.close()
})
