// What an exchange did, as people say it: from Laptop 2: 12 new, 3 edited.

import type { DeviceSyncReport, FileProblem, MediaLeftOut, SyncChanges } from '../main.js'
import type { Run } from './command.js'
import type { People } from './people.js'
import { counted, count, size } from './text.js'

/** Feeds or problems that are named one by one; of more the rest is counted. */
const NAMED = 10

export async function tellReport(
  { out, foundProblems }: Run,
  report: DeviceSyncReport,
  people: People,
  /** What is said where nothing moved. */
  nothing = 'Nothing is new on either side.'
): Promise<void> {
  const { received, sent, changes, refused, media } = report
  const { problems, cutOff } = sorted(report.problems)
  const moves = received.entries + sent.entries + received.media + sent.media
  if (moves === 0 && refused.length === 0) {
    if (nothing !== '') await out.line(nothing)
  } else {
    const parts = [
      ['Received', received],
      ['Sent', sent]
    ] as const
    const moved = parts.filter(([, { entries, media }]) => entries + media > 0)
    const texts = moved.map(([done, what]) => `${done} ${amount(what)}.`)
    await out.line(texts.length > 0 ? texts.join(' ') : 'Nothing was exchanged.')
  }
  for (const change of changes) {
    await out.line(`From ${people.name(change.device)}: ${changed(change)}`)
  }
  if (report.readOnly) await out.line('One side cannot be written: nothing was sent to it.')
  if (report.oneWay && moves > 0) {
    await out.line('This kind of file carries one way only.')
  }
  if (report.lockless) {
    await out.line('That medium knows no locks: let no other program write the file meanwhile.')
  }
  for (const row of media.leftOut) await out.line(leftOut(row))
  for (const { message } of cutOff) await out.line(message)
  if (refused.length + problems.length + media.refused.length === 0) return
  foundProblems()
  for (const { feed, message } of refused.slice(0, NAMED)) {
    await out.line(`Not taken, of ${people.name(feed)}: ${message}`)
  }
  for (const { message } of media.refused.slice(0, NAMED)) await out.line(`Not taken: ${message}`)
  for (const { message } of problems.slice(0, NAMED)) await out.line(`Damaged: ${message}`)
  const lists = [refused, media.refused, problems]
  const left = lists.reduce((sum, { length }) => sum + Math.max(0, length - NAMED), 0)
  if (left > 0) await out.line(`And ${counted(left, 'more problem')}; --json lists all.`)
  await out.line('Everything else was taken. cairnlog sync --verify restores what is held here.')
}

/** A sync or copy that was cut off loses nothing, so it is told beside what is really damaged. */
export function sorted(problems: readonly FileProblem[]): {
  readonly problems: readonly FileProblem[]
  readonly cutOff: readonly FileProblem[]
} {
  const isCutOff = ({ code }: FileProblem): boolean => code === 'SYNCFILE_UNFINISHED'
  return {
    problems: problems.filter((problem) => !isCutOff(problem)),
    cutOff: problems.filter(isCutOff)
  }
}

function amount({ entries, media, bytes }: DeviceSyncReport['received']): string {
  const parts: string[] = []
  if (entries > 0) parts.push(counted(entries, 'entry', 'entries'))
  if (media > 0) parts.push(counted(media, 'photo'))
  return `${parts.join(' and ')} (${size(bytes)})`
}

const WHY: Record<MediaLeftOut['why'], string> = {
  tier: 'not asked for',
  maxBytes: 'over the limit',
  space: 'no room on the medium',
  refused: 'damaged or gone'
}

function leftOut({ direction, tier, why, count: photos, bytes }: MediaLeftOut): string {
  const verb = direction === 'received' ? 'received' : 'sent'
  return `Not ${verb}: ${counted(photos, tier)} (${size(bytes)}), ${WHY[why]}.`
}

function changed({ created, edited, deleted, restored }: SyncChanges): string {
  const kinds: [number, string][] = [
    [created, 'new'],
    [edited, 'edited'],
    [deleted, 'deleted'],
    [restored, 'restored']
  ]
  const parts = kinds
    .filter(([times]) => times > 0)
    .map(([times, kind]) => `${count(times)} ${kind}`)
  return parts.length === 0 ? 'nothing that changes what is shown' : parts.join(', ')
}
