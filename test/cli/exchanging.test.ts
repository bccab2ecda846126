// The program with sync files: what is exchanged, what is said, and that nothing is harmed.

import { randomBytes } from 'node:crypto'
import { readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test, { type Assertion } from 'brittle'
import { createInvite, createProjectKey } from '../../lib/main.js'
import { writeSettings } from '../../lib/cli/settings.js'
import { inputs, syncFilePath } from '../helpers/devices.js'
import { CONFIGURATION } from '../helpers/fixed.js'
import { readOnlyView } from '../helpers/mounts.js'
import { PASSPHRASE, cairnlog, document, laptops, record, succeed } from '../helpers/program.js'

/** A process for every step, on a machine that is busy with others. */
const SLOW = { timeout: 120_000 }

test(
  'two laptops exchange over one file, and each is told what came from whom',
  SLOW,
  async (t) => {
    const [one, two = ''] = await laptops(t, 2)
    const path = await syncFilePath(t)
    await record(one, inputs(3))
    await record(two, inputs(2))
    const created = await succeed(t, `create ${path}`, { cwd: one })
    t.ok(created.startsWith(`${path} was made.\nSent 3 entries (`), created)
    const synced = await succeed(t, `sync ${path}`, { cwd: two })
    t.ok(
      /^Received 3 entries \(.+\)\. Sent 2 entries \(.+\)\.\nFrom Laptop 1: 3 new\n$/.test(synced),
      synced
    )
    const report = await document(`sync ${path}`, { cwd: one })
    t.is(report.exit, 0)
    t.is(report.received.entries, 2)
    t.alike(
      report.changes.map((c: any) => [c.name, c.created]),
      [['Laptop 2', 2]]
    )
    t.is(await succeed(t, `sync ${path}`, { cwd: two }), 'Nothing is new on either side.\n')
    t.is(
      (await cairnlog(`create ${path}`, { cwd: two })).code,
      6,
      'create never writes over a file'
    )

    const info = await document(`inspect ${path}`, { cwd: two })
    t.is(info.entries, 5)
    t.alike(info.devices.map((d: any) => d.name).sort(), ['Laptop 1', 'Laptop 2'])
    t.is(
      await succeed(t, `verify ${path}`, { cwd: two }),
      'Sound: every hash, signature and entry holds.\n'
    )
  }
)

test('a request is answered with only what is lacking', SLOW, async (t) => {
  const [one, two = ''] = await laptops(t, 2)
  const folder = await t.tmp()
  await record(one, inputs(3))
  t.is(
    await succeed(t, `request ${folder}/ask.cairn`, { cwd: two }),
    `${folder}/ask.cairn asks for what this device lacks.\n`
  )
  await succeed(t, `answer ${folder}/ask.cairn ${folder}/reply.cairn`, { cwd: one })
  t.is(
    await succeed(t, `answer ${folder}/reply.cairn ${folder}/none.cairn`, { cwd: two }),
    `${folder}/none.cairn was made.\nIt is empty: the asker lacks nothing that is here.\n`
  )
  const text = await succeed(t, `sync ${folder}/reply.cairn`, { cwd: two })
  t.ok(text.includes('From Laptop 1: 3 new'), text)
  t.ok(text.includes('This kind of file carries one way only.'))
})

test('a file that is made is said to be, and a folder is no file', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  const path = await syncFilePath(t)
  const folder = dirname(path)
  t.is(
    await succeed(t, `sync ${path}`, { cwd }),
    `There was no ${path}: it was made.\nThere is nothing to put into it yet.\n`
  )
  for (const line of [`create ${folder}`, `sync ${folder}`, `inspect ${folder}`]) {
    const { code, stderr } = await cairnlog(line, { cwd })
    t.is(code, 6, line)
    t.ok(stderr.startsWith(`cairnlog: ${folder} is a folder.`), stderr)
  }
})

test('photos travel as they are asked for, and what stayed is said', SLOW, async (t) => {
  const [one, two = ''] = await laptops(t, 2)
  const path = await syncFilePath(t)
  const photo = join(dirname(path), 'DSC_1.jpg')
  await writeFile(photo, randomBytes(30_000))
  const added = await document(`add --photo ${photo}`, { cwd: one })
  const created = await succeed(t, `create ${path} --media none`, { cwd: one })
  t.ok(created.includes('Not sent: 1 original (30 KB), not asked for.'), created)
  t.is((await document(`sync ${path}`, { cwd: two })).received.media, 0)
  const { id } = added.observation
  const missing = await succeed(t, `show ${id}`, { cwd: two })
  t.ok(missing.includes('DSC_1.jpg  original missing (held by Laptop 1)'), missing)
  const given = await succeed(t, `sync ${path} --media all`, { cwd: one })
  t.ok(given.startsWith('Sent 1 photo ('), given)
  t.is((await document(`sync ${path} --media all`, { cwd: two })).received.media, 1)
  t.ok((await succeed(t, `show ${id}`, { cwd: two })).includes('DSC_1.jpg  original here'))
  t.is((await cairnlog(`sync ${path} --media some`, { cwd: two })).code, 2)
})

