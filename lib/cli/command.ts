// What a command is, and how it is run: every one knows --device and --json, shows an example in its
// --help, hears of Ctrl-C, and ends with an exit code.

import { resolve } from 'node:path'
import { env } from 'node:process'
import { type Command, Option } from 'commander'
import { EXIT, type Failure, explain } from './failures.js'
import type { Interruption } from './interruption.js'
import { Output } from './output.js'
import { ProgressBar } from './progress.js'

/** One run of a command. */
export interface Run {
  /** The device's folder. */
  readonly folder: string
  /** A folder that was copied or rolled back goes on under a fresh feed. */
  readonly newFeed: boolean
  readonly out: Output
  readonly progress: ProgressBar
  readonly signal: AbortSignal
  /** It was done, but something was refused, or found damaged or not finished. */
  readonly foundProblems: () => void
}

export interface OptionSpec {
  readonly flags: string
  readonly about: string
  readonly parse?: (text: string, before: unknown) => unknown
}

export interface CommandSpec<Options> {
  readonly name: string
  /** Of the list of commands in the help. */
  readonly group: string
  readonly about: string
  readonly example: string
  /** As they are called in the usage, for example `<file>`, and what they are. */
  readonly args?: readonly (readonly [string, string])[]
  readonly options?: readonly OptionSpec[]
  work(run: Run, options: Options, args: readonly string[]): Promise<void>
}

interface CommonOptions {
  readonly device?: string
  readonly json?: boolean
  readonly newFeed?: boolean
}

export class Commands {
  exitCode: number = EXIT.done

  constructor(
    private readonly program: Command,
    private readonly interruption: Interruption
  ) {}

  add<Options extends object>(spec: CommandSpec<Options>): void {
    const command = this.program.command(spec.name).description(spec.about).helpGroup(spec.group)
    for (const [name, about] of spec.args ?? []) command.argument(name, about)
    for (const { flags, about, parse } of spec.options ?? []) {
      const option = new Option(flags, about)
      command.addOption(parse === undefined ? option : option.argParser(parse))
    }
    command
      .option('--device <dir>', "the device's folder (CAIRNLOG_DEVICE; else the current folder)")
      .option('--json', 'print one JSON document, for programs')
      .option('--new-feed', 'go on under a new feed where the folder was copied or rolled back')
      .addHelpText('after', `\nExample:\n  $ ${spec.example}`)
      .action(async (...given: unknown[]) => {
        const args = given
          .slice(0, -2)
          .flat()
          .filter((arg) => arg !== undefined) as string[]
        await this.run(spec, command.opts<Options & CommonOptions>(), args)
      })
  }

  private async run<Options extends object>(
    spec: CommandSpec<Options>,
    options: Options & CommonOptions,
    args: readonly string[]
  ): Promise<void> {
    const { signal } = this.interruption
    const out = new Output(options.json === true, spec.name, signal)
    const progress = new ProgressBar()
    const run: Run = {
      folder: resolve(options.device ?? (env['CAIRNLOG_DEVICE'] || '.')),
      newFeed: options.newFeed === true,
      out,
      progress,
      signal,
      foundProblems: () => {
        this.exitCode = EXIT.problems
      }
    }
    try {
      await spec.work(run, options, args)
      await out.flush()
      if (this.interruption.outputError !== null) throw this.interruption.outputError
    } catch (error) {
      progress.stop()
      await this.fail(error, out)
    } finally {
      progress.stop()
    }
  }

  /** Says what happened and what to do, and settles the exit code. */
  async fail(error: unknown, out: Output): Promise<void> {
    const failure = this.stopped(error) ?? explain(this.interruption.outputError ?? error)
    this.exitCode = failure.exitCode
    if (this.interruption.reason === 'SIGPIPE') return
    if (env['DEBUG'] === 'cairnlog') console.error(error)
    out.failure(failure)
    const { facts } = Object(error) as { facts?: object }
    await out
      .document({ ...facts, error: { ...factsOf(error), ...failure } })
      .catch(() => undefined)
  }

  /** What to say where the command was asked to stop, and did. */
  private stopped(error: unknown): Failure | null {
    const { reason, words, exitCode } = this.interruption
    if (reason === null || !(error instanceof Error)) return null
    const { code } = error as { code?: unknown }
    if (error.name !== 'AbortError' && code !== 'ABORTED' && code !== 'ABORT_ERR') return null
    const kept = code === 'ABORTED' ? error.message.replace(/^Stopped on request\. /, '') : ''
    return {
      code: 'ABORTED',
      message: `Stopped by ${words}. ${kept}`.trim(),
      remedy: 'Run the same command again for the rest; nothing that was recorded is lost.',
      exitCode
    }
  }
}

/** What a program may want to know of a failure, as far as it is a text or a number. */
function factsOf(error: unknown): Record<string, string | number> {
  const facts: Record<string, string | number> = {}
  for (const name of ['path', 'feed', 'seq', 'offset', 'observation', 'bytesNeeded']) {
    const value = (Object(error) as Record<string, unknown>)[name]
    if (typeof value === 'string' || typeof value === 'number') facts[name] = value
  }
  return facts
}
