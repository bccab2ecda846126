import test from 'brittle'
import b4a from 'b4a'
import { Project, createProjectKey } from '../../lib/log/project.js'
import { OTHER_PROJECT_KEY, PROJECT_KEY } from '../helpers/fixed.js'

const hex = (bytes: Uint8Array): string => b4a.toString(bytes, 'hex')

function derived(project: Project): string[] {
  const { idBytes, entryKey, admissionKey, topic } = project
  const fileId = b4a.alloc(16, 1)
  return [
    idBytes,
    entryKey,
    admissionKey,
    topic,
    project.syncFileKey(fileId, 'directory'),
    project.syncFileKey(fileId, 'feed ids'),
    project.syncFileKey(b4a.alloc(16, 2), 'directory'),
    project.admit(b4a.alloc(32, 1)),
    project.admit(b4a.alloc(32, 2))
  ].map(hex)
}

test('a new project key is 32 bytes that no other project has', (t) => {
  const [a, b] = [createProjectKey(), createProjectKey()]
  t.is(a.byteLength, 32)
  t.unlike(a, b)
})

test('everything derived from a project key differs from everything else', (t) => {
  const all = [
    ...derived(new Project(PROJECT_KEY)),
    ...derived(new Project(OTHER_PROJECT_KEY)),
    hex(PROJECT_KEY),
    hex(OTHER_PROJECT_KEY)
  ]
  t.is(new Set(all).size, all.length)
})

test('the same key makes the same project', (t) => {
  t.alike(derived(new Project(PROJECT_KEY)), derived(new Project(b4a.from(PROJECT_KEY))))
})

// These are on people's disks: if one changes, nothing written so far can be read.
test('the derivation is what it was in the first version', (t) => {
  const { id, entryKey } = new Project(PROJECT_KEY)
  t.is(id, '3e6465fc0352a734f83325c77aec704dea4a0a45ec724190796fc901638622e6')
  t.is(hex(entryKey), '72fb00fa7a05f76f9f52dc37fafd1fb647bf77e3c5b02f6ffb3bb5e41b813d48')
})

test('a key of any other length or type is a TypeError that names it', async (t) => {
  const wrong = [b4a.alloc(0), b4a.alloc(31), b4a.alloc(33), hex(PROJECT_KEY), undefined, null]
  for (const key of wrong) await t.exception.all(() => new Project(key as never), /projectKey/)
})