test('a file of another project is refused in two lines and stays as it was', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  const { path } = await foreignFile(t)
  const before = await readFile(path)
  const { code, stdout, stderr } = await cairnlog(`sync ${path}`, { cwd })
  t.is(code, 3)
  t.is(stdout, '')
  t.ok(
    /^cairnlog: .+ project .+\nWhat to do: Take a file of your project, .+\n$/.test(stderr),
    stderr
  )
  t.ok(before.equals(await readFile(path)))
  const looked = await document(`inspect ${path}`, { cwd })
  t.is(looked.exit, 0)
  t.ok(looked.sealed, 'it is looked at as anybody could')
  t.absent('devices' in looked)
})

test('what somebody found can be looked at and verified without a device', SLOW, async (t) => {
  const { path } = await foreignFile(t)
  const cwd = await t.tmp()
  t.ok((await document(`inspect ${path}`, { cwd })).sealed)
  const text = await succeed(t, `verify ${path}`, { cwd })
  t.ok(text.startsWith('Sound: every hash holds.\n'), text)
})

test(
  'a damaged file gives what is sound, is named, and can be mended or salvaged',
  SLOW,
  async (t) => {
    const [one, two = ''] = await laptops(t, 2)
    const path = await syncFilePath(t)
    await record(one, inputs(4000))
    await succeed(t, `create ${path}`, { cwd: one })
    const bytes = await readFile(path)
    bytes[Math.floor(bytes.byteLength * 0.6)]! ^= 0xff
    await writeFile(path, bytes)

    const verified = await cairnlog(`verify ${path}`, { cwd: two })
    t.is(verified.code, 8)
    t.ok(/^Damaged: .+\nWhat to do: /.test(verified.stdout), verified.stdout)
    const synced = await document(`sync ${path}`, { cwd: two })
    t.is(synced.exit, 8)
    t.ok(synced.refused.length > 0)
    t.ok(synced.received.entries > 0 && synced.received.entries < 4000)

    const before = await readFile(path)
    const saved = join(dirname(path), 'saved.cairn')
    const salvaged = await document(`salvage ${path} ${saved}`, { cwd: two })
    t.is(salvaged.exit, 8)
    t.ok(salvaged.blocks.lost > 0)
    t.ok(before.equals(await readFile(path)), 'the damaged one was only read')

    await cairnlog(`sync ${path} --verify`, { cwd: one })
    t.is(
      (await document(`verify ${path}`, { cwd: one })).exit,
      0,
      'the laptop that has it mends it'
    )
    t.is((await document(`sync ${path}`, { cwd: two })).exit, 0)
    t.is((await document('status', { cwd: two })).observations, 4000)
  }
)

test(
  'a file that was cut off gives the state before; one cut to nothing is no sync file',
  SLOW,
  async (t) => {
    const [one, two = ''] = await laptops(t, 2)
    const path = await syncFilePath(t)
    await record(one, inputs(10))
    await succeed(t, `create ${path}`, { cwd: one })
    const { size } = await stat(path)
    await record(one, inputs(10))
    await succeed(t, `sync ${path}`, { cwd: one })
    await truncate(path, size + 100)
    const cut = await document(`sync ${path}`, { cwd: two })
    t.is(cut.received.entries, 10)
    await writeFile(path, '')
    const empty = await document(`sync ${path}`, { cwd: two })
    t.is(empty.exit, 4)
    t.is(empty.error.code, 'NOT_A_SYNCFILE')
  }
)

test(
  'from a stick that cannot be written one receives, and is told that nothing went back',
  SLOW,
  async (t) => {
    const [one, two = ''] = await laptops(t, 2)
    const path = await syncFilePath(t)
    await record(one, inputs(3))
    await record(two, inputs(2))
    await succeed(t, `create ${path}`, { cwd: one })
    const stick = await readOnlyView(t, dirname(path))
    if (stick === null) return t.pass('no such stick can be had here')
    const { code, stdout } = await cairnlog(`sync ${stick}/territory.cairn`, { cwd: two })
    t.is(code, 0)
    t.ok(stdout.includes('From Laptop 1: 3 new'))
    t.ok(stdout.includes('One side cannot be written: nothing was sent to it.'), stdout)
    t.is((await cairnlog(`create ${stick}/new.cairn`, { cwd: two })).code, 6)
  }
)

/** A sync file of a project that the laptops of these tests are not in. */
async function foreignFile(t: Assertion): Promise<{ path: string }> {
  const cwd = join(await t.tmp(), 'stranger-1')
  const invite = await createInvite(createProjectKey(), PASSPHRASE)
  await writeSettings(cwd, { name: 'Stranger', configuration: CONFIGURATION, invite })
  const path = await syncFilePath(t)
  await succeed(t, `create ${path}`, { cwd })
  return { path }
}
