// The Synchronize screen: what is only here, the ways to take it elsewhere, and how the last one
// went.

import type { JSX } from 'preact'
import type { ConfigurationFile, Job, Status } from '../wire/api'
import { FileSync } from './file-sync'
import { dateTime } from './format'
import { Invite } from './invite'
import { JobCard } from './job-card'
import { NearbyCard } from './nearby'
import { inLanguage, useLanguage, useWords } from './words'

export function Synchronize({
  status,
  configuration,
  job,
  clearJob
}: {
  readonly status: Status
  readonly configuration: ConfigurationFile
  readonly job: Job | null
  readonly clearJob: () => void
}): JSX.Element {
  const words = useWords()
  const language = useLanguage()
  const running = job?.state === 'running'
  const [last] = status.writtenTo
  return (
    <div class='synchronize'>
      <section class={status.onlyHere > 0 ? 'only-here some' : 'only-here'}>
        <h2>{words.onlyHere(status.onlyHere)}</h2>
        <p>
          {last === undefined
            ? words.lastFileNever
            : words.lastFile(last.path, dateTime(last.writtenAt, language))}
        </p>
      </section>
      <div class='columns'>
        <div class='column'>
          <FileSync running={running} />
          {job !== null && <JobCard job={job} status={status} clear={clearJob} />}
        </div>
        <div class='column side'>
          <NearbyCard />
          <Invite />
        </div>
      </div>
      <footer>
        <span>
          {words.project} <code title={status.projectId}>{status.projectId.slice(0, 16)}</code>
        </span>
        <span>
          {words.configuration} <strong>{configuration.name}</strong> {configuration.version}
          {' · '}
          {configuration.categories
            .map(({ label }) => inLanguage(label, language))
            .slice(0, 3)
            .join(', ')}
          {configuration.categories.length > 3 && ', …'}
        </span>
        <span>{words.count(status.observations)}</span>
      </footer>
    </div>
  )
}
