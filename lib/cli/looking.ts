// Commands that only look: list, show, status.

import type { Device, Observation, ObservationVersion, QueryOptions } from '../main.js'
import { toCount } from './arguments.js'
import type { Commands, Run } from './command.js'
import { FILTERS, type FilterOptions, toFilter } from './filters.js'
import { find, shorten } from './ids.js'
import { stoppable } from './interruption.js'
import { withDevice } from './open.js'
import { People } from './people.js'
import { describeMedia } from './photos.js'
import { page, row } from './rows.js'
import { count, counted, cut, moment, table } from './text.js'

const GROUP = 'Look:'
/** Rows that somebody asked for who did not say how many. */
const PAGE = 50
/** Rows whose columns are laid out together. */
const BATCH = 200

interface ListOptions extends FilterOptions {
  readonly limit?: number
  readonly all?: boolean
  readonly oldestFirst?: boolean
}

export function addLooking(commands: Commands): void {
  commands.add<ListOptions>({
    name: 'list',
    group: GROUP,
    about: 'List observations, the last changed first.',
    example: 'cairnlog list --tag type=river --since 2026-11-01 --limit 20',
    options: [
      ...FILTERS,
      { flags: '--limit <number>', about: 'at most so many (50; with --json all)', parse: toCount },
      { flags: '--all', about: 'all of them' },
      { flags: '--oldest-first', about: 'the other way round' }
    ],
    work: (run, options) => withDevice(run, (device) => list(run, device, options))
  })
  commands.add<{ history?: boolean }>({
    name: 'show',
    group: GROUP,
    about:
      'Show all of an observation: every version that stands, and with --history all there were.',
    example: 'cairnlog show 0192f0c2 --history',
    args: [['<id>', 'its id, or the beginning of it']],
    options: [{ flags: '--history', about: 'with every version that is here, newest first' }],
    work: (run, { history }, [id = '']) =>
      withDevice(run, (device) => show(run, device, id, history === true))
  })
  commands.add({
    name: 'status',
    group: GROUP,
    about: 'Show what this device is and holds, and what is on no other device yet.',
    example: 'cairnlog status',
    work: (run) => withDevice(run, (device) => status(run, device))
  })
}

async function list({ out, signal }: Run, device: Device, options: ListOptions): Promise<void> {
  const filter = await toFilter(device, options)
  const limit = options.limit ?? (options.all === true || out.json ? undefined : PAGE)
  const query: QueryOptions = {
    ...filter,
    ...(filter.near === undefined && { order: 'updated', reverse: options.oldestFirst !== true }),
    ...(limit !== undefined && { limit })
  }
  const total = await device.observations.count(filter)
  if (out.json) {
    await out.list('observations', stoppable(device.observations.query(query), signal), () => ({
      total
    }))
    return
  }
  const people = await People.of(device)
  let listed = 0
  let batch: Observation[] = []
  const print = async (): Promise<void> => {
    const short = await shorten(device, batch)
    const rows = batch.map((one) => row(one, short.get(one.id) ?? one.id, people))
    await out.lines(table(rows).map((line) => cut(line, out.columns)))
    listed += batch.length
    batch = []
  }
  for await (const observation of stoppable(device.observations.query(query), signal)) {
    batch.push(observation)
    if (batch.length === BATCH) await print()
  }
  await print()
  await out.line(
    listed === total
      ? counted(total, 'observation')
      : `${count(listed)} of ${counted(total, 'observation')}; --all shows all`
  )
}

async function show({ out }: Run, device: Device, id: string, all: boolean): Promise<void> {
  const observation = await find(device, id)
  const history: ObservationVersion[] = []
  if (all) for await (const one of device.observations.history(observation.id)) history.push(one)
  const people = await People.of(device)
  await out.line(`Observation ${observation.id}`)
  await out.lines(await page(observation, device, people))
  for (const fork of observation.forks) {
    await out.line('\nAnother version, written without knowing this one:')
    await out.lines(await page(fork, device, people))
  }
  if (observation.forks.length > 0) {
    await out.line('\ncairnlog edit --merge writes one version that replaces all of these.')
  }
  if (all) await out.line(`\n${counted(history.length, 'version')}, newest first:`)
  for (const version of history) {
    await out.line()
    await out.lines(await page(version, device, people))
  }
  await out.document({ observation, ...(all && { history }) })
}

async function status({ folder, out }: Run, device: Device): Promise<void> {
  const found = await device.status()
  const people = await People.of(device)
  const { configuration, observations, deleted, forked, feeds, onlyHere, writtenTo } = found
  const more = [
    ...(deleted > 0 ? [`${count(deleted)} deleted`] : []),
    ...(forked > 0 ? [`${count(forked)} with several versions`] : [])
  ]
  const rows = [
    ['Device', `${found.name}, ${found.id}`],
    ['Folder', `${folder}${found.readOnly ? ' (cannot be written: for reading only)' : ''}`],
    ['Project', found.projectId.slice(0, 8)],
    ['Configuration', `${configuration.name} ${configuration.version}`],
    ['Observations', `${count(observations)}${more.length > 0 ? ` (${more.join(', ')})` : ''}`],
    [
      'Only here',
      onlyHere === 0
        ? 'nothing'
        : `${counted(onlyHere, 'entry', 'entries')} that no other device is known to hold`
    ]
  ]
  if (found.media.referenced > 0) rows.push(['Photos', describeMedia(found.media)])
  if (found.unknownEntries > 0) {
    rows.push([
      'Newer',
      `${counted(found.unknownEntries, 'entry', 'entries')}: update cairnlog to see them`
    ])
  }
  if (found.unreadableEntries > 0) {
    rows.push([
      'Broken',
      `${counted(found.unreadableEntries, 'entry', 'entries')}: see cairnlog check`
    ])
  }
  await out.lines(table(rows))
  await out.line('\nDevices of the project')
  const devices = feeds.map(({ device: id, length }) => [
    people.name(id),
    counted(length, 'block'),
    id
  ])
  // By name: in which order a device holds feeds says nothing.
  devices.sort(([a = ''], [b = '']) => a.localeCompare(b))
  await out.lines(table(devices, '  '))
  if (writtenTo.length > 0) await out.line('\nSync files that this device wrote into')
  await out.lines(
    table(
      writtenTo.map(({ path, writtenAt }) => [moment(writtenAt), path]),
      '  '
    )
  )
  await out.document({ folder, ...found })
}
