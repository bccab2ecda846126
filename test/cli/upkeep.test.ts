// What the program finds wrong with a device, and mends.

import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import { inputs, syncFilePath } from '../helpers/devices.js'
import { cairnlog, document, laptops, record, succeed } from '../helpers/program.js'

const SLOW = { timeout: 120_000 }

test('check has nothing to say of a sound device', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  await record(cwd, inputs(5))
  t.is(await succeed(t, 'check', { cwd }), 'Nothing is wrong.\n')
  t.alike((await document('check', { cwd })).problems, [])
})

test('a copied folder is refused, and goes on under a new feed when asked to', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  await record(cwd, inputs(2))
  const copy = join(await t.tmp(), 'copy-1')
  await cp(cwd, copy, { recursive: true })
  const { code, stderr } = await cairnlog('list', { cwd: copy })
  t.is(code, 5)
  t.ok(/^cairnlog: .+\nWhat to do: .+--new-feed.+\n$/.test(stderr), stderr)
  await succeed(t, 'list --new-feed', { cwd: copy })
  const { id, feeds, observations } = await document('status', { cwd: copy })
  const old = await document('status', { cwd })
  t.is(observations, 2)
  t.not(id, old.id)
  t.is(feeds.find((feed: any) => feed.device === id)?.predecessor ?? old.id, old.id)
})

test('a forked feed is reported, kept, and issued again by its own device', SLOW, async (t) => {
  const [one, two = ''] = await laptops(t, 2)
  const path = await syncFilePath(t)
  await record(one, inputs(2))
  const twin = join(await t.tmp(), 'laptop-1')
  await cp(one, twin, { recursive: true })
  await rm(join(twin, 'feeds', 'CORESTORE'))
  await record(one, inputs(1, { written: 'here' }))
  await record(twin, inputs(3, { written: 'there' }))
  await succeed(t, `sync ${path}`, { cwd: twin })
  await succeed(t, `sync ${path}`, { cwd: two })
  const { code } = await cairnlog(`sync ${path}`, { cwd: one })
  t.is(code, 8, 'done, and something was refused')
  const { problems } = await document('check', { cwd: one })
  t.alike(
    problems.map((problem: any) => problem.code),
    ['FEED_FORKED']
  )
  t.is(await succeed(t, 'reissue', { cwd: one }), '3 entries written again.\n')
  t.is(await succeed(t, 'reissue', { cwd: one }), '0 entries written again.\n')
  await cairnlog(`sync ${path}`, { cwd: one })
  await cairnlog(`sync ${path}`, { cwd: two })
  for (const cwd of [one, two]) t.is((await document('status', { cwd })).observations, 6)
})
