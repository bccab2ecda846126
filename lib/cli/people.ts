// Devices by the names that people gave them.

import type { Device, DeviceFeed } from '../main.js'
import { CommandError } from './failures.js'

/** Digits that tell devices of one name apart. */
const SHORT = 6

export class People {
  private readonly names = new Map<string, string>()

  private constructor(private readonly feeds: readonly DeviceFeed[]) {
    const times = new Map<string | undefined, number>()
    for (const { name } of feeds) times.set(name, (times.get(name) ?? 0) + 1)
    for (const { device, name } of feeds) {
      const short = device.slice(0, SHORT)
      if (name === undefined) this.names.set(device, short)
      else this.names.set(device, times.get(name) === 1 ? name : `${name} (${short})`)
    }
  }

  static async of(device: Device): Promise<People> {
    return new People((await device.status()).feeds)
  }

  name(device: string): string {
    return this.names.get(device) ?? device.slice(0, SHORT)
  }

  /** The device of this name, or whose id begins so. */
  find(text: string): string {
    const found = this.feeds.filter(
      ({ device, name }) => name === text || this.name(device) === text || device.startsWith(text)
    )
    const [one] = found
    if (one !== undefined && found.length === 1) return one.device
    const which = found.length === 0 ? 'No device' : 'More than one device'
    throw new CommandError(
      `${which} is called "${text}".`,
      'Give the name or the beginning of the id of one: cairnlog status lists them.'
    )
  }
}
