// The one exchange that runs: with a file, or what came of one. One at a time, because people look
// at one; the page sees each state of it as a Job.

import { randomUUID } from 'node:crypto'
import type { DeviceSyncReport, OnProgress } from 'cairnlog'
import type { Changes, Counter, Job, JobKind, JobReport, Saved } from '../wire/api.js'
import { AppError, toTrouble } from './trouble.js'

export interface Work {
  readonly kind: JobKind
  /** What people know the other side by. */
  readonly target: string
  /** What it begins with, where that is not a sync's comparing. */
  readonly phase?: string
  readonly verified?: boolean
  readonly run: (options: WorkOptions) => Promise<WorkReport>
}

export interface WorkOptions {
  readonly signal: AbortSignal
  readonly onProgress: OnProgress
  /** Bytes of a file that is read before anything is exchanged. */
  readonly onRead: (read: Counter) => void
}

export interface WorkReport extends DeviceSyncReport {
  readonly saved?: Saved
}

export class Jobs {
  #job: Job | null = null
  #stop = new AbortController()
  #ended: Promise<void> = Promise.resolve()

  constructor(private readonly tell: (job: Job | null) => void) {}

  get current(): Job | null {
    return this.#job
  }

  /** Starts it and comes back at once. Throws BUSY where another one runs. */
  start({ kind, target, phase = 'compare', verified = false, run }: Work): Job {
    if (this.#job?.state === 'running') {
      throw new AppError('BUSY', 'Another sync is running. Wait for it, or stop it.')
    }
    const none = { done: 0, total: 0 }
    const id = randomUUID()
    this.#stop = new AbortController()
    const started = this.#set({
      id,
      kind,
      target,
      state: 'running',
      phase,
      verified,
      data: none,
      images: none
    })
    const onProgress: OnProgress = ({ phase, entries, media }) => {
      this.#change({ phase, data: { ...entries }, images: { ...media } })
    }
    const onRead = (read: Counter): void => this.#change({ data: { ...read } })
    this.#ended = run({ signal: this.#stop.signal, onProgress, onRead }).then(
      (report) => this.#change({ state: 'done', phase: 'done', report: toJobReport(report) }),
      (error: unknown) => {
        const trouble = toTrouble(error)
        const state = trouble.code === 'ABORTED' ? 'stopped' : 'failed'
        this.#change({ state, trouble })
      }
    )
    return started
  }

  stop(): void {
    this.#stop.abort()
  }

  /** The report has been read. */
  clear(): void {
    if (this.#job?.state === 'running') return
    this.#job = null
    this.tell(null)
  }

  async close(): Promise<void> {
    this.stop()
    await this.#ended
  }

  #change(change: Partial<Job>): void {
    if (this.#job !== null) this.#set({ ...this.#job, ...change })
  }

  #set(job: Job): Job {
    this.#job = job
    this.tell(job)
    return job
  }
}

function toJobReport(report: WorkReport): JobReport {
  const { received, sent, changes, refused, problems, media, saved, readOnly, oneWay } = report
  return {
    received: { entries: received.entries, media: received.media },
    sent: { entries: sent.entries, media: sent.media },
    changes: toChanges(changes),
    refused: refused.map(({ code, feed, message }) => ({ code, device: feed, message })),
    problems: problems.map(({ code, message }) => ({ code, message })),
    leftOut: media.leftOut.map(({ why, count }) => ({ why, count })),
    ...(saved !== undefined && { saved }),
    readOnly,
    oneWay
  }
}

export function toChanges(changes: DeviceSyncReport['changes']): Changes[] {
  return changes.map(({ device, name, created, edited, deleted, restored }) => ({
    device,
    ...(name !== undefined && { name }),
    created,
    edited,
    deleted,
    restored
  }))
}
