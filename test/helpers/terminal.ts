// The program in a terminal: a pseudo-terminal with a person at it, who types and sees what is on
// the screen.

import { execPath } from 'node:process'
import { spawn } from '@lydell/node-pty'
import { type RunOptions, PASSPHRASE, PROGRAM, environment, wordsOf } from './program.js'

export interface Seen {
  readonly code: number
  /** All that was written, with what commands the terminal. */
  readonly screen: string
}

/** Whoever sits there: is shown all that was written so far, each time something is. */
export type Person = (screen: string, type: (keys: string) => void) => void

export const CTRL_C = '\u0003'
export const CTRL_D = '\u0004'
export const ENTER = '\r'

/** Runs a command line without `cairnlog` to its end. */
export function inTerminal(
  line: string,
  options: Pick<RunOptions, 'cwd' | 'env'> = {},
  person: Person = () => {}
): Promise<Seen> {
  const terminal = spawn(execPath, [PROGRAM, ...wordsOf(line)], {
    name: 'xterm-256color',
    cols: 120,
    rows: 30,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: { ...environment(), CAIRNLOG_PASSPHRASE: PASSPHRASE, ...options.env }
  })
  let screen = ''
  terminal.onData((text) => {
    screen += text
    person(screen, (keys) => terminal.write(keys))
  })
  return new Promise((resolve) =>
    terminal.onExit(({ exitCode }) => resolve({ code: exitCode, screen }))
  )
}

/** Answers each question once, in order, as soon as it is asked. */
export function answering(...pairs: readonly (readonly [string, string])[]): Person {
  const left = [...pairs]
  let from = 0
  return (screen, type) => {
    const [question, answer] = left[0] ?? []
    if (question === undefined || answer === undefined) return
    const at = screen.indexOf(question, from)
    if (at === -1) return
    from = at + question.length
    left.shift()
    type(answer)
  }
}
