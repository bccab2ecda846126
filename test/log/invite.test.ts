import test from 'brittle'
import b4a from 'b4a'
import { createInvite, openInvite } from '../../lib/log/invite.js'
import { createProjectKey } from '../../lib/log/project.js'
import { codeOf } from '../helpers/rejection.js'

const projectKey = createProjectKey()
const invite = await createInvite(projectKey, 'three green herons')

test('an invite gives the project key to who has the passphrase', async (t) => {
  t.alike(await openInvite(invite, 'three green herons'), projectKey)
})

test('an invite typed in upper case, with spaces and line breaks, still opens', async (t) => {
  const typed = invite.toUpperCase().replace(/(.{10})/g, '$1 \n\t')
  t.alike(await openInvite(`  ${typed}\r\n`, 'three green herons'), projectKey)
})

test('a passphrase composed of other code points with the same look opens it', async (t) => {
  const text = await createInvite(projectKey, 'ma\u00f1ana')
  t.alike(await openInvite(text, 'man\u0303ana'), projectKey)
})

test('a wrong passphrase is refused', async (t) => {
  t.is(await codeOf(() => openInvite(invite, 'three green heron')), 'INVITE_REFUSED')
})

test('a changed character is refused', async (t) => {
  for (const at of [20, 60, invite.length - 2]) {
    const other = invite[at] === 'y' ? 'b' : 'y'
    const damaged = invite.slice(0, at) + other + invite.slice(at + 1)
    t.is(await codeOf(() => openInvite(damaged, 'three green herons')), 'INVITE_REFUSED')
  }
})

test('a text that is no whole invite is refused', async (t) => {
  const texts = [
    '',
    'hello',
    invite.slice(0, -4),
    invite.slice(0, 24),
    `${invite}yy`,
    invite.slice(3),
    `${invite}l0v2`
  ]
  for (const text of texts) t.is(await codeOf(() => openInvite(text, 'x')), 'INVITE_REFUSED', text)
})

test('two invites of one project have nothing in common but the beginning', async (t) => {
  const other = await createInvite(projectKey, 'three green herons')
  const prefix = 'cairnlog-invite-'.length
  t.not(invite.slice(prefix, prefix + 40), other.slice(prefix, prefix + 40))
  t.absent(other.includes(b4a.toString(projectKey, 'hex').slice(0, 8)))
})

test('wrong arguments are TypeErrors that name them', async (t) => {
  await t.exception.all(createInvite(b4a.alloc(31), 'x'), /projectKey/)
  await t.exception.all(createInvite('key' as never, 'x'), /projectKey/)
  await t.exception.all(createInvite(projectKey, ''), /passphrase/)
  await t.exception.all(openInvite(5 as never, 'x'), /text/)
  await t.exception.all(openInvite(invite, undefined as never), /passphrase/)
})
