// Archives of more than a zip without its 64-bit extension can say.

import { open } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import { type ZipEntry, zip } from '../lib/archive-zip.js'
import { namesInZip } from './helpers/zip.js'

const lastModified = new Date(0)

test('an archive of more than 65,535 files shows all of them', async (t) => {
  const count = 66_000
  async function* many(): AsyncGenerator<ZipEntry> {
    for (let n = 0; n < count; n++)
      yield { name: `${n}.jpg`, input: new Uint8Array(1), lastModified }
  }
  const path = await written(await t.tmp(), many())
  const names = await namesInZip(path)
  t.is(names.length, count)
  t.is(names.at(-1), `${count - 1}.jpg`)
})

test('an archive of few files has the short end alone', async (t) => {
  async function* one(): AsyncGenerator<ZipEntry> {
    yield { name: 'a.jpg', input: new Uint8Array(1), lastModified }
  }
  const pieces: Uint8Array[] = []
  for await (const piece of zip(one())) pieces.push(piece)
  t.is(Buffer.concat(pieces).indexOf('PK\x06\x06'), -1)
})

async function written(dir: string, entries: AsyncIterable<ZipEntry>): Promise<string> {
  const path = join(dir, 'archive.zip')
  const pieces: Uint8Array[] = []
  for await (const piece of zip(entries)) pieces.push(piece)
  await using file = await open(path, 'w')
  await file.writeFile(Buffer.concat(pieces))
  return path
}
