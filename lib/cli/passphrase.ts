// Where a passphrase comes from: the environment, a file that it names, or whoever sits at the
// terminal. Never from an argument, which other users of a computer can see.

import { readFile } from 'node:fs/promises'
import { env } from 'node:process'
import { CommandError } from './failures.js'
import { askHidden, canAsk } from './prompt.js'

interface Passphrase {
  /** What it is of, as the question says. */
  readonly of: string
  /** Name of the environment variable; with _FILE behind it, of the one that names a file. */
  readonly variable: string
}

/** Of the key that a device's folder keeps. */
export const OWN: Passphrase = { of: 'this device', variable: 'CAIRNLOG_PASSPHRASE' }
/** Of an invite that is made for somebody else. */
export const INVITE: Passphrase = { of: 'the invite', variable: 'CAIRNLOG_INVITE_PASSPHRASE' }

/** One that exists. */
export async function knownPassphrase(
  passphrase: Passphrase,
  signal: AbortSignal
): Promise<string> {
  const given = await fromEnvironment(passphrase)
  return given ?? ask(passphrase, `Passphrase of ${passphrase.of}:`, signal)
}

/** One that is made up now: asked for twice. */
export async function newPassphrase(passphrase: Passphrase, signal: AbortSignal): Promise<string> {
  const given = await fromEnvironment(passphrase)
  if (given !== null) return given
  const first = await ask(passphrase, `New passphrase for ${passphrase.of}:`, signal)
  const second = await ask(passphrase, 'The same again:', signal)
  if (first === second) return first
  throw new CommandError('The two passphrases are not the same.', 'Run the command again.')
}

async function fromEnvironment({ variable }: Passphrase): Promise<string | null> {
  const given = env[variable]
  if (given !== undefined && given !== '') return given
  const path = env[`${variable}_FILE`]
  if (path === undefined || path === '') return null
  const [first = ''] = (await readFile(path, 'utf8')).split(/\r?\n/)
  if (first !== '') return first
  throw new CommandError(
    `The first line of ${path} is empty.`,
    'Write the passphrase into the first line of that file.'
  )
}

async function ask(
  { of, variable }: Passphrase,
  question: string,
  signal: AbortSignal
): Promise<string> {
  if (!canAsk()) {
    throw new CommandError(
      `The passphrase of ${of} is needed, and there is no terminal to ask for it.`,
      `Set ${variable}_FILE to the path of a file that holds it, or ${variable} to itself.`
    )
  }
  const answer = await askHidden(question, signal)
  if (answer !== null && answer !== '') return answer
  throw new CommandError('No passphrase was given.', 'Run the command again.')
}
