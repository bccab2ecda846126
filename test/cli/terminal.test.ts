// The program with a person at a terminal: the bar, the question for the passphrase, Ctrl-C.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import { inputs, syncFilePath } from '../helpers/devices.js'
import { PASSPHRASE, cairnlog, document, laptops, openLaptop, record } from '../helpers/program.js'
import { CTRL_C, CTRL_D, ENTER, answering, inTerminal } from '../helpers/terminal.js'

/** A process for every step, on a machine that is busy with others. */
const SLOW = { timeout: 180_000 }
/** Enough that there is time to see it and to stop it. */
const MANY = 60_000

test(
  'a bar shows entries and bytes in a terminal, goes away, and is never in a pipe',
  SLOW,
  async (t) => {
    const { empty, path } = await fullStick(t, MANY)
    const { code, screen } = await inTerminal(`sync ${path}`, { cwd: empty })
    t.is(code, 0)
    t.ok(/[█░]{24} +\d+ %  Receiving +[\d,]+ of 60,000 entries, /.test(screen), 'the bar was there')
    const [, afterBar = ''] = screen.split(/[█░](?![^]*[█░])/)
    t.ok(afterBar.includes('\u001b[2K'), 'its line was cleared')
    t.ok(afterBar.includes('Received 60,000 entries ('), 'for the result')
    const [third] = await laptops(t, 1)
    const piped = await cairnlog(`sync ${path}`, { cwd: third })
    t.is(piped.code, 0)
    t.is(piped.stderr, '')
    t.absent(piped.stdout.includes('█'))
  }
)

test(
  'Ctrl-C in the middle of a big sync says what is kept, and the next sync completes',
  SLOW,
  async (t) => {
    const { empty, path } = await fullStick(t, MANY)
    const before = await readFile(path)
    let pressed = false
    const { code, screen } = await inTerminal(`sync ${path}`, { cwd: empty }, (shown, type) => {
      if (pressed || !/%  Receiving +[1-9]/.test(shown)) return
      pressed = true
      type(CTRL_C)
    })
    t.is(code, 130)
    t.ok(screen.includes('Stopped by Ctrl-C. What had arrived was kept; sync again for the rest.'))
    t.ok(screen.includes('What to do: Run the same command again'))
    t.ok(before.equals(await readFile(path)), 'the file is as it was')
    const arrived = (await document('status', { cwd: empty })).observations
    t.ok(arrived > 0 && arrived < MANY, `${arrived} had arrived and can be seen`)

    const again = await document(`sync ${path}`, { cwd: empty })
    t.is(again.exit, 0)
    t.is(again.received.entries, MANY - arrived, 'only the rest came')
    t.is((await document('status', { cwd: empty })).observations, MANY)
    t.alike((await document(`verify ${path}`, { cwd: empty })).problems, [])
  }
)

test(
  'the passphrase is asked for without being shown; two that differ are refused',
  SLOW,
  async (t) => {
    const dir = join(await t.tmp(), 'laptop')
    const env = { CAIRNLOG_PASSPHRASE: '' }
    const init = `init --device ${dir} --name 'Laptop 1'`
    const differ = answering(['New passphrase', `one${ENTER}`], ['same again', `two${ENTER}`])
    const refused = await inTerminal(init, { env }, differ)
    t.is(refused.code, 2)
    t.ok(refused.screen.includes('The two passphrases are not the same.'))
    const secret = 'seldom seen words'
    const typed = answering(['New passphrase', secret + ENTER], ['same again', secret + ENTER])
    const made = await inTerminal(init, { env }, typed)
    t.is(made.code, 0)
    t.absent(made.screen.includes('seldom'))
    const asked = answering(['Passphrase of this device:', secret + ENTER])
    const listed = await inTerminal('list', { cwd: dir, env }, asked)
    t.is(listed.code, 0)
    t.ok(listed.screen.includes('0 observations'))
    t.absent(listed.screen.includes('seldom'))
    const wrong = await inTerminal(
      'list',
      { cwd: dir, env },
      answering(['Passphrase', `no${ENTER}`])
    )
    t.is(wrong.code, 3)
  }
)

test('Ctrl-C and Ctrl-D at the question end the program in good order', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  const env = { CAIRNLOG_PASSPHRASE: '' }
  const stopped = await inTerminal('list', { cwd, env }, answering(['Passphrase', CTRL_C]))
  t.is(stopped.code, 130)
  t.ok(stopped.screen.includes('Stopped by Ctrl-C.'))
  const closed = await inTerminal('list', { cwd, env }, answering(['Passphrase', CTRL_D]))
  t.is(closed.code, 2)
  t.ok(closed.screen.includes('No passphrase was given.'))
})

test('colour is for terminals, and not where NO_COLOR says so', SLOW, async (t) => {
  const cwd = await t.tmp()
  t.ok((await inTerminal('list', { cwd })).screen.includes('\u001b[31mcairnlog:'))
  const plain = await inTerminal('list', { cwd, env: { NO_COLOR: '1' } })
  t.ok(plain.screen.includes('cairnlog: There is no device'))
  t.absent(plain.screen.includes('\u001b[31m'))
})

test(
  'a request to end stops a command like Ctrl-C does, with its own exit code',
  SLOW,
  async (t) => {
    if (process.platform === 'win32') return t.pass('Windows knows no such signal')
    const { full } = await fullStick(t, MANY)
    const { code, stderr } = await cairnlog('connect --listen', {
      cwd: full,
      env: { CAIRNLOG_PASSPHRASE: PASSPHRASE },
      onStart: (child) => child.stderr!.once('data', () => child.kill('SIGTERM'))
    })
    t.is(code, 143)
    t.ok(stderr.includes('Stopped by a request to end.'), stderr)
  }
)

/** A laptop with so many observations, a sync file of them, and a laptop with nothing yet. */
async function fullStick(
  t: Assertion,
  many: number
): Promise<{ full: string; empty: string; path: string }> {
  const [full, empty = ''] = await laptops(t, 2)
  await record(full, inputs(many))
  const path = await syncFilePath(t)
  await using device = await openLaptop(full)
  await device.createSyncFile(path)
  return { full, empty, path }
}
