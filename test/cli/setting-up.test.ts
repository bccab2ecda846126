// A device's beginning: a new project, an invite to it, a second device, and where the key rests.

import type { ChildProcess } from 'node:child_process'
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import { openInvite } from '../../lib/main.js'
import { CONFIGURATION } from '../helpers/fixed.js'
import { PASSPHRASE, cairnlog, document, laptops, openLaptop, succeed } from '../helpers/program.js'

/** A process for every step, on a machine that is busy with others. */
const SLOW = { timeout: 120_000 }

test(
  'init makes a device, whose key only the passphrase opens and only its owner can read',
  SLOW,
  async (t) => {
    const dir = join(await t.tmp(), 'laptop')
    const made = await document(`init --device ${dir} --name 'Laptop 1'`)
    t.is(made.exit, 0)
    t.is(made.name, 'Laptop 1')
    t.is(made.folder, dir)
    t.alike(made.configuration, { name: 'observations', version: '1.0.0' })
    const { invite } = JSON.parse(await readFile(join(dir, 'cairnlog.json'), 'utf8'))
    const key = await openInvite(invite, PASSPHRASE)
    t.is(key.byteLength, 32)
    t.absent(await holds(dir, key), 'the key itself is in no file of the folder')
    if (process.platform === 'win32') return
    t.is((await stat(join(dir, 'cairnlog.json'))).mode & 0o777, 0o600)
    t.is((await stat(dir)).mode & 0o777, 0o700)
  }
)

test(
  'init keeps the key of the device it made, though nobody reads what it says',
  SLOW,
  async (t) => {
    const cwd = await t.tmp()
    const onStart = (child: ChildProcess): void => void child.stdout?.destroy()
    t.is((await cairnlog('init --name Laptop', { cwd, onStart })).code, 141)
    t.is((await document('status', { cwd })).exit, 0)
  }
)

test(
  'init that fails takes its settings back, but not from a device that it made',
  SLOW,
  async (t) => {
    const folder = await t.tmp()
    const [made, other] = [join(folder, 'made'), join(folder, 'other')]
    await mkdir(made)
    await writeFile(join(made, 'media'), 'not a folder')
    t.is((await cairnlog('init --name Laptop', { cwd: made })).code, 6)
    await rm(join(made, 'media'))
    t.is((await document('status', { cwd: made })).exit, 0)
    await (await openLaptop(other)).close()
    t.is((await cairnlog('init --name Laptop', { cwd: other })).code, 3)
    t.absent((await readdir(other)).includes('cairnlog.json'))
  }
)

test(
  'an invite brings a second device into the project, under its own passphrase',
  SLOW,
  async (t) => {
    const [first] = await laptops(t, 1)
    const folder = await t.tmp()
    const file = join(folder, 'invite.txt')
    const env = { CAIRNLOG_INVITE_PASSPHRASE: 'said on the phone' }
    await succeed(t, `invite ${file}`, { cwd: first, env })
    t.is((await stat(file)).mode & 0o777, 0o600)
    const second = join(folder, 'second')
    const init = `init --device ${second} --name 'Laptop 2'`

    const wrong = await cairnlog(`${init} --invite ${file}`)
    t.is(wrong.code, 3, 'the passphrase of the other device does not open it')
    t.absent((await readdir(folder)).includes('second'), 'and nothing was made')

    const phone = { CAIRNLOG_PASSPHRASE: 'said on the phone' }
    const input = await readFile(file, 'utf8')
    t.is((await cairnlog(`${init} --invite -`, { env: phone, input })).code, 0)
    const one = await document('status', { cwd: first })
    const two = await document('status', { cwd: second, env: phone })
    t.is(two.projectId, one.projectId)
    t.not(two.id, one.id)
    const over = await cairnlog(`invite ${file}`, { cwd: first, env })
    t.is(over.code, 6, 'never over a file')
    t.ok(over.stderr.includes('What to do: Choose another name'), over.stderr)
  }
)

test(
  'a passphrase comes from a file, too; without one and without a terminal it is said how',
  SLOW,
  async (t) => {
    const [cwd] = await laptops(t, 1)
    const file = join(await t.tmp(), 'passphrase')
    await writeFile(file, `${PASSPHRASE}\nonly the first line counts\n`)
    const env = { CAIRNLOG_PASSPHRASE: '', CAIRNLOG_PASSPHRASE_FILE: file }
    t.is((await cairnlog('status', { cwd, env })).code, 0)
    const none = await cairnlog('status', { cwd, env: { CAIRNLOG_PASSPHRASE: '' } })
    t.is(none.code, 2)
    t.is(
      none.stderr,
      'cairnlog: The passphrase of this device is needed, and there is no terminal to ask for it.\n' +
        'What to do: Set CAIRNLOG_PASSPHRASE_FILE to the path of a file that holds it, or CAIRNLOG_PASSPHRASE to itself.\n'
    )
  }
)

test('a wrong passphrase is refused with the code of its kind', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  const wrong = await document('list', { cwd, env: { CAIRNLOG_PASSPHRASE: 'no' } })
  t.is(wrong.exit, 3)
  t.is(wrong.error.code, 'INVITE_REFUSED')
  t.is(wrong.error.exitCode, 3)
  t.is(wrong.error.message, 'That is not the passphrase of this device.')
})

test(
  'init leaves a device that is there alone; damaged settings are said to be',
  SLOW,
  async (t) => {
    const [cwd] = await laptops(t, 1)
    const before = await readFile(join(cwd, 'cairnlog.json'))
    t.is((await cairnlog('init --name Other', { cwd })).code, 5)
    t.alike(await readFile(join(cwd, 'cairnlog.json')), before)
    await writeFile(join(cwd, 'cairnlog.json'), '{"format": 1')
    t.is((await document('status', { cwd })).error.code, 'DEVICE_DAMAGED')
  }
)

test('the folder is that of --device, of CAIRNLOG_DEVICE, or the current one', SLOW, async (t) => {
  const [dir] = await laptops(t, 1)
  const cwd = await t.tmp()
  t.is((await document(`status --device ${dir}`, { cwd })).folder, dir)
  t.is((await document('status', { cwd, env: { CAIRNLOG_DEVICE: dir } })).folder, dir)
  t.is((await document('status', { cwd: dir })).folder, dir)
  const none = await cairnlog('status', { cwd })
  t.is(none.code, 5)
  t.ok(none.stderr.startsWith(`cairnlog: There is no device in ${cwd}.\nWhat to do: `))
})

test('configuration shows the one in use, and from then on another one is', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  const { name, version } = CONFIGURATION
  t.is(await succeed(t, 'configuration', { cwd }), `${name} ${version}\n`)
  await succeed(t, 'configuration rivers@2.1', { cwd })
  const { configuration } = await document('status', { cwd })
  t.alike(configuration, { name: 'rivers', version: '2.1' })
  t.is((await cairnlog('configuration rivers', { cwd })).code, 2)
})

/** Whether a file below the folder holds the bytes, as they are or in hex. */
async function holds(dir: string, bytes: Uint8Array): Promise<boolean> {
  const texts = [Buffer.from(bytes), Buffer.from(Buffer.from(bytes).toString('hex'))]
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const content = await readFile(join(entry.parentPath, entry.name))
    if (texts.some((text) => content.includes(text))) return true
  }
  return false
}
