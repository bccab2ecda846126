// Where results go: lines for a person, or with --json one document for a program, on standard
// output; everything else on standard error. Whoever reads the output may close it at any time, as
// `| head` does.

import { once } from 'node:events'
import { stderr, stdout } from 'node:process'
import type { Failure } from './failures.js'
import { harmless } from './text.js'

/** Of the documents; a change that breaks their readers raises it. */
const FORMAT = 1

export class Output {
  /** A list has begun whose end is not written yet. */
  private listing = false

  constructor(
    readonly json: boolean,
    private readonly command: string,
    private readonly signal: AbortSignal
  ) {}

  /** As wide as a line may be: as it likes where no terminal says how wide it is. */
  get columns(): number {
    return (stdout.isTTY && stdout.columns) || Infinity
  }

  /** A line for a person; nothing with --json. */
  async line(text = ''): Promise<void> {
    if (!this.json) await this.write(`${harmless(text)}\n`)
  }

  async lines(texts: Iterable<string>): Promise<void> {
    for (const text of texts) await this.line(text)
  }

  /** The document for a program; nothing without --json. Ends a list that has broken off. */
  async document(fields: object): Promise<void> {
    if (!this.json) return
    if (this.listing) await this.endList(fields)
    else await this.write(`${JSON.stringify({ ...this.head, ...fields }, null, 2)}\n`)
  }

  /** The same for a list of any length, and what is known only behind it. */
  async list<T>(key: string, items: AsyncIterable<T>, tail: () => object): Promise<void> {
    const head = JSON.stringify(this.head, null, 2).slice(0, -2)
    await this.write(`${head},\n  ${JSON.stringify(key)}: [`)
    this.listing = true
    let separator = '\n    '
    for await (const item of items) {
      await this.write(separator + JSON.stringify(item))
      separator = ',\n    '
    }
    await this.endList(tail())
  }

  /** As it is: an export. */
  async write(text: string | Uint8Array): Promise<void> {
    if (stdout.write(text)) return
    await once(stdout, 'drain', { signal: this.signal })
  }

  /** Waits until what was written has left, or is known not to. */
  async flush(): Promise<void> {
    await new Promise<void>((resolve) => stdout.write('', () => resolve()))
  }

  /** A line beside the results. */
  note(text: string): void {
    stderr.write(`${harmless(text)}\n`)
  }

  /** Two lines beside the results: what happened, what to do. */
  failure({ message, remedy }: Failure): void {
    const mark = stderr.isTTY && stderr.hasColors() ? '\u001b[31mcairnlog:\u001b[39m' : 'cairnlog:'
    stderr.write(`${mark} ${harmless(message)}\nWhat to do: ${harmless(remedy)}\n`)
  }

  private async endList(fields: object): Promise<void> {
    this.listing = false
    await this.write(`\n  ],\n${JSON.stringify(fields, null, 2).slice(2)}\n`)
  }

  private get head(): { cairnlog: number; command: string } {
    return { cairnlog: FORMAT, command: this.command }
  }
}
