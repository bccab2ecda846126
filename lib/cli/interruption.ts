// How a command is asked to stop: Ctrl-C, a signal to end, a terminal that was closed, a reader of
// the output that has gone, a full disk under it. Each becomes the one AbortSignal that the library
// knows. Asked a second time, the program ends at once, which the library is made for, too.

import { stderr, stdout } from 'node:process'
import { setImmediate } from 'node:timers/promises'

/** Exit codes as a shell gives them: 128 and the signal's number. */
const CODES = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const

type Reason = keyof typeof CODES

const WORDS: Record<Reason, string> = {
  SIGHUP: 'the terminal was closed',
  SIGINT: 'Ctrl-C',
  SIGPIPE: 'the reader of the output has gone',
  SIGTERM: 'a request to end'
}

export class Interruption {
  private readonly controller = new AbortController()
  private asked: Reason | null = null
  private broken: Error | null = null

  constructor() {
    for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        if (this.asked !== null) process.exit(CODES[name])
        this.by(name)
      })
    }
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') this.by('SIGPIPE')
      else this.failed(error)
    })
    // Nobody is left to be told.
    stderr.on('error', () => this.by('SIGPIPE'))
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  get reason(): Reason | null {
    return this.asked
  }

  /** Why the output could not be written; null where it could. */
  get outputError(): Error | null {
    return this.broken
  }

  get exitCode(): number {
    return this.asked === null ? 0 : CODES[this.asked]
  }

  /** "Ctrl-C" and the like. */
  get words(): string {
    return this.asked === null ? '' : WORDS[this.asked]
  }

  by(reason: Reason): void {
    this.asked ??= reason
    this.controller.abort()
  }

  /** By a full disk under the output, say: nobody would read the rest. */
  private failed(error: Error): void {
    this.broken ??= Object.assign(error, { path: 'The output' })
    this.controller.abort(this.broken)
  }
}

/**
 * Ends with the signal. A query of the view does not listen to it, and where all it reads is in
 * memory, lets no signal in.
 */
export async function* stoppable<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal
): AsyncGenerator<T> {
  for await (const item of items) {
    await setImmediate()
    signal.throwIfAborted()
    yield item
  }
}
