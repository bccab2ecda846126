// Commands that move entries by files: create, sync, request, answer.

import type { Device, DeviceSyncReport, MediaChoice, TransferOptions } from '../main.js'
import { toMediaChoice, toSize } from './arguments.js'
import type { Commands, OptionSpec, Run } from './command.js'
import { withDevice } from './open.js'
import { tellReport } from './report.js'
import { isThere } from './paths.js'
import { People } from './people.js'

const GROUP = 'Sync files:'

const EMPTY = 'There is nothing to put into it yet.'

interface MediaOptions {
  readonly media?: MediaChoice
  readonly maxMedia?: number
}

const MEDIA: readonly OptionSpec[] = [
  {
    flags: '--media <which>',
    about: 'photos and files that travel: all, previews (with thumbnails), thumbnails or none',
    parse: toMediaChoice
  },
  { flags: '--max-media <size>', about: 'bytes of photos that may move, each way', parse: toSize }
]

export function addExchanging(commands: Commands): void {
  commands.add<MediaOptions & { volumeSize?: number }>({
    name: 'create',
    group: GROUP,
    about: 'Write everything that this device holds into a new sync file.',
    example: 'cairnlog create /media/usb/territory.cairn',
    args: [['<file>', 'the file to make; one that is there is left alone']],
    options: [
      { flags: '--volume-size <size>', about: 'bytes per volume (4GB, for FAT32)', parse: toSize },
      ...MEDIA
    ],
    work: (run, { volumeSize, ...media }, [file = '']) =>
      exchange(
        run,
        file,
        media,
        { first: `${file} was made.`, nothing: EMPTY },
        (device, transfer) =>
          device.createSyncFile(file, {
            ...transfer,
            ...(volumeSize !== undefined && { volumeSize })
          })
      )
  })
  commands.add<MediaOptions & { verify?: boolean }>({
    name: 'sync',
    group: GROUP,
    about: 'Exchange with a sync file, both ways; it is made if there is none.',
    example: 'cairnlog sync /media/usb/territory.cairn',
    args: [['<file>', 'the sync file']],
    options: [
      { flags: '--verify', about: 'first read all of it, and restore what is damaged in it' },
      ...MEDIA
    ],
    work: async (run, { verify, ...media }, [file = '']) => {
      const made = { first: `There was no ${file}: it was made.`, nothing: EMPTY }
      const words = (await isThere(file)) ? {} : made
      await exchange(run, file, media, words, (device, transfer) =>
        device.sync(file, { ...transfer, ...(verify === true && { verify }) })
      )
    }
  })
  commands.add({
    name: 'request',
    group: GROUP,
    about: 'Write a small file that says what this device has, for somebody to answer.',
    example: 'cairnlog request ask.cairn',
    args: [['<file>', 'the file to make']],
    work: (run, _, [file = '']) =>
      exchange(
        run,
        file,
        {},
        { first: `${file} asks for what this device lacks.`, nothing: '' },
        (device, transfer) => device.createSyncFile(file, { ...transfer, kind: 'request' })
      )
  })
  commands.add<MediaOptions>({
    name: 'answer',
    group: GROUP,
    about: 'Write a file of only what the asker lacks; the asker takes it with sync.',
    example: 'cairnlog answer ask.cairn reply.cairn',
    args: [
      ['<request>', "the asker's request, or a sync file from there"],
      ['<file>', 'the file to make']
    ],
    options: MEDIA,
    work: (run, media, [request = '', file = '']) =>
      exchange(
        run,
        file,
        media,
        {
          first: `${file} was made.`,
          nothing: 'It is empty: the asker lacks nothing that is here.'
        },
        (device, transfer) => device.createSyncFile(file, { ...transfer, for: request })
      )
  })
}

/** What is said where it is done: before what moved, and where nothing did. */
interface Words {
  readonly first?: string
  readonly nothing?: string
}

type Transfer = Pick<TransferOptions, 'signal' | 'onProgress' | 'media' | 'maxBytes'>

async function exchange(
  run: Run,
  file: string,
  { media, maxMedia }: MediaOptions,
  { first, nothing }: Words,
  work: (device: Device, transfer: Transfer) => Promise<DeviceSyncReport>
): Promise<void> {
  const { out, progress, signal } = run
  await withDevice(run, async (device) => {
    const report = await work(device, {
      ...(media !== undefined && { media }),
      ...(maxMedia !== undefined && { maxBytes: maxMedia }),
      signal,
      onProgress: progress.sync
    })
    progress.stop()
    if (first !== undefined) await out.line(first)
    await tellReport(run, report, await People.of(device), nothing)
    await out.document({ file, ...report })
  })
}
