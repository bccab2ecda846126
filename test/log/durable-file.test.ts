import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import { readIfThere, syncFolder, writeDurably } from '../../lib/log/durable-file.js'

test('a file is replaced whole, and nothing else is left beside it', async (t) => {
  const dir = await t.tmp()
  const path = join(dir, 'file')
  await writeDurably(path, 'a long first content')
  await writeDurably(path, 'short')
  t.is(await readFile(path, 'utf8'), 'short')
  t.alike(await readdir(dir), ['file'])
})

test('what an interrupted write left behind does not disturb the next one', async (t) => {
  const dir = await t.tmp()
  const path = join(dir, 'file')
  await writeFile(`${path}.new`, 'half of something that was much longer')
  await writeDurably(path, 'whole')
  t.is(await readFile(path, 'utf8'), 'whole')
  t.alike(await readdir(dir), ['file'])
})

test('where it cannot be replaced, the old content stays', async (t) => {
  const dir = await t.tmp()
  const path = join(dir, 'file')
  await writeDurably(path, 'old')
  await mkdir(`${path}.new`)
  await t.exception(writeDurably(path, 'new'), /EISDIR/)
  t.is(await readFile(path, 'utf8'), 'old')
})

test('a file that is not there is null, any other trouble an error', async (t) => {
  const dir = await t.tmp()
  t.is(await readIfThere(join(dir, 'none')), null)
  await t.exception(readIfThere(dir), /EISDIR/)
})

test('syncing a folder that is gone is an error', async (t) => {
  const dir = await t.tmp()
  await t.execution(syncFolder(dir))
  await t.exception(syncFolder(join(dir, 'none')), /ENOENT/)
})

const asRoot = process.getuid?.() === 0
test('a folder that may not be read is left unsynced', { skip: asRoot }, async (t) => {
  const dir = await t.tmp()
  await chmod(dir, 0o300)
  await t.execution(syncFolder(dir))
  await chmod(dir, 0o700)
})
