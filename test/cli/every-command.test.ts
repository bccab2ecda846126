// What holds of every command: its --help has an example, its document is the one that
// docs/command-line.md lists, and the project key is in no argument and in nothing that it prints.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import z32 from 'z32'
import { inputs, syncFilePath } from '../helpers/devices.js'
import { PROJECT_KEY } from '../helpers/fixed.js'
import { PASSPHRASE, ROOT, cairnlog, document, laptops, record } from '../helpers/program.js'
import { inTerminal } from '../helpers/terminal.js'

const SLOW = { timeout: 240_000 }

test('each command has a --help with an example that is its own', SLOW, async (t) => {
  const names = await commands()
  t.ok(names.length >= 20, `${names.length} commands`)
  for (const name of names) {
    const { code, stdout, stderr } = await cairnlog(`${name} --help`)
    t.is(code, 0)
    t.is(stderr, '')
    t.ok(stdout.startsWith(`Usage: cairnlog ${name} `), name)
    t.ok(stdout.includes(`\nExample:\n  $ cairnlog ${name}`), name)
    t.ok(stdout.includes('--json') && stdout.includes('--device'), name)
  }
})

test('a mistyped command or option is said in two lines, and as a document', async (t) => {
  const typed = await cairnlog('lst')
  t.is(typed.code, 2)
  t.is(
    typed.stderr,
    "cairnlog: Unknown command 'lst'. Did you mean list?\n" +
      'What to do: See how it is used with: cairnlog --help\n'
  )
  const { exit, error } = await document('list --colour')
  t.is(exit, 2)
  t.is(error.code, 'USAGE')
})

test(
  'no command prints key or passphrase; each prints the document that is documented',
  SLOW,
  async (t) => {
    const [cwd] = await laptops(t, 1)
    const path = await syncFilePath(t)
    const folder = await t.tmp()
    await record(cwd, inputs(2))
    const { observations } = await document('list', { cwd })
    const id: string = observations[0].id
    const lines = [
      `init --device ${folder}/other`,
      `invite ${folder}/invite.txt`,
      'configuration',
      'add --tag a=b',
      `edit ${id} --tag a=b`,
      `delete ${id}`,
      `restore ${id}`,
      'list',
      `show ${id} --history`,
      'status',
      `create ${path}`,
      `sync ${path}`,
      `request ${folder}/ask.cairn`,
      `answer ${folder}/ask.cairn ${folder}/reply.cairn`,
      `inspect ${path}`,
      `verify ${path}`,
      `salvage ${path} ${folder}/saved.cairn`,
      `export ${folder}/all.geojson`,
      `import ${folder}/all.geojson`,
      'connect localhost:1 --once',
      'check',
      'reissue'
    ]
    for (const name of await commands()) {
      t.ok(
        lines.some((line) => line.split(' ')[0] === name),
        `${name} is tried`
      )
    }
    const documented = await documentedFields()
    const env = { DEBUG: 'cairnlog', CAIRNLOG_INVITE_PASSPHRASE: PASSPHRASE }
    for (const line of lines) {
      const [name = ''] = line.split(' ')
      const { stdout, stderr, code } = await cairnlog(`${line} --json`, { cwd, env })
      t.alike(secretsIn(stdout + stderr), [], line)
      const { cairnlog: form, command, error, ...fields } = JSON.parse(stdout)
      t.alike([form, command], [1, name])
      if (name === 'connect') t.is(error.exitCode, code)
      else {
        t.is(code, 0, `${line}: ${stderr}`)
        const missing = (documented.get(name) ?? ['not documented']).filter((f) => !(f in fields))
        t.alike(missing, [], `${name}: ${Object.keys(fields).join(', ')}`)
      }
    }
    for (const line of [
      'list',
      'status',
      `show ${id} --history`,
      `sync ${path}`,
      `inspect ${path}`
    ]) {
      const { screen } = await inTerminal(line, { cwd, env })
      t.alike(secretsIn(screen), [], `${line}, in a terminal`)
    }
  }
)

/** The ways in which a key could be written. */
function secretsIn(said: string): string[] {
  const key = Buffer.from(PROJECT_KEY)
  const texts = ['hex', 'base64', 'base64url', 'latin1'].map((as) =>
    key.toString(as as BufferEncoding)
  )
  const secrets = [...texts, z32.encode(key), PASSPHRASE]
  return secrets.filter((secret) => said.toLowerCase().includes(secret.toLowerCase()))
}

async function commands(): Promise<string[]> {
  const { stdout } = await cairnlog('--help')
  const names = [...stdout.matchAll(/^ {2}([a-z]+) .*[A-Z]/gm)].map(([, name = '']) => name)
  return names.filter((name) => name !== 'help')
}

/** By command: the fields that the table of documents names first. */
async function documentedFields(): Promise<Map<string, string[]>> {
  const text = await readFile(join(ROOT, 'docs/command-line.md'), 'utf8')
  const [, table = ''] = text.split('| command | fields of its document |')
  const rows = [...table.matchAll(/^\| (`.+?) \| (.+) \|$/gm)]
  return new Map(
    rows.flatMap(([, names = '', fields = '']) => {
      // What else there is by type or by option is told behind these.
      const [listed = ''] = fields.split(/ and the |, each |; | \(/)
      const found = [...listed.matchAll(/`(\w+)`/g)].map(([, field = '']) => field)
      return [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => [name, found] as const)
    })
  )
}
