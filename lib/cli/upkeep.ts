// Commands that look after what a device holds: check, reissue.

import type { CheckCode, CheckProblem, CheckProgress, Device } from '../main.js'
import type { Commands, Run } from './command.js'
import { withDevice } from './open.js'
import { People } from './people.js'
import { count, counted } from './text.js'

const GROUP = 'Look after:'

/** Where the library's advice is for who writes an app. */
const ADVICE: Partial<Record<CheckCode, string>> = {
  FEED_FORKED:
    'On the device that wrote it: cairnlog sync with that file, cairnlog reissue, then sync as usual. All other feeds go on.',
  VIEW_OUT_OF_STEP:
    "Delete the folder view in the device's folder: it is made anew, nothing is lost."
}

export function addUpkeep(commands: Commands): void {
  commands.add({
    name: 'check',
    group: GROUP,
    about: 'Look through everything that this device holds, and name what is wrong with it.',
    example: 'cairnlog check',
    work: (run) => withDevice(run, (device) => check(run, device))
  })
  commands.add({
    name: 'reissue',
    group: GROUP,
    about: "Write again what is only in another branch of this device's own feed.",
    example: 'cairnlog reissue',
    work: (run) => withDevice(run, (device) => reissue(run, device))
  })
}

async function check(run: Run, device: Device): Promise<void> {
  const { out, progress, signal } = run
  const ofBlocks = progress.counting('Checking', (blocks) => counted(blocks, 'block'))
  const ofView = progress.counting('Comparing what is shown', count)
  const onProgress = (now: CheckProgress): void =>
    now.view.total > 0 ? ofView(now.view) : ofBlocks(now)
  let found = 0
  async function* problems(): AsyncGenerator<CheckProblem> {
    for await (const problem of device.check({ signal, onProgress })) {
      found++
      yield { ...problem, nextStep: ADVICE[problem.code] ?? problem.nextStep }
    }
  }
  if (out.json) await out.list('problems', problems(), () => ({ total: found }))
  else {
    for await (const { message, nextStep } of problems()) {
      progress.stop()
      await out.line(message)
      await out.line(`  What to do: ${nextStep}`)
    }
    progress.stop()
    await out.line(found === 0 ? 'Nothing is wrong.' : counted(found, 'problem'))
  }
  if (found > 0) run.foundProblems()
}

async function reissue({ out, foundProblems }: Run, device: Device): Promise<void> {
  const people = await People.of(device)
  const branches = (await device.branches.list()).filter(({ issued }) => !issued)
  const own = new Set([device.id])
  const { feeds } = await device.status()
  const before = new Map(feeds.map((feed) => [feed.device, feed.predecessor]))
  for (const id of own) {
    const predecessor = before.get(id)
    if (predecessor !== undefined) own.add(predecessor)
  }
  let issued = 0
  const left: string[] = []
  for (const branch of branches) {
    if (own.has(branch.feed)) issued += await device.branches.reissue(branch)
    else left.push(branch.path)
    if (own.has(branch.feed)) continue
    await out.line(`${people.name(branch.feed)} wrote ${branch.path}: bring it there.`)
  }
  if (left.length > 0) foundProblems()
  await out.line(`${count(issued)} ${issued === 1 ? 'entry' : 'entries'} written again.`)
  await out.document({ entries: issued, left })
}
