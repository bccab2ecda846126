// The project key is in no argument and in nothing that any command prints.

import { readdir } from 'node:fs/promises'
import test from 'brittle'
import z32 from 'z32'
import { inputs, syncFilePath } from '../helpers/devices.js'
import { PROJECT_KEY } from '../helpers/fixed.js'
import { PASSPHRASE, cairnlog, laptops, record } from '../helpers/program.js'
import { inTerminal } from '../helpers/terminal.js'

test(
  'no command prints the project key or the passphrase, in words or as a document',
  { timeout: 300_000 },
  async (t) => {
    const [cwd] = await laptops(t, 1)
    const path = await syncFilePath(t)
    const folder = await t.tmp()
    await record(cwd, inputs(2))
    const lines = [
      `init --device ${folder}/other`,
      `invite ${folder}/invite.txt`,
      'configuration',
      'add --tag a=b',
      'edit ffffffff --tag a=b',
      'delete ffffffff',
      'restore ffffffff',
      'list',
      'show ffffffff',
      'status',
      `create ${path}`,
      `sync ${path}`,
      `request ${folder}/ask.cairn`,
      `answer ${folder}/ask.cairn ${folder}/reply.cairn`,
      `inspect ${path}`,
      `verify ${path}`,
      `salvage ${path} ${folder}/saved.cairn`,
      `export ${folder}/all.csv`,
      `import ${folder}/none.geojson`,
      'connect localhost:1 --once',
      'check',
      'reissue'
    ]
    const env = { DEBUG: 'cairnlog', CAIRNLOG_INVITE_PASSPHRASE: PASSPHRASE }
    const key = Buffer.from(PROJECT_KEY)
    const secrets = [
      key.toString('hex'),
      key.toString('base64'),
      key.toString('base64url'),
      z32.encode(key),
      key.toString('latin1'),
      PASSPHRASE
    ]
    const helped = await cairnlog('--help')
    for (const [, name = ''] of helped.stdout.matchAll(/^ {2}([a-z]+) .*\[options\]/gm)) {
      t.ok(
        lines.some((line) => line.split(' ')[0] === name),
        `${name} is tried`
      )
    }
    for (const line of lines) {
      for (const more of ['', ' --json']) {
        const { stdout, stderr, code } = await cairnlog(line + more, { cwd, env })
        if (code === 1) t.fail(`${line}${more} ended with 1: ${stderr}`)
        const said = stdout + stderr
        const found = secrets.filter((secret) => said.toLowerCase().includes(secret.toLowerCase()))
        t.alike(found, [], line + more)
      }
    }
    t.ok((await readdir(folder)).includes('reply.cairn'), 'the commands did their work')
    const { screen } = await inTerminal(`sync ${path}`, { cwd })
    t.absent(secrets.some((secret) => screen.includes(secret)))
  }
)
