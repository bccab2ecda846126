// Keys, invites and errors.
//   node build/examples/api/keys.js

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CairnError,
  type CairnErrorCode,
  type CairnErrorFacts,
  type Configuration,
  Device,
  createInvite,
  createProjectKey,
  openInvite
} from 'cairnlog'
import { check } from '../checks.js'

const folder = await mkdtemp(join(tmpdir(), 'cairnlog-'))

//#region createProjectKey
const projectKey = createProjectKey() // 32 bytes, once per project
//#endregion

//#region createInvite
const invite = await createInvite(projectKey, 'the passphrase, sent another way')
console.log(invite) // text for an email or a QR code
//#endregion

//#region openInvite
const joined = await openInvite(invite, 'the passphrase, sent another way')
check('the invite holds the key', Buffer.compare(joined, projectKey) === 0)
//#endregion

//#region Configuration
const configuration: Configuration = { name: 'rivers', version: '1.0.0' }
//#endregion

await (await Device.open(join(folder, 'device'), { projectKey, name: 'A', configuration })).close()
let code: CairnErrorCode | null = null
//#region CairnError, CairnErrorCode, CairnErrorFacts
const anotherKey = createProjectKey()
try {
  await Device.open(join(folder, 'device'), { projectKey: anotherKey, name: 'A', configuration })
} catch (error) {
  if (!(error instanceof CairnError)) throw error
  const facts: CairnErrorFacts = error // path, feed, expected, found, cause: as far as known
  code = error.code // stable: for programs
  console.log(error.message, facts.path) // a sentence: for people
}
//#endregion
check('a folder of another project is refused', code === 'PROJECT_MISMATCH')

await rm(folder, { recursive: true })
