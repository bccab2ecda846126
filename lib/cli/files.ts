// Commands about sync files themselves: inspect, verify, salvage. The first two also work without a
// device, on a file that somebody found: then by what anybody may see of it.

import type { FileProblem, SealedInfo, SealedSyncFile, SyncFile, SyncFileInfo } from '../main.js'
import type { Commands, Run } from './command.js'
import { explain } from './failures.js'
import { library } from './library.js'
import { projectKeyOf } from './open.js'
import { sorted } from './report.js'
import { findSettings, readSettings } from './settings.js'
import { count, counted, moment, size, table } from './text.js'

const GROUP = 'Sync files:'
/** Problems that are named one by one. */
const NAMED = 20

interface SealedOption {
  readonly sealed?: boolean
}

const SEALED = {
  flags: '--sealed',
  about: 'without the project key: sizes and hashes, as anybody can see them'
}

export function addFiles(commands: Commands): void {
  commands.add<SealedOption>({
    name: 'inspect',
    group: GROUP,
    about: 'Show what a sync file is and holds. Writes nothing.',
    example: 'cairnlog inspect /media/usb/territory.cairn',
    args: [['<file>', 'the sync file']],
    options: [SEALED],
    work: inspect
  })
  commands.add<SealedOption>({
    name: 'verify',
    group: GROUP,
    about: 'Read all of a sync file and name whatever is damaged in it. Writes nothing.',
    example: 'cairnlog verify /media/usb/territory.cairn',
    args: [['<file>', 'the sync file']],
    options: [SEALED],
    work: verify
  })
  commands.add({
    name: 'salvage',
    group: GROUP,
    about: 'Take everything sound out of a damaged sync file into a new one.',
    example: 'cairnlog salvage /media/usb/territory.cairn saved.cairn',
    args: [
      ['<file>', 'the damaged file; it is only read'],
      ['<new>', 'the file to make']
    ],
    work: salvage
  })
}

async function inspect(
  run: Run,
  options: SealedOption,
  [path = '']: readonly string[]
): Promise<void> {
  const { out, signal } = run
  await withFile(run, path, options, async (file, note) => {
    const sealed = !('kind' in file)
    const info = sealed ? await file.inspect({ signal }) : await file.inspect()
    await out.lines(describe(info))
    if (note !== null) await out.line(note)
    await tellProblems(run, info.problems)
    await out.document({ sealed, ...info })
  })
}

async function verify(
  run: Run,
  options: SealedOption,
  [path = '']: readonly string[]
): Promise<void> {
  const { out, progress, signal } = run
  await withFile(run, path, options, async (file, note) => {
    const sealed = !('kind' in file)
    const onProgress = progress.counting('Verifying', size)
    const problems = await file.verify({ signal, onProgress })
    progress.stop()
    const how = sealed ? 'hash' : 'hash, signature and entry'
    if (problems.length === 0) await out.line(`Sound: every ${how} holds.`)
    if (note !== null) await out.line(note)
    await tellProblems(run, problems)
    await out.document({ file: path, sealed, sound: problems.length === 0, problems })
  })
}

async function salvage(
  { folder, out, progress, signal, foundProblems }: Run,
  _: object,
  [path = '', target = '']: readonly string[]
): Promise<void> {
  const settings = await readSettings(folder)
  const projectKey = await projectKeyOf(settings, signal)
  const { configuration } = settings
  const { SyncFile } = await library()
  const onProgress = progress.counting('Salvaging', size)
  const options = { projectKey, configuration, signal, onProgress }
  const report = await SyncFile.salvage(path, target, options)
  progress.stop()
  const { blocks, media, complete } = report
  await out.line(`Saved into ${target}: ${saved(blocks.held, media.held)}.`)
  if (complete) await out.line('Nothing is missing.')
  else {
    foundProblems()
    await out.line(
      `Not to be saved: ${saved(blocks.lost, media.lost)}. Sync the new file with a device that has them.`
    )
  }
  await out.document({ file: target, ...report })
}

function saved(blocks: number, photos: number): string {
  const parts = [counted(blocks, 'block')]
  if (photos > 0) parts.push(counted(photos, 'photo'))
  return parts.join(' and ')
}

/** Opens with the device's key; without it where there is no device, or the file is another's. */
async function withFile(
  { folder, signal }: Run,
  path: string,
  { sealed }: SealedOption,
  work: (file: SyncFile | SealedSyncFile, note: string | null) => Promise<void>
): Promise<void> {
  const { SyncFile } = await library()
  const settings = sealed === true ? null : await findSettings(folder)
  let note = settings === null ? 'Looked at without a project key.' : null
  let file: SyncFile | SealedSyncFile | null = null
  if (settings !== null) {
    const projectKey = await projectKeyOf(settings, signal)
    try {
      file = await SyncFile.open(path, { projectKey })
    } catch (error) {
      if (explain(error).code !== 'PROJECT_MISMATCH') throw error
      note = 'It belongs to another project than this device: looked at without a key.'
    }
  }
  await using open = file ?? (await SyncFile.open(path))
  await work(open, note)
}

function describe(info: SyncFileInfo | SealedInfo): string[] {
  const rows = [
    ['File', info.path],
    ['Kind', info.kind],
    ['Project', info.projectId.slice(0, 8)],
    [
      'Size',
      `${size(info.byteLength)} in ${counted(info.volumes, 'volume')}, written ${counted(info.commits, 'time')}`
    ]
  ]
  if (!('devices' in info)) return table(rows)
  const { configuration, createdAt, committedAt } = info
  rows.push(
    [
      'Configuration',
      configuration === null ? 'lost' : `${configuration.name} ${configuration.version}`
    ],
    ['Made', moment(createdAt)],
    ['Last written', moment(committedAt)],
    ['Entries', count(info.entries)]
  )
  const { media } = info
  if (media.count + media.partial > 0) {
    const part = media.partial > 0 ? `, ${count(media.partial)} more in part` : ''
    rows.push(['Photos', `${count(media.count)} (${size(media.bytes)})${part}`])
  }
  const devices = info.devices.map(({ device, name, entries, lastAt }) => [
    name ?? device.slice(0, 6),
    counted(entries, 'entry', 'entries'),
    lastAt === undefined ? '' : `last ${moment(lastAt)}`
  ])
  return [...table(rows), '', 'Written by', ...table(devices, '  ')]
}

async function tellProblems(
  { out, foundProblems }: Run,
  found: readonly FileProblem[]
): Promise<void> {
  if (found.length === 0) return
  foundProblems()
  const { problems, cutOff } = sorted(found)
  for (const { message } of cutOff) await out.line(`Not finished: ${message}`)
  for (const { message } of problems.slice(0, NAMED)) await out.line(`Damaged: ${message}`)
  if (problems.length > NAMED) {
    await out.line(`And ${counted(problems.length - NAMED, 'more problem')}; --json lists all.`)
  }
  await out.line(
    problems.length === 0
      ? 'What to do: cairnlog sync on the device that wrote it, or on any that has all of it.'
      : 'What to do: cairnlog sync --verify on a device that has it, or cairnlog salvage FILE NEW.'
  )
}
