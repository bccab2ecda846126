// Commands that write observations: add, edit, delete, restore.

import type { Device, Observation, ObservationPatch, TagValue } from '../main.js'
import { type Tag, toObject, toPlace, toTags, toTexts, toTime } from './arguments.js'
import type { CommandSpec, Commands, OptionSpec, Run } from './command.js'
import { CommandError } from './failures.js'
import { find, shorten } from './ids.js'
import { withDevice } from './open.js'
import { PHOTO, type PhotoOptions, takePhotos } from './photos.js'
import { summary } from './rows.js'

const GROUP = 'Record:'

interface ContentOptions extends PhotoOptions {
  readonly at?: { lat: number; lon: number }
  readonly tag?: readonly Tag[]
  readonly author?: string
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly trustedAt?: Date
}

interface EditOptions extends ContentOptions {
  readonly untag?: readonly string[]
  readonly withoutPlace?: boolean
  readonly merge?: boolean
}

const CONTENT: readonly OptionSpec[] = [
  { flags: '--at <lat,lon>', about: 'where, in degrees', parse: toPlace },
  {
    flags: '--tag <key=value>',
    about: 'a tag; KEY:=JSON for a number, true, false or a list; may be given several times',
    parse: toTags
  },
  { flags: '--author <name>', about: 'who of the people that share this device' },
  { flags: '--metadata <json>', about: 'how it was recorded, as a JSON object', parse: toObject },
  {
    flags: '--trusted-at <time>',
    about: "a time better than this computer's clock, GPS for example",
    parse: toTime
  },
  PHOTO
]

export function addRecording(commands: Commands): void {
  commands.add<ContentOptions>({
    name: 'add',
    group: GROUP,
    about: 'Record an observation.',
    example: 'cairnlog add --at -1.05,-77.6 --tag type=river --tag name=Aguarico',
    options: CONTENT,
    work: (run, options) => {
      const { at, tag, metadata, photo } = options
      if ((at ?? tag ?? metadata ?? photo) === undefined) {
        throw new CommandError('Nothing to record was given.', 'See: cairnlog add --help')
      }
      return withDevice(run, async (device) => {
        const attachments = await takePhotos(device, options, run.signal)
        const input = { ...content(options), attachments }
        await tell(run, device, 'Recorded', await device.observations.create(input))
      })
    }
  })
  commands.add<EditOptions>({
    name: 'edit',
    group: GROUP,
    about: 'Write a new version of an observation: what is given changes, the rest stays.',
    example: 'cairnlog edit 0192f0c2 --tag name="Río Aguarico" --untag draft',
    args: [['<id>', 'its id, or the beginning of it']],
    options: [
      ...CONTENT,
      { flags: '--untag <key>', about: 'takes a tag away; may be repeated', parse: toTexts },
      { flags: '--without-place', about: 'takes the place away' },
      { flags: '--merge', about: 'where there are several versions, this one replaces all of them' }
    ],
    work: edit
  })
  commands.add(each('delete', 'Deleted', 'Mark observations as deleted; restore brings them back.'))
  commands.add(each('restore', 'Restored', 'Bring deleted observations back.'))
}

async function edit(run: Run, options: EditOptions, [id = '']: readonly string[]): Promise<void> {
  const { untag = [], withoutPlace, merge } = options
  const { tag, ...patch } = content(options) as ContentOptions & ObservationPatch
  await withDevice(run, async (device) => {
    const shown = await find(device, id)
    const tags = { ...shown.tags, ...patch.tags }
    for (const key of untag) delete tags[key]
    const changesTags = tag !== undefined || patch.tags !== undefined || untag.length > 0
    const added = await takePhotos(device, options, run.signal)
    const change: ObservationPatch = {
      ...patch,
      ...(added.length > 0 && { attachments: [...shown.attachments, ...added] }),
      ...(changesTags && { tags }),
      ...(withoutPlace === true && { lat: null, lon: null })
    }
    if (Object.keys(change).length === 0 && merge !== true) {
      throw new CommandError('Nothing to change was given.', 'See: cairnlog edit --help')
    }
    // By its id, other versions stay beside it; as it is shown, they are replaced.
    const target = merge === true ? shown : shown.id
    await tell(run, device, 'Changed', await device.observations.update(target, change))
  })
}

/** The same for each of several observations. */
function each(name: 'delete' | 'restore', done: string, about: string): CommandSpec<object> {
  return {
    name,
    group: GROUP,
    about,
    example: `cairnlog ${name} 0192f0c2`,
    args: [['<id...>', 'their ids, or the beginnings of them']],
    work: (run, _, ids) =>
      withDevice(run, async (device) => {
        // All of them are looked up before the first one is written.
        const shown: Observation[] = []
        for (const id of ids) shown.push(await find(device, id))
        const observations: Observation[] = []
        for (const one of shown) observations.push(await device.observations[name](one))
        const short = await shorten(device, observations)
        for (const one of observations) {
          await run.out.line(`${done} ${short.get(one.id)}  ${summary(one)}`)
        }
        await run.out.document({ observations })
      })
  }
}

async function tell(
  { out }: Run,
  device: Device,
  done: string,
  observation: Observation
): Promise<void> {
  const short = await shorten(device, [observation])
  await out.line(`${done} ${short.get(observation.id)}  ${summary(observation)}`)
  await out.document({ observation })
}

function content({ at, tag, author, metadata, trustedAt }: ContentOptions): {
  tags?: Record<string, TagValue>
} {
  return {
    ...at,
    ...(tag !== undefined && { tags: Object.fromEntries(tag) }),
    ...(author !== undefined && { author }),
    ...(metadata !== undefined && { metadata }),
    ...(trustedAt !== undefined && { trustedAt })
  }
}
