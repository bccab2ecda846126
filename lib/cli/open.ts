// The way from a device's folder to the opened device: its settings, the passphrase, the key.

import type { Device } from '../main.js'
import type { Run } from './command.js'
import { CommandError, EXIT, explain } from './failures.js'
import { library } from './library.js'
import { OWN, knownPassphrase } from './passphrase.js'
import { type Settings, readSettings } from './settings.js'

/** Opens the device for as long as the work takes. */
export async function withDevice(run: Run, work: (device: Device) => Promise<void>): Promise<void> {
  const settings = await readSettings(run.folder)
  const device = await openDevice(run, settings, await projectKeyOf(settings, run.signal))
  try {
    await work(device)
  } finally {
    run.progress.stop()
    await device.close()
  }
}

export async function openDevice(
  { folder, newFeed, out }: Run,
  { name, configuration }: Settings,
  projectKey: Uint8Array,
  succeeds?: string
): Promise<Device> {
  const { Device } = await library()
  return Device.open(folder, {
    projectKey,
    name,
    configuration,
    ...(newFeed && { onCopied: 'new-feed' as const }),
    ...(succeeds !== undefined && { succeeds }),
    onEvent: (event) => {
      if (event.type === 'view-rebuild' && event.reason === 'missing') return
      out.note(event.message)
    }
  })
}

/** Asks for the passphrase. Throws INVITE_REFUSED where it is wrong. */
export async function projectKeyOf({ invite }: Settings, signal: AbortSignal): Promise<Uint8Array> {
  const passphrase = await knownPassphrase(OWN, signal)
  const { openInvite } = await library()
  try {
    return await openInvite(invite, passphrase)
  } catch (error) {
    const { code } = explain(error)
    if (code !== 'INVITE_REFUSED') throw error
    throw new CommandError(
      'That is not the passphrase of this device.',
      'Try again. It was chosen when the device was made, or is that of its invite.',
      EXIT.project,
      code
    )
  }
}
