// Commands that a device begins with: init, invite, configuration.

import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { env, stdin } from 'node:process'
import type { Configuration, Device } from '../main.js'
import { toConfiguration } from './arguments.js'
import type { Commands, Run } from './command.js'
import { CommandError, EXIT } from './failures.js'
import { library } from './library.js'
import { openDevice, projectKeyOf } from './open.js'
import { INVITE, OWN, knownPassphrase, newPassphrase } from './passphrase.js'
import { assertFree, sizeOf } from './paths.js'
import {
  type Settings,
  findSettings,
  hasDevice,
  readSettings,
  removeSettings,
  writePrivately,
  writeSettings
} from './settings.js'

const GROUP = 'Begin:'
const DEFAULT_CONFIGURATION: Configuration = { name: 'observations', version: '1.0.0' }
/** More than any invite takes. */
const MAX_INVITE_BYTES = 64 * 1024

interface InitOptions {
  readonly name?: string
  readonly configuration?: Configuration
  readonly invite?: string
  readonly succeeds?: string
}

export function addSettingUp(commands: Commands): void {
  commands.add<InitOptions>({
    name: 'init',
    group: GROUP,
    about:
      'Make a device in a folder: of a new project, or with --invite of one that is there already.',
    example: 'cairnlog init --device ./laptop-2 --name "Laptop 2" --invite invite.txt',
    options: [
      {
        flags: '--name <name>',
        about: 'what people call this device (else that of this computer)'
      },
      {
        flags: '--configuration <name@version>',
        about: 'of the categories and fields in use (observations@1.0.0)',
        parse: toConfiguration
      },
      {
        flags: '--invite <file>',
        about: 'join the project of this invite; - reads standard input (CAIRNLOG_INVITE: its text)'
      },
      { flags: '--succeeds <id>', about: 'id of the lost device that this one carries on for' }
    ],
    work: init
  })
  commands.add({
    name: 'invite',
    group: GROUP,
    about: 'Write an invite to the project into a new file, sealed with a passphrase of its own.',
    example: 'cairnlog invite invite.txt',
    args: [['<file>', 'the file to make']],
    work: invite
  })
  commands.add({
    name: 'configuration',
    group: GROUP,
    about: 'Show the configuration that this device works with, or work with another one.',
    example: 'cairnlog configuration rivers@1.1.0',
    args: [['[name@version]', 'the other one']],
    work: configuration
  })
}

async function init(run: Run, options: InitOptions): Promise<void> {
  const { folder, out, signal } = run
  if ((await findSettings(folder)) !== null) {
    throw new CommandError(
      `There is a device in ${folder} already.`,
      'Use it, or give another folder with --device DIR.',
      EXIT.device,
      'PATH_UNUSABLE'
    )
  }
  const { createInvite, createProjectKey, openInvite } = await library()
  const given = await inviteText(options.invite)
  const isNew = given === null
  const passphrase = await (isNew
    ? newPassphrase(OWN, signal)
    : knownPassphrase({ ...OWN, of: 'the invite' }, signal))
  const projectKey = isNew ? createProjectKey() : await openInvite(given, passphrase)
  const settings: Settings = {
    name: options.name ?? hostname(),
    configuration: options.configuration ?? DEFAULT_CONFIGURATION,
    invite: isNew ? await createInvite(projectKey, passphrase) : given.trim()
  }
  const { id, name, projectId } = await makeDevice(run, settings, projectKey, options.succeeds)
  await out.line(
    `${isNew ? 'New project' : 'Project'} ${projectId.slice(0, 8)}, device "${name}" in ${folder}`
  )
  await out.line(
    isNew
      ? 'Its passphrase is asked for by every command. There is no other way to the key.'
      : 'Its passphrase is that of the invite.'
  )
  await out.document({ folder, id, name, projectId, configuration: settings.configuration })
}

/** Makes the device, with the settings that open it: whoever has the one has the other. */
async function makeDevice(
  run: Run,
  settings: Settings,
  projectKey: Uint8Array,
  succeeds: string | undefined
): Promise<{ id: string; name: string; projectId: string }> {
  const { folder } = run
  const wasThere = await hasDevice(folder)
  // Before the device: a key that is lost with the power would make what follows unreadable.
  await writeSettings(folder, settings)
  let device: Device
  try {
    device = await openDevice(run, settings, projectKey, succeeds)
  } catch (error) {
    // A device that was made stays, and so does the key, which may be nowhere else.
    if (wasThere || !(await hasDevice(folder))) await removeSettings(folder)
    throw error
  }
  const { id, name, projectId } = device
  await device.close()
  return { id, name, projectId }
}

async function invite(
  { folder, out, signal }: Run,
  _: object,
  [file = '']: readonly string[]
): Promise<void> {
  const settings = await readSettings(folder)
  await assertFree(file, 'Choose another name; an invite is never written over.')
  const projectKey = await projectKeyOf(settings, signal)
  const { createInvite } = await library()
  const text = await createInvite(projectKey, await newPassphrase(INVITE, signal))
  await writePrivately(file, `${text}\n`, 'wx')
  await out.line(`The invite is in ${file}. Send its passphrase another way.`)
  await out.document({ file })
}

async function configuration(
  { folder, out }: Run,
  _: object,
  [given]: readonly string[]
): Promise<void> {
  const settings = await readSettings(folder)
  const chosen = given === undefined ? settings.configuration : toConfiguration(given)
  if (given !== undefined) await writeSettings(folder, { ...settings, configuration: chosen })
  await out.line(`${chosen.name} ${chosen.version}`)
  await out.document({ configuration: chosen })
}

/** Null where a new project is wanted. */
async function inviteText(file: string | undefined): Promise<string | null> {
  if (file === undefined) return env['CAIRNLOG_INVITE'] || null
  if (file !== '-') {
    const size = await sizeOf(file)
    if (size <= MAX_INVITE_BYTES) return readFile(file, 'utf8')
    throw new CommandError(`${file} is too large for an invite.`, 'Choose the file of the invite.')
  }
  let text = ''
  for await (const piece of stdin.setEncoding('utf8')) {
    text += String(piece)
    if (text.length > MAX_INVITE_BYTES) break
  }
  return text
}
