// Asks for a passphrase in a terminal, without showing it.

import { createInterface } from 'node:readline'
import { stderr, stdin } from 'node:process'
import { Writable } from 'node:stream'

export function canAsk(): boolean {
  return stdin.isTTY && stderr.isTTY
}

/** Null where the terminal was closed instead (Ctrl-D). Ctrl-C is a SIGINT, as elsewhere. */
export async function askHidden(question: string): Promise<string | null> {
  stderr.write(`${question} `)
  // What is typed would be echoed into this.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 })
  return new Promise((resolve, reject) => {
    let answer: string | null = null
    reader.once('line', (line) => {
      answer = line
      reader.close()
    })
    reader.once('SIGINT', () => {
      reader.close()
      process.kill(process.pid, 'SIGINT')
      reject(new DOMException('Stopped at a question.', 'AbortError'))
    })
    reader.once('close', () => {
      stderr.write('\n')
      resolve(answer)
    })
  })
}
