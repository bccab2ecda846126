// RocksDB's logs as a power cut leaves them. A sound one is not touched; a torn one loses its tear
// and nothing else; and no noise keeps a device from opening.

import { cp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import { trimLogs } from '../../lib/log/torn-log.js'
import { observation } from '../helpers/author.js'
import { randomFrom } from '../helpers/disk.js'
import { createLog } from '../helpers/logs.js'

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** A store's folder as a killed process leaves it, with entries of all sizes in its log. */
async function killed(t: Assertion): Promise<{ dir: string; path: string; bytes: Buffer }> {
  const parent = await t.tmp()
  const log = await createLog(t, { dir: join(parent, 'log') })
  const random = randomFrom(seed)
  for (let i = 0; i < 300; i++) {
    const note = 'x'.repeat(Math.floor(random() ** 6 * 200_000))
    await log.write([observation(1, i, { tags: { note } })])
  }
  const dir = join(parent, 'killed')
  await cp(join(parent, 'log'), dir, { recursive: true })
  await rm(join(dir, 'feeds', 'CORESTORE'))
  const db = join(dir, 'feeds', 'db')
  const [name = ''] = (await readdir(db)).filter((file) => file.endsWith('.log'))
  const path = join(db, name)
  return { dir, path, bytes: await readFile(path) }
}

test('a sound log is not touched, whatever the size of its records', async (t) => {
  t.comment(`seed ${seed}`)
  const { dir, path, bytes } = await killed(t)
  t.ok(bytes.byteLength > 2 ** 20)
  await trimLogs(join(dir, 'feeds', 'db'))
  t.ok(bytes.equals(await readFile(path)))
})

test('a log cut anywhere ends at a record, and what is before the cut is there', async (t) => {
  t.comment(`seed ${seed}`)
  const { dir, path, bytes } = await killed(t)
  const random = randomFrom(seed)
  for (let i = 0; i < 50; i++) {
    const at = Math.floor(random() * bytes.byteLength)
    await writeFile(path, bytes.subarray(0, at))
    await trimLogs(join(dir, 'feeds', 'db'))
    const left = await readFile(path)
    const lost = at - left.byteLength
    // At most what there is of one part of a record, and that is no longer than a block.
    if (lost < 0 || lost > 32 * 1024 || !bytes.subarray(0, left.byteLength).equals(left)) {
      t.fail(`cut at ${at}: ${lost} lost`)
    }
  }
  t.pass()
})

test('noise behind what was synced is cut off, and all before it is there', async (t) => {
  t.comment(`seed ${seed}`)
  const { dir, path, bytes } = await killed(t)
  const random = randomFrom(seed)
  const noise = Buffer.from(Uint8Array.from({ length: 4 << 20 }, () => Math.floor(random() * 256)))
  await writeFile(path, Buffer.concat([bytes, noise]))
  await trimLogs(join(dir, 'feeds', 'db'))
  t.ok(bytes.equals(await readFile(path)))
  const log = await createLog(t, { dir })
  t.is(log.ends().get(log.id)?.length, 301)
})

test('a torn log with another behind it says so, and is not taken for one that ended', async (t) => {
  const { dir, path, bytes } = await killed(t)
  await truncate(path, bytes.byteLength - 5)
  await writeFile(join(dir, 'feeds', 'db', '999999.log'), '')
  await trimLogs(join(dir, 'feeds', 'db'))
  const left = await readFile(path)
  t.alike([...left.subarray(-8)], [0, 0, 0, 0, 1, 0, 1, 0])
  await trimLogs(join(dir, 'feeds', 'db'))
  t.ok(left.equals(await readFile(path)), 'and stays as it is')
})
