// Verifying with the help of other threads finds what verifying alone finds, word by word, in the
// same order; and a thread that cannot be started, or ends half way, is not missed.

import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type Assertion } from 'brittle'
import { FileMedium } from '../../lib/syncfile/medium.js'
import { openParts } from '../../lib/syncfile/open.js'
import type { RunProof } from '../../lib/syncfile/prove.js'
import { Provers, type ProversOptions } from '../../lib/syncfile/provers.js'
import type { RunPlace } from '../../lib/syncfile/segment-index.js'
import type { FileProblem } from '../../lib/syncfile/file-problem.js'
import { type VerifyOptions, verifyFile } from '../../lib/syncfile/verify.js'
import { members } from '../faults/members.js'
import { Random } from '../faults/mutate.js'
import { project, upTo } from '../faults/stick.js'
import { Author } from '../helpers/author.js'
import { START, syncFilePath } from '../helpers/devices.js'
import { codeOf } from '../helpers/rejection.js'
import { fileWith } from './files.js'

const HUGE = 512 * 1024 * 1024

const authors = [1, 2, 3].map((seed) => Author.withEntries(seed, 1500))

/** What verifying with these settings finds, and how many runs another thread has proven. */
async function verified(
  path: string,
  options: VerifyOptions & ProversOptions
): Promise<{ problems: FileProblem[]; proven: number; steps: number[] }> {
  const parts = await openParts(new FileMedium(path), project, () => START, false)
  let proven = 0
  const steps: number[] = []
  const onProgress = ({ done }: { done: number }): unknown => steps.push(done)
  const original = Object.getOwnPropertyDescriptor(Provers.prototype, 'take')!
  const take = original.value as (this: Provers, place: RunPlace) => Promise<RunProof | null>
  Provers.prototype.take = async function (place) {
    const proof = await take.call(this, place)
    if (proof !== null) proven++
    return proof
  }
  try {
    const { problems } = await verifyFile(parts, [], { onProgress, ...options })
    return { problems, proven, steps }
  } finally {
    Object.defineProperty(Provers.prototype, 'take', original)
    await parts.volumes.close()
  }
}

async function fileOf(t: Assertion): Promise<string> {
  return fileWith(t, [upTo(authors[0]!, 700)], authors)
}

test('a sound file is sound, and other threads did nearly all of it', async (t) => {
  const path = await fileOf(t)
  const { problems, proven, steps } = await verified(path, { threads: 2, wait: true })
  t.alike(problems, [])
  t.ok(proven >= 5, `${proven} runs of 7`)
  t.alike(steps.at(-1), (await readFile(path)).byteLength)
  t.is((await verified(path, { threads: 0 })).proven, 0)
  t.is((await verified(path, {})).proven, 0, 'a small file is not worth a thread')
})

test('damage is found alike with and without other threads', { timeout: 60_000 }, async (t) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`seed ${seed}`)
  const random = new Random(seed)
  const path = await fileOf(t)
  const sound = await readFile(path)
  for (let i = 0; i < 6; i++) {
    const bytes = Buffer.from(sound)
    for (let n = random.below(3); n >= 0; n--) bytes[random.below(bytes.byteLength)]! ^= 0x10
    const cut = random.below(3) === 0 ? bytes.byteLength - random.below(200_000) : undefined
    await writeFile(path, bytes.subarray(0, cut))
    await expectAlike(t, path, `damage ${i}`)
  }
})

test(
  'forged files are judged alike with and without other threads',
  { timeout: 60_000 },
  async (t) => {
    const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    t.comment(`seed ${seed}`)
    const random = new Random(seed)
    const names = ['a label that lies', 'blocks of one feed in another', 'blocks of odd sizes']
    names.push('entries that are nonsense inside', 'very many rows for one place')
    for (const name of names) {
      const { bytes, how } = members[name]!(random, project, authors)
      const path = await syncFilePath(t)
      await writeFile(path, bytes)
      await expectAlike(t, path, `${name} ${how}`)
    }
  }
)

test('threads that cannot be started, or end half way, are not missed', async (t) => {
  const path = await fileOf(t)
  const folder = await t.tmp()
  const scripts = {
    'is not there': null,
    'throws at once': 'throw new Error("forbidden")',
    'ends at its first order': `import { parentPort } from 'node:worker_threads'
      parentPort.on('message', () => process.exit(1))
      parentPort.postMessage('ready')`
  }
  for (const [what, text] of Object.entries(scripts)) {
    const file = join(folder, `${what}.mjs`)
    if (text !== null) await writeFile(file, text)
    const options = { threads: 2, wait: true, script: pathToFileURL(file) }
    const { problems, proven } = await verified(path, options)
    t.alike({ problems, proven }, { problems: [], proven: 0 }, `a thread that ${what}`)
  }
})

test('aborted while threads are at work, it ends with ABORTED and leaves none behind', async (t) => {
  const path = await fileOf(t)
  const stop = new AbortController()
  const onProgress = ({ done }: { done: number }): void => {
    if (done > 0) stop.abort()
  }
  const options = { threads: 2, wait: true, signal: stop.signal, onProgress }
  t.is(await codeOf(() => verified(path, options)), 'ABORTED')
})

test('a thread takes no memory for more bytes than a segment can have', async (t) => {
  const path = await fileWith(t, [authors[0]!])
  await truncate(path, HUGE)
  const parts = await openParts(new FileMedium(path), project, () => START, false)
  const { feed } = authors[0]!
  const row = { feed, count: 1, continues: false, volume: 1, offset: 512, byteLength: HUGE - 512 }
  parts.file.index.load([2000, 2100, 2200].map((from) => ({ ...row, from })))
  const before = process.resourceUsage().maxRSS
  const { problems } = await verifyFile(parts, [], { threads: 2, wait: true })
  const taken = (process.resourceUsage().maxRSS - before) / 1024
  t.is(problems.filter(({ message }) => message.includes('cannot be read')).length, 3)
  t.ok(taken < 200, `${Math.round(taken)} MiB`)
  await parts.volumes.close()
})

test('a run that a thread found sound and that cannot be read any more is told as that', async (t) => {
  const path = await fileWith(t, [authors[0]!])
  const parts = await openParts(new FileMedium(path), project, () => START, false)
  const { feed } = authors[0]!
  const lost = {
    feed,
    from: 5,
    count: 3,
    continues: false,
    volume: 1,
    offset: 600,
    byteLength: 400
  }
  parts.file.index.load([lost])
  const original = Object.getOwnPropertyDescriptor(Provers.prototype, 'take')!
  const proof = { nodes: [], rootHash: new Uint8Array(32), signature: new Uint8Array(64) }
  Provers.prototype.take = async () => proof
  t.teardown(() => Object.defineProperty(Provers.prototype, 'take', original))
  const { problems, damaged } = await verifyFile(parts, [], { threads: 0 })
  t.ok(problems.some(({ from, to, offset }) => from === 5 && to === 8 && offset === 600))
  t.alike(damaged, [lost])
  await parts.volumes.close()
})

async function expectAlike(t: Assertion, path: string, what: string): Promise<void> {
  const alone = await settled(verified(path, { threads: 0 }))
  const helped = await settled(verified(path, { threads: 2, wait: true }))
  t.alike(helped, alone, `${what}: ${Array.isArray(alone) ? alone.length : alone} problems`)
}

async function settled(
  work: Promise<{ problems: FileProblem[] }>
): Promise<FileProblem[] | string> {
  return work.then(
    ({ problems }) => problems,
    (error: Error) => error.message
  )
}
