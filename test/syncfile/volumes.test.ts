// A file of several volumes: what is missing, foreign or outdated is named, the volumes that are
// there give what they hold, and the set can be renamed together.

import {
  copyFile,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  truncate
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test, { type Assertion } from 'brittle'
import b4a from 'b4a'
import { sync } from '../../lib/exchange/sync.js'
import { CONTINUATION_BYTES } from '../../lib/syncfile/continuation.js'
import { TRAILER_BYTES } from '../../lib/syncfile/format.js'
import { SyncFile } from '../../lib/syncfile/syncfile.js'
import { lengthsIn, replicaOf, truthOf } from '../faults/stick.js'
import { Author } from '../helpers/author.js'
import { syncFilePath } from '../helpers/devices.js'
import type { MemoryReplica } from '../helpers/memory-replica.js'
import { codeOf } from '../helpers/rejection.js'
import { flip, newFileAt, stateOf, syncPath, withKey } from './files.js'

const VOLUME = 16 * 1024 * 1024

function bigAuthor(seed: number, megabytes: number): Author {
  const author = new Author(seed).hello()
  for (let i = 0; i < megabytes * 5; i++) author.observe({ tags: { note: 'x'.repeat(200_000) } })
  return author
}

const [big, small] = [bigAuthor(7, 36), Author.withEntries(1, 3)]
const truth = truthOf(big, small)

async function deviceWith(author: Author, length = author.blocks.length): Promise<MemoryReplica> {
  const device = await replicaOf()
  for (let at = 0; at < length; at += 20) {
    await device.append(author.run(at, Math.min(length, at + 20)))
  }
  return device
}

const whole = await deviceWith(big)
/** Two sets of three volumes with `big` in them, made once and copied for each test. */
const folder = await mkdtemp(join(tmpdir(), 'cairnlog-volumes-'))
const [SET, OTHER_SET] = [join(folder, 'one.cairn'), join(folder, 'other.cairn')]
for (const path of [SET, OTHER_SET]) await newFileAt(path, whole, VOLUME)

async function threeVolumes(t: Assertion): Promise<string> {
  const path = await syncFilePath(t)
  for (const end of ['', '.002', '.003']) await copyFile(SET + end, path + end)
  return path
}

async function taken(path: string): Promise<{ blocks: number; codes: string[] }> {
  const replica = await replicaOf()
  const report = await syncPath(path, replica)
  const blocks = lengthsIn(replica, truth).get(big.feed) ?? 0
  return { blocks, codes: report.refused.map(({ code }) => code) }
}

async function problemsIn(path: string, known = true): Promise<string[]> {
  await using file = known ? await SyncFile.open(path, withKey) : await SyncFile.open(path)
  const { problems } = await file.inspect()
  return problems.map((problem) => `${problem.code} ${problem.path}`)
}

async function withoutContinuation(path: string): Promise<void> {
  await truncate(path, (await stat(path)).size - CONTINUATION_BYTES)
}

test('a set fills its volumes, tells how many, and is read and verified as one', async (t) => {
  const path = await threeVolumes(t)
  const names = (await readdir(dirname(path))).sort()
  t.alike(names, ['territory.cairn', 'territory.cairn.002', 'territory.cairn.003'])
  for (const name of names) t.ok((await stat(`${dirname(path)}/${name}`)).size <= VOLUME)
  const file = await SyncFile.open(path, withKey)
  t.is((await file.inspect()).volumes, 3)
  t.alike(await file.verify(), [])
  await file.close()
  t.is((await taken(path)).blocks, big.blocks.length)
  const [first, second] = [await stateOf(path), await stateOf(`${path}.002`)]
  await syncPath(path, await replicaOf(small))
  t.is((await stateOf(path)).changed, first.changed, 'what is followed never changes')
  t.is((await stateOf(`${path}.002`)).changed, second.changed)
})

test('a set renamed together is the same set', async (t) => {
  const path = await threeVolumes(t)
  const renamed = `${dirname(path)}/other name.cairn`
  for (const end of ['', '.002', '.003']) await rename(path + end, renamed + end)
  t.is((await taken(renamed)).blocks, big.blocks.length)
  t.is((await syncPath(renamed, await replicaOf(small))).sent.entries, 3)
})

test('through a link a set is read and written as by its own name', async (t) => {
  const path = await threeVolumes(t)
  const link = await syncFilePath(t)
  await symlink(path, link)
  t.is((await taken(link)).blocks, big.blocks.length)
  t.is((await syncPath(link, await replicaOf(small))).sent.entries, 3)
  t.alike(await readdir(dirname(link)), ['territory.cairn'])
  t.alike(await taken(path), { blocks: big.blocks.length, codes: [] })
  await using file = await SyncFile.open(path, withKey)
  t.alike(await file.verify(), [])
  t.is((await file.inspect()).devices.length, 2)
})

test('a volume after the first that is opened by itself says which one to open', async (t) => {
  const path = await threeVolumes(t)
  t.is(await codeOf(() => SyncFile.open(`${path}.002`, withKey)), 'VOLUME_MISSING')
})

test('without the last volume the rest is read, the missing one named, and nothing written', async (t) => {
  for (const gone of [['.003'], ['.002', '.003']]) {
    const path = await threeVolumes(t)
    for (const end of gone) await rename(path + end, `${path}.away${end}`)
    t.alike(await problemsIn(path), [`VOLUME_MISSING ${path}${gone[0]}`])
    t.alike(await problemsIn(path, false), [`VOLUME_MISSING ${path}${gone[0]}`], 'without the key')
    const before = await stateOf(path)
    const replica = await replicaOf(small)
    const report = await syncPath(path, replica)
    t.is(report.readOnly, true)
    const { length } = replica.feeds.get(big.feed)!.blocks
    t.ok(length > 60 && length < big.blocks.length, `${length} blocks`)
    t.is((await stateOf(path)).changed, before.changed)
    for (const end of gone) await rename(`${path}.away${end}`, path + end)
    t.is((await taken(path)).blocks, big.blocks.length)
    t.alike(await problemsIn(path), [])
  }
})

test('a volume of a commit that was cut off is not missed', async (t) => {
  const path = await threeVolumes(t)
  await rm(`${path}.003`)
  await withoutContinuation(`${path}.002`)
  t.alike(await problemsIn(path), [`SYNCFILE_UNFINISHED ${path}`])
  await syncPath(path, whole)
  t.is((await taken(path)).blocks, big.blocks.length)
  t.alike(await problemsIn(path), [])
})

test('where the power went before a volume was marked as followed, the next commit does it', async (t) => {
  const path = await threeVolumes(t)
  const marked = await readFile(path)
  await withoutContinuation(path)
  t.alike(await problemsIn(path), [])
  await syncPath(path, await replicaOf(small))
  t.is((await readFile(path)).byteLength, marked.byteLength)
  for (const end of ['.002', '.003']) await rm(path + end)
  t.alike(await problemsIn(path), [`VOLUME_MISSING ${path}.002`])
})

test('without a middle volume the rest is read, the missing one named, and nothing written', async (t) => {
  const path = await threeVolumes(t)
  await rename(`${path}.002`, `${path}.away`)
  const file = await SyncFile.open(path, withKey)
  const [problem] = (await file.inspect()).problems
  t.is(problem?.code, 'VOLUME_MISSING')
  t.is(problem?.path, `${path}.002`)
  await file.close()
  const before = [await stateOf(path), await stateOf(`${path}.003`)]
  const replica = await replicaOf(small)
  const report = await syncPath(path, replica)
  t.is(report.readOnly, true)
  t.ok(report.refused.some(({ code }) => code === 'VOLUME_MISSING'))
  t.ok(lengthsIn(replica, truth).get(big.feed)! > 60)
  const after = [await stateOf(path), await stateOf(`${path}.003`)]
  t.alike(
    after.map(({ changed }) => changed),
    before.map(({ changed }) => changed)
  )
  await rename(`${path}.away`, `${path}.002`)
  t.is((await taken(path)).blocks, big.blocks.length)
})

test(
  'the volume of another set is recognised, named and left alone',
  { timeout: 120_000 },
  async (t) => {
    const path = await threeVolumes(t)
    await copyFile(`${OTHER_SET}.002`, `${path}.002`)
    const file = await SyncFile.open(path, withKey)
    t.is(file.readOnly, true)
    t.alike(
      file.problems.filter(({ code }) => code === 'VOLUME_MISSING').map((problem) => problem.path),
      [`${path}.002`]
    )
    await file.close()
    const foreign = await readFile(`${path}.002`)
    const { blocks } = await taken(path)
    t.ok(blocks > 60 && blocks < big.blocks.length)
    t.alike(await readFile(`${path}.002`), foreign)
  }
)

test('an older first volume beside newer ones: nothing wrong is taken, and it is told', async (t) => {
  const path = await syncFilePath(t)
  await newFileAt(path, await deviceWith(big, 21), VOLUME)
  const old = await readFile(path)
  await syncPath(path, whole)
  t.ok((await readFile(path)).byteLength > old.byteLength)
  await truncate(path, old.byteLength)
  const replica = await replicaOf()
  const report = await syncPath(path, replica, { receive: true })
  t.is(lengthsIn(replica, truth).get(big.feed), 21)
  t.ok(report.refused.length > 0)
  const file = await SyncFile.open(path, withKey)
  t.ok((await file.verify()).length > 0)
  await file.close()
})

test('a volume whose first bytes are lost is known by its records, and made whole', async (t) => {
  const path = await threeVolumes(t)
  await flip(`${path}.002`, 10)
  await flip(`${path}.002`, 300)
  const file = await SyncFile.open(path, withKey)
  t.is((await file.verify()).length, 3)
  await sync(await replicaOf(), file)
  await file.close()
  t.is((await taken(path)).blocks, big.blocks.length)
  const healed = await SyncFile.open(path, withKey)
  t.alike(await healed.verify(), [])
  await healed.close()
})

test('a full volume whose last trailer is damaged is put right, byte for byte', async (t) => {
  const path = await syncFilePath(t)
  await newFileAt(path, await deviceWith(big, 21), VOLUME)
  const trailer = (await readFile(path)).byteLength - TRAILER_BYTES
  await syncPath(path, whole)
  const sound = await readFile(path)
  t.ok(sound.byteLength > trailer + TRAILER_BYTES, 'the next commit begins in the same volume')
  for (const at of [0, 30, 60, 96, 150]) {
    await flip(path, trailer + at)
    const file = await SyncFile.open(path, withKey)
    t.is(file.readOnly, false)
    t.alike(
      file.problems.map(({ code, offset }) => ({ code, offset })),
      [{ code: 'SYNCFILE_DAMAGED', offset: trailer }]
    )
    await sync(await replicaOf(), file)
    await file.close()
    t.ok(b4a.equals(await readFile(path), sound), `byte ${at}`)
  }
  const last = await readFile(`${path}.003`)
  await syncPath(path, whole)
  t.ok(b4a.equals(await readFile(`${path}.003`), last), 'nothing is left to be said')
  await using file = await SyncFile.open(path, withKey)
  t.alike(await file.verify(), [])
})

test('the sets that were copied from are removed', async (t) => {
  await rm(folder, { recursive: true })
  t.pass()
})
