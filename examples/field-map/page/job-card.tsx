// How an exchange goes, and how it went: data and images counted apart, then who brought what, what
// was not taken, and what to do about it.

import type { JSX } from 'preact'
import type { Counter, Job, JobReport, Status } from '../wire/api'
import { changesText, deviceName } from './format'
import { useAction } from './hooks'
import { OtherConfiguration } from './other-configuration'
import { Salvage, SavedLines } from './salvage'
import { post } from './server'
import { TroubleBox } from './trouble-box'
import { sentence } from './troubles'
import { type Phase, type Words, useLanguage, useWords } from './words'

export interface JobCardProps {
  readonly job: Job
  readonly status: Status
  readonly clear: () => void
}

export function JobCard({ job, status, clear }: JobCardProps): JSX.Element {
  const words = useWords()
  const { trouble, busy, run } = useAction()
  const { kind, state, target, report } = job
  const running = state === 'running'
  const reading = job.phase === 'salvage'
  const health = healthOf(job)
  const sync = async (verify: boolean): Promise<void> => {
    if (kind === 'upload') await post('/api/upload/sync', { verify })
    else await post('/api/files/sync', { path: target, verify })
  }
  return (
    <section class={`card job ${state}`} aria-live='polite' data-job={job.id} data-state={state}>
      <h3>{heading(job, words)}</h3>
      {running && <p class='phase'>{words.phases[job.phase as Phase] ?? job.phase}</p>}
      {running && <Bar label={words.data} counter={job.data} bytes={reading} />}
      {running && !reading && <Bar label={words.images} counter={job.images} />}
      {running && (
        <button
          type='button'
          disabled={busy}
          onClick={() => run(async () => void (await post('/api/job/stop')))}
        >
          {words.stop}
        </button>
      )}
      {state === 'stopped' && <p>{words.stopped}</p>}
      {state === 'failed' && (
        <TroubleBox trouble={job.trouble ?? null}>
          {job.trouble?.code === 'SYNCFILE_EXISTS' && (
            <button type='button' disabled={busy} onClick={() => run(() => sync(false))}>
              {words.syncThis}
            </button>
          )}
          <OtherConfiguration trouble={job.trouble} then={() => sync(false)} />
        </TroubleBox>
      )}
      {report !== undefined && (
        <Report
          report={report}
          status={status}
          create={kind === 'create'}
          repaired={health === 'repaired'}
        />
      )}
      {health === 'damaged' && (
        <button type='button' disabled={busy} onClick={() => run(() => sync(true))}>
          {words.verify}
        </button>
      )}
      {health === 'beyond repair' && <Salvage job={job} />}
      {state === 'done' && kind === 'upload' && (
        <p>
          <a class='button main' href='/api/upload/file' download={target}>
            {words.saveUpdated}
          </a>
        </p>
      )}
      <TroubleBox trouble={trouble} />
      {!running && (
        <button
          type='button'
          class='link'
          onClick={() => {
            clear()
            run(async () => void (await post('/api/job/clear')))
          }}
        >
          {words.close}
        </button>
      )}
    </section>
  )
}

type Health = 'sound' | 'damaged' | 'repaired' | 'beyond repair'

function healthOf({ target, phase, trouble, report, verified }: Job): Health {
  // Nothing could be saved of it: that was the last thing to try.
  if (phase === 'salvage') return 'sound'
  // Nothing whole was found, or no beginning of a sync file: a check finds no more.
  if (trouble?.code === 'SYNCFILE_DAMAGED') return 'beyond repair'
  if (trouble?.code === 'NOT_A_SYNCFILE' && target.endsWith('.cairn')) return 'beyond repair'
  if (report === undefined) return 'sound'
  if (damageIn(report).length + report.refused.length === 0) return 'sound'
  if (!verified) return 'damaged'
  const lost = [...report.refused, ...report.leftOut].some((one) =>
    'why' in one ? one.why === 'refused' : one.code === 'SYNCFILE_DAMAGED'
  )
  return lost ? 'beyond repair' : 'repaired'
}

