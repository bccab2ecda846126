// Commands that move entries by files: create, sync, request, answer.

import type { Device, DeviceSyncReport } from '../main.js'
import { toSize } from './arguments.js'
import type { Commands, Run } from './command.js'
import { withDevice } from './open.js'
import { tellReport } from './report.js'
import { People } from './people.js'

const GROUP = 'Sync files:'

export function addExchanging(commands: Commands): void {
  commands.add<{ volumeSize?: number }>({
    name: 'create',
    group: GROUP,
    about: 'Write everything that this device holds into a new sync file.',
    example: 'cairnlog create /media/usb/territory.cairn',
    args: [['<file>', 'the file to make; one that is there is left alone']],
    options: [
      { flags: '--volume-size <size>', about: 'bytes per volume (4GB, for FAT32)', parse: toSize }
    ],
    work: (run, { volumeSize }, [file = '']) =>
      exchange(run, file, (device, transfer) =>
        device.createSyncFile(file, {
          ...transfer,
          ...(volumeSize !== undefined && { volumeSize })
        })
      )
  })
  commands.add<{ verify?: boolean }>({
    name: 'sync',
    group: GROUP,
    about: 'Exchange with a sync file, both ways; it is made if there is none.',
    example: 'cairnlog sync /media/usb/territory.cairn',
    args: [['<file>', 'the sync file']],
    options: [
      { flags: '--verify', about: 'first read all of it, and restore what is damaged in it' }
    ],
    work: (run, { verify }, [file = '']) =>
      exchange(run, file, (device, transfer) =>
        device.sync(file, { ...transfer, ...(verify === true && { verify }) })
      )
  })
  commands.add({
    name: 'request',
    group: GROUP,
    about: 'Write a small file that says what this device has, for somebody to answer.',
    example: 'cairnlog request ask.cairn',
    args: [['<file>', 'the file to make']],
    work: (run, _, [file = '']) =>
      exchange(run, file, (device, transfer) =>
        device.createSyncFile(file, { ...transfer, kind: 'request' })
      )
  })
  commands.add({
    name: 'answer',
    group: GROUP,
    about: 'Write a file of only what the asker lacks; the asker takes it with sync.',
    example: 'cairnlog answer ask.cairn reply.cairn',
    args: [
      ['<request>', "the asker's request, or a sync file from there"],
      ['<file>', 'the file to make']
    ],
    work: (run, _, [request = '', file = '']) =>
      exchange(run, file, (device, transfer) =>
        device.createSyncFile(file, { ...transfer, for: request })
      )
  })
}

type Transfer = Pick<Run, 'signal'> & { onProgress: Run['progress']['sync'] }

async function exchange(
  run: Run,
  file: string,
  work: (device: Device, transfer: Transfer) => Promise<DeviceSyncReport>
): Promise<void> {
  const { out, progress, signal } = run
  await withDevice(run, async (device) => {
    const report = await work(device, { signal, onProgress: progress.sync })
    progress.stop()
    await tellReport(run, report, await People.of(device))
    await out.document({ file, ...report })
  })
}
