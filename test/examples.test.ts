import { execFile } from 'node:child_process'
import { execPath } from 'node:process'
import { promisify } from 'node:util'
import test from 'brittle'
import { examples, programOf, sourceOf } from '../scripts/run-examples.js'

test('there is an example of each main thing', (t) => {
  const wanted = ['two-laptops', 'request-and-reply', 'live', 'export', 'photos', 'tracks']
  t.alike(
    wanted.filter((name) => !examples().includes(name)),
    []
  )
})

for (const name of examples()) {
  test(`the example ${name} runs, and what it checks holds`, { timeout: 60_000 }, async (t) => {
    const { stdout } = await promisify(execFile)(execPath, [programOf(name)])
    t.ok(stdout.includes('yes  '), 'it has checked something')
    t.absent(stdout.includes('NO  '), stdout)
  })

  test(`the example ${name} begins with a sentence and is short enough to read`, (t) => {
    const lines = sourceOf(name).trimEnd().split('\n')
    t.ok(/^\/\/ [A-Z].*\w/.test(lines[0] ?? ''), lines[0])
    // Those of docs/api.md are many small ones in one file.
    t.ok(lines.length < (name.startsWith('api/') ? 150 : 100), `${lines.length} lines`)
  })
}
