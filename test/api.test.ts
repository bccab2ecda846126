import { readFileSync } from 'node:fs'
import test from 'brittle'
import { API_PAGE, apiExamples, apiPage, exportedNames } from '../scripts/make-api.js'

test('docs/api.md says what the package declares: npm run docs', (t) => {
  t.ok(readFileSync(API_PAGE, 'utf8') === apiPage())
})

test('every exported name has an example', (t) => {
  const shown = new Set(apiExamples().flatMap(({ names }) => names))
  const names = exportedNames().map(({ name }) => name)
  t.ok(names.length > 100, `${names.length} names`)
  t.alike(names.filter((name) => !shown.has(name)).sort(), [])
})

test('every example is of something that is exported, and uses it', (t) => {
  const names = new Set(exportedNames().map(({ name }) => name))
  const examples = apiExamples()
  t.alike(
    examples.flatMap((example) => example.names.map(bare)).filter((name) => !names.has(name)),
    []
  )
  for (const example of examples) {
    const [first = ''] = example.names.map(bare)
    t.ok(new RegExp(`\\b${first}\\b|\\.${first.toLowerCase()}\\b`).test(example.code), first)
  }
})

test('no declaration shows what is private', (t) => {
  for (const { name, declaration } of exportedNames()) {
    t.absent(/^\s*(?:private|#)|\b_\w/m.test(declaration), name)
  }
})

/** Without the entry that tells two of one name apart. */
function bare(name: string): string {
  return name.split(' ').at(-1) ?? name
}
