// Photos and files under faults of the disk: whatever fails at whichever operation, a photo is whole
// or absent, what was there before stays, and the next try succeeds.

import { spawn } from 'node:child_process'
import { open, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type Assertion } from 'brittle'
import type { BlobStore } from '../../lib/log/media/blob-store.js'
import { type BlobName, MEDIA_CHUNK } from '../../lib/log/replica.js'
import {
  chunked,
  chunksOf,
  content,
  filesIn,
  nameOf,
  openBlobs,
  readAll
} from '../helpers/blobs.js'

const HELPERS = join(dirname(fileURLToPath(import.meta.url)), '../helpers')
const BYTES = content(2 * MEDIA_CHUNK + 77, 9)
const OLD = content(5000, 4)

type Handle = Record<string, (...args: unknown[]) => Promise<unknown>>

/** What a disk can do to a photo that is being put, by what it says and what is thrown then. */
const FAULTS: Array<[code: string, thrown: string]> = [
  ['ENOSPC', 'NO_SPACE'],
  ['EDQUOT', 'NO_SPACE'],
  ['EIO', 'IO_FAILED']
]

for (const [code, thrown] of FAULTS) {
  test(`${code} at any write or sync of a put is ${thrown}, and leaves nothing half`, async (t) => {
    const fault = await Fault.on(t, code)
    let operations = 0
    for (let at = 0; ; at++) {
      const dir = await t.tmp()
      const blobs = await withOld(dir)
      fault.failAt(at)
      const outcome = await outcomeOf(blobs.put(chunked(BYTES)))
      if (!fault.happened) {
        operations = at
        t.is(outcome, 'done')
        break
      }
      t.is(outcome, thrown, `operation ${at}`)
      await assertWholeOrAbsent(t, dir, blobs)
      await blobs.put(chunked(BYTES))
      t.ok(BYTES.equals(await readAll(blobs.read(nameOf(BYTES)))))
      t.is((await filesIn(dir)).length, 2)
    }
    t.ok(operations >= 6, `${operations} operations`)
  })

  test(`${code} at any write or sync of a blob that arrives: the next try goes on`, async (t) => {
    const fault = await Fault.on(t, code)
    let operations = 0
    for (let at = 0; ; at++) {
      const dir = await t.tmp()
      const blobs = await withOld(dir)
      fault.failAt(at)
      const outcome = await outcomeOf(take(blobs, nameOf(BYTES)))
      if (!fault.happened) {
        operations = at
        t.is(outcome, 'done')
        break
      }
      // A folder that cannot be synced any more is no reason to give a whole photo up.
      t.is(outcome, thrown, `operation ${at}`)
      await assertWholeOrAbsent(t, dir, blobs)
      await take(blobs, nameOf(BYTES))
      t.ok(BYTES.equals(await readAll(blobs.read(nameOf(BYTES)))))
      t.is((await filesIn(dir)).length, 2)
    }
    t.ok(operations >= 6, `${operations} operations`)
  })
}

test('a disk that takes half of each write gets the rest', async (t) => {
  const handle = await prototypeOf(t)
  const original = handle['write']!
  t.teardown(() => void (handle['write'] = original))
  handle['write'] = function (this: Handle, bytes, offset, length, position) {
    const half = Math.max(1, Math.floor((length as number) / 2))
    return original.call(this, bytes, offset, half, position)
  }
  const dir = await t.tmp()
  const blobs = await openBlobs(dir)
  await blobs.put(chunked(BYTES))
  t.is(await blobs.verify(nameOf(BYTES)), 'here')
})

test('killed while photos are put: those that were acknowledged are whole, no half one is', async (t) => {
  const dir = await t.tmp()
  const whole: BlobName[] = []
  for (let round = 0; round < 6; round++) {
    whole.push(...(await putUntilKilled(dir, whole.length + round * 1000, 20 + round * 35)))
    const blobs = await openBlobs(dir)
    for (const name of whole) t.is(await blobs.verify(name), 'here')
    for (const { hash, size } of await blobs.held()) {
      if ((await blobs.verify({ hash, size })) !== 'here') t.fail(`${hash} is not whole`)
    }
    t.absent((await filesIn(dir)).some((file) => /[/\\]new[/\\]/.test(file)))
  }
  t.ok(whole.length > 0, `${whole.length} photos`)
})

/** Puts in a program of its own, which is killed `ms` after its first photo. */
async function putUntilKilled(dir: string, from: number, ms: number): Promise<BlobName[]> {
  const program = spawn(process.execPath, [join(HELPERS, 'put-until-killed.js'), dir, `${from}`])
  let said = ''
  let timer: NodeJS.Timeout | undefined
  program.stdout.on('data', (text: Buffer) => {
    said += text.toString()
    timer ??= setTimeout(() => program.kill('SIGKILL'), ms)
  })
  await new Promise((done) => program.once('exit', done))
  const lines = said.split('\n').slice(0, -1)
  return lines.map((line) => ({ hash: line.split(' ')[0]!, size: Number(line.split(' ')[1]) }))
}

async function withOld(dir: string): Promise<BlobStore> {
  const blobs = await openBlobs(dir)
  await blobs.put(chunked(OLD))
  return blobs
}

async function take(blobs: BlobStore, name: BlobName): Promise<void> {
  const writer = await blobs.write(name)
  try {
    const chunks = chunksOf(BYTES)
    while (writer.next < chunks.length) await writer.append(chunks[writer.next]!)
    await writer.finish()
  } finally {
    await writer.close()
  }
}

/** What this program knows and what one that opens the folder now finds are both true. */
async function assertWholeOrAbsent(t: Assertion, dir: string, blobs: BlobStore): Promise<void> {
  for (const store of [blobs, await openBlobs(dir)]) {
    t.is(await store.verify(nameOf(OLD)), 'here')
    const state = await store.verify(nameOf(BYTES))
    t.ok(state === 'here' || state === 'missing', state)
    t.alike(await store.damaged(), [])
  }
}

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (error: { code?: string; message: string }) => error.code ?? error.message
  )
}

/** Makes one write or sync through a FileHandle fail. */
class Fault {
  happened = false
  private left = Infinity

  static async on(t: Assertion, code: string): Promise<Fault> {
    const fault = new Fault()
    const handle = await prototypeOf(t)
    for (const method of ['write', 'datasync', 'sync', 'truncate']) {
      const original = handle[method]!
      handle[method] = function (this: Handle, ...args: unknown[]) {
        if (fault.left-- !== 0) return original.apply(this, args)
        fault.happened = true
        return Promise.reject(Object.assign(new Error(`${code}, as the test wants`), { code }))
      }
      t.teardown(() => void (handle[method] = original))
    }
    return fault
  }

  failAt(operation: number): void {
    this.happened = false
    this.left = operation
  }
}

async function prototypeOf(t: Assertion): Promise<Handle> {
  const path = join(await t.tmp(), 'probe')
  await writeFile(path, '')
  const probe = await open(path, 'r')
  const prototype = Object.getPrototypeOf(probe) as Handle
  await probe.close()
  return prototype
}