/** Without the unfinished end of a sync or copy that was cut off: nothing is lost with that. */
function damageIn({ problems }: JobReport): JobReport['problems'] {
  return problems.filter(({ code }) => code !== 'SYNCFILE_UNFINISHED')
}

function heading({ kind, target, state }: Job, words: Words): string {
  const done = state === 'done'
  if (state === 'failed') return words.failed(target)
  if (kind === 'create') return done ? words.created(target) : words.creating(target)
  if (kind === 'salvage') return done ? words.created(target) : words.salvaging(target)
  return done ? words.synced(target) : words.syncing(target)
}

function Bar({
  label,
  counter,
  bytes = false
}: {
  readonly label: string
  readonly counter: Counter
  /** Nobody counts those: their share is shown. */
  readonly bytes?: boolean
}): JSX.Element {
  const words = useWords()
  const { done, total } = counter
  const share = `${Math.floor((100 * done) / Math.max(total, 1))} %`
  const name = `bar-${label}`
  return (
    <div class='bar'>
      <span id={name}>{label}</span>
      <progress aria-labelledby={name} value={total === 0 ? 0 : done} max={Math.max(total, 1)} />
      <span class='numbers'>
        {bytes ? share : total === 0 ? words.none : words.ofTotal(done, total)}
      </span>
    </div>
  )
}

function Report({
  report,
  status,
  create,
  repaired
}: {
  readonly report: JobReport
  readonly status: Status
  readonly create: boolean
  readonly repaired: boolean
}): JSX.Element {
  const words = useWords()
  const language = useLanguage()
  const { changes, received, sent, refused, saved } = report
  const problems = damageIn(report)
  const leftOut = report.leftOut.reduce((sum, { count }) => sum + count, 0)
  const brought = changes.filter((change) => changesText(change, words) !== '')
  return (
    <div class='report'>
      {saved !== undefined && <SavedLines saved={saved} />}
      <ul>
        {brought.map((change) => (
          <li key={change.device}>
            {words.fromDevice(change.name ?? deviceName(status, change.device, words))}:{' '}
            {changesText(change, words)}
          </li>
        ))}
        {brought.length === 0 && !create && <li>{words.nothingNew}</li>}
        {!report.readOnly && !report.oneWay && <li>{words.sent(sent.entries)}</li>}
        {received.media + sent.media > 0 && (
          <li>{words.photosMoved(received.media, sent.media)}</li>
        )}
      </ul>
      {leftOut > 0 && <p class='notice'>{words.leftOut(leftOut)}</p>}
      {report.readOnly && <p class='notice'>{words.readOnlyFile}</p>}
      {report.oneWay && <p class='notice'>{words.oneWayFile}</p>}
      {problems.length < report.problems.length && (
        <p class='quiet'>{words.cutOff(!report.readOnly && !report.oneWay)}</p>
      )}
      {refused.length > 0 && (
        <div class='trouble'>
          <p class='trouble-what'>{words.refused}</p>
          {refused.map(({ code, device, message }) => {
            const { what, todo } = sentence({ code, message }, language)
            return (
              <p>
                {deviceName(status, device, words)}: {what} <strong>{words.whatToDo}</strong> {todo}
              </p>
            )
          })}
        </div>
      )}
      {problems.length > 0 && (
        <div class={repaired ? 'notice' : 'trouble'}>
          {repaired ? (
            <p>{words.repaired}</p>
          ) : (
            <p class='trouble-what'>
              {words.damaged}: {problems.length}
            </p>
          )}
          <details>
            <summary>{words.details}</summary>
            {problems.slice(0, 20).map(({ message }) => (
              <p>{message}</p>
            ))}
          </details>
        </div>
      )}
    </div>
  )
}
