// How far a long command is, for a person: a bar on standard error, only where that is a terminal.

import { createRequire } from 'node:module'
import { env, stderr } from 'node:process'
import type { Counter, Phase, Progress } from '../main.js'
import { count, size } from './text.js'

/** As much of the library as is used: its declarations would be needed by whoever uses ours. */
interface Bar {
  start(total: number, value: number, payload: object): void
  setTotal(total: number): void
  update(value: number, payload: object): void
  stop(): void
}
type Format = (options: object, params: { progress: number }, payload: { words: string }) => string

const WIDTH = 24

const PHASES: Record<Phase, string> = {
  compare: 'Comparing',
  receive: 'Receiving',
  send: 'Sending',
  media: 'Photos',
  index: 'Making visible',
  done: 'Done'
}

export class ProgressBar {
  readonly shown: boolean = stderr.isTTY && env['TERM'] !== 'dumb'
  private bar: Bar | null = null

  /** What a sync tells: entries, photos and bytes. */
  readonly sync = ({ phase, entries, media, bytes }: Progress): void => {
    const parts = [`${of(entries, count)} entries`]
    if (media.total > 0) parts.push(`${of(media, count)} photos`)
    parts.push(of(bytes, size))
    this.show(bytes, `${PHASES[phase].padEnd(14)} ${parts.join(', ')}`)
  }

  /** Anything else that is counted. */
  counting(what: string, unit: (value: number) => string): (counter: Counter) => void {
    return (counter) => this.show(counter, `${what} ${of(counter, unit)}`)
  }

  show({ done, total }: Counter, words: string): void {
    if (!this.shown) return
    this.bar ??= newBar()
    // A bar of nothing at all is a full one.
    this.bar.setTotal(Math.max(1, total))
    this.bar.update(total === 0 ? 1 : Math.min(done, total), { words })
  }

  /** Takes the bar away; whatever is printed next stands where it was. */
  stop(): void {
    this.bar?.stop()
    this.bar = null
  }
}

function of({ done, total }: Counter, unit: (value: number) => string): string {
  return `${unit(done)} of ${unit(total)}`
}

function newBar(): Bar {
  const { SingleBar } = createRequire(import.meta.url)('cli-progress') as {
    SingleBar: new (options: object) => Bar
  }
  const format: Format = (_, { progress }, { words }) => {
    const full = Math.round(progress * WIDTH)
    const percent = `${Math.floor(progress * 100)} %`.padStart(5)
    return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${percent}  ${words}`
  }
  const bar = new SingleBar({ format, stream: stderr, clearOnComplete: true, linewrap: false })
  bar.start(1, 0, { words: '' })
  return bar
}
